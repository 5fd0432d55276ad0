internal import LinearAlgebra

/// Count, mean and central sums up to the fourth power of each neuron.
///
/// - Note: P. Pébay, "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order
///   statistical moments", Sandia report SAND2008-6212 (2008).
struct ChannelMoments: Sendable, Equatable {
    private(set) var count = 0.0
    private(set) var means: [Double]
    /// Σ (x − mean)^2, ^3 and ^4.
    private(set) var second: [Double]
    private(set) var third: [Double]
    private(set) var fourth: [Double]

    init(columns: Int) {
        means = Array(repeating: 0, count: columns)
        (second, third, fourth) = (means, means, means)
    }

    /// The moments of the rows of `x`, from their deviations.
    init(of x: Matrix<Double>) {
        self.init(columns: x.columns)
        let columns = x.columns
        count = Double(x.rows)
        guard x.rows > 0 else { return }
        x.withElements { elements in
            for row in 0..<x.rows {
                for column in 0..<columns { means[column] += elements[row * columns + column] }
            }
            for column in 0..<columns { means[column] /= count }
            for row in 0..<x.rows {
                for column in 0..<columns {
                    let deviation = elements[row * columns + column] - means[column]
                    let square = deviation * deviation
                    second[column] += square
                    third[column] += square * deviation
                    fourth[column] += square * square
                }
            }
        }
    }

    /// Adds the rows that `other` has seen.
    mutating func merge(_ other: ChannelMoments) {
        guard other.count > 0 else { return }
        guard count > 0 else {
            self = other
            return
        }
        let (a, b) = (count, other.count)
        let n = a + b
        for column in means.indices {
            let delta = other.means[column] - means[column]
            let (m2, m3) = (second[column], third[column])
            let (o2, o3) = (other.second[column], other.third[column])
            let d2 = delta * delta
            means[column] += delta * b / n
            second[column] += o2 + d2 * a * b / n
            third[column] +=
                o3 + d2 * delta * a * b * (a - b) / (n * n) + 3 * delta * (a * o2 - b * m2) / n
            let cubic = a * b * (a * a - a * b + b * b) / (n * n * n)
            fourth[column] +=
                other.fourth[column] + d2 * d2 * cubic
                + 6 * d2 * (a * a * o2 + b * b * m2) / (n * n) + 4 * delta * (a * o3 - b * m3) / n
        }
        count = n
    }
}
