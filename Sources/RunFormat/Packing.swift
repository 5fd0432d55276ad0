import HDF5

/// How numbers were packed into the stored ones, by the conventions of netCDF (CF 1.11, sections 2.5.1 and 8.1):
/// value = stored · scale_factor + add_offset, and some stored numbers mean that there is none.
struct Packing: Sendable, Hashable {
    var scale = 1.0
    var offset = 0.0
    /// Stored numbers that stand for a missing value.
    var missing: [Double] = []

    /// What the attributes of a dataset say, or `nil` if the numbers are stored as they are.
    ///
    /// - Throws: ``PackingProblem`` for an attribute that is no number.
    init?(_ dataset: HDF5Object) throws(PackingProblem) {
        guard dataset.hasAttributes else { return nil }
        func number(_ name: String) throws(PackingProblem) -> Double? {
            guard let value = dataset.attribute(name) else { return nil }
            guard let number = value.number, number.isFinite else {
                throw PackingProblem(name: name, found: value.display)
            }
            return number
        }
        scale = try number("scale_factor") ?? 1
        offset = try number("add_offset") ?? 0
        if scale == 0 { throw PackingProblem(name: "scale_factor", found: "0") }
        for name in ["_FillValue", "missing_value"] {
            // A NaN, which most writers choose for floats, needs no translation.
            guard let value = dataset.attribute(name) else { continue }
            missing += value.allNumbers.filter { !$0.isNaN && !missing.contains($0) }
        }
        if scale == 1, offset == 0, missing.isEmpty { return nil }
    }

    /// Whether whole numbers stay whole when they are unpacked.
    var givesWholeNumbers: Bool { scale == scale.rounded() && offset == offset.rounded() }

    /// Unpacks numbers in place; missing ones become NaN.
    func unpack(_ values: UnsafeMutableBufferPointer<Double>) {
        let (scale, offset) = (scale, offset)
        if missing.isEmpty {
            for index in values.indices { values[index] = values[index] * scale + offset }
            return
        }
        for index in values.indices {
            values[index] =
                missing.contains(values[index]) ? .nan : values[index] * scale + offset
        }
    }

    /// For people: "· 0.01 + 5".
    var description: String {
        (scale == 1 ? "" : " * \(scale)") + (offset == 0 ? "" : " + \(offset)")
            + (missing.isEmpty
                ? "" : ", missing where \(missing.map { "\($0)" }.joined(separator: " or "))")
    }
}

/// An attribute that should say how numbers were packed, and does not.
struct PackingProblem: Error {
    let name: String
    let found: String
}

extension AttributeValue {
    /// The first eight numbers it holds; none if it holds something else.
    fileprivate var allNumbers: [Double] {
        switch self {
        case .integers(let values): values.prefix(8).map(Double.init)
        case .unsigneds(let values): values.prefix(8).map(Double.init)
        case .numbers(let values): Array(values.prefix(8))
        default: number.map { [$0] } ?? []
        }
    }
}
