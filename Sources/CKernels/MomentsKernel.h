// One source for every instruction set and precision: TYPE names the function, Scalar is the
// type of the values, FOUR and EIGHT are vectors of them.

// Four rows at a time, so that the sums are loaded and stored once for all of them; a rest of fewer
// rows goes through the same code with copies of the shifts' row, whose deviations are 0.
static void NAME(TYPE)(
    const Scalar *values, size_t rows, size_t stride, size_t columns, double *sums,
    Scalar *range) {
    const double *shifts = sums;
    double *sum = sums + CKERNELS_MOMENTS_STRIPE;
    double *squares = sums + 2 * CKERNELS_MOMENTS_STRIPE;
    Scalar *least = range;
    Scalar *largest = range + CKERNELS_MOMENTS_STRIPE;
    for (size_t first = 0; first < rows; first += 4) {
        const Scalar *row[4];
        for (size_t r = 0; r < 4; r++)
            row[r] = first + r < rows ? values + (first + r) * stride : values;
        size_t i = 0;
        for (; i + 8 <= columns; i += 8) {
            const four_doubles shift[2] = {FOUR_AT(shifts + i), FOUR_AT(shifts + i + 4)};
            EIGHT low = *(const EIGHT *)(least + i), high = *(const EIGHT *)(largest + i);
            // Four rows on their own first, which rounds less than one after the other; from -0, to
            // which adding costs nothing.
            four_doubles a = -(four_doubles){}, b = a, c = a, d = a;
#pragma clang loop unroll(full)
            for (size_t r = 0; r < 4; r++) {
                const Scalar *x = row[r] + i;
                // Loaded twice, once for each precision: cheaper than taking vectors apart.
                const four_doubles e = WIDENED(*(const FOUR *)x) - shift[0];
                const four_doubles f = WIDENED(*(const FOUR *)(x + 4)) - shift[1];
                const EIGHT both = *(const EIGHT *)x;
                a += e;
                b += f;
                c += e * e;
                d += f * f;
                low = both < low ? both : low;
                high = both > high ? both : high;
            }
            FOUR_AT(sum + i) += a;
            FOUR_AT(sum + i + 4) += b;
            FOUR_AT(squares + i) += c;
            FOUR_AT(squares + i + 4) += d;
            *(EIGHT *)(least + i) = low;
            *(EIGHT *)(largest + i) = high;
        }
        for (; i < columns; i++) {
            for (size_t r = 0; r < 4; r++) {
                const Scalar x = row[r][i];
                const double e = x - shifts[i];
                sum[i] += e;
                squares[i] += e * e;
                least[i] = x < least[i] ? x : least[i];
                largest[i] = x > largest[i] ? x : largest[i];
            }
        }
    }
}
