import Glibc

extension Double {
    /// The number for a sentence: `digits` significant digits, "0.41", "1300", "3e-12".
    ///
    /// Digits before the point are all printed below a million; from there, and below
    /// 1/10,000, powers of ten are. "nan" and "inf" where there is no number.
    public func brief(digits: Int = 2) -> String {
        guard isFinite, self != 0 else { return isFinite ? "0" : "\(self)" }
        let scientific = printed("%.\(digits - 1)e")
        guard let mark = scientific.lastIndex(of: "e"),
            let exponent = Int(scientific[scientific.index(after: mark)...])
        else { return scientific }
        if (-4..<6).contains(exponent) {
            return printed("%.\(max(0, digits - 1 - exponent))f")
        }
        return "\(scientific[..<mark])e\(exponent)"
    }

    private func printed(_ format: String) -> String {
        // The longest: a sign, 308 digits, the point and `digits` more.
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { buffer in
            guard let base = buffer.baseAddress else { return "" }
            _ = withVaList([self]) { vsnprintf(base, buffer.count, format, $0) }
            return String(cString: base)
        }
    }
}
