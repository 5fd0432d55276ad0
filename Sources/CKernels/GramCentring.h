// Centring into panels, with AVX2. Before, the file that includes this defines NAME, the function's
// name, Input and Output, the types of values and deviations, and ABREAST, columns that are centred
// side by side.

#define JOINED(a, b) a##_##b
#define JOIN(a, b) JOINED(a, b)
#define Values JOIN(NAME, values)
#define Deviations JOIN(NAME, deviations)
#define Sums JOIN(NAME, sums)

typedef Input Values __attribute__((ext_vector_type(ABREAST), aligned(sizeof(Input))));
typedef Output Deviations __attribute__((ext_vector_type(ABREAST), aligned(sizeof(Output))));
typedef double Sums __attribute__((ext_vector_type(ABREAST), aligned(sizeof(double))));

// `count` rows of some columns of a panel, whose sums are loaded and stored once for all of them.
static inline __attribute__((always_inline)) void JOIN(NAME, abreast)(
    const Input *x, size_t stride, size_t count, const Output *centre, Output *target, size_t width,
    double *sums, Output *largest) {
    const Deviations middle = *(const Deviations *)centre;
    Deviations most = *(const Deviations *)largest;
    Sums sum = *(const Sums *)sums;
    for (size_t row = 0; row < count; row++, x += stride, target += width) {
        // Rows lie on pages of their own, across which the processor does not look ahead.
        __builtin_prefetch(x + TOGETHER * stride);
        Deviations d = __builtin_convertvector(*(const Values *)x, Deviations) - middle;
        *(Deviations *)target = d;
        sum += __builtin_convertvector(d, Sums);
        Deviations magnitude = __builtin_elementwise_abs(d);
        // What is not a number leaves the largest as it is.
        most = magnitude > most ? magnitude : most;
    }
    *(Deviations *)largest = most;
    *(Sums *)sums = sum;
}

// The last `rest` columns, and zeros beside them until the panel ends.
static void JOIN(NAME, rest)(
    const Input *x, size_t stride, size_t rows, size_t rest, const Output *centre, Output *target,
    size_t zeros, size_t width, double *sums, Output *largest) {
    for (size_t row = 0; row < rows; row++, x += stride, target += width) {
        for (size_t i = 0; i < rest; i++) {
            Output d = (Output)x[i] - centre[i], magnitude = d < 0 ? -d : d;
            target[i] = d;
            sums[i] += d;
            if (magnitude > largest[i]) largest[i] = magnitude;
        }
        for (size_t i = rest; i < rest + zeros; i++) target[i] = 0;
    }
}

void NAME(
    ckernels_set set, const Input *x, size_t stride, size_t rows, size_t columns,
    const Output *centre, Output *panels, size_t panel_stride, double *sums, Output *largest) {
    const size_t width = row_bytes(set) / sizeof(Output);
    const size_t rest = columns % ABREAST, end = columns - rest;
    // A few rows at a time, so that what is fetched of a row is used by all panels soon.
    for (size_t row = 0; row < rows; row += TOGETHER) {
        const Input *from = x + row * stride;
        Output *to = panels + row * width;
        for (size_t c = 0; c < end; c += ABREAST) {
            Output *target = to + c / width * panel_stride + c % width;
            // A number of rows that is known unrolls the loop.
            if (rows - row >= TOGETHER)
                JOIN(NAME, abreast)(
                    from + c, stride, TOGETHER, centre + c, target, width, sums + c, largest + c);
            else
                JOIN(NAME, abreast)(
                    from + c, stride, rows - row, centre + c, target, width, sums + c,
                    largest + c);
        }
    }
    const size_t zeros = (width - columns % width) % width;
    if (rest + zeros > 0)
        JOIN(NAME, rest)(
            x + end, stride, rows, rest, centre + end,
            panels + end / width * panel_stride + end % width, zeros, width, sums + end,
            largest + end);
}

#undef Sums
#undef Deviations
#undef Values
#undef JOIN
#undef JOINED
