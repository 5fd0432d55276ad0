import HDF5
import LinearAlgebra

/// What the stored elements of a dataset are.
enum Word: Sendable, Hashable {
    // Words that are decoded here.
    case half, bfloat16, single, double
    case int8, uint8, int16, uint16, int32, uint32, int64, uint64
    case small(SmallFloat)
    // Numbers that the library converts, once they are in memory.
    case convertedToSingle, convertedToDouble

    /// The word that elements of `type` are, `label` being the type that the dataset or the user names;
    /// `nil` if they are no numbers.
    init?(_ type: ElementType, label: String?) {
        let named = label.flatMap { Word(named: $0) }
        switch type.kind {
        case .float(.half): self = .half
        case .float(.bfloat16): self = .bfloat16
        case .float(.single): self = .single
        case .float(.double): self = .double
        case .float(let format):
            let isSmall = 1 + format.exponentBits + format.mantissaBits <= 8
            if case .small(let small)? = named, type.size == 1, small.hasFields(of: format) {
                self = .small(small)
            } else if isSmall {
                guard let small = SmallFloat(format) else { return nil }
                self = .small(small)
            } else {
                let fits = format.exponentBits <= 8 && format.mantissaBits <= 23
                self = fits ? .convertedToSingle : .convertedToDouble
            }
        case .integer(let isSigned):
            if let named, named.size == type.size, !type.isPadded {
                self = named
            } else if !type.isPadded, let whole = Word(integerOf: type.size, isSigned: isSigned) {
                self = whole
            } else {
                // A Float holds whole numbers of 24 bits.
                self = type.precision <= 24 ? .convertedToSingle : .convertedToDouble
            }
        case .opaque:
            guard let named, named.size == type.size else { return nil }
            self = named
        default: return nil
        }
    }

    private init?(integerOf size: Int, isSigned: Bool) {
        switch size {
        case 1: self = isSigned ? .int8 : .uint8
        case 2: self = isSigned ? .int16 : .uint16
        case 4: self = isSigned ? .int32 : .uint32
        case 8: self = isSigned ? .int64 : .uint64
        default: return nil
        }
    }

    /// The word that NumPy, ml_dtypes, PyTorch or safetensors call `name`.
    init?(named name: String) {
        var name = name.lowercased()
        if name.hasPrefix("torch.") { name.removeFirst(6) }
        // NumPy's sign of the byte order, which the storage says itself.
        if let first = name.first, "<>=|".contains(first) { name.removeFirst() }
        switch name {
        case "bfloat16", "bf16": self = .bfloat16
        case "float16", "half", "f16", "f2": self = .half
        case "float32", "f32", "f4": self = .single
        case "float64", "f64", "f8": self = .double
        case "int8": self = .int8
        case "uint8": self = .uint8
        case "int16": self = .int16
        case "uint16": self = .uint16
        case "int32": self = .int32
        case "uint32": self = .uint32
        case "int64": self = .int64
        case "uint64": self = .uint64
        case "f8_e4m3", "e4m3": self = .small(.e4m3fn)
        case "f8_e5m2", "e5m2": self = .small(.e5m2)
        default:
            guard let small = SmallFloat(rawValue: name) else { return nil }
            self = .small(small)
        }
    }

    /// Names that ``init(named:)`` knows, for messages.
    static let names =
        "bfloat16, float16, uint16, int16, "
        + SmallFloat.allCases.map(\.rawValue).joined(separator: ", ")

    /// Bytes of an element; `nil` for those that the library converts.
    var size: Int? {
        switch self {
        case .int8, .uint8, .small: 1
        case .half, .bfloat16, .int16, .uint16: 2
        case .single, .int32, .uint32: 4
        case .double, .int64, .uint64: 8
        case .convertedToSingle, .convertedToDouble: nil
        }
    }

    /// The name, where it is not that of the stored type.
    var name: String? {
        switch self {
        case .bfloat16: "bfloat16"
        case .half: "float16"
        case .small(let small): small.rawValue
        default: nil
        }
    }

    /// Whether the bits are sign, exponent and mantissa.
    var isFloatingPoint: Bool {
        switch self {
        case .half, .bfloat16, .single, .double, .small: true
        default: false
        }
    }

    /// Whether values need a `Double`.
    var isDouble: Bool {
        switch self {
        case .double, .int32, .uint32, .int64, .uint64, .convertedToDouble: true
        default: false
        }
    }

    /// The library's conversion, if it is needed.
    var conversion: NativeType? {
        switch self {
        case .convertedToSingle: .float
        case .convertedToDouble: .double
        default: nil
        }
    }

    /// The unsigned word of the same bits, for a signed one.
    var unsignedTwin: Word? {
        switch self {
        case .int8: .uint8
        case .int16: .uint16
        case .int32: .uint32
        case .int64: .uint64
        default: nil
        }
    }
}

/// How the elements of a dataset become numbers.
struct Encoding: Sendable, Hashable {
    var word: Word
    /// How numbers were packed into the stored ones, if they were.
    var packing: Packing?

    /// Whether values become `Double`.
    var isDouble: Bool { word.isDouble || packing != nil }
}

/// The order in which a block arrives and that in which it is wanted.
///
/// The file has elements (outer, columns, inner); the matrix has rows (outer, inner) and columns.
struct BlockOrder: Equatable {
    var outer: Int
    var columns: Int
    var inner: Int

    var count: Int { outer * columns * inner }
}

/// Decodes the words of `source` into `target` in the order of a matrix.
///
/// The counts are checked once; inside, arithmetic without checks lets the loops be vectorized.
@inline(__always)
func decode<Stored: BitwiseCopyable, Scalar>(
    _ source: UnsafeRawBufferPointer, _: Stored.Type,
    into target: UnsafeMutableBufferPointer<Scalar>, _ order: BlockOrder,
    _ value: (Stored) -> Scalar
) {
    precondition(source.count >= order.count * MemoryLayout<Stored>.size, "too few words")
    precondition(target.count >= order.count, "too little memory")
    guard order.count > 0, let words = source.bindMemory(to: Stored.self).baseAddress,
        let values = target.baseAddress
    else { return }
    let (columns, inner) = (order.columns, order.inner)
    if inner == 1 || columns == 1 {
        for index in 0..<order.count { values[index] = value(words[index]) }
        return
    }
    // Tiles, so that both sides stay in the cache.
    let tile = 32
    for outer in 0..<order.outer {
        let base = outer &* columns &* inner
        for firstColumn in stride(from: 0, to: columns, by: tile) {
            let count = min(tile, columns &- firstColumn)
            for firstRow in stride(from: 0, to: inner, by: tile) {
                for row in firstRow..<min(firstRow &+ tile, inner) {
                    let to = values + (base &+ row &* columns &+ firstColumn)
                    var from = words + (base &+ firstColumn &* inner &+ row)
                    for column in 0..<count {
                        to[column] = value(from.pointee)
                        from += inner
                    }
                }
            }
        }
    }
}

/// The value of an IEEE 754 binary16.
///
/// Without branches and conversion instructions, so that it vectorizes on any processor: the bits
/// are moved to their places in a binary32, whose exponent is then off by 127 - 15 = 112. The
/// product with 2^112 is exact and normalizes subnormal numbers too.
@inline(__always)
func halfValue(_ word: UInt16) -> Float {
    let bits = UInt32(truncatingIfNeeded: word)
    let magnitude = (bits & 0x7FFF) &<< 13
    let scaled = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
    // Infinity and NaN have all bits of the exponent set in either format.
    let special: UInt32 = magnitude >= 0x0F80_0000 ? 0x7F80_0000 : 0
    return Float(bitPattern: scaled | special | (bits & 0x8000) &<< 16)
}

/// The value of a bfloat16, the upper half of a binary32.
@inline(__always)
func bfloat16Value(_ word: UInt16) -> Float {
    Float(bitPattern: UInt32(truncatingIfNeeded: word) &<< 16)
}

extension Word {
    /// Decodes into floats; not for words that need a `Double`.
    func decodeFloats(
        _ source: UnsafeRawBufferPointer, isBigEndian: Bool,
        into target: UnsafeMutableBufferPointer<Float>, _ order: BlockOrder
    ) {
        precondition(!isDouble, "doubles do not fit into floats")
        decode(source, isBigEndian, target, order)
    }

    /// Decodes any word into doubles.
    func decodeDoubles(
        _ source: UnsafeRawBufferPointer, isBigEndian: Bool,
        into target: UnsafeMutableBufferPointer<Double>, _ order: BlockOrder
    ) {
        decode(source, isBigEndian, target, order)
    }

    @inline(__always)
    private func decode<Scalar: BinaryFloatingPoint>(
        _ source: UnsafeRawBufferPointer, _ isBigEndian: Bool,
        _ target: UnsafeMutableBufferPointer<Scalar>, _ order: BlockOrder
    ) {
        /// Words of `Bits`, turned to the machine's byte order.
        @inline(__always)
        func each<Bits: FixedWidthInteger & BitwiseCopyable>(
            _: Bits.Type, _ value: (Bits) -> Scalar
        ) {
            if isBigEndian {
                RunFormat.decode(source, Bits.self, into: target, order) {
                    value(Bits(bigEndian: $0))
                }
            } else {
                RunFormat.decode(source, Bits.self, into: target, order) {
                    value(Bits(littleEndian: $0))
                }
            }
        }
        switch self {
        case .half: each(UInt16.self) { Scalar(halfValue($0)) }
        case .bfloat16: each(UInt16.self) { Scalar(bfloat16Value($0)) }
        case .single: each(UInt32.self) { Scalar(Float(bitPattern: $0)) }
        case .double: each(UInt64.self) { Scalar(Double(bitPattern: $0)) }
        case .int8: each(Int8.self) { Scalar($0) }
        case .uint8: each(UInt8.self) { Scalar($0) }
        case .int16: each(Int16.self) { Scalar($0) }
        case .uint16: each(UInt16.self) { Scalar($0) }
        case .int32: each(Int32.self) { Scalar($0) }
        case .uint32: each(UInt32.self) { Scalar($0) }
        case .int64: each(Int64.self) { Scalar($0) }
        case .uint64: each(UInt64.self) { Scalar($0) }
        case .small(let small):
            small.values.withUnsafeBufferPointer { values in
                each(UInt8.self) { Scalar(values[Int($0)]) }
            }
        // In the machine's byte order, whatever that of the file.
        case .convertedToSingle:
            RunFormat.decode(source, Float.self, into: target, order) { Scalar($0) }
        case .convertedToDouble:
            RunFormat.decode(source, Double.self, into: target, order) { Scalar($0) }
        }
    }

    /// Decodes whole numbers; those beyond `Int` become the largest.
    ///
    /// - Returns: `nil` if the word is no integer.
    func decodeIntegers(
        _ source: UnsafeRawBufferPointer, isBigEndian: Bool, count: Int
    ) -> [Int]? {
        func all<Bits: FixedWidthInteger & BitwiseCopyable>(_: Bits.Type) -> [Int] {
            (0..<count).map { index in
                let bits = source.loadUnaligned(
                    fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self)
                return Int(clamping: isBigEndian ? Bits(bigEndian: bits) : Bits(littleEndian: bits))
            }
        }
        return switch self {
        case .int8: all(Int8.self)
        case .uint8: all(UInt8.self)
        case .int16: all(Int16.self)
        case .uint16: all(UInt16.self)
        case .int32: all(Int32.self)
        case .uint32: all(UInt32.self)
        case .int64: all(Int64.self)
        case .uint64: all(UInt64.self)
        default: nil
        }
    }

    /// Whether the bytes that arrive are already the matrix.
    func isDirect(isBigEndian: Bool, _ order: BlockOrder) -> Bool {
        guard order.inner == 1 || order.columns == 1 else { return false }
        return (self == .single || self == .double) && !isBigEndian
    }
}
