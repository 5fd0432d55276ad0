import HDF5
import Text

/// The classes of a run's samples, read by range.
public final class LabelReader: Sendable {
    /// Number of samples.
    public let count: Int
    private let elements: StoredElements
    /// Path of the dataset in the file.
    let path: String
    private let file: String

    init(_ array: ArrayInfo, in run: RunFile) throws(RunError) {
        let encoding = try array.check()
        guard array.shape.count == 1 else {
            throw RunError(
                .badData, file: run.path, object: array.path,
                "its shape is \(shapeText(array.shape)); labels are one whole number a sample")
        }
        guard case .integer = array.elementType?.kind else {
            throw RunError(
                .badData, file: run.path, object: array.path,
                "its elements are \(array.typeName); labels are whole numbers")
        }
        if let packing = encoding.packing, !packing.givesWholeNumbers {
            throw RunError(
                .badData, file: run.path, object: array.path,
                "its elements are packed\(packing.description); labels are whole numbers")
        }
        file = run.path
        path = array.path
        count = array.shape[0]
        let dataset = try reading(run.path) { () throws(HDF5Error) in
            try HDF5Dataset(array.path, in: run.file)
        }
        try array.checkSame(as: dataset)
        elements = StoredElements(dataset, encoding)
    }

    /// The labels of the samples in `range`.
    ///
    /// - Precondition: the range lies within 0 ..< ``count``.
    public func read(_ range: Range<Int>) throws(RunError) -> [Int] {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) of \(count)")
        let elements = elements
        return try reading(file) { () throws(HDF5Error) in try elements.integers(range) }
    }

    /// The smallest and the largest label; `nil` if there are none.
    ///
    /// - Complexity: O(samples) time.
    public func extremes() throws(RunError) -> ClosedRange<Int>? {
        var extremes: ClosedRange<Int>?
        for first in stride(from: 0, to: count, by: 1 << 20) {
            let part = try read(first..<min(first + 1 << 20, count))
            guard let low = part.min(), let high = part.max() else { continue }
            extremes =
                min(low, extremes?.lowerBound ?? low)...max(high, extremes?.upperBound ?? high)
        }
        return extremes
    }

    /// The labels of `rows` of a matrix that has `rowsPerSample` rows for each sample.
    ///
    /// - Precondition: the rows belong to samples within 0 ..< ``count``.
    public func labels(rows: Range<Int>, rowsPerSample: Int) throws(RunError) -> [Int] {
        guard rowsPerSample != 1, !rows.isEmpty else { return try read(rows) }
        let first = rows.lowerBound / rowsPerSample
        let samples = try read(first..<(rows.upperBound - 1) / rowsPerSample + 1)
        return rows.map { samples[$0 / rowsPerSample - first] }
    }
}

extension RunFile {
    /// The labels, or `nil` if none are stored.
    ///
    /// - Throws: ``RunError`` if they are not one whole number a sample.
    public func labels(snapshot: String? = nil) throws(RunError) -> LabelReader? {
        let base = try base(snapshot)
        // A snapshot of the same samples need not repeat their labels.
        guard
            let array = array(Schema.Path.labels, in: base)
                ?? (snapshot == nil ? nil : array(Schema.Path.labels, in: ""))
        else { return nil }
        return try LabelReader(array, in: self)
    }

    /// The labels of the samples of `array`, or `nil` if none are stored with them.
    ///
    /// - Throws: ``RunError`` if they are not one whole number a sample.
    public func labels(
        of array: ArrayInfo, snapshot: String? = nil
    ) throws(RunError) -> LabelReader? {
        guard let labels = try labels(snapshot: snapshot) else { return nil }
        guard let samples = array.shape.first, labels.count != samples else { return labels }
        // Those of the whole run need not be those of a snapshot.
        guard isBelow(labels.path, try base(snapshot)) else { return nil }
        throw RunError(
            .badData, file: path, object: labels.path,
            "it has \(labels.count) labels, but \(visible(array.path)) has \(samples) samples; "
                + "record one label a sample")
    }
}
