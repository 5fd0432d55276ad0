import MetricCore
import Glibc

/// The range of an axis and the values that are marked on it.
struct AxisTicks {
    /// Both ends, in the data's unit; low < high.
    let low: Double
    let high: Double
    /// Marked values within the range, ascending, with their labels.
    let ticks: [(value: Double, label: String)]
    private let scale: Figure.Axis.Scale

    /// An axis that shows `values`.
    ///
    /// - Parameters:
    ///   - values: the data; those without a place on the scale do not count.
    ///   - scale: how values become positions.
    ///   - includesZero: whether a linear axis reaches down or up to 0.
    ///   - isRounded: whether the ends are marked values, else they are those of the data.
    ///   - margin: the share of the length to leave free at both ends where they are the data's.
    ///   - count: about how many values to mark.
    init(
        _ values: some Sequence<Double>, scale: Figure.Axis.Scale, includesZero: Bool = false,
        isRounded: Bool = false, margin: Double = 0, count: Int = 6
    ) {
        self.scale = scale
        var (low, high) = (Double.infinity, -Double.infinity)
        for value in values where value.isFinite && (scale == .linear || value > 0) {
            low = min(low, value)
            high = max(high, value)
        }
        if low > high { (low, high) = scale == .linear ? (0, 1) : (1, 10) }
        if includesZero, scale == .linear { (low, high) = (min(low, 0), max(high, 0)) }
        switch scale {
        case .linear:
            if low == high {
                let reach = low == 0 ? 1 : abs(low) * 0.01
                (low, high) = (low - reach, high + reach)
            }
            // Huge ranges overflow in the difference.
            let step = Self.step(for: high / 2 - low / 2, count: Double(count) / 2)
            if isRounded {
                (low, high) = (
                    (low / step).rounded(.down) * step, (high / step).rounded(.up) * step
                )
            } else {
                let free = margin * (high - low)
                (low, high) = (low - free, high + free)
            }
            ticks = Self.linear(low, high, step)
        case .logarithmic, .binaryLogarithmic:
            let base = scale == .logarithmic ? 10.0 : 2.0
            if low == high { (low, high) = (low / base.squareRoot(), high * base.squareRoot()) }
            let factor = pow(high / low, isRounded ? max(margin, 0.03) : margin)
            (low, high) = (max(low / factor, .leastNormalMagnitude), min(high * factor, 1e308))
            ticks = Self.powers(of: base, low, high, count: count)
        }
        self.low = low
        self.high = high
    }

    /// Where `value` lies between the ends: 0 at the low, 1 at the high.
    func position(of value: Double) -> Double {
        guard scale != .linear else {
            return (value / 2 - low / 2) / (high / 2 - low / 2)
        }
        return log(value / low) / log(high / low)
    }

    /// 1, 2 or 5 times a power of ten, so that about `count` of them fill `length`.
    private static func step(for length: Double, count: Double) -> Double {
        let raw = length / count
        let power = pow(10, log10(raw).rounded(.down))
        let digits = raw / power
        return power * (digits < 1.2 ? 1 : digits < 2.4 ? 2 : digits < 6 ? 5 : 10)
    }

    private static func linear(
        _ low: Double, _ high: Double, _ step: Double
    ) -> [(value: Double, label: String)] {
        let first = (low / step - 1e-9).rounded(.up), last = (high / step + 1e-9).rounded(.down)
        guard first <= last, last - first < 100, abs(first) < 1e15 else { return [] }
        // Digits after the point that tell neighbours apart.
        let digits = max(0, -Int(log10(step * 1.000001).rounded(.down)))
        let isPlain = digits <= 6 && max(abs(low), abs(high)) < 1e7
        return (Int(first)...Int(last)).map { index in
            let value = Double(index) * step
            return (value, isPlain ? fixed(value, digits: digits) : value.brief(digits: 3))
        }
    }

    private static func powers(
        of base: Double, _ low: Double, _ high: Double, count: Int
    ) -> [(value: Double, label: String)] {
        let first = Int((log(low) / log(base) - 1e-9).rounded(.up))
        let last = Int((log(high) / log(base) + 1e-9).rounded(.down))
        var values: [Double] = []
        if first <= last {
            // Labels of powers are short: more of them fit than of other numbers.
            let every = max(1, (last - first) / (count + 3) + 1)
            values = stride(from: first, through: last, by: every).map { pow(base, Double($0)) }
        }
        // Less than two powers: mark what lies between them too.
        if values.count < 2 {
            let power = pow(10, log10(low).rounded(.down))
            values = [1, 2, 3, 5, 7, 10, 20, 30, 50, 70].map { $0 * power }
                .filter { $0 >= low * 0.999 && $0 <= high * 1.001 }
        }
        return values.map { ($0, label(of: $0)) }
    }

    private static func label(of value: Double) -> String {
        if value >= 1, value < 1e6 { return "\(Int(value.rounded()))" }
        return value.brief(digits: 1)
    }
}

/// `value` with exactly `digits` digits after the point; never "-0".
func fixed(_ value: Double, digits: Int) -> String {
    let factor = pow(10, Double(digits))
    let whole = (abs(value) * factor).rounded()
    guard whole < 1e15 else { return value.brief(digits: 3) }
    let number = Int(whole)
    let sign = value < 0 && number != 0 ? "-" : ""
    let text = "\(number)"
    guard digits > 0 else { return sign + text }
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    return sign + padded.dropLast(digits) + "." + padded.suffix(digits)
}
