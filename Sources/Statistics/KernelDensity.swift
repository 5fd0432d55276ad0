import Glibc

/// A Gaussian kernel estimate of a density: f(x) = 1 / (n h) · Σ φ((x - xᵢ) / h).
///
/// With a lower bound b of the domain the kernels are reflected there, f(x) + f(2b - x) for x >= b
/// and 0 below: the estimate has no mass where values cannot be, integrates to 1 over the domain
/// and does not fall off towards its border as an unreflected one does.
public struct KernelDensity: Sendable, Equatable {
    /// How the standard deviation of the kernels, h, follows from the values.
    public enum Bandwidth: Sendable, Hashable {
        /// 0.9 min(s, IQR / 1.34) n^(-1/5), s dividing by n - 1; s alone if the IQR is 0. `bw.nrd0`
        /// of R; Silverman (1986), equation 3.31. Robust against heavy tails and several modes.
        case silvermanRuleOfThumb
        /// (3n / 4)^(-1/5) s: `bw_method="silverman"` of SciPy. Optimal for a normal sample.
        case silverman
        /// n^(-1/5) s: `bw_method="scott"` of SciPy.
        case scott
        /// This one, in the unit of the values.
        case fixed(Double)
    }

    /// The standard deviation of the kernels, in the unit of the values.
    public let bandwidth: Double
    /// The lower end of the domain, where kernels are reflected.
    public let lowerBound: Double?
    private let sorted: [Double]

    /// Prepares the estimate; `nil` if the values have no spread from which a bandwidth follows:
    /// none, one, or all equal, unless the bandwidth is fixed.
    ///
    /// - Parameters:
    ///   - sorted: ascending, finite, not below `lowerBound`.
    ///   - bandwidth: how wide kernels are; a fixed one must be above 0.
    ///   - lowerBound: the lower end of the domain; `nil` if values may be any number.
    /// - Complexity: O(n).
    public init?(
        ofSorted sorted: [Double], bandwidth: Bandwidth = .silvermanRuleOfThumb,
        lowerBound: Double? = nil
    ) {
        guard let first = sorted.first, let last = sorted.last else { return nil }
        precondition(lowerBound.map { $0 <= first } ?? true, "a value below the domain: \(first)")
        if case .fixed(let width) = bandwidth {
            precondition(width > 0, "bandwidth \(width)")
            self.bandwidth = width
        } else {
            guard first < last else { return nil }
            let width = Self.width(bandwidth, ofSorted: sorted, range: last - first)
            guard width > 0, width.isFinite else { return nil }
            self.bandwidth = width
        }
        self.lowerBound = lowerBound
        self.sorted = sorted
    }

    private static func width(
        _ bandwidth: Bandwidth, ofSorted sorted: [Double], range: Double
    ) -> Double {
        let n = Double(sorted.count)
        // In units of the range: squares of tiny or huge values would leave the exponent's range.
        let scaled = sorted.map { ($0 - sorted[0]) / range }
        let mean = scaled.reduce(0, +) / n
        let squares = scaled.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let deviation = (squares / (n - 1)).squareRoot()
        switch bandwidth {
        case .silvermanRuleOfThumb:
            let quartiles = [0.25, 0.75].map { quantile(ofSorted: scaled, at: $0) ?? 0 }
            let robust = (quartiles[1] - quartiles[0]) / 1.34
            return range * 0.9 * (robust > 0 ? min(deviation, robust) : deviation) * pow(n, -0.2)
        case .silverman: return range * deviation * pow(0.75 * n, -0.2)
        case .scott: return range * deviation * pow(n, -0.2)
        case .fixed(let width): return width
        }
    }

    /// The density at `x`, per unit of the values; 0 outside the domain.
    ///
    /// Kernels further than 9 bandwidths away, each below 3e-18 of its height, are left out.
    ///
    /// - Complexity: O(log n + values within 9 bandwidths).
    public func callAsFunction(_ x: Double) -> Double {
        guard let lowerBound else { return sum(at: x) }
        guard x >= lowerBound else { return 0 }
        return sum(at: x) + sum(at: 2 * lowerBound - x)
    }

    private func sum(at x: Double) -> Double {
        let reach = 9 * bandwidth
        let first = lowerIndex(of: x - reach)
        let end = lowerIndex(of: (x + reach).nextUp)
        let total = sumOfExponentials(count: end - first) { index in
            let distance = (x - sorted[first + index]) / bandwidth
            return -0.5 * distance * distance
        }
        return StandardNormal.density(at: 0) * total / Double(sorted.count) / bandwidth
    }

    /// The index of the first value that is not below `bound`.
    private func lowerIndex(of bound: Double) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = low + (high - low) / 2
            if sorted[middle] < bound { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// A density on a grid, to be drawn.
public struct DensityCurve: Sendable, Equatable {
    /// Where the density was evaluated, ascending and equidistant; in the unit of the values.
    public let x: [Double]
    /// The density there, per unit of the values.
    public let y: [Double]
    /// The bandwidth that was used; `nil` if there is no curve.
    public let bandwidth: Double?

    /// Evaluates a kernel estimate on a grid that holds all but 6e-5 of its mass.
    ///
    /// The grid reaches from 4 bandwidths below the smallest value, but not below the domain, to 4
    /// above the largest. A bandwidth below a step of the grid would draw peaks that come and go
    /// with the grid's position; then one of range / (points - 9), about a step, is used instead.
    /// So the trapezoidal rule over the curve gives 1 to about 1e-3. Values without spread give an
    /// empty curve.
    ///
    /// - Parameters:
    ///   - sorted: ascending, finite, not below `lowerBound`.
    ///   - bandwidth: how wide kernels are.
    ///   - lowerBound: the lower end of the domain, where kernels are reflected.
    ///   - points: size of the grid, at least 16.
    /// - Complexity: O(n · points) at most, typically a fraction of it.
    public init(
        ofSorted sorted: [Double],
        bandwidth: KernelDensity.Bandwidth = .silvermanRuleOfThumb,
        lowerBound: Double? = nil, points: Int = 201
    ) {
        precondition(points >= 16, "a grid of \(points) points")
        guard let first = sorted.first, let last = sorted.last,
            let asked = KernelDensity(
                ofSorted: sorted, bandwidth: bandwidth, lowerBound: lowerBound)
        else {
            (x, y, self.bandwidth) = ([], [], nil)
            return
        }
        let drawable = (last - first) / Double(points - 9)
        let density =
            asked.bandwidth >= drawable
            ? asked
            : KernelDensity(
                ofSorted: sorted, bandwidth: .fixed(drawable), lowerBound: lowerBound) ?? asked
        let low = max(first - 4 * density.bandwidth, lowerBound ?? -.infinity)
        let step = (last + 4 * density.bandwidth - low) / Double(points - 1)
        x = (0..<points).map { low + Double($0) * step }
        y = x.map { density($0) }
        self.bandwidth = density.bandwidth
    }
}
