#ifndef CKERNELS_H
#define CKERNELS_H

// Inner loops that neither a library nor Swift, which compiles for the oldest processor of an
// architecture, makes as fast.

#include "BandReduction.h"
#include "Centring.h"
#include "Gram.h"
#include "InstructionSets.h"
#include "Mixtures.h"
#include "Moments.h"
#include "Updates.h"

#endif
