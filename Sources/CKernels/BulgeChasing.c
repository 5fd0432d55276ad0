#include <sched.h>
#include <stdint.h>

#include "BandReduction.h"
#include "Chosen.h"
#include "FourDoubles.h"

// The second stage follows Schwarz, "Tridiagonalization of a symmetric band matrix" (1968), with the
// reflectors and the order of Haidar, Ltaief and Dongarra, "Parallel reduction to condensed forms for
// symmetric eigenvalue problems using aggregated fine-grained and memory-aware kernels" (2011): a sweep
// makes one column tridiagonal, and chases what that puts below the band down to the end, block after
// block. Of what is below, only the first column has to go before the next sweep comes by.

// An a * b + c is one operation wherever the instruction set has it.
#pragma STDC FP_CONTRACT ON

enum {
    WIDTH = CKERNELS_BAND_WIDTH,
    VECTORS = WIDTH / 4,
    STRIDE = CKERNELS_BAND_STRIDE,
    // Scalars from an element to the next one in its row.
    STEP = STRIDE - 1,
    SWEEPS = CKERNELS_BAND_SWEEPS,
    // Blocks that a sweep is ahead of the next.
    LEAD = 2,
};

#define KERNEL "BulgeChasingKernel.h"
#include "EachSet.h"

void ckernels_band_sweep(
    ckernels_set set, double *band, size_t size, size_t first, const size_t *before,
    size_t *progress) {
    CHOSEN(set, sweep)(band, size, first, before, progress);
}
