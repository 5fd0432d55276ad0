#ifndef CKERNELS_INSTRUCTION_SETS_H
#define CKERNELS_INSTRUCTION_SETS_H

// Kernels are compiled once for every instruction set below of which they make use, and the caller
// names one.
//
// Sets differ in the last bits of a result, since one with fused multiply-add rounds less often.
// On one set the same arguments give the same bits.

// Instruction sets that kernels are compiled for.
typedef enum ckernels_set {
    // What every processor of the architecture has: SSE2, or NEON.
    CKERNELS_BASELINE = 0,
    // AVX2 and FMA, of x86 processors since 2013.
    CKERNELS_AVX2 = 1,
    // The foundation of AVX-512, AVX2 and FMA. Kernels that were not measured to gain by it are those
    // of AVX2.
    CKERNELS_AVX512 = 2,
} ckernels_set;

// Whether this processor has the instruction set.
int ckernels_supports(ckernels_set set);
// Whether it has the parts of AVX-512 that all servers with it have: F, CD, BW, DQ and VL.
int ckernels_has_server_avx512(void);
// The fastest set that it has.
ckernels_set ckernels_best_set(void);

#endif
