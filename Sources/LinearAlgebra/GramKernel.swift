internal import CKernels

/// What computes the products of a Gram matrix in single precision.
enum GramKernel: CaseIterable {
    /// Our own kernel, where the processor has its instructions.
    case own
    /// OpenBLAS.
    case library

    static let isOwnAvailable = ckernels_gram_is_available() != 0

    /// Narrow matrices have too few products for each element that is packed to win by our own.
    static func fastest(rows: Int, columns: Int) -> GramKernel {
        isOwnAvailable && rows >= 32 && columns >= 768 ? .own : .library
    }

    /// Columns that are stored side by side.
    static let panelWidth = Int(CKERNELS_GRAM_PANEL)

    /// The side of tiles: for our kernel a multiple of its grid, so that a slab of as many columns
    /// stays in the second cache.
    func tileSide(columns: Int) -> Int {
        switch self {
        case .own: columns >= 768 ? 240 : columns >= 192 ? 144 : Int(CKERNELS_GRAM_GRID)
        case .library: columns >= 768 ? 256 : columns >= 128 ? 128 : 64
        }
    }
}
