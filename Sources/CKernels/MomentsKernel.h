// One source for every instruction set and precision: TYPE names the function, Scalar is the
// type of the values.

// Four rows at a time, so that the sums are loaded and stored once for all of them; a rest of fewer
// rows goes through the same code with copies of the shifts' row, whose deviations are 0.
static void NAME(TYPE)(
    const Scalar *values, size_t rows, size_t stride, size_t columns, double *sums,
    Scalar *range) {
    double *restrict sum = sums + CKERNELS_MOMENTS_STRIPE;
    double *restrict squares = sums + 2 * CKERNELS_MOMENTS_STRIPE;
    Scalar *restrict least = range;
    Scalar *restrict largest = range + CKERNELS_MOMENTS_STRIPE;
    const double *restrict shift = sums;
    for (size_t first = 0; first < rows; first += 4) {
        const Scalar *restrict a = values + first * stride;
        const Scalar *restrict b = first + 1 < rows ? a + stride : values;
        const Scalar *restrict c = first + 2 < rows ? a + 2 * stride : values;
        const Scalar *restrict d = first + 3 < rows ? a + 3 * stride : values;
        // As many columns as the range's vectors hold in single precision.
#pragma clang loop vectorize_width(8) interleave_count(1)
        for (size_t i = 0; i < columns; i++) {
            double e = a[i] - shift[i], f = b[i] - shift[i];
            double g = c[i] - shift[i], h = d[i] - shift[i];
            sum[i] += (e + f) + (g + h);
            squares[i] += (e * e + f * f) + (g * g + h * h);
            Scalar low = a[i] < b[i] ? a[i] : b[i], other = c[i] < d[i] ? c[i] : d[i];
            low = low < other ? low : other;
            least[i] = low < least[i] ? low : least[i];
            Scalar high = a[i] > b[i] ? a[i] : b[i];
            other = c[i] > d[i] ? c[i] : d[i];
            high = high > other ? high : other;
            largest[i] = high > largest[i] ? high : largest[i];
        }
    }
}
