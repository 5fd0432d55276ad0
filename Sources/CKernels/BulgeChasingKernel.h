// The second stage for one instruction set; NAME(function) is a function's name.

// The reflector I - factor v v'.
typedef struct {
    double v[WIDTH], factor;
} NAME(reflector);
#define reflector NAME(reflector)

INLINED double NAME(sum)(four_doubles x) { return (x[0] + x[2]) + (x[1] + x[3]); }

// The sums of four vectors.
INLINED four_doubles NAME(four_sums)(const four_doubles x[4]) {
    const four_doubles ab = __builtin_shufflevector(x[0], x[1], 0, 4, 2, 6)
        + __builtin_shufflevector(x[0], x[1], 1, 5, 3, 7);
    const four_doubles cd = __builtin_shufflevector(x[2], x[3], 0, 4, 2, 6)
        + __builtin_shufflevector(x[2], x[3], 1, 5, 3, 7);
    return __builtin_shufflevector(ab, cd, 0, 1, 4, 5)
        + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}

INLINED four_doubles NAME(masked)(four_doubles x, four_integers mask) {
    return (four_doubles)((four_integers)x & mask);
}

INLINED four_doubles NAME(at)(const double *x) { return *(const four_stored *)x; }

// Finds the reflector that leaves nothing of a column of WIDTH elements but the first, and applies it
// to that column.
INLINED void NAME(find)(reflector *h, double *column) {
    four_doubles x[VECTORS];
#pragma unroll
    for (int i = 0; i < VECTORS; i++) x[i] = NAME(at)(column + 4 * i);
    const double alpha = column[0];
    const four_doubles tail = NAME(masked)(x[0], (four_integers){0, -1, -1, -1});
    four_doubles even = tail * tail, odd = x[1] * x[1];
#pragma unroll
    for (int i = 2; i < VECTORS; i += 2) {
        even += x[i] * x[i];
        odd += x[i + 1] * x[i + 1];
    }
    const double rest = NAME(sum)(even + odd);
    double beta = alpha, scale = 0;
    h->factor = 0;
    // Elements are about 1 at most: what is left out is far below the rounding of any.
    if (rest > 1e-290) {
        beta = -__builtin_copysign(__builtin_sqrt(alpha * alpha + rest), alpha);
        h->factor = (beta - alpha) / beta;
        scale = 1 / (alpha - beta);
    }
#pragma unroll
    for (int i = 0; i < VECTORS; i++) {
        *(four_stored *)(h->v + 4 * i) = x[i] * scale;
        *(four_stored *)(column + 4 * i) = (four_doubles)(0);
    }
    h->v[0] = 1;
    column[0] = beta;
}

// Applies a reflector to rows and columns of a block on the diagonal, of which the lower triangle is
// stored: H D H = D - v u' - u v'. Vectors that reach above the diagonal touch the unused end of a
// column of the band.
INLINED void NAME(apply_to_both)(const reflector *h, double *block) {
    const four_integers lower[4] = {{-1, -1, -1, -1}, {0, -1, -1, -1}, {0, 0, -1, -1}, {0, 0, 0, -1}};
    const four_integers strict[4] = {{0, -1, -1, -1}, {0, 0, -1, -1}, {0, 0, 0, -1}, {0, 0, 0, 0}};
    // D v, by columns and, as D is symmetric, by rows.
    four_doubles u[VECTORS];
#pragma unroll
    for (int i = 0; i < VECTORS; i++) u[i] = (four_doubles)(0);
#pragma unroll
    for (int j = 0; j < VECTORS; j++) {
        four_doubles rows[4];
#pragma unroll
        for (int k = 0; k < 4; k++) {
            const four_doubles d = NAME(at)(block + (4 * j + k) * STEP + 4 * j);
            u[j] += NAME(masked)(d, lower[k]) * h->v[4 * j + k];
            rows[k] = NAME(masked)(d, strict[k]) * NAME(at)(h->v + 4 * j);
        }
#pragma unroll
        for (int i = j + 1; i < VECTORS; i++) {
            const four_doubles v = NAME(at)(h->v + 4 * i);
#pragma unroll
            for (int k = 0; k < 4; k++) {
                const four_doubles d = NAME(at)(block + (4 * j + k) * STEP + 4 * i);
                u[i] += d * h->v[4 * j + k];
                rows[k] += d * v;
            }
        }
        u[j] += NAME(four_sums)(rows);
    }
    four_doubles product = (four_doubles)(0);
#pragma unroll
    for (int i = 0; i < VECTORS; i++) product += u[i] * NAME(at)(h->v + 4 * i);
    const double half = -0.5 * h->factor * NAME(sum)(product);
    double elements[WIDTH];
#pragma unroll
    for (int i = 0; i < VECTORS; i++) {
        u[i] = h->factor * (u[i] + half * NAME(at)(h->v + 4 * i));
        *(four_stored *)(elements + 4 * i) = u[i];
    }
#pragma unroll
    for (int j = 0; j < WIDTH; j++) {
#pragma unroll
        for (int i = j / 4; i < VECTORS; i++) {
            four_stored *d = (four_stored *)(block + j * STEP + 4 * i);
            *d = *d - NAME(at)(h->v + 4 * i) * elements[j] - u[i] * h->v[j];
        }
    }
}

// Applies a reflector to the columns of a block below the diagonal, and to its rows the one that then
// leaves nothing of its first column but the first element; `h` becomes that one.
INLINED void NAME(chase)(reflector *h, double *block) {
    four_doubles u[VECTORS];
#pragma unroll
    for (int i = 0; i < VECTORS; i++) u[i] = (four_doubles)(0);
    for (int j = 0; j < WIDTH; j++) {
#pragma unroll
        for (int i = 0; i < VECTORS; i++) u[i] += NAME(at)(block + j * STEP + 4 * i) * h->v[j];
    }
#pragma unroll
    for (int i = 0; i < VECTORS; i++) {
        u[i] *= h->factor;
        *(four_stored *)(block + 4 * i) -= u[i];
    }
    const reflector right = *h;
    NAME(find)(h, block);
    four_doubles v[VECTORS];
#pragma unroll
    for (int i = 0; i < VECTORS; i++) v[i] = NAME(at)(h->v + 4 * i);
    for (int j = 1; j < WIDTH; j++) {
        double *column = block + j * STEP;
        four_doubles b[VECTORS], product = (four_doubles)(0);
#pragma unroll
        for (int i = 0; i < VECTORS; i++) {
            b[i] = NAME(at)(column + 4 * i) - u[i] * right.v[j];
            product += b[i] * v[i];
        }
        const double share = h->factor * NAME(sum)(product);
#pragma unroll
        for (int i = 0; i < VECTORS; i++) *(four_stored *)(column + 4 * i) = b[i] - share * v[i];
    }
}

static void NAME(sweep)(
    double *band, size_t size, size_t first, const size_t *before, size_t *progress) {
    reflector h[SWEEPS];
    const size_t blocks = (size - first + WIDTH - 1) / WIDTH;
    // The sweeps go down together, each behind the one before it, while what they touch is in the cache.
    for (size_t time = 0; time < blocks + LEAD * SWEEPS; time++) {
        // As far behind the last sweep of the job before.
        while (before != NULL && __atomic_load_n(before, __ATOMIC_ACQUIRE) < time + LEAD)
            sched_yield();
        for (size_t i = 0; i < SWEEPS && LEAD * i <= time; i++) {
            const size_t column = first + i, block = time - LEAD * i;
            const size_t row = column + 1 + block * WIDTH;
            if (row >= size) continue;
            if (block == 0) NAME(find)(&h[i], band + column * STRIDE + 1);
            else NAME(chase)(&h[i], band + (row - WIDTH) * STRIDE + WIDTH);
            NAME(apply_to_both)(&h[i], band + row * STRIDE);
        }
        if (time >= LEAD * (SWEEPS - 1))
            __atomic_store_n(progress, time - LEAD * (SWEEPS - 1) + 1, __ATOMIC_RELEASE);
    }
    __atomic_store_n(progress, SIZE_MAX, __ATOMIC_RELEASE);
}

#undef reflector
