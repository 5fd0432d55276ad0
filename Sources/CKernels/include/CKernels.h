#ifndef CKERNELS_H
#define CKERNELS_H

// Inner loops that neither a library nor the Swift compiler makes as fast.

#include "gram.h"

#endif
