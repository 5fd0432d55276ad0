// Products of the columns of a slab, for the instruction set and the scalar of the file that includes
// this.
//
// The blocking is that of Goto and van de Geijn, "Anatomy of high-performance matrix
// multiplication" (2008), around a micro-kernel as in Van Zee and van de Geijn, "BLIS: a framework
// for rapidly instantiating BLAS functionality" (2015). Two things no BLAS can do, as it has no such
// function: all tiles of the triangle share one packed copy of the matrix, and the sums of a slab go
// from the registers right into the sums in double precision.
//
// Before, the file defines
//   SCALAR         float or double
//   LANES          scalars of a register
//   MICRO          rows of a micro-tile; each has two registers of sums, for the columns of a panel
//   LEFT_STEP      scalars from one row to the next of what `left_panel` returns
//   FETCH_LEFT(a)  fetches what will be read of it later, where that is of use
//   left_slab      what holds the columns that are a tile's rows, with a function
//                  `left_panel(slab, row)` for the MICRO of them from `row` on.

enum { PANEL = 2 * LANES };

// A register of scalars, and as many doubles, two registers if scalars are floats; also such of any
// address.
typedef SCALAR scalars __attribute__((ext_vector_type(LANES)));
typedef double doubles __attribute__((ext_vector_type(LANES)));
typedef double stored_doubles __attribute__((ext_vector_type(LANES), aligned(8)));

#define INLINED static inline __attribute__((always_inline))
#define UNROLLED _Pragma("unroll")

// Elements of a line of the cache.
enum { LINE = 64 / sizeof(SCALAR), LINE_DOUBLES = 8 };

// Into the first and the second cache.
#define FETCH_NEAR(address) __builtin_prefetch(address, 0, 3)
#define FETCH_FAR(address) __builtin_prefetch(address, 0, 2)

#define ONE_ROW \
    { \
        scalars b0 = *(const scalars *)b, b1 = *(const scalars *)(b + LANES); \
        UNROLLED for (int i = 0; i < MICRO; i++) { \
            s[i][0] += a[i] * b0; \
            s[i][1] += a[i] * b1; \
        } \
        a += LEFT_STEP; \
        b += PANEL; \
    }

#define EIGHT_ROWS \
    FETCH_LEFT(a); \
    UNROLLED for (int u = 0; u < 8; u++) ONE_ROW

// The products of the MICRO columns of `a` with those of the panel `b`. Fetches the elements of `c`,
// to which they will be added, and a part of the panel at `next`, one after the other: all at once
// they would keep the loads of the first rows waiting.
INLINED void multiply(
    size_t rows, const SCALAR *a, const SCALAR *b, const double *c, size_t stride,
    const SCALAR *next, scalars s[MICRO][2]) {
    UNROLLED for (int i = 0; i < MICRO; i++) s[i][0] = s[i][1] = 0;
    size_t row = 0;
    for (; row + 8 <= rows && row < 8 * MICRO; row += 8) {
        UNROLLED for (int i = 0; i < PANEL; i += LINE_DOUBLES) FETCH_NEAR(c + i);
        FETCH_NEAR(c + PANEL - 1);
        UNROLLED for (int i = 0; i < PANEL + LINE; i += LINE) FETCH_FAR(next + i);
        c += stride;
        next += PANEL + LINE;
        EIGHT_ROWS
    }
    for (; row + 8 <= rows; row += 8) {
        EIGHT_ROWS
    }
    for (; row < rows; row++) ONE_ROW
}

// A micro-tile below the diagonal.
static void add_whole(
    size_t rows, const SCALAR *a, const SCALAR *b, const SCALAR *next, double factor, double *c,
    size_t stride) {
    scalars s[MICRO][2];
    multiply(rows, a, b, c, stride, next, s);
    UNROLLED for (int i = 0; i < MICRO; i++, c += stride) {
        UNROLLED for (int j = 0; j < 2; j++)
            *(stored_doubles *)(c + j * LANES) +=
                factor * __builtin_convertvector(s[i][j], doubles);
    }
}

// A micro-tile at (`row`, `column`) that the diagonal crosses or the matrix ends in.
static void add_part(
    size_t rows, const SCALAR *a, const SCALAR *b, const SCALAR *next, double factor,
    double *lower, size_t stride, size_t columns, size_t row, size_t column) {
    scalars s[MICRO][2];
    multiply(rows, a, b, lower + row * stride + column, stride, next, s);
    SCALAR sums[MICRO][PANEL];
    UNROLLED for (int i = 0; i < MICRO; i++) {
        UNROLLED for (int j = 0; j < 2; j++)
            __builtin_memcpy(sums[i] + j * LANES, &s[i][j], sizeof s[i][j]);
    }
    for (size_t i = 0; i < MICRO && row + i < columns; i++)
        for (size_t j = 0; j < PANEL && column + j <= row + i; j++)
            lower[(row + i) * stride + column + j] += factor * (double)sums[i][j];
}

// Adds the products of a slab to a tile.
INLINED void add_tile(
    const SCALAR *panels, size_t panel_stride, size_t rows, ckernels_gram_tile tile,
    left_slab left, double factor, size_t columns, double *lower, size_t stride) {
    for (size_t column = tile.first_column; column < tile.end_column; column += PANEL) {
        const SCALAR *b = panels + column / PANEL * panel_stride;
        // What lies above the diagonal is left out.
        size_t above = column > tile.first_row ? (column - tile.first_row) / MICRO : 0;
        for (size_t row = tile.first_row + above * MICRO; row < tile.end_row; row += MICRO) {
            const SCALAR *a = left_panel(left, row);
            // Micro-tiles of a large tile fetch all of the next panel.
            const SCALAR *next = b + panel_stride + (row - tile.first_row) * (PANEL + LINE);
            if (row + 1 >= column + PANEL && row + MICRO <= columns)
                add_whole(rows, a, b, next, factor, lower + row * stride + column, stride);
            else
                add_part(rows, a, b, next, factor, lower, stride, columns, row, column);
        }
    }
}
