internal import CKernels

/// What the products of a Gram matrix are computed in.
public enum GramPrecision: Sendable, Hashable {
    /// Single precision over slabs of a few hundred rows, whose sums are added up in double.
    case single
    /// Double precision.
    case double

    var scalar: ckernels_gram_scalar {
        self == .single ? CKERNELS_GRAM_FLOATS : CKERNELS_GRAM_DOUBLES
    }

    /// Bytes of an element.
    var size: Int { self == .single ? MemoryLayout<Float>.size : MemoryLayout<Double>.size }
}

/// Elements of a matrix whose Gram matrix is computed.
public protocol GramScalar: BinaryFloatingPoint, Sendable {
    /// What its products are computed in.
    static var gramPrecision: GramPrecision { get }
}

extension Float: GramScalar {
    /// Single precision.
    public static var gramPrecision: GramPrecision { .single }
}

extension Double: GramScalar {
    /// Double precision.
    public static var gramPrecision: GramPrecision { .double }
}

/// What computes the products of a Gram matrix.
enum GramKernel: Hashable, Sendable {
    /// Our own kernel for an instruction set that the processor has.
    case own(ckernels_set)
    /// OpenBLAS.
    case library

    /// Instruction sets for which our own kernels run here, the fastest first.
    static func available(in precision: GramPrecision) -> [ckernels_set] {
        [CKERNELS_AVX512, CKERNELS_AVX2]
            .filter { ckernels_gram_is_available($0, precision.scalar) != 0 }
    }

    /// Narrow matrices have too few products for each element that is packed to win by our own.
    static func fastest(rows: Int, columns: Int, in precision: GramPrecision) -> GramKernel {
        guard let set = available(in: precision).first, rows >= 32,
            columns >= ckernels_gram_shape_of(set, precision.scalar).fewest
        else { return .library }
        return .own(set)
    }

    /// The side of tiles: for our kernels so that a slab of as many columns stays in the second cache.
    func tileSide(columns: Int, in precision: GramPrecision) -> Int {
        switch self {
        case .own(let set):
            let shape = ckernels_gram_shape_of(set, precision.scalar)
            return columns >= 768 ? shape.side : columns >= 192 ? 3 * shape.grid : shape.grid
        case .library: return columns >= 768 ? 256 : columns >= 128 ? 128 : 64
        }
    }
}
