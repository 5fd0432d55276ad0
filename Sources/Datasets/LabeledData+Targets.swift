public import LinearAlgebra

extension LabeledData {
    /// The normalised numbers to be learned of all samples, (count, outputs); `nil` for classes.
    public var targets: Matrix<Float>? { targets(of: 0..<count) }

    /// The normalised numbers to be learned of the samples at `indices`; `nil` for classes.
    public func targets(of indices: some Collection<Int>) -> Matrix<Float>? {
        guard case .values(let values, _) = outcome, let scaling = targetScaling else { return nil }
        var elements: [Float] = []
        elements.reserveCapacity(indices.count * values.columns)
        values.withElements { values_ in
            for index in indices {
                let first = storedRow(index) * values.columns
                for output in 0..<values.columns {
                    let value = values_[first + output]
                    elements.append(
                        Float((value - scaling.mean[output]) / scaling.deviation[output]))
                }
            }
        }
        return Matrix(rows: indices.count, columns: values.columns, elements: elements)
    }

    /// The numbers to be learned of the samples at `indices` in their unit; `nil` for classes.
    public func targetsInUnit(of indices: some Collection<Int>) -> Matrix<Double>? {
        guard case .values(let values, _) = outcome else { return nil }
        return rows(indices, of: values)
    }

    /// What the numbers to be learned of the samples at `indices` would be without noise, in their
    /// unit; `nil` where that is not known.
    public func expectationsInUnit(of indices: some Collection<Int>) -> Matrix<Double>? {
        expectation.map { rows(indices, of: $0) }
    }

    private func rows(_ indices: some Collection<Int>, of values: Matrix<Double>) -> Matrix<Double>
    {
        var elements: [Double] = []
        elements.reserveCapacity(indices.count * values.columns)
        values.withElements { all in
            for index in indices {
                let first = storedRow(index) * values.columns
                elements += all[first..<first + values.columns]
            }
        }
        return Matrix(rows: indices.count, columns: values.columns, elements: elements)
    }
}
