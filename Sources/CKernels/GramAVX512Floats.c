#ifdef __x86_64__
#define SCALAR float
#define LANES 16
#define ADD avx512_gram_add_floats
#include "GramAVX512.h"
#endif
