import Files
import Glibc
import Synchronization
import Text

/// How far a long piece of work has come: one line on standard error that rewrites itself.
///
/// Nothing appears in the first second nor where standard error is no terminal, and the line is
/// cleared at the end. On a terminal without escape sequences (`TERM=dumb`, `NO_COLOR`) a plain
/// line appears every five seconds instead. Any thread may report.
public final class ProgressBar: Sendable {
    /// What is counted.
    public enum Unit: Sendable {
        case bytes
        /// Whole things, with their plural name: "runs".
        case items(String)
    }

    /// How the line is shown.
    enum Style: Sendable { case hidden, plain, live }

    private struct State {
        var title: String
        var done = 0
        var total: Int
        var lastDrawn: Double = -.infinity
        var isDrawn = false
        var isFinished = false
    }

    private let state: Mutex<State>
    private let unit: Unit
    private let style: Style
    private let start: Double
    private let width: @Sendable () -> Int
    private let clock: @Sendable () -> Double
    private let write: @Sendable (String) -> Void

    /// A bar that is at zero.
    ///
    /// - Parameters:
    ///   - title: what is done, as "reading a.h5".
    ///   - total: the amount at the end, in `unit`; 0 where it is not known.
    ///   - unit: what is counted.
    public convenience init(_ title: String, total: Int, unit: Unit = .bytes) {
        let style: Style =
            !Terminal.isTerminal(2) ? .hidden : Terminal.allowsStyle(2) ? .live : .plain
        self.init(
            title, total: total, unit: unit, style: style,
            width: { Terminal.size(of: 2).columns ?? 80 }, clock: { secondsNow() },
            write: { text in
                let bytes = Array(text.utf8)
                _ = bytes.withUnsafeBytes { writeAll($0, to: 2) }
            })
    }

    init(
        _ title: String, total: Int, unit: Unit, style: Style,
        width: @escaping @Sendable () -> Int, clock: @escaping @Sendable () -> Double,
        write: @escaping @Sendable (String) -> Void
    ) {
        state = Mutex(State(title: visible(title), total: total))
        self.unit = unit
        self.style = style
        self.width = width
        self.clock = clock
        self.write = write
        start = clock()
    }

    deinit { finish() }

    /// Reports that `amount` more is done, and perhaps something else now is at hand.
    public func advance(by amount: Int, title: String? = nil) {
        update { state in
            state.done += amount
            if let title { state.title = visible(title) }
        }
    }

    /// Reports how much of how much is done.
    public func update(done: Int, of total: Int) {
        update { state in
            state.done = done
            state.total = total
        }
    }

    private func update(_ change: (inout State) -> Void) {
        guard style != .hidden else { return }
        state.withLock { state in
            change(&state)
            let now = clock()
            let pause = style == .live ? 0.1 : 5
            guard !state.isFinished, now - start >= 1, now - state.lastDrawn >= pause else {
                return
            }
            state.lastDrawn = now
            state.isDrawn = true
            let line = shortened(text(state, elapsed: now - start), to: max(10, width() - 1))
            write(style == .live ? "\r\u{1B}[K" + line : line + "\n")
        }
    }

    /// Clears the line so that something else can be printed; the next report draws it again.
    public func clear() {
        guard style == .live else { return }
        state.withLock { clear(&$0) }
    }

    /// Clears the line for good.
    public func finish() {
        guard style != .hidden else { return }
        state.withLock { state in
            state.isFinished = true
            clear(&state)
        }
    }

    private func clear(_ state: inout State) {
        guard style == .live, state.isDrawn else { return }
        state.isDrawn = false
        state.lastDrawn = -.infinity
        write("\r\u{1B}[K")
    }

    private func text(_ state: State, elapsed: Double) -> String {
        var parts = [state.title]
        let rate = Double(state.done) / elapsed
        if state.total > 0 {
            let share = min(1, Double(state.done) / Double(state.total))
            parts.append("\(Int(share * 100)) %")
        }
        switch unit {
        case .bytes: parts.append("\(readable((rate / 1e6 * 10).rounded() / 10)) MB/s")
        case .items(let name):
            let total = state.total > 0 ? " of \(grouped(state.total))" : ""
            parts.append("\(grouped(state.done))\(total) \(name)")
        }
        if state.total > state.done, state.done > 0 {
            parts.append(duration(Double(state.total - state.done) / rate) + " left")
        }
        return parts.joined(separator: "  ")
    }
}

/// "45 s", "3 min 05 s", "2 h 10 min".
func duration(_ seconds: Double) -> String {
    let whole = Int(min(max(0, seconds), 1e9).rounded(.up))
    func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(padded(whole % 60)) s" }
    return "\(whole / 3600) h \(padded(whole / 60 % 60)) min"
}

/// Seconds of a clock that never jumps.
private func secondsNow() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
