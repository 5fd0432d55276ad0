// One source for every instruction set and pair of precisions: TYPE names the function, Input
// is the type of the values, Output that of the deviations.

// Four rows at a time, so that the sums are loaded and stored once for all of them; they are added
// up row after row all the same.
static void NAME(TYPE)(
    const Input *values, size_t rows, size_t stride, size_t columns, const Output *restrict centre,
    Output *deviations, double *restrict sums, Output *restrict largest) {
    size_t row = 0;
    for (; row + 4 <= rows; row += 4) {
        const Input *restrict a = values + row * stride;
        const Input *restrict b = a + stride, *restrict c = b + stride, *restrict d = c + stride;
        Output *restrict p = deviations + row * stride;
        Output *restrict q = p + stride, *restrict r = q + stride, *restrict s = r + stride;
        // Rows lie on pages of their own, across which the processor does not look ahead.
        for (size_t next = 4; next < 8 && row + next < rows; next++)
            for (size_t column = 0; column < columns; column += 64 / sizeof(Input))
                __builtin_prefetch(a + next * stride + column);
        for (size_t i = 0; i < columns; i++) {
            Output e = (Output)a[i] - centre[i], f = (Output)b[i] - centre[i];
            Output g = (Output)c[i] - centre[i], h = (Output)d[i] - centre[i];
            p[i] = e;
            q[i] = f;
            r[i] = g;
            s[i] = h;
            sums[i] = (((sums[i] + e) + f) + g) + h;
            Output most = largest[i];
            most = MAGNITUDE(e) > most ? MAGNITUDE(e) : most;
            most = MAGNITUDE(f) > most ? MAGNITUDE(f) : most;
            most = MAGNITUDE(g) > most ? MAGNITUDE(g) : most;
            largest[i] = MAGNITUDE(h) > most ? MAGNITUDE(h) : most;
        }
    }
    for (; row < rows; row++) {
        const Input *restrict a = values + row * stride;
        Output *restrict p = deviations + row * stride;
        for (size_t i = 0; i < columns; i++) {
            Output e = (Output)a[i] - centre[i];
            p[i] = e;
            sums[i] += e;
            largest[i] = MAGNITUDE(e) > largest[i] ? MAGNITUDE(e) : largest[i];
        }
    }
}
