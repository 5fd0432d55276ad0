// One source for every instruction set and precision: UPDATE names a function, Scalar is the type
// of the parameters. PyTorch's order of operations.

static void UPDATE(descend)(
    Scalar *restrict p, const Scalar *restrict g, size_t count, ckernels_update_terms terms) {
    const Scalar decay = terms.decay, rate = terms.rate;
    for (size_t i = 0; i < count; i++) p[i] -= rate * (g[i] + decay * p[i]);
}

static void UPDATE(momentum)(
    Scalar *restrict p, const Scalar *restrict g, Scalar *restrict b, size_t count,
    ckernels_update_terms terms) {
    const Scalar decay = terms.decay, keep = terms.keep, rate = terms.rate;
    for (size_t i = 0; i < count; i++) {
        const Scalar next = keep * b[i] + (g[i] + decay * p[i]);
        b[i] = next;
        p[i] -= rate * next;
    }
}

static void UPDATE(adam)(
    Scalar *restrict p, const Scalar *restrict g, Scalar *restrict m, Scalar *restrict v,
    size_t count, ckernels_update_terms terms) {
    const Scalar decay = terms.decay, take = terms.take, keep_square = terms.keep_square;
    const Scalar take_square = terms.take_square, epsilon = terms.epsilon, rate = terms.rate;
    const Scalar root_correction = terms.root_correction;
    for (size_t i = 0; i < count; i++) {
        const Scalar gradient = g[i] + decay * p[i];
        const Scalar first = m[i] + take * (gradient - m[i]);
        const Scalar second = keep_square * v[i] + take_square * gradient * gradient;
        m[i] = first;
        v[i] = second;
        // Not the C library's root, which may have to set `errno` and so keeps the loop scalar.
        const Scalar root = __builtin_elementwise_sqrt(second);
        p[i] -= rate * first / (root * root_correction + epsilon);
    }
}

static void UPDATE(adamax)(
    Scalar *restrict p, const Scalar *restrict g, Scalar *restrict m, Scalar *restrict u,
    size_t count, ckernels_update_terms terms) {
    const Scalar decay = terms.decay, take = terms.take, keep_square = terms.keep_square;
    const Scalar epsilon = terms.epsilon, rate = terms.rate;
    for (size_t i = 0; i < count; i++) {
        const Scalar gradient = g[i] + decay * p[i];
        const Scalar first = m[i] + take * (gradient - m[i]);
        const Scalar faded = keep_square * u[i];
        const Scalar size = __builtin_elementwise_abs(gradient) + epsilon;
        // The larger one, or NaN if either is.
        const Scalar norm = faded > size || faded != faded ? faded : size;
        m[i] = first;
        u[i] = norm;
        p[i] -= rate * first / norm;
    }
}
