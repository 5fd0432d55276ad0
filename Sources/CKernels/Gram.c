#include "Gram.h"

#include "GramKernels.h"

#ifdef __x86_64__

int ckernels_gram_is_available(ckernels_set set, ckernels_gram_scalar scalar) {
    // In double precision with AVX2, OpenBLAS is as fast.
    return (set == CKERNELS_AVX512 || (set == CKERNELS_AVX2 && scalar == CKERNELS_GRAM_FLOATS))
        && ckernels_supports(set);
}

static size_t row_bytes(ckernels_set set) {
    return set == CKERNELS_AVX512 ? AVX512_ROW_BYTES : AVX2_ROW_BYTES;
}

ckernels_gram_shape ckernels_gram_shape_of(ckernels_set set, ckernels_gram_scalar scalar) {
    const size_t size = scalar == CKERNELS_GRAM_FLOATS ? sizeof(float) : sizeof(double);
    ckernels_gram_shape shape = {.panel = row_bytes(set) / size, .slab = SLAB_BYTES / size};
    if (set == CKERNELS_AVX512) {
        shape.grid = shape.panel;
        shape.side = 256;
        shape.fewest = scalar == CKERNELS_GRAM_FLOATS ? 256 : 32;
    } else {
        shape.grid = AVX2_GRID;
        shape.side = 240;
        shape.fewest = 768;
    }
    return shape;
}

size_t ckernels_gram_scratch(ckernels_set set, size_t tile_rows) {
    if (set == CKERNELS_AVX512) return 0;
    return (tile_rows + AVX2_GRID - 1) / AVX2_GRID * AVX2_GRID * SLAB_BYTES;
}

void ckernels_gram_add(
    ckernels_set set, ckernels_gram_scalar scalar, const void *panels, size_t panel_stride,
    size_t rows, ckernels_gram_tile tile, double factor, size_t columns, void *scratch,
    double *lower, size_t stride) {
    gram_add *add = set == CKERNELS_AVX2 ? avx2_gram_add_floats
        : scalar == CKERNELS_GRAM_FLOATS ? avx512_gram_add_floats
                                         : avx512_gram_add_doubles;
    add(panels, panel_stride, rows, tile, factor, columns, scratch, lower, stride);
}

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

typedef char line_of_bytes __attribute__((ext_vector_type(64), aligned(1)));

void ckernels_gram_pack(
    ckernels_set set, const void *x, size_t stride, size_t rows, size_t bytes, void *panel) {
    const size_t width = row_bytes(set);
    const char *source = x;
    char *target = panel;
    for (size_t row = 0; row < rows; row++, source += stride, target += width) {
        if (bytes == width) {
            for (size_t i = 0; i < width; i += sizeof(line_of_bytes))
                *(line_of_bytes *)(target + i) = *(const line_of_bytes *)(source + i);
        } else {
            for (size_t i = 0; i < width; i++) target[i] = i < bytes ? source[i] : 0;
        }
    }
}

// Rows that are centred together.
enum { TOGETHER = 8 };

#define NAME ckernels_gram_centre_floats
#define Input float
#define Output float
#define ABREAST 16
#include "GramCentring.h"
#undef NAME
#undef Output
#undef ABREAST

#define NAME ckernels_gram_centre_widened
#define Output double
#define ABREAST 8
#include "GramCentring.h"
#undef NAME
#undef Input

#define NAME ckernels_gram_centre_doubles
#define Input double
#include "GramCentring.h"

#pragma clang attribute pop

#else
#include <stdlib.h>

int ckernels_gram_is_available(ckernels_set set, ckernels_gram_scalar scalar) {
    (void)set, (void)scalar;
    return 0;
}

ckernels_gram_shape ckernels_gram_shape_of(ckernels_set set, ckernels_gram_scalar scalar) {
    (void)set, (void)scalar;
    abort();
}

size_t ckernels_gram_scratch(ckernels_set set, size_t tile_rows) {
    (void)set, (void)tile_rows;
    abort();
}

void ckernels_gram_add(
    ckernels_set set, ckernels_gram_scalar scalar, const void *panels, size_t panel_stride,
    size_t rows, ckernels_gram_tile tile, double factor, size_t columns, void *scratch,
    double *lower, size_t stride) {
    (void)set, (void)scalar, (void)panels, (void)panel_stride, (void)rows, (void)tile;
    (void)factor, (void)columns, (void)scratch, (void)lower, (void)stride;
    abort();
}

void ckernels_gram_pack(
    ckernels_set set, const void *x, size_t stride, size_t rows, size_t bytes, void *panel) {
    (void)set, (void)x, (void)stride, (void)rows, (void)bytes, (void)panel;
    abort();
}

#define UNAVAILABLE(name, Input, Output) \
    void name( \
        ckernels_set set, const Input *x, size_t stride, size_t rows, size_t columns, \
        const Output *centre, Output *panels, size_t panel_stride, double *sums, \
        Output *largest) { \
        (void)set, (void)x, (void)stride, (void)rows, (void)columns, (void)centre; \
        (void)panels, (void)panel_stride, (void)sums, (void)largest; \
        abort(); \
    }

UNAVAILABLE(ckernels_gram_centre_floats, float, float)
UNAVAILABLE(ckernels_gram_centre_widened, float, double)
UNAVAILABLE(ckernels_gram_centre_doubles, double, double)

#endif
