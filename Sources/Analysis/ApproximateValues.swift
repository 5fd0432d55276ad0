import LinearAlgebra
import MetricCore
import RunFormat

/// Values of some samples with the squared error that each of them may have through rounding.
struct ApproximateValues {
    /// Shape (samples, neurons).
    var values: Matrix<Double>
    /// The squared error of each value.
    var error: Matrix<Double>

    /// What networks that compute in single precision may lose in a product beside the rounding of what is
    /// stored: that of TF32, in which GPUs multiply matrices.
    static let arithmetic = StoredRounding(relative: 0x1p-12)

    /// What networks may lose in a product whose results they round as coarsely as `rounding`: inputs and
    /// weights are rounded alike before they are multiplied.
    static func arithmetic(roundingTo rounding: StoredRounding) -> StoredRounding {
        StoredRounding(relative: max(arithmetic.relative, 2.0.squareRoot() * rounding.relative))
    }

    /// Values as they are recorded.
    init(_ values: Matrix<Double>, stored rounding: StoredRounding) {
        self.values = values
        error = values.mapped { rounding.squaredError(of: $0) }
    }

    /// The rounding of recorded values: that of bfloat16 or float16 if all of them are numbers of that type,
    /// as those of mixed precision are, however they are stored.
    static func rounding(of values: Matrix<Double>, stored: StoredRounding) -> StoredRounding {
        func fit(_ isExact: (Float) -> Bool) -> Bool {
            values.withElements { elements in
                elements.allSatisfy {
                    !$0.isFinite || Double(Float($0)) == $0 && isExact(Float($0))
                }
            }
        }
        var rounding = stored
        if fit({ $0.bitPattern & 0xFFFF == 0 }) {
            rounding.relative = max(stored.relative, 0x1p-8)
        } else if fit({ $0.bitPattern & 0x1FFF == 0 }) {
            rounding.relative = max(stored.relative, 0x1p-11)
        }
        return rounding
    }

    /// Pre-activations x W + b for these values x.
    ///
    /// Errors of independent rounding add up in the squares.
    func times(
        _ weight: Matrix<Double>, stored: StoredRounding,
        adding bias: (values: [Double], rounding: StoredRounding)?,
        in arithmetic: StoredRounding = arithmetic
    ) -> ApproximateValues {
        var result = self
        result.values = values.times(weight)
        let (squares, squaredWeight) = (values.mapped { $0 * $0 }, weight.mapped { $0 * $0 })
        let relative = stored.relative * stored.relative
        let own = squares.times(squaredWeight)
        result.error = error.times(squaredWeight)
        for row in 0..<own.rows {
            let absolute =
                squares.row(row).reduce(0, +) * stored.absolute * stored.absolute
            for column in 0..<own.columns {
                result.error[row, column] +=
                    own[row, column] * (relative + arithmetic.squaredError(of: 1)) + absolute
                guard let bias else { continue }
                result.values[row, column] += bias.values[column]
                result.error[row, column] += bias.rounding.squaredError(of: bias.values[column])
            }
        }
        return result
    }

    /// What the next layer reads for these pre-activations.
    func behind(
        _ activation: Nonlinearity, gate: (values: [Double], rounding: StoredRounding)?,
        in arithmetic: StoredRounding = arithmetic
    ) -> ApproximateValues {
        var result = self
        activation.apply(to: &result.values)
        for row in 0..<values.rows {
            // No nonlinearity is steeper than 1; those of a whole layer add up two errors.
            let largest = activation.joinsNeurons ? 4 * (error.row(row).max() ?? 0) : 0
            for column in 0..<values.columns {
                let y = result.values[row, column]
                var own = activation.joinsNeurons ? largest : error[row, column]
                own += arithmetic.squaredError(of: y)
                if let gate {
                    let factor = gate.values[column]
                    own = own * factor * factor + y * y * gate.rounding.squaredError(of: factor)
                    result.values[row, column] = y * factor
                }
                result.error[row, column] = own
            }
        }
        return result
    }

    /// Compares with what is recorded of the same values.
    func reproduces(_ recorded: Matrix<Double>, stored: StoredRounding) -> Reproduction {
        var reproduction = Reproduction(columns: values.columns)
        for row in 0..<min(values.rows, recorded.rows) {
            for column in 0..<values.columns {
                let (x, y) = (values[row, column], recorded[row, column])
                reproduction.add(
                    x, y, error: error[row, column] + stored.squaredError(of: y), to: column)
            }
        }
        return reproduction
    }
}

/// How far recorded values are from computed ones, neuron by neuron: the rounding of one large neuron
/// would hide that all others differ.
struct Reproduction {
    private struct Sums {
        var difference = 0.0
        var error = 0.0
        var size = 0.0
        var count = 0.0

        /// Rounding errors are spread evenly, so that their root mean square is 0.6 of the largest; that of
        /// few values may be larger.
        var allowed: Double { (2 + 4 / count.squareRoot()) * error.squareRoot() }

        /// How far the difference is beyond what is allowed; above 1 is too far.
        var excess: Double { difference == 0 ? 0 : difference.squareRoot() / allowed }
    }

    private var sums: [Sums]

    fileprivate init(columns: Int) { sums = Array(repeating: Sums(), count: columns) }

    fileprivate mutating func add(_ x: Double, _ y: Double, error e: Double, to column: Int) {
        guard x.isFinite, y.isFinite, e.isFinite else { return }
        sums[column].difference += (x - y) * (x - y)
        sums[column].error += e
        sums[column].size += y * y
        sums[column].count += 1
    }

    /// Whether some values were compared, and no neuron's differ by more than rounding explains.
    var isGood: Bool {
        sums.contains { $0.count > 0 } && sums.allSatisfy { $0.count == 0 || $0.excess <= 1 }
    }

    /// How far apart those of the worst neuron are, in words.
    var description: String {
        let compared = sums.indices.filter { sums[$0].count > 0 }
        guard let worst = compared.max(by: { sums[$0].excess < sums[$1].excess }) else {
            return "hold no finite values"
        }
        let sum = sums[worst]
        guard sum.size > 0 else {
            return "are zero for neuron \(worst), and the computed ones are not"
        }
        func share(_ x: Double) -> String { "\((100 * x / sum.size.squareRoot()).brief()) %" }
        return "differ by \(share(sum.difference.squareRoot())) for neuron \(worst) from what the "
            + "recorded layers give, of which rounding explains \(share(sum.allowed))"
    }
}

extension StoredRounding {
    /// The square of the largest error of `x`.
    func squaredError(of x: Double) -> Double {
        relative * relative * x * x + absolute * absolute
    }
}

extension Matrix<Double> {
    fileprivate func mapped(_ transform: (Double) -> Double) -> Matrix<Double> {
        Matrix(rows: rows, columns: columns, elements: withElements { $0.map(transform) })
    }
}
