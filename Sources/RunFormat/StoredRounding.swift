import HDF5

/// How far stored numbers may be from those that the writer had.
public struct StoredRounding: Sendable, Hashable {
    /// The largest error divided by the number: half a unit in the last place.
    public var relative: Double
    /// The largest error of numbers near 0: half of the smallest step, of whole numbers half of 1.
    public var absolute: Double

    /// Makes a rounding with these bounds; without `absolute`, numbers near 0 have no further error.
    public init(relative: Double, absolute: Double = 0) {
        self.relative = relative
        self.absolute = absolute
    }
}

extension ArrayInfo {
    /// The rounding of its elements, packed numbers included; that of `Float` where the type is not known.
    public var rounding: StoredRounding {
        guard let encoding else { return StoredRounding(relative: 0x1p-24) }
        var rounding = encoding.word.rounding
        if case .float(let format)? = elementType?.kind, encoding.word.conversion != nil {
            rounding.relative = StoredRounding(mantissaBits: format.mantissaBits).relative
        }
        rounding.absolute *= abs(encoding.packing?.scale ?? 1)
        return rounding
    }
}

extension StoredRounding {
    init(mantissaBits: Int) {
        self.init(relative: Double(sign: .plus, exponent: -mantissaBits - 1, significand: 1))
    }
}

extension Word {
    fileprivate var rounding: StoredRounding {
        switch self {
        case .half: StoredRounding(relative: 0x1p-11, absolute: 0x1p-25)
        case .bfloat16: StoredRounding(mantissaBits: 7)
        case .single, .convertedToSingle: StoredRounding(mantissaBits: 23)
        case .double, .convertedToDouble: StoredRounding(mantissaBits: 52)
        case .small(let small): small.rounding
        case .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .uint64:
            StoredRounding(relative: 0, absolute: 0.5)
        }
    }
}
