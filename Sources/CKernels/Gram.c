#include "Gram.h"

#include "GramKernels.h"

#ifdef __x86_64__
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma")))

enum {
    // Columns that are centred side by side, a line of the cache.
    ABREAST = 16,
    // Rows that are centred together.
    TOGETHER = 8,
};

int ckernels_gram_is_available(ckernels_set set) {
    return set != CKERNELS_BASELINE && ckernels_supports(set);
}

ckernels_gram_shape ckernels_gram_shape_of(ckernels_set set) {
    return set == CKERNELS_AVX512
        ? (ckernels_gram_shape){AVX512_PANEL, 256, AVX512_GRID, 8 * AVX512_GRID}
        : (ckernels_gram_shape){AVX2_PANEL, 768, AVX2_GRID, 5 * AVX2_GRID};
}

static size_t panel_width(ckernels_set set) { return ckernels_gram_shape_of(set).panel; }

TARGET void ckernels_gram_pack(
    ckernels_set set, const float *x, size_t stride, size_t rows, size_t columns, float *panel) {
    const size_t width = panel_width(set);
    for (size_t row = 0; row < rows; row++, x += stride, panel += width) {
        if (columns >= width) {
            for (size_t i = 0; i < width; i += 8) _mm256_store_ps(panel + i, _mm256_loadu_ps(x + i));
        } else {
            for (size_t i = 0; i < width; i++) panel[i] = i < columns ? x[i] : 0;
        }
    }
}

// What is known of 8 columns while their rows pass by.
typedef struct {
    __m256 centre, largest;
    __m256d low, high;
} eight_columns;

TARGET static inline eight_columns load_columns(
    const float *centre, const double *sums, const float *largest) {
    return (eight_columns){
        .centre = _mm256_loadu_ps(centre), .largest = _mm256_loadu_ps(largest),
        .low = _mm256_loadu_pd(sums), .high = _mm256_loadu_pd(sums + 4)};
}

TARGET static inline void store_columns(eight_columns c, double *sums, float *largest) {
    _mm256_storeu_ps(largest, c.largest);
    _mm256_storeu_pd(sums, c.low);
    _mm256_storeu_pd(sums + 4, c.high);
}

// The deviations of 8 columns of a row.
TARGET static inline __m256 deviations(const float *x, eight_columns *c) {
    const __m256 sign = _mm256_set1_ps(-0.0f);
    __m256 d = _mm256_sub_ps(_mm256_loadu_ps(x), c->centre);
    c->low = _mm256_add_pd(c->low, _mm256_cvtps_pd(_mm256_castps256_ps128(d)));
    c->high = _mm256_add_pd(c->high, _mm256_cvtps_pd(_mm256_extractf128_ps(d, 1)));
    // What is not a number leaves the largest as it is.
    c->largest = _mm256_max_ps(_mm256_andnot_ps(sign, d), c->largest);
    return d;
}

// `count` rows of some columns of a panel, whose sums are loaded and stored once for all of them.
__attribute__((always_inline)) TARGET static inline void centre_abreast(
    const float *x, size_t stride, size_t count, const float *centre, float *target, size_t width,
    double *sums, float *largest) {
    eight_columns first = load_columns(centre, sums, largest);
    eight_columns second = load_columns(centre + 8, sums + 8, largest + 8);
    for (size_t row = 0; row < count; row++, x += stride, target += width) {
        // Rows lie on pages of their own, across which the processor does not look ahead.
        _mm_prefetch((const char *)(x + TOGETHER * stride), _MM_HINT_T0);
        _mm256_store_ps(target, deviations(x, &first));
        _mm256_store_ps(target + 8, deviations(x + 8, &second));
    }
    store_columns(first, sums, largest);
    store_columns(second, sums + 8, largest + 8);
}

// The last `rest` columns, and zeros beside them until the panel ends.
static void centre_rest(
    const float *x, size_t stride, size_t rows, size_t rest, const float *centre, float *target,
    size_t zeros, size_t width, double *sums, float *largest) {
    for (size_t row = 0; row < rows; row++, x += stride, target += width) {
        for (size_t i = 0; i < rest; i++) {
            float d = x[i] - centre[i];
            target[i] = d;
            sums[i] += d;
            float magnitude = d < 0 ? -d : d;
            if (magnitude > largest[i]) largest[i] = magnitude;
        }
        for (size_t i = rest; i < rest + zeros; i++) target[i] = 0;
    }
}

TARGET void ckernels_gram_centre(
    ckernels_set set, const float *x, size_t stride, size_t rows, size_t columns,
    const float *centre, float *panels, size_t panel_stride, double *sums, float *largest) {
    const size_t width = panel_width(set), rest = columns % ABREAST, end = columns - rest;
    // A few rows at a time, so that what is fetched of a row is used by all panels soon.
    for (size_t row = 0; row < rows; row += TOGETHER) {
        const float *from = x + row * stride;
        float *to = panels + row * width;
        for (size_t c = 0; c < end; c += ABREAST) {
            float *target = to + c / width * panel_stride + c % width;
            // A number of rows that is known unrolls the loop.
            if (rows - row >= TOGETHER)
                centre_abreast(
                    from + c, stride, TOGETHER, centre + c, target, width, sums + c, largest + c);
            else
                centre_abreast(
                    from + c, stride, rows - row, centre + c, target, width, sums + c,
                    largest + c);
        }
    }
    const size_t zeros = (width - columns % width) % width;
    if (rest + zeros > 0)
        centre_rest(
            x + end, stride, rows, rest, centre + end,
            panels + end / width * panel_stride + end % width, zeros, width, sums + end,
            largest + end);
}

size_t ckernels_gram_scratch(ckernels_set set, size_t tile_rows) {
    if (set == CKERNELS_AVX512) return 0;
    return (tile_rows + AVX2_GRID - 1) / AVX2_GRID * AVX2_GRID * CKERNELS_GRAM_SLAB;
}

void ckernels_gram_add(
    ckernels_set set, const float *panels, size_t panel_stride, size_t rows,
    ckernels_gram_tile tile, double factor, size_t columns, float *scratch, double *lower,
    size_t stride) {
    (set == CKERNELS_AVX512 ? avx512_gram_add : avx2_gram_add)(
        panels, panel_stride, rows, tile, factor, columns, scratch, lower, stride);
}

#else
#include <stdlib.h>

int ckernels_gram_is_available(ckernels_set set) {
    (void)set;
    return 0;
}

ckernels_gram_shape ckernels_gram_shape_of(ckernels_set set) {
    (void)set;
    abort();
}

void ckernels_gram_pack(
    ckernels_set set, const float *x, size_t stride, size_t rows, size_t columns, float *panel) {
    (void)set, (void)x, (void)stride, (void)rows, (void)columns, (void)panel;
    abort();
}

void ckernels_gram_centre(
    ckernels_set set, const float *x, size_t stride, size_t rows, size_t columns,
    const float *centre, float *panels, size_t panel_stride, double *sums, float *largest) {
    (void)set, (void)x, (void)stride, (void)rows, (void)columns, (void)centre, (void)panels;
    (void)panel_stride, (void)sums, (void)largest;
    abort();
}

size_t ckernels_gram_scratch(ckernels_set set, size_t tile_rows) {
    (void)set, (void)tile_rows;
    abort();
}

void ckernels_gram_add(
    ckernels_set set, const float *panels, size_t panel_stride, size_t rows,
    ckernels_gram_tile tile, double factor, size_t columns, float *scratch, double *lower,
    size_t stride) {
    (void)set, (void)panels, (void)panel_stride, (void)rows, (void)tile, (void)factor;
    (void)columns, (void)scratch, (void)lower, (void)stride;
    abort();
}

#endif
