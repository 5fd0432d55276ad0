import LinearAlgebra

extension Matrix<Double> {
    /// The symmetric matrix of some rows and columns of a lower triangle, divided by `divisor`.
    ///
    /// In square tiles, each of which is written to both of its places while it is in the cache, on
    /// all cores: with thousands of columns, going down a column misses every cache.
    ///
    /// - Parameters:
    ///   - indices: rows, and columns, to keep; ascending.
    ///   - divisor: of every element.
    /// - Returns: as many rows and columns as indices, in their order.
    /// - Complexity: O(indices²).
    func symmetric(of indices: [Int], over divisor: Double) -> Matrix {
        let size = indices.count
        let side = 64
        let panels = (size + side - 1) / side
        return withElements { source in
            Matrix(rows: size, columns: size) { target in
                guard let base = target.baseAddress else { return }
                // Unchecked: every tile and its mirror image are written by one call.
                nonisolated(unsafe) let to = base
                let copy = { (panel: Int) in
                    let rows = panel * side..<Swift.min((panel + 1) * side, size)
                    for first in stride(from: 0, to: rows.upperBound, by: side) {
                        for row in rows {
                            let from = indices[row] * columns
                            for column in first..<Swift.min(first + side, row + 1) {
                                let value = source[from + indices[column]] / divisor
                                (to + row * size + column).initialize(to: value)
                                (to + column * size + row).initialize(to: value)
                            }
                        }
                    }
                }
                // Of a few hundred columns the copy is over before another core would begin.
                size < 512 ? (0..<panels).forEach(copy) : concurrently(panels, copy)
            }
        }
    }
}
