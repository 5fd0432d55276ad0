public import MetricCore
import Glibc

/// `number` for people: about four significant digits, thousands set apart by commas, powers of ten
/// where it is very large or small; "-" where it does not exist.
public func readable(_ number: Double?, in unit: Quantity.Unit = .none) -> String {
    guard let number, number.isFinite else { return "-" }
    let magnitude = abs(number)
    if number == number.rounded(), magnitude < 1e7 || unit == .count && magnitude < 1e15 {
        return grouped(Int(number))
    }
    if magnitude >= 1e7 || magnitude < 1e-4 { return printed("%.3e", number) }
    if magnitude >= 999.95 { return grouped(Int(number.rounded())) }
    // Rounding may carry into a new digit, so the exponent is taken from the rounded number.
    let scientific = printed("%.3e", number)
    let exponent =
        scientific.lastIndex(of: "e")
        .flatMap { Int(scientific[scientific.index(after: $0)...]) } ?? 0
    return printed("%.\(max(0, 3 - exponent))f", number)
}

/// `number` with commas between thousands.
public func grouped(_ number: Int) -> String {
    let digits = Array(String(number.magnitude))
    var text = number < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { text += "," }
        text.append(digit)
    }
    return text
}

private func printed(_ format: String, _ number: Double) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
        guard let base = buffer.baseAddress else { return "" }
        _ = withVaList([number]) { vsnprintf(base, buffer.count, format, $0) }
        return String(cString: base)
    }
}
