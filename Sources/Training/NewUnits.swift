import LinearAlgebra
import Networks

/// Incoming weights and biases of units to be added to a hidden layer, found in the data.
///
/// Candidates are random draws, as in a new network, and the singular vectors of ∂L/∂z hᵀ, the sum over
/// samples of the gradient by what the next layer adds up times what this layer reads (Evci et al.,
/// "GradMax: growing neural networks using gradient information", 2022), with either sign, and biases that
/// put the bend at several quantiles of the samples. Those are taken whose outgoing weights, 0 at first,
/// would have the steepest gradient for activations of unit mean square; of two that point the same way
/// the steeper.
///
/// - Complexity: two passes over the samples with four units for each that is asked for, and products of
///   all candidates with those taken: O(count² · inputs).
struct NewUnits<Scalar: TrainingScalar> {
    /// Incoming weights, one row a unit.
    private(set) var weights: [[Double]] = []
    private(set) var biases: [Double] = []

    /// Finds `count` units for the only hidden layer of `network`.
    init(
        _ count: Int, of network: Network<Scalar>, on data: TrainingData<Scalar>,
        _ configuration: TrainingConfiguration
    ) {
        let old = network.layers[0].units
        var pool = network
        pool.apply(.appending(4 * count, to: old, ofLayer: 0))
        let directions = Self.directions(of: network, on: data, configuration, most: count)
        let spread = Self.quantiles(of: directions, on: data)
        var (weight, bias) = (pool[0, "weight"], pool[0, "bias"])
        var next = old
        for (direction, quantiles) in zip(directions, spread) {
            for (sign, threshold) in quantiles.flatMap({ [(1.0, $0), (-1.0, $0)] })
            where next < old + 2 * count {
                for (column, value) in direction.enumerated() {
                    weight[next, column] = Scalar(sign * value)
                }
                bias[next, 0] = Scalar(-sign * threshold)
                next += 1
            }
        }
        (pool[0, "weight"], pool[0, "bias"]) = (weight, bias)
        let scores = Self.scores(of: pool, from: old, on: data, configuration)
        let order = scores.indices.sorted { (scores[$0], $1) > (scores[$1], $0) }
        let rows = order.map { index in
            weight.row(old + index).map { Double($0) } + [Double(bias[old + index, 0])]
        }
        for row in Self.mostDifferent(count, of: rows) {
            weights.append(Array(row.dropLast()))
            biases.append(row[row.count - 1])
        }
    }

    /// `count` of `rows`, in their order: those first that have a cosine below 0.95 with all taken before,
    /// then the others.
    static func mostDifferent(_ count: Int, of rows: [[Double]]) -> [[Double]] {
        let directions = rows.map { row in
            let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return norm > 0 ? row.map { $0 / norm } : row
        }
        func matrix(_ indices: some Collection<Int>) -> Matrix<Double> {
            Matrix(
                rows: indices.count, columns: rows.first?.count ?? 0,
                elements: indices.flatMap { directions[$0] })
        }
        var (taken, spare): ([Int], [Int]) = ([], [])
        // Products of some rows with all that were taken, and among themselves.
        for start in stride(from: 0, to: rows.count, by: 128) where taken.count < count {
            let range = start..<min(start + 128, rows.count)
            let part = matrix(range)
            let before = part.times(matrix(taken), transposingOther: true)
            let beside = part.times(part, transposingOther: true)
            let known = taken.count
            for index in range where taken.count < count {
                let row = index - start
                let isNew =
                    (0..<known).allSatisfy { before[row, $0] < 0.95 }
                    && taken[known...].allSatisfy { beside[row, $0 - start] < 0.95 }
                if isNew { taken.append(index) } else { spare.append(index) }
            }
        }
        return (taken + spare.prefix(count - taken.count)).map { rows[$0] }
    }

    /// Writes the weights into the units from `first` on.
    func fill(_ network: inout Network<Scalar>, from first: Int) {
        var (weight, bias) = (network[0, "weight"], network[0, "bias"])
        for (unit, row) in weights.enumerated() {
            for (column, value) in row.enumerated() {
                weight[first + unit, column] = Scalar(value)
            }
            bias[first + unit, 0] = Scalar(biases[unit])
        }
        network[0, "weight"] = weight
        network[0, "bias"] = bias
    }

    /// The right singular vectors of ∂L/∂z xᵀ, largest first, of length 1.
    private static func directions(
        of network: Network<Scalar>, on data: TrainingData<Scalar>,
        _ configuration: TrainingConfiguration, most: Int
    ) -> [[Double]] {
        let (outputs, inputs) = (network.outputs, network.inputs)
        var sums = Matrix<Double>(rows: outputs, columns: inputs)
        network.forEachGradient(on: data, configuration) { x, _, gradient in
            sums.add(gradient, transposedTimes: x)
        }
        guard
            let eigen = try? sums.times(sums, transposingOther: true)
                .symmetricEigen(vectors: min(most, outputs))
        else { return [] }
        return (0..<eigen.vectors.rows).compactMap { index in
            let left = Matrix(rows: 1, columns: outputs, elements: eigen.vectors.row(index))
            let right = left.times(sums).elements
            let norm = right.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return norm > 0 && norm.isFinite ? right.map { $0 / norm } : nil
        }
    }

    /// Of the samples along each direction, five quantiles.
    private static func quantiles(
        of directions: [[Double]], on data: TrainingData<Scalar>
    ) -> [[Double]] {
        guard !directions.isEmpty else { return [] }
        let samples = Array(0..<min(data.count, 2_000))
        let batch = Minibatch<Scalar>(
            capacity: samples.count, inputs: data.inputCount, outputs: data.outputCount)
        batch.load(samples[...], of: data)
        let rows = batch.inputs.inDoubles
        let all = Matrix(
            rows: directions.count, columns: data.inputCount, elements: directions.flatMap { $0 })
        let along = rows.times(all, transposingOther: true)
        return directions.indices.map { direction in
            let values = along.column(direction).sorted()
            return [0.1, 0.3, 0.5, 0.7, 0.9].map { values[Int($0 * Double(values.count - 1))] }
        }
    }

    /// For each unit from `first` on ‖Σ ∂L/∂z h‖ / √Σ h².
    private static func scores(
        of pool: Network<Scalar>, from first: Int, on data: TrainingData<Scalar>,
        _ configuration: TrainingConfiguration
    ) -> [Double] {
        let count = pool.layers[0].units - first
        var sums = Matrix<Double>(rows: pool.outputs, columns: pool.layers[0].units)
        var squares = [Double](repeating: 0, count: count)
        pool.forEachGradient(on: data, configuration) { _, hidden, gradient in
            sums.add(gradient, transposedTimes: hidden)
            hidden.withElements { values in
                for row in 0..<hidden.rows {
                    let start = row * hidden.columns + first
                    for unit in 0..<count {
                        squares[unit] += values[start + unit] * values[start + unit]
                    }
                }
            }
        }
        return (0..<count).map { unit in
            let column = sums.column(first + unit)
            let norm = column.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let score = norm / squares[unit].squareRoot()
            return score.isFinite ? score : 0
        }
    }
}

extension Network where Scalar: TrainingScalar {
    /// Calls `body` for consecutive batches with the inputs, the first layer's post-activations and the
    /// derivative of the batch's summed loss by the outputs, each a row a sample.
    fileprivate func forEachGradient(
        on data: TrainingData<Scalar>, _ configuration: TrainingConfiguration,
        _ body: (Matrix<Double>, Matrix<Double>, Matrix<Double>) -> Void
    ) {
        let size = min(512, data.count)
        let workspace = Workspace(self, capacity: size, for: .training)
        let batch = Minibatch<Scalar>(
            capacity: size, inputs: data.inputCount, outputs: data.outputCount)
        let all = Array(0..<data.count)
        for start in stride(from: 0, to: data.count, by: size) {
            batch.load(all[start..<min(start + size, data.count)], of: data)
            workspace.forward(batch.inputs, through: self)
            _ = workspace.loss(configuration.loss, of: batch, withGradient: true)
            func matrix(_ values: UnsafePointer<Scalar>, _ columns: Int) -> Matrix<Double> {
                Matrix(
                    rows: batch.samples, columns: columns,
                    elements: (0..<batch.samples * columns).map { Double(values[$0]) })
            }
            var gradient = matrix(workspace.outputGradient, outputs)
            gradient.withMutableElements { all in
                for i in all.indices { all[i] *= Double(batch.samples) }
            }
            body(
                batch.inputs.inDoubles, matrix(workspace.post(ofLayer: 0), layers[0].outputs),
                gradient)
        }
    }
}

extension Matrix<Double> {
    /// Adds aᵀ b.
    fileprivate mutating func add(_ a: Matrix, transposedTimes b: Matrix) {
        let product = a.times(b, transposingSelf: true)
        product.withElements { new in
            withMutableElements { all in for i in all.indices { all[i] += new[i] } }
        }
    }
}
