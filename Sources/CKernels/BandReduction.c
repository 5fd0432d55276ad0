#include "BandReduction.h"

#include <string.h>

#include "Chosen.h"
#include "FourDoubles.h"

// The first stage follows Dongarra, Sorensen and Hammarling, "Block reduction of matrices to condensed
// forms for eigenvalue computations" (1989), in the two-sided form of Bischof, Lang and Sun, "A
// framework for symmetric band reduction" (2000): a panel of WIDTH columns below the band is factored
// into Q R, Q = I - V T V', and A becomes Q' A Q = A - V W' - W V' with W = A V T - V T' (V' A V) T / 2.
// That subtraction is put off to the next step, whose products A V need the same tiles; the next panel
// alone is subtracted from before.

// An a * b + c is one operation wherever the instruction set has it.
#pragma STDC FP_CONTRACT ON

enum { WIDTH = CKERNELS_BAND_WIDTH, TILE = CKERNELS_BAND_TILE, STRIDE = CKERNELS_BAND_STRIDE };

static size_t padded(const ckernels_reduction *r) { return r->tile_rows * TILE; }

static double *tile_at(const ckernels_reduction *r, size_t row, size_t column) {
    return r->tiles + (row * (row + 1) / 2 + column) * TILE * TILE;
}

#define KERNEL "BandReductionKernel.h"
#include "EachSet.h"

ckernels_reduction ckernels_reduction_of_size(size_t size) {
    size_t parts = size / CKERNELS_BAND_PART_ROWS;
    if (parts < CKERNELS_BAND_FEWEST_PARTS) parts = CKERNELS_BAND_FEWEST_PARTS;
    if (parts > CKERNELS_BAND_MOST_PARTS) parts = CKERNELS_BAND_MOST_PARTS;
    return (ckernels_reduction){
        .size = size, .tile_rows = (size + TILE - 1) / TILE, .parts = parts};
}

// Scalars of an array of panels, and of the band.
static size_t panel_count(const ckernels_reduction *r) { return padded(r) * WIDTH; }
static size_t band_count(const ckernels_reduction *r) {
    return (padded(r) + 2 * WIDTH) * STRIDE;
}

size_t ckernels_reduction_tiles(const ckernels_reduction *r) {
    return r->tile_rows * (r->tile_rows + 1) / 2 * TILE * TILE;
}

size_t ckernels_reduction_panels(const ckernels_reduction *r) {
    return (6 + r->parts) * panel_count(r) + band_count(r);
}

void ckernels_reduction_begin(ckernels_reduction *r, double *tiles, double *panels) {
    const size_t count = panel_count(r);
    r->tiles = tiles;
    double **const arrays[] = {&r->v, &r->w, &r->v_blocks, &r->w_blocks, &r->next, &r->panel};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++, panels += count)
        *arrays[i] = panels;
    r->results = panels;
    r->band = panels + r->parts * count;
}

void ckernels_reduction_clear(const ckernels_reduction *r) {
    memset(r->v, 0, ckernels_reduction_panels(r) * sizeof *r->v);
}

void ckernels_reduction_load(
    const ckernels_reduction *r, size_t tile_row, const double *lower, size_t row_step,
    size_t column_step, const ptrdiff_t *indices, double scale) {
    for (size_t tile_column = 0; tile_column <= tile_row; tile_column++) {
        double *t = tile_at(r, tile_row, tile_column);
        for (size_t i = 0; i < TILE; i++)
            for (size_t j = 0; j < TILE; j++) {
                const size_t row = tile_row * TILE + j, column = tile_column * TILE + i;
                const size_t low = row < column ? row : column, high = row < column ? column : row;
                t[i * TILE + j] = high < r->size
                    ? lower[indices[high] * row_step + indices[low] * column_step] * scale
                    : 0;
            }
    }
}

int ckernels_reduction_factor(ckernels_set set, ckernels_reduction *reduction, size_t step) {
    return CHOSEN(set, factor_step)(reduction, step);
}

void ckernels_reduction_multiply(
    ckernels_set set, const ckernels_reduction *reduction, size_t step, size_t part) {
    CHOSEN(set, multiply_part)(reduction, step, part);
}

void ckernels_reduction_add_up(
    ckernels_set set, const ckernels_reduction *reduction, size_t step, size_t share) {
    CHOSEN(set, add_up)(reduction, step, share);
}

void ckernels_reduction_combine(ckernels_set set, ckernels_reduction *reduction, size_t step) {
    CHOSEN(set, combine)(reduction, step);
}
