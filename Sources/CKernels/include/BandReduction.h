#ifndef CKERNELS_BAND_REDUCTION_H
#define CKERNELS_BAND_REDUCTION_H

#include <stddef.h>

#include "InstructionSets.h"

// Reduces a symmetric matrix to a tridiagonal one with the same eigenvalues, in two stages: to a band
// by products of matrices, then along the band. In one stage, half of the arithmetic would be products
// of the matrix with a vector, which go at the speed of the memory.
//
// The matrix is kept as the tiles of its lower triangle. Every function may be called for a set that
// the processor has; sets differ in the last bits.

enum {
    // Diagonals of the band below the main one.
    CKERNELS_BAND_WIDTH = 24,
    // Rows and columns of a tile.
    CKERNELS_BAND_TILE = 48,
    // The fewest and most jobs that a step is divided into, a number that depends on the size alone.
    CKERNELS_BAND_FEWEST_PARTS = 4,
    CKERNELS_BAND_MOST_PARTS = 16,
    // Rows for each of them: adding up the results of more parts would take too long.
    CKERNELS_BAND_PART_ROWS = 512,
    // Scalars from one column of a band to the next: the band, as much again for what is chased along
    // it, and what vectors touch above the diagonal.
    CKERNELS_BAND_STRIDE = 2 * CKERNELS_BAND_WIDTH + 5,
    // Sweeps of the second stage that a job makes.
    CKERNELS_BAND_SWEEPS = 8,
};

// A matrix on its way to a band. Row-major arrays of panels have CKERNELS_BAND_WIDTH columns and a row
// for each of the matrix, filled up to whole tiles.
typedef struct {
    // Rows of the matrix, and of tiles.
    size_t size, tile_rows;
    // Jobs that a step is divided into.
    size_t parts;
    // Row after row of tiles, each of them column-major; those of the diagonal hold both triangles.
    double *tiles;
    // The last panel's reflectors V and the W of A - V W' - W V', which is still to be subtracted;
    // row-major, and once more as column-major blocks of CKERNELS_BAND_TILE rows.
    double *v, *w, *v_blocks, *w_blocks;
    // The next panel's reflectors, the panel, and the results of a step's parts.
    double *next, *panel, *results;
    // Lower triangle: element (i, j) at i - j + j * CKERNELS_BAND_STRIDE. Followed by columns of zeros,
    // so that no step along the band is a special case.
    double *band;
    // How far each of the current panel's reflectors reflects.
    double factors[CKERNELS_BAND_WIDTH];
} ckernels_reduction;

// The reduction of a matrix of so many rows, without memory.
ckernels_reduction ckernels_reduction_of_size(size_t size);
// Scalars of its tiles, and of all the rest.
size_t ckernels_reduction_tiles(const ckernels_reduction *reduction);
size_t ckernels_reduction_panels(const ckernels_reduction *reduction);
// Gives it memory for them, aligned to 64 bytes.
void ckernels_reduction_begin(ckernels_reduction *reduction, double *tiles, double *panels);
// Clears all but the tiles, before the first step.
void ckernels_reduction_clear(const ckernels_reduction *reduction);

// Fills a row of tiles with the given rows and columns, ascending, of a symmetric matrix, times `scale`.
// Element (i, j) of the lower triangle lies at lower[i * row_step + j * column_step].
void ckernels_reduction_load(
    const ckernels_reduction *reduction, size_t tile_row, const double *lower, size_t row_step,
    size_t column_step, const ptrdiff_t *indices, double scale);

// A step, from 0 on, is made up of the next three. This one factors the panel of columns behind those
// of the steps before, and writes them to the band; returns whether rows are left below them,
// without which this was the last step.
int ckernels_reduction_factor(ckernels_set set, ckernels_reduction *reduction, size_t step);
// A part of the subtraction of the last step's reflectors from the rest of the matrix, and of the
// product of the result with this step's: half of all arithmetic each, in one pass over the tiles.
// Parts may go on side by side.
void ckernels_reduction_multiply(
    ckernels_set set, const ckernels_reduction *reduction, size_t step, size_t part);
// Adds up the results of all parts, for a share of the rows; shares may go on side by side.
void ckernels_reduction_add_up(
    ckernels_set set, const ckernels_reduction *reduction, size_t step, size_t share);
// Makes W of the sums.
void ckernels_reduction_combine(ckernels_set set, ckernels_reduction *reduction, size_t step);

// Makes sweeps `first` ..< `first` + CKERNELS_BAND_SWEEPS along a band of `size` columns, each of which
// leaves a column tridiagonal.
//
// Jobs go on side by side on threads of their own, begun in ascending order: each waits where it would
// get ahead of the one before. `before` points to that one's progress, NULL for the first job, and
// `progress` to this one's, 0 at the beginning.
void ckernels_band_sweep(
    ckernels_set set, double *band, size_t size, size_t first, const size_t *before,
    size_t *progress);

#endif
