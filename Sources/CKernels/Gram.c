#include "Gram.h"

// The blocking is that of Goto and van de Geijn, "Anatomy of high-performance matrix
// multiplication" (2008), around a micro-kernel as in Van Zee and van de Geijn, "BLIS: a framework
// for rapidly instantiating BLAS functionality" (2015). Two things no BLAS can do, as it has no such
// function: all tiles of the triangle share one packed copy of the matrix, and the sums of a slab go
// from the registers right into the sums in double precision.

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma")))

enum {
    PANEL = CKERNELS_GRAM_PANEL,
    GRID = CKERNELS_GRAM_GRID,
    // Rows of a micro-tile: with 16 columns, its sums fill 12 of the 16 registers.
    MICRO = 6,
    // Rows that are centred together.
    TOGETHER = 8,
    // How far ahead the narrow panel is fetched, in scalars: 64 rows.
    AHEAD = 64 * MICRO,
};

int ckernels_gram_is_available(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
        && !__builtin_cpu_supports("avx512f");
}

TARGET void ckernels_gram_pack(
    const float *x, size_t stride, size_t rows, size_t columns, float *panel) {
    for (size_t row = 0; row < rows; row++, x += stride, panel += PANEL) {
        if (columns >= PANEL) {
            _mm256_store_ps(panel, _mm256_loadu_ps(x));
            _mm256_store_ps(panel + 8, _mm256_loadu_ps(x + 8));
        } else {
            for (size_t i = 0; i < PANEL; i++) panel[i] = i < columns ? x[i] : 0;
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

// `count` rows of one panel, whose sums are loaded and stored once for all of them.
__attribute__((always_inline)) TARGET static inline void centre_panel(
    const float *x, size_t stride, size_t count, const float *centre, float *target, double *sums,
    float *largest) {
    eight_columns first = load_columns(centre, sums, largest);
    eight_columns second = load_columns(centre + 8, sums + 8, largest + 8);
    for (size_t row = 0; row < count; row++, x += stride, target += PANEL) {
        // Rows lie on pages of their own, across which the processor does not look ahead.
        _mm_prefetch((const char *)(x + TOGETHER * stride), _MM_HINT_T0);
        _mm256_store_ps(target, deviations(x, &first));
        _mm256_store_ps(target + 8, deviations(x + 8, &second));
    }
    store_columns(first, sums, largest);
    store_columns(second, sums + 8, largest + 8);
}

// The columns after the last whole panel, and zeros beside them.
static void centre_rest(
    const float *x, size_t stride, size_t rows, size_t rest, const float *centre, float *target,
    double *sums, float *largest) {
    for (size_t row = 0; row < rows; row++, x += stride, target += PANEL)
        for (size_t i = 0; i < PANEL; i++) {
            float d = i < rest ? x[i] - centre[i] : 0;
            target[i] = d;
            if (i >= rest) continue;
            sums[i] += d;
            float magnitude = d < 0 ? -d : d;
            if (magnitude > largest[i]) largest[i] = magnitude;
        }
}

TARGET void ckernels_gram_centre(
    const float *x, size_t stride, size_t rows, size_t columns, const float *centre, float *panels,
    size_t panel_stride, double *sums, float *largest) {
    const size_t whole = columns / PANEL, rest = columns % PANEL, end = whole * PANEL;
    // A few rows at a time, so that what is fetched of a row is used by all panels soon.
    for (size_t row = 0; row < rows; row += TOGETHER) {
        const float *from = x + row * stride;
        float *to = panels + row * PANEL;
        for (size_t panel = 0; panel < whole; panel++) {
            const size_t c = panel * PANEL;
            float *target = to + panel * panel_stride;
            // A number of rows that is known unrolls the loop.
            if (rows - row >= TOGETHER)
                centre_panel(
                    from + c, stride, TOGETHER, centre + c, target, sums + c, largest + c);
            else
                centre_panel(
                    from + c, stride, rows - row, centre + c, target, sums + c, largest + c);
        }
    }
    if (rest > 0)
        centre_rest(
            x + end, stride, rows, rest, centre + end, panels + whole * panel_stride, sums + end,
            largest + end);
}

// Copies 48 columns, of which `count` panels exist, into eight narrow panels of 6 columns, whose
// elements the micro-kernel broadcasts one after the other.
TARGET static void narrow(
    const float *panels, size_t panel_stride, size_t count, size_t rows, float *block) {
    const size_t step = MICRO * rows;
    for (size_t row = 0; row < rows; row++) {
        for (size_t half = 0; half < 2; half++) {
            __m128 q[6];
            for (size_t i = 0; i < 6; i++) {
                size_t column = half * 24 + i * 4, panel = column / PANEL;
                q[i] = panel < count
                    ? _mm_load_ps(panels + panel * panel_stride + row * PANEL + column % PANEL)
                    : _mm_setzero_ps();
            }
            float *target = block + half * 4 * step + row * MICRO;
            _mm_storeu_ps(target, q[0]);
            _mm_storel_pi((__m64 *)(target + 4), q[1]);
            target += step;
            _mm_storeu_ps(target, _mm_shuffle_ps(q[1], q[2], 0x4e));
            _mm_storeh_pi((__m64 *)(target + 4), q[2]);
            target += step;
            _mm_storeu_ps(target, q[3]);
            _mm_storel_pi((__m64 *)(target + 4), q[4]);
            target += step;
            _mm_storeu_ps(target, _mm_shuffle_ps(q[4], q[5], 0x4e));
            _mm_storeh_pi((__m64 *)(target + 4), q[5]);
        }
    }
}

#define FETCH(address, level) _mm_prefetch((const char *)(address), level)

// Adds the products of 8 rows. The narrow panel stays in the second cache, so it must not drive the
// wide one out of the first.
#define EIGHT_ROWS \
    FETCH(a + AHEAD, _MM_HINT_NTA); \
    FETCH(a + AHEAD + 16, _MM_HINT_NTA); \
    FETCH(a + AHEAD + 32, _MM_HINT_NTA); \
    _Pragma("unroll") for (int u = 0; u < 8; u++) ONE_ROW

#define ONE_ROW \
    { \
        __m256 b0 = _mm256_load_ps(b), b1 = _mm256_load_ps(b + 8); \
        _Pragma("unroll") for (int i = 0; i < MICRO; i++) { \
            __m256 x = _mm256_broadcast_ss(a + i); \
            s[i][0] = _mm256_fmadd_ps(x, b0, s[i][0]); \
            s[i][1] = _mm256_fmadd_ps(x, b1, s[i][1]); \
        } \
        a += MICRO; \
        b += PANEL; \
    }

// The products of the 6 columns of `a` with the 16 of `b`. Fetches the elements of `c`, to which they
// will be added, and a part of the panel at `next`, one after the other: all at once they would
// keep the loads of the first rows waiting.
__attribute__((always_inline)) TARGET static inline void multiply(
    size_t rows, const float *a, const float *b, const double *c, size_t stride, const float *next,
    __m256 s[MICRO][2]) {
#pragma unroll
    for (int i = 0; i < MICRO; i++) s[i][0] = s[i][1] = _mm256_setzero_ps();
    size_t row = 0;
    for (; row + 8 <= rows && row < 8 * MICRO; row += 8) {
        FETCH(c, _MM_HINT_T0);
        FETCH(c + 8, _MM_HINT_T0);
        FETCH(c + PANEL - 1, _MM_HINT_T0);
        FETCH(next, _MM_HINT_T1);
        FETCH(next + 16, _MM_HINT_T1);
        c += stride;
        next += 32;
        EIGHT_ROWS
    }
    for (; row + 8 <= rows; row += 8) {
        EIGHT_ROWS
    }
    for (; row < rows; row++) ONE_ROW
}

TARGET static inline void add(double *c, __m256d factor, __m128 sum) {
    _mm256_storeu_pd(c, _mm256_fmadd_pd(factor, _mm256_cvtps_pd(sum), _mm256_loadu_pd(c)));
}

// A micro-tile below the diagonal.
TARGET static void add_whole(
    size_t rows, const float *a, const float *b, const float *next, double factor, double *c,
    size_t stride) {
    __m256 s[MICRO][2];
    multiply(rows, a, b, c, stride, next, s);
    __m256d factors = _mm256_set1_pd(factor);
#pragma unroll
    for (int i = 0; i < MICRO; i++, c += stride) {
        add(c, factors, _mm256_castps256_ps128(s[i][0]));
        add(c + 4, factors, _mm256_extractf128_ps(s[i][0], 1));
        add(c + 8, factors, _mm256_castps256_ps128(s[i][1]));
        add(c + 12, factors, _mm256_extractf128_ps(s[i][1], 1));
    }
}

// A micro-tile at (`row`, `column`) that the diagonal crosses or the matrix ends in.
TARGET static void add_part(
    size_t rows, const float *a, const float *b, const float *next, double factor, double *lower,
    size_t stride, size_t columns, size_t row, size_t column) {
    __m256 s[MICRO][2];
    multiply(rows, a, b, lower + row * stride + column, stride, next, s);
    float sums[MICRO][PANEL];
#pragma unroll
    for (int i = 0; i < MICRO; i++) {
        _mm256_storeu_ps(sums[i], s[i][0]);
        _mm256_storeu_ps(sums[i] + 8, s[i][1]);
    }
    for (size_t i = 0; i < MICRO && row + i < columns; i++)
        for (size_t j = 0; j < PANEL && column + j <= row + i; j++)
            lower[(row + i) * stride + column + j] += factor * (double)sums[i][j];
}

size_t ckernels_gram_scratch(size_t tile_rows) {
    return (tile_rows + GRID - 1) / GRID * GRID * CKERNELS_GRAM_SLAB;
}

TARGET void ckernels_gram_add(
    const float *panels, size_t panel_stride, size_t rows, ckernels_gram_tile tile, double factor,
    size_t columns, float *scratch, double *lower, size_t stride) {
    // Slabs of equal length, as a short last one would cost as much adding up as a long one.
    size_t slabs = (rows + CKERNELS_GRAM_SLAB - 1) / CKERNELS_GRAM_SLAB;
    size_t slab = slabs > 0 ? (rows + slabs - 1) / slabs : 1;
    size_t panel_count = (columns + PANEL - 1) / PANEL;
    for (size_t first = 0; first < rows; first += slab) {
        size_t count = rows - first < slab ? rows - first : slab;
        const float *x = panels + first * PANEL;
        for (size_t row = tile.first_row; row < tile.end_row; row += GRID)
            narrow(
                x + row / PANEL * panel_stride, panel_stride, panel_count - row / PANEL, count,
                scratch + (row - tile.first_row) * count);
        for (size_t column = tile.first_column; column < tile.end_column; column += PANEL) {
            const float *b = x + column / PANEL * panel_stride;
            // What lies above the diagonal is left out.
            size_t above = column > tile.first_row ? (column - tile.first_row) / MICRO : 0;
            for (size_t row = tile.first_row + above * MICRO; row < tile.end_row; row += MICRO) {
                size_t index = (row - tile.first_row) / MICRO;
                const float *a = scratch + index * MICRO * count;
                // Micro-tiles of a large tile fetch all of the next panel.
                const float *next = b + panel_stride + index * MICRO * 32;
                if (row + 1 >= column + PANEL && row + MICRO <= columns)
                    add_whole(
                        count, a, b, next, factor, lower + row * stride + column, stride);
                else
                    add_part(
                        count, a, b, next, factor, lower, stride, columns, row, column);
            }
        }
    }
}

#else
#include <stdlib.h>

int ckernels_gram_is_available(void) { return 0; }

void ckernels_gram_pack(
    const float *x, size_t stride, size_t rows, size_t columns, float *panel) {
    (void)x, (void)stride, (void)rows, (void)columns, (void)panel;
    abort();
}

void ckernels_gram_centre(
    const float *x, size_t stride, size_t rows, size_t columns, const float *centre, float *panels,
    size_t panel_stride, double *sums, float *largest) {
    (void)x, (void)stride, (void)rows, (void)columns, (void)centre, (void)panels;
    (void)panel_stride, (void)sums, (void)largest;
    abort();
}

size_t ckernels_gram_scratch(size_t tile_rows) {
    (void)tile_rows;
    abort();
}

void ckernels_gram_add(
    const float *panels, size_t panel_stride, size_t rows, ckernels_gram_tile tile, double factor,
    size_t columns, float *scratch, double *lower, size_t stride) {
    (void)panels, (void)panel_stride, (void)rows, (void)tile, (void)factor, (void)columns;
    (void)scratch, (void)lower, (void)stride;
    abort();
}

#endif
