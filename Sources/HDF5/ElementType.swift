import CHDF5
import Text

/// How one element of a dataset or attribute is stored.
public struct ElementType: Sendable, Hashable, CustomStringConvertible {
    /// What the bytes mean.
    public enum Kind: Sendable, Hashable {
        case float(FloatFormat)
        case integer(signed: Bool)
        /// h5py's booleans: an enumeration of FALSE and TRUE.
        case boolean
        case fixedString
        case variableString
        case opaque
        case compound
        case enumeration
        case other(String)
    }

    /// What the bytes mean.
    public let kind: Kind
    /// Bytes of one element.
    public let size: Int
    /// Bits of one element that count; fewer than those of its bytes for an integer of 12 bits in two bytes.
    public let precision: Int
    /// Whether the most significant byte comes first.
    public let isBigEndian: Bool

    /// Whether some bits of an element do not count.
    public var isPadded: Bool { precision != size &* 8 }

    /// A short name: "float32", "uint8", "uint12 in 2 bytes", "bfloat16, big endian", "string".
    public var description: String {
        let name: String =
            switch kind {
            case .float(let format): format.name ?? "float\(size &* 8)"
            case .integer(let signed):
                "\(signed ? "" : "u")int\(precision)" + (isPadded ? " in \(size) bytes" : "")
            case .boolean: "boolean"
            case .fixedString: "string of \(size) bytes"
            case .variableString: "string"
            case .opaque: "opaque of \(size) bytes"
            case .compound: "compound of \(size) bytes"
            case .enumeration: "enumeration"
            case .other(let name): name
            }
        return isBigEndian && size > 1 ? "\(name), big endian" : name
    }

    /// Reads the description of an open type.
    ///
    /// Call under the lock.
    init(reading type: hid_t) {
        size = H5Tget_size(type)
        var precision = size &* 8
        switch H5Tget_class(type) {
        case H5T_FLOAT: kind = .float(FloatFormat(reading: type, storedBits: size &* 8))
        case H5T_INTEGER:
            precision = H5Tget_precision(type)
            kind = .integer(signed: H5Tget_sign(type) == H5T_SGN_2)
        case H5T_STRING: kind = H5Tis_variable_str(type) > 0 ? .variableString : .fixedString
        case H5T_OPAQUE: kind = .opaque
        case H5T_COMPOUND: kind = .compound
        case H5T_ENUM: kind = isBoolean(type) ? .boolean : .enumeration
        case H5T_ARRAY: kind = .other("array")
        case H5T_VLEN: kind = .other("variable-length sequence")
        case H5T_REFERENCE: kind = .other("reference")
        case H5T_BITFIELD: kind = .other("bit field")
        case H5T_TIME: kind = .other("time")
        default: kind = .other("unknown type")
        }
        self.precision = precision
        isBigEndian = H5Tget_order(type) == H5T_ORDER_BE
    }
}

/// Whether an enumeration is the one that h5py writes for booleans.
///
/// Call under the lock.
private func isBoolean(_ type: hid_t) -> Bool {
    guard H5Tget_nmembers(type) == 2 else { return false }
    let names = (0..<UInt32(2)).map { index in
        guard let name = H5Tget_member_name(type, index) else { return "" }
        defer { H5free_memory(name) }
        return String(cString: name)
    }
    return names == ["FALSE", "TRUE"] || names == ["TRUE", "FALSE"]
}

/// The bit fields of a floating-point number.
public struct FloatFormat: Sendable, Hashable {
    /// Bits of the exponent.
    public let exponentBits: Int
    /// Bits of the mantissa, without the hidden one.
    public let mantissaBits: Int
    /// What is added to the exponent.
    public let bias: Int
    /// Bits of an element in the file.
    public let storedBits: Int
    /// Position of the lowest bit of the mantissa, 0 being the least significant.
    public let mantissaPosition: Int
    /// Position of the lowest bit of the exponent.
    public let exponentPosition: Int
    /// Position of the sign.
    public let signPosition: Int
    /// Whether the mantissa's first bit is hidden, as in IEEE 754.
    public let hidesFirstBit: Bool

    /// A format of sign, exponent and mantissa from the top, without gaps, in the lowest bits.
    public init(exponentBits: Int, mantissaBits: Int, bias: Int, storedBits: Int? = nil) {
        self.exponentBits = exponentBits
        self.mantissaBits = mantissaBits
        self.bias = bias
        self.storedBits = storedBits ?? 1 + exponentBits + mantissaBits
        mantissaPosition = 0
        exponentPosition = mantissaBits
        signPosition = mantissaBits + exponentBits
        hidesFirstBit = true
    }

    /// Reads the fields of an open floating-point type.
    ///
    /// Call under the lock.
    init(reading type: hid_t, storedBits: Int) {
        var sign = 0
        var exponent = 0
        var exponentBits = 0
        var mantissa = 0
        var mantissaBits = 0
        H5Tget_fields(type, &sign, &exponent, &exponentBits, &mantissa, &mantissaBits)
        self.exponentBits = exponentBits
        self.mantissaBits = mantissaBits
        bias = Int(clamping: H5Tget_ebias(type))
        self.storedBits = storedBits
        mantissaPosition = mantissa
        exponentPosition = exponent
        signPosition = sign
        hidesFirstBit = H5Tget_norm(type) == H5T_NORM_IMPLIED
    }

    /// IEEE 754 binary16.
    public static let half = FloatFormat(exponentBits: 5, mantissaBits: 10, bias: 15)
    /// The upper half of a binary32.
    public static let bfloat16 = FloatFormat(exponentBits: 8, mantissaBits: 7, bias: 127)
    /// IEEE 754 binary32.
    public static let single = FloatFormat(exponentBits: 8, mantissaBits: 23, bias: 127)
    /// IEEE 754 binary64.
    public static let double = FloatFormat(exponentBits: 11, mantissaBits: 52, bias: 1023)

    /// The name where it is not "float" and the number of bits.
    var name: String? {
        if self == .bfloat16 { return "bfloat16" }
        let fields = "e\(exponentBits)m\(mantissaBits)"
        let isKnown = self == .half || self == .single || self == .double
        guard !isKnown, storedBits <= 32 else { return nil }
        return "float\(storedBits) (\(fields), bias \(bias))"
    }
}

/// A number type of the machine, in which values can be asked for.
public enum NativeType: Sendable {
    case float, double, int64

    /// Bytes of one value.
    public var size: Int { self == .float ? 4 : 8 }

    /// The library's identifier.
    ///
    /// Call under the lock.
    var id: hid_t {
        switch self {
        case .float: chdf5_native_float()
        case .double: chdf5_native_double()
        case .int64: chdf5_native_int64()
        }
    }
}
