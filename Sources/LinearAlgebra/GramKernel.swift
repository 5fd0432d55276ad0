internal import CKernels

/// What computes the products of a Gram matrix in single precision.
enum GramKernel: Hashable, Sendable {
    /// Our own kernel for an instruction set that the processor has.
    case own(ckernels_set)
    /// OpenBLAS.
    case library

    /// Our own kernels that run here, the fastest first.
    static let available: [GramKernel] = [CKERNELS_AVX512, CKERNELS_AVX2]
        .filter { ckernels_gram_is_available($0) != 0 }.map(GramKernel.own)

    /// Narrow matrices have too few products for each element that is packed to win by our own.
    static func fastest(rows: Int, columns: Int) -> GramKernel {
        guard case .own(let set)? = available.first, rows >= 32,
            columns >= ckernels_gram_shape_of(set).fewest
        else { return .library }
        return .own(set)
    }

    /// The side of tiles: for our kernels so that a slab of as many columns stays in the second cache.
    func tileSide(columns: Int) -> Int {
        switch self {
        case .own(let set):
            let shape = ckernels_gram_shape_of(set)
            return columns >= 768 ? shape.side : columns >= 192 ? 3 * shape.grid : shape.grid
        case .library: return columns >= 768 ? 256 : columns >= 128 ? 128 : 64
        }
    }
}
