import HDF5

/// A floating-point format of at most eight bits, one number a byte.
///
/// The formats differ in what their last codes mean, which no bit field tells: IEEE 754's rules would make
/// 256 to 448 of E4M3 infinite or NaN (Micikevicius et al., "FP8 Formats for Deep Learning", 2022; OCP
/// Microscaling Formats 1.0, 2023). Names are those of ml_dtypes.
enum SmallFloat: String, Sendable, Hashable, CaseIterable {
    case e3m4 = "float8_e3m4"
    case e4m3 = "float8_e4m3"
    case e4m3fn = "float8_e4m3fn"
    case e4m3fnuz = "float8_e4m3fnuz"
    case e4m3b11fnuz = "float8_e4m3b11fnuz"
    case e5m2 = "float8_e5m2"
    case e5m2fnuz = "float8_e5m2fnuz"
    case e8m0fnu = "float8_e8m0fnu"
    case e2m3fn = "float6_e2m3fn"
    case e3m2fn = "float6_e3m2fn"
    case e2m1fn = "float4_e2m1fn"

    private enum Specials {
        /// The largest exponent is infinity or NaN.
        case ieee
        /// Only all ones is NaN.
        case lastIsNaN
        /// Only the code of a negative zero is NaN.
        case negativeZeroIsNaN
        case none
    }

    private var fields: (exponentBits: Int, mantissaBits: Int, bias: Int, specials: Specials) {
        switch self {
        case .e3m4: (3, 4, 3, .ieee)
        case .e4m3: (4, 3, 7, .ieee)
        case .e4m3fn: (4, 3, 7, .lastIsNaN)
        case .e4m3fnuz: (4, 3, 8, .negativeZeroIsNaN)
        case .e4m3b11fnuz: (4, 3, 11, .negativeZeroIsNaN)
        case .e5m2: (5, 2, 15, .ieee)
        case .e5m2fnuz: (5, 2, 16, .negativeZeroIsNaN)
        case .e8m0fnu: (8, 0, 127, .lastIsNaN)
        case .e2m3fn: (2, 3, 1, .none)
        case .e3m2fn: (3, 2, 3, .none)
        case .e2m1fn: (2, 1, 1, .none)
        }
    }

    /// Half a unit in the last place, and half of the smallest step.
    var rounding: StoredRounding {
        var rounding = StoredRounding(mantissaBits: fields.mantissaBits)
        rounding.absolute = Double(
            sign: .plus, exponent: -fields.bias - fields.mantissaBits, significand: 1)
        return rounding
    }

    /// The format that a stored type of one byte is; `nil` if the meaning of its codes is not known.
    ///
    /// E4M3 of bias 7 is the format that networks use, whose exponents are all numbers.
    init?(_ format: FloatFormat) {
        let known: [SmallFloat] = [
            .e3m4, .e4m3fn, .e4m3fnuz, .e4m3b11fnuz, .e5m2, .e5m2fnuz, .e2m3fn, .e3m2fn, .e2m1fn,
        ]
        guard
            let match = known.first(where: {
                let (exponentBits, mantissaBits, bias, _) = $0.fields
                return format
                    == FloatFormat(
                        exponentBits: exponentBits, mantissaBits: mantissaBits, bias: bias,
                        storedBits: 8)
            })
        else { return nil }
        self = match
    }

    /// Whether its bits lie where those of `format` do.
    func hasFields(of format: FloatFormat) -> Bool {
        let (exponentBits, mantissaBits, bias, _) = fields
        return format.exponentBits == exponentBits && format.mantissaBits == mantissaBits
            && format.bias == bias
    }

    /// The value of each of the 256 codes; bits above those of the format do not count.
    var values: [Float] { (0..<256).map { value(of: UInt32($0)) } }

    private func value(of code: UInt32) -> Float {
        let (exponentBits, mantissaBits, bias, specials) = fields
        let mantissa = code & (1 << UInt32(mantissaBits) - 1)
        let exponent = code >> UInt32(mantissaBits) & (1 << UInt32(exponentBits) - 1)
        // E8M0 has no sign and no zero.
        if self == .e8m0fnu {
            return exponent == 255
                ? .nan : Float(sign: .plus, exponent: Int(exponent) - bias, significand: 1)
        }
        let isNegative = code >> UInt32(mantissaBits + exponentBits) & 1 == 1
        let isLast = exponent == 1 << UInt32(exponentBits) - 1
        switch specials {
        case .ieee where isLast:
            if mantissa != 0 { return .nan }
            return isNegative ? -.infinity : .infinity
        case .lastIsNaN where isLast && mantissa == 1 << UInt32(mantissaBits) - 1: return .nan
        case .negativeZeroIsNaN where isNegative && exponent == 0 && mantissa == 0: return .nan
        default: break
        }
        // The hidden bit is there unless the exponent is 0.
        let significand = Float(exponent == 0 ? mantissa : mantissa | 1 << UInt32(mantissaBits))
        let magnitude = Float(
            sign: .plus, exponent: max(1, Int(exponent)) - bias - mantissaBits,
            significand: significand)
        return isNegative ? -magnitude : magnitude
    }
}
