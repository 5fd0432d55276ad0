// The first stage for one instruction set; NAME(function) is a function's name.

// Sums of products for 6 x 8 elements, in 12 of 16 registers.
typedef struct {
    four_doubles of[6][2];
} NAME(sums);
#define sums NAME(sums)
#define accumulate NAME(accumulate)

// Adds the products of `count` pairs to the sums: element (i, k) of A lies at a[i * row + k * column],
// and 8 elements of row k of B at b[k * stride].
INLINED void accumulate(
    sums *s, const double *a, size_t row, size_t column, const double *b, size_t stride,
    size_t count) {
    for (size_t k = 0; k < count; k++, a += column, b += stride) {
        const four_doubles low = *(const four_stored *)b, high = *(const four_stored *)(b + 4);
#pragma unroll
        for (int i = 0; i < 6; i++) {
            const four_doubles x = (four_doubles)(a[i * row]);
            s->of[i][0] += x * low;
            s->of[i][1] += x * high;
        }
    }
}

INLINED sums NAME(none)(void) {
    sums s;
#pragma unroll
    for (int i = 0; i < 6; i++) s.of[i][0] = s.of[i][1] = (four_doubles)(0);
    return s;
}

// Writes the sums to 6 rows of 8 elements.
INLINED void NAME(store)(const sums *s, double *c, size_t stride) {
#pragma unroll
    for (int i = 0; i < 6; i++)
#pragma unroll
        for (int j = 0; j < 2; j++) *(four_stored *)(c + i * stride + 4 * j) = s->of[i][j];
}

INLINED void NAME(add)(const sums *s, double *c, size_t stride) {
#pragma unroll
    for (int i = 0; i < 6; i++)
#pragma unroll
        for (int j = 0; j < 2; j++) *(four_stored *)(c + i * stride + 4 * j) += s->of[i][j];
}

INLINED void NAME(subtract)(const sums *s, double *c, size_t stride) {
#pragma unroll
    for (int i = 0; i < 6; i++)
#pragma unroll
        for (int j = 0; j < 2; j++) *(four_stored *)(c + i * stride + 4 * j) -= s->of[i][j];
}

// Copies the panel at column `first` from the tiles, from its diagonal on, less what the last step's
// reflectors take off it.
static void NAME(take_panel)(const ckernels_reduction *r, size_t first, int is_pending) {
    const size_t tile = first / TILE, offset = first % TILE, block = tile * TILE * WIDTH + offset;
    for (size_t row = first; row < padded(r); row += 6) {
        const double *t = tile_at(r, row / TILE, tile) + offset * TILE + row % TILE;
        double *p = r->panel + row * WIDTH;
        for (size_t c = 0; c < WIDTH; c++)
            for (size_t i = 0; i < 6; i++) p[i * WIDTH + c] = t[c * TILE + i];
        for (size_t c = 0; is_pending && c < WIDTH; c += 8) {
            sums s = NAME(none)();
            accumulate(
                &s, r->v + row * WIDTH, WIDTH, 1, r->w_blocks + block + c, TILE, WIDTH);
            accumulate(
                &s, r->w + row * WIDTH, WIDTH, 1, r->v_blocks + block + c, TILE, WIDTH);
            NAME(subtract)(&s, p + c, WIDTH);
        }
    }
}

// Makes column `j` of a panel triangular by the reflector I - factor v v', v = (1, what is left in the
// column), and applies it to the columns behind; vectors before `start` hold finished columns.
//
// `dots` are the products of the column with those from it on, over the rows below the diagonal. The
// same products of the next column are summed in the pass that changes it.
INLINED void NAME(reflect)(
    double *panel, size_t rows, size_t j, const int start, double *factor, double *dots) {
    double *const diagonal = panel + j * WIDTH;
    const double alpha = diagonal[j], rest = dots[j];
    double change[WIDTH] = {0}, scale = 0;
    *factor = 0;
    // Elements are about 1 at most: what is left out is far below the rounding of any.
    if (rest > 1e-290) {
        const double beta = -__builtin_copysign(__builtin_sqrt(alpha * alpha + rest), alpha);
        *factor = (beta - alpha) / beta;
        scale = 1 / (alpha - beta);
        for (size_t c = j + 1; c < WIDTH; c++) {
            change[c] = *factor * (diagonal[c] + scale * dots[c]);
            diagonal[c] -= change[c];
        }
        diagonal[j] = beta;
    }
    four_doubles changes[WIDTH / 4], next[WIDTH / 4];
#pragma unroll
    for (int i = start; i < WIDTH / 4; i++) {
        changes[i] = *(const four_stored *)(change + 4 * i);
        next[i] = (four_doubles)(0);
    }
    const size_t following = j + 1 < WIDTH ? j + 1 : j;
    for (size_t row = j + 1; row < rows; row++) {
        double *p = panel + row * WIDTH;
        const double v = p[j] * scale;
        // The next column's diagonal element does not count.
        const double x = row > j + 1 ? p[following] - v * change[following] : 0;
#pragma unroll
        for (int i = start; i < WIDTH / 4; i++) {
            const four_doubles changed = *(const four_stored *)(p + 4 * i) - v * changes[i];
            next[i] += x * changed;
            *(four_stored *)(p + 4 * i) = changed;
        }
        p[j] = v;
    }
#pragma unroll
    for (int i = start; i < WIDTH / 4; i++) *(four_stored *)(dots + 4 * i) = next[i];
}

// The QR decomposition of a panel: R above the diagonal, reflectors below.
static void NAME(factor_panel)(double *panel, size_t rows, double *factors) {
    double dots[WIDTH] = {0};
    for (size_t row = 1; row < rows; row++)
        for (size_t c = 0; c < WIDTH; c++) dots[c] += panel[row * WIDTH] * panel[row * WIDTH + c];
    for (size_t j = 0; j < WIDTH; j++) {
        factors[j] = 0;
        if (j >= rows) continue;
        // The first vector as a constant, so that the loops over vectors unroll.
        switch (j / 4) {
        case 0: NAME(reflect)(panel, rows, j, 0, factors + j, dots); break;
        case 1: NAME(reflect)(panel, rows, j, 1, factors + j, dots); break;
        case 2: NAME(reflect)(panel, rows, j, 2, factors + j, dots); break;
        case 3: NAME(reflect)(panel, rows, j, 3, factors + j, dots); break;
        case 4: NAME(reflect)(panel, rows, j, 4, factors + j, dots); break;
        default: NAME(reflect)(panel, rows, j, 5, factors + j, dots);
        }
    }
}

static int NAME(factor_step)(ckernels_reduction *r, size_t step) {
    const size_t first = step * WIDTH, below = first + WIDTH;
    NAME(take_panel)(r, first, step > 0);
    double *band = r->band + first * STRIDE;
    const double *top = r->panel + first * WIDTH;
    for (size_t c = 0; c < WIDTH; c++)
        for (size_t row = c; row < WIDTH; row++)
            band[c * STRIDE + row - c] = top[row * WIDTH + c];
    if (below >= r->size) return 0;

    double *panel = r->panel + below * WIDTH, *v = r->next + below * WIDTH;
    const size_t rows = r->size - below;
    NAME(factor_panel)(panel, rows, r->factors);
    memcpy(v, panel, rows * WIDTH * sizeof *v);
    memset(v + rows * WIDTH, 0, (padded(r) - r->size) * WIDTH * sizeof *v);
    for (size_t row = 0; row < WIDTH && row < rows; row++)
        for (size_t c = row; c < WIDTH; c++) {
            band[c * STRIDE + WIDTH + row - c] = v[row * WIDTH + c];
            v[row * WIDTH + c] = c == row;
        }
    return 1;
}

// A tile less the last step's V W' + W V', where it lies in rows and columns from `row` and `column`
// on.
INLINED void NAME(update_tile)(
    const ckernels_reduction *r, double *t, size_t tile_row, size_t tile_column, size_t row,
    size_t column) {
    const double *v = r->v_blocks + tile_row * TILE * WIDTH;
    const double *w = r->w_blocks + tile_row * TILE * WIDTH;
    for (size_t c = column; c < TILE; c += 6) {
        const size_t from = (tile_column * TILE + c) * WIDTH;
        for (size_t i = row; i < TILE; i += 8) {
            double *target = t + c * TILE + i;
            // The next tile follows.
            for (size_t line = 0; line < 6; line++)
                __builtin_prefetch(target + TILE * TILE + line * TILE, 1);
            sums s = NAME(none)();
            accumulate(&s, r->w + from, WIDTH, 1, v + i, TILE, WIDTH);
            accumulate(&s, r->v + from, WIDTH, 1, w + i, TILE, WIDTH);
            NAME(subtract)(&s, target, TILE);
        }
    }
}

static void NAME(multiply_part)(const ckernels_reduction *r, size_t step, size_t part) {
    const size_t below = (step + 1) * WIDTH, first = below / TILE, offset = below % TILE;
    double *result = r->results + part * padded(r) * WIDTH;
    memset(
        result + first * TILE * WIDTH, 0,
        (padded(r) - first * TILE) * WIDTH * sizeof *result);
    for (size_t i = first + part; i < r->tile_rows; i += r->parts)
        for (size_t j = first; j <= i; j++) {
            const size_t row = i == first ? offset : 0, column = j == first ? offset : 0;
            double *t = tile_at(r, i, j);
            if (step > 0) NAME(update_tile)(r, t, i, j, row, column);
            const double *v = r->next + (j * TILE + column) * WIDTH;
            for (size_t k = row; k < TILE; k += 6)
                for (size_t c = 0; c < WIDTH; c += 8) {
                    sums s = NAME(none)();
                    accumulate(&s, t + column * TILE + k, 1, TILE, v + c, WIDTH, TILE - column);
                    NAME(add)(&s, result + (i * TILE + k) * WIDTH + c, WIDTH);
                }
            if (i == j) continue;
            // Its mirror image.
            v = r->next + (i * TILE + row) * WIDTH;
            for (size_t k = column; k < TILE; k += 6)
                for (size_t c = 0; c < WIDTH; c += 8) {
                    sums s = NAME(none)();
                    accumulate(&s, t + k * TILE + row, TILE, 1, v + c, WIDTH, TILE - row);
                    NAME(add)(&s, result + (j * TILE + k) * WIDTH + c, WIDTH);
                }
        }
}

// The product A' B of two arrays of panels, from row `first` on.
static void NAME(inner_products)(
    const double *a, const double *b, size_t first, size_t end, double *products) {
    for (size_t i = 0; i < WIDTH; i += 6)
        for (size_t c = 0; c < WIDTH; c += 8) {
            sums s = NAME(none)();
            accumulate(
                &s, a + first * WIDTH + i, 1, WIDTH, b + first * WIDTH + c, WIDTH, end - first);
            NAME(store)(&s, products + i * WIDTH + c, WIDTH);
        }
}

// C = A B, or A' B, of small square matrices.
static void NAME(small_product)(
    const double *a, size_t row, size_t column, const double *b, double *c) {
    for (size_t i = 0; i < WIDTH; i += 6)
        for (size_t j = 0; j < WIDTH; j += 8) {
            sums s = NAME(none)();
            accumulate(&s, a + i * row, row, column, b + j, WIDTH, WIDTH);
            NAME(store)(&s, c + i * WIDTH + j, WIDTH);
        }
}

// Copies the rows of an array of panels from `first` on to column-major blocks.
static void NAME(make_blocks)(
    const ckernels_reduction *r, const double *rows, size_t first, double *blocks) {
    for (size_t row = first; row < padded(r); row += 4)
        for (size_t c = 0; c < WIDTH; c++) {
            const double *from = rows + row * WIDTH + c;
            double *to = blocks + row / TILE * TILE * WIDTH + c * TILE + row % TILE;
            for (size_t i = 0; i < 4; i++) to[i] = from[i * WIDTH];
        }
}

static void NAME(add_up)(const ckernels_reduction *r, size_t step, size_t share) {
    const size_t below = (step + 1) * WIDTH, end = padded(r), rows = end - below;
    const size_t first = below + rows * share / r->parts;
    const size_t last = below + rows * (share + 1) / r->parts;
    double *products = r->results;
    for (size_t part = 1; part < r->parts; part++) {
        const double *others = r->results + part * end * WIDTH;
        for (size_t i = first * WIDTH; i < last * WIDTH; i++) products[i] += others[i];
    }
}

static void NAME(combine)(ckernels_reduction *r, size_t step) {
    const size_t below = (step + 1) * WIDTH, end = padded(r);
    double *products = r->results;
    // The last step's are used up.
    double *reused = r->v;
    r->v = r->next;
    r->next = reused;

    double inner[WIDTH * WIDTH], scatter[WIDTH * WIDTH];
    NAME(inner_products)(r->v, r->v, below, end, inner);
    NAME(inner_products)(r->v, products, below, end, scatter);
    double t[WIDTH * WIDTH] = {0}, scratch[WIDTH * WIDTH], half[WIDTH * WIDTH];
    for (size_t j = 0; j < WIDTH; j++) {
        for (size_t i = 0; i < j; i++) {
            double sum = 0;
            for (size_t k = i; k < j; k++) sum += t[i * WIDTH + k] * inner[k * WIDTH + j];
            t[i * WIDTH + j] = -r->factors[j] * sum;
        }
        t[j * WIDTH + j] = r->factors[j];
    }
    NAME(small_product)(scatter, WIDTH, 1, t, scratch);
    NAME(small_product)(t, 1, WIDTH, scratch, half);
    for (size_t i = 0; i < WIDTH * WIDTH; i++) half[i] *= -0.5;
    for (size_t row = below; row < end; row += 6)
        for (size_t c = 0; c < WIDTH; c += 8) {
            sums s = NAME(none)();
            accumulate(&s, products + row * WIDTH, WIDTH, 1, t + c, WIDTH, WIDTH);
            accumulate(&s, r->v + row * WIDTH, WIDTH, 1, half + c, WIDTH, WIDTH);
            NAME(store)(&s, r->w + row * WIDTH + c, WIDTH);
        }
    NAME(make_blocks)(r, r->v, below, r->v_blocks);
    NAME(make_blocks)(r, r->w, below, r->w_blocks);
}

#undef sums
#undef accumulate
