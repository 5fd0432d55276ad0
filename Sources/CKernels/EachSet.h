// Includes KERNEL once for every instruction set: the function that it defines under NAME is called
// baseline_TYPE and avx2_TYPE.

#define EACH_SET_JOIN(set, type) set##_##type
#define EACH_SET_NAME(set, type) EACH_SET_JOIN(set, type)

#define NAME EACH_SET_NAME(baseline, TYPE)
#include KERNEL
#undef NAME
#ifdef __x86_64__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NAME EACH_SET_NAME(avx2, TYPE)
#include KERNEL
#undef NAME
#pragma clang attribute pop
#endif

#undef EACH_SET_JOIN
#undef EACH_SET_NAME
