// One E-step of a mixture of two components, for one instruction set.
//
// Included once for each set, inside a region that enables it, with NAME(function) defined as the
// function's name for the set.

// e to the power of -|y|, for each of `count` numbers y, a multiple of four.
//
// Cody and Waite (1980): -|y| = k ln 2 + r with |r| <= ln 2 / 2, and k added to the exponent's
// bits. e^r = 1 + r + r^2 q(r), where q of degree 9 is the best by Remez's algorithm, 4e-18 from
// e^r (Fixtures/reference/exponential.py); what remains is the rounding of r and of the last two
// sums.
//
// Not inlined, so that the constants have the registers for themselves.
static __attribute__((noinline)) void NAME(exponentials)(
    const double *numbers, double *results, size_t count) {
    // Adding 1.5 * 2^52 leaves the nearest integer in the low bits.
    const double shifter = 6755399441055744;
    const four_doubles least = (four_doubles){} - 708;
    for (size_t index = 0; index < count; index += 4) {
        const four_doubles y = -__builtin_elementwise_abs(*(const four_stored *)(numbers + index));
        const four_doubles bounded = y < least ? least : y;
        const four_doubles shifted = bounded * 0x1.71547652b82fep0 + shifter;
        const four_doubles k = shifted - shifter;
        // The first part of ln 2 has 32 bits, so that its product is exact.
        const four_doubles r = (bounded - k * 0x1.62e42feep-1) - k * 0x1.a39ef35793c76p-33;
        // By pairs (Estrin's scheme): in a chain of nine each would wait for the one before.
        const four_doubles r2 = r * r;
        const four_doubles r4 = r2 * r2;
        const four_doubles low = (r * 0x1.55555555554fap-3 + 0x1.000000000000ap-1)
            + r2 * (r * 0x1.1111111127b9dp-7 + 0x1.555555555088cp-5);
        const four_doubles middle = (r * 0x1.a01a012a69249p-13 + 0x1.6c16c184266d7p-10)
            + r2 * (r * 0x1.71df253b9a856p-19 + 0x1.a0199a16e000fp-16);
        const four_doubles high = r * 0x1.ad7f787673f6ep-26 + 0x1.28ad68a4da925p-22;
        const four_doubles p = (low + r4 * (middle + r4 * high)) * r2 + r + 1;
        *(four_stored *)(results + index) = p * (four_doubles)(((four_integers)shifted + 1023) << 52);
    }
}

// Values, and their features if these are not the squared deviations from `center`.
typedef struct NAME(sample) {
    const double *values;
    const double *features;
    double center;
} NAME(sample);

INLINED void NAME(load)(
    const NAME(sample) *sample, size_t index, four_doubles *x, four_doubles *g) {
    *x = *(const four_stored *)(sample->values + index);
    const four_doubles deviation = *x - sample->center;
    *g = sample->features != NULL ? *(const four_stored *)(sample->features + index)
                                  : deviation * deviation;
}

// The sums in four lanes; the logarithms of the factors are in one.
typedef struct NAME(state) {
    four_doubles weight1, value1, feature1;
    four_doubles weight2, value2, feature2;
    four_doubles larger;
    double logarithms;
} NAME(state);

// The differences of the components' logarithms at 4 * `vectors` values from `start` on, and the
// sum of the larger logarithms; of each vector those lanes that `counted`, if not NULL, has bits
// set for.
INLINED void NAME(compare)(
    const NAME(sample) *sample, size_t start, size_t vectors, const ckernels_form *first,
    const ckernels_form *second, const four_integers *counted, double *differences,
    four_doubles *sum) {
    four_doubles x, g, larger_sum = *sum;
    for (size_t i = 0; i < vectors; i++) {
        NAME(load)(sample, start + 4 * i, &x, &g);
        const four_doubles one =
            x * first->value_factor + (g * first->feature_factor + first->constant);
        const four_doubles two =
            x * second->value_factor + (g * second->feature_factor + second->constant);
        const four_doubles difference = one - two;
        *(four_stored *)(differences + 4 * i) = difference;
        // The sign decides, here and below; either will do where the two are equal.
        four_doubles larger = (four_integers)difference ? two : one;
        if (counted != NULL) larger = *counted ? larger : 0;
        larger_sum += larger;
    }
    *sum = larger_sum;
}

// Adds the responsibilities to the sums, given e to the power of minus the differences' magnitude.
INLINED void NAME(accumulate)(
    NAME(state) *state, const NAME(sample) *sample, size_t start, size_t vectors,
    const double *differences, const double *exponentials, const four_integers *counted) {
    NAME(state) sums = *state;
    four_doubles x, g, product = (four_doubles){} + 1;
    for (size_t i = 0; i < vectors; i++) {
        NAME(load)(sample, start + 4 * i, &x, &g);
        const four_integers is_second = (four_integers)*(const four_stored *)(differences + 4 * i);
        const four_doubles exponential = *(const four_stored *)(exponentials + 4 * i);
        four_doubles factor = exponential + 1;
        four_doubles likelier = 1 / factor;
        four_doubles other = exponential * likelier;
        if (counted != NULL) {
            likelier = *counted ? likelier : 0;
            other = *counted ? other : 0;
            factor = *counted ? factor : (four_doubles){} + 1;
        }
        const four_doubles r1 = is_second ? other : likelier;
        const four_doubles r2 = is_second ? likelier : other;
        sums.weight1 += r1;
        sums.value1 += r1 * x;
        sums.feature1 += r1 * g;
        sums.weight2 += r2;
        sums.value2 += r2 * x;
        sums.feature2 += r2 * g;
        product *= factor;
    }
    sums.logarithms += log((product[0] * product[1]) * (product[2] * product[3]));
    *state = sums;
}

// Adds 4 * `vectors` values from `start` on, at most a block.
//
// In three loops, because in one the processor cannot look far enough ahead to fill the 80 cycles
// between a value and its responsibilities with other values: that takes half as long again.
INLINED void NAME(add)(
    NAME(state) *sums, const NAME(sample) *sample, size_t start, size_t vectors,
    const ckernels_form *first, const ckernels_form *second, const four_integers *counted) {
    double differences[4 * BLOCK], exponentials[4 * BLOCK];
    NAME(compare)(
        sample, start, vectors, first, second, counted, differences, &sums->larger);
    NAME(exponentials)(differences, exponentials, 4 * vectors);
    NAME(accumulate)(sums, sample, start, vectors, differences, exponentials, counted);
}

INLINED double NAME(total)(const four_doubles *lanes) {
    const four_doubles l = *lanes;
    return (l[0] + l[1]) + (l[2] + l[3]);
}

INLINED ckernels_mixture NAME(mixture)(
    const NAME(sample) *sample, size_t count, const ckernels_form *first,
    const ckernels_form *second) {
    NAME(state) sums = {};
    size_t index = 0;
    while (index + 4 <= count) {
        const size_t left = (count - index) / 4;
        const size_t vectors = left < BLOCK ? left : BLOCK;
        NAME(add)(&sums, sample, index, vectors, first, second, NULL);
        index += 4 * vectors;
    }
    if (index < count) {
        // The remaining values as the last four once more, without those already seen.
        const long seen = (long)(index + 4 - count);
        const four_integers counted = (four_integers){0, 1, 2, 3} >= seen;
        NAME(add)(&sums, sample, count - 4, 1, first, second, &counted);
    }
    return (ckernels_mixture){
        .first = {
            NAME(total)(&sums.weight1), NAME(total)(&sums.value1), NAME(total)(&sums.feature1)},
        .second = {
            NAME(total)(&sums.weight2), NAME(total)(&sums.value2), NAME(total)(&sums.feature2)},
        .log_density = NAME(total)(&sums.larger) + sums.logarithms,
    };
}

// Two functions, so that no loop asks which features it has.

static ckernels_mixture NAME(with_features)(
    const double *values, const double *features, size_t count, ckernels_form first,
    ckernels_form second) {
    const NAME(sample) sample = {values, features, 0};
    if (features == NULL) __builtin_unreachable();
    return NAME(mixture)(&sample, count, &first, &second);
}

static ckernels_mixture NAME(with_squares)(
    const double *values, double center, size_t count, ckernels_form first,
    ckernels_form second) {
    const NAME(sample) sample = {values, NULL, center};
    return NAME(mixture)(&sample, count, &first, &second);
}
