#ifdef __x86_64__
#define SCALAR double
#define LANES 8
#define ADD avx512_gram_add_doubles
#include "GramAVX512.h"
#endif
