import LinearAlgebra
import MetricCore
import RunFormat

/// The rows of a matrix in order, in portions of any size.
struct RowQueue {
    private let reader: BlockReader
    private var waiting: RealMatrix?

    /// All rows of `reader`, of which nobody has read any.
    init(_ reader: BlockReader) { self.reader = reader }

    /// The next `count` rows.
    ///
    /// - Precondition: there are that many.
    /// - Throws: `RunError` if they cannot be read.
    mutating func next(_ count: Int) async throws -> RealMatrix {
        var parts: [RealMatrix] = []
        var missing = count
        while missing > 0 {
            if waiting == nil { waiting = try await reader.next()?.values }
            guard let block = waiting else {
                preconditionFailure("\(missing) rows more than there are")
            }
            let taken = min(missing, block.rows)
            parts.append(taken == block.rows ? block : block.rows(0..<taken))
            waiting = taken == block.rows ? nil : block.rows(taken..<block.rows)
            missing -= taken
        }
        if parts.count == 1 { return parts[0] }
        var elements: [Double] = []
        for part in parts { elements += Matrix<Double>(converting: part).elements }
        return .double(Matrix(rows: count, columns: reader.columns, elements: elements))
    }
}
