// Includes KERNEL once for the baseline and once for AVX2. There, NAME(function) is the name of a
// function for the set: baseline_function or avx2_function.

#define EACH_SET_JOIN(set, function) set##_##function

#define NAME(function) EACH_SET_JOIN(baseline, function)
#include KERNEL
#undef NAME
#ifdef __x86_64__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NAME(function) EACH_SET_JOIN(avx2, function)
#include KERNEL
#undef NAME
#pragma clang attribute pop
#endif

#undef EACH_SET_JOIN
