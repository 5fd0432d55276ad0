import Glibc
import Training

/// Where one training stands, on one line of a terminal; elsewhere a line an epoch.
final class ProgressDisplay {
    private let isTerminal = rewritesLines()
    private let clock = ContinuousClock()
    private let start = ContinuousClock().now
    private var lastShown: ContinuousClock.Instant?
    /// Batches that earlier calls had done when this one resumed.
    private var firstBatch: Double?

    func show(_ progress: TrainingProgress) {
        let isLast = progress.batch == progress.batches
        let done = Double(progress.epoch - 1) * Double(progress.batches) + Double(progress.batch)
        let first = firstBatch ?? done - 1
        firstBatch = first
        let now = clock.now
        guard
            isTerminal ? isLast || lastShown.map({ now - $0 > .milliseconds(100) }) ?? true : isLast
        else { return }
        lastShown = now
        let total = Double(progress.epochs) * Double(progress.batches)
        let left = (now - start).seconds / (done - first) * (total - done)
        var text = "epoch \(progress.epoch)/\(progress.epochs)"
        if isTerminal { text += " \(bar(Double(progress.batch) / Double(progress.batches)))" }
        text += "  loss \(significant(progress.loss))"
        if let accuracy = progress.accuracy { text += "  accuracy \(percent(accuracy))" }
        if let size = progress.size { text += "  size \(significant(size))" }
        text += "  \(duration(left)) left"
        writeToStandardError(isTerminal ? rewriting(text) : "\(text)\n")
    }

    func finish() {
        if isTerminal && lastShown != nil { writeToStandardError("\r\u{1B}[K") }
    }
}

/// Whether progress replaces its own line: stderr is a terminal that understands escape sequences,
/// and the user did not ask for plain text.
func rewritesLines() -> Bool {
    func value(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    return isatty(2) == 1 && value("NO_COLOR") == nil && value("TERM") != nil
        && value("TERM") != "dumb"
}

/// What replaces the present line of the terminal by `text`, cut to its width: a line that wraps
/// could not be replaced.
func rewriting(_ text: String) -> String {
    var size = winsize()
    let columns = ioctl(2, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    return "\r\(text.prefix(columns - 1))\u{1B}[K"
}

func bar(_ share: Double) -> String {
    let width = 20
    let full = Int((share * Double(width)).rounded(.down))
    return "[" + String(repeating: "#", count: full)
        + String(repeating: ".", count: width - full) + "]"
}

func percent(_ share: Double) -> String {
    let hundredths = Int((share * 10_000).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) %"
}

/// Four significant digits.
func significant(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return "\(value)" }
    var buffer = [CChar](repeating: 0, count: 32)
    _ = withVaList([value]) { vsnprintf(&buffer, buffer.count, "%.4g", $0) }
    return String(
        decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

func duration(_ seconds: Double) -> String {
    // A century and more, or no number.
    guard seconds < 3e9 else { return "years" }
    let whole = Int(max(0, seconds).rounded(.up))
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole / 60 % 60) min"
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
