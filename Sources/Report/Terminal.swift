import Glibc

/// What is known about where output goes.
public enum Terminal {
    /// Whether `descriptor` is a terminal.
    public static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// Whether escape sequences may be sent to `descriptor`: a terminal that understands them, and
    /// `NO_COLOR` is unset or empty.
    public static func allowsStyle(_ descriptor: Int32) -> Bool {
        isTerminal(descriptor) && environment("NO_COLOR") == nil
            && environment("TERM") != "dumb" && environment("TERM") != nil
    }

    /// Columns and lines: those of the terminal at `descriptor`, unless `COLUMNS` and `LINES` say
    /// otherwise; `nil` where nobody knows.
    public static func size(of descriptor: Int32) -> (columns: Int?, lines: Int?) {
        var window = winsize()
        let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0
        func length(_ name: String, _ own: UInt16) -> Int? {
            if let told = environment(name).flatMap({ Int($0) }), told > 0 { return told }
            return isKnown && own > 0 ? Int(own) : nil
        }
        return (length("COLUMNS", window.ws_col), length("LINES", window.ws_row))
    }

    /// The variable `name`, `nil` if it is unset or empty.
    static func environment(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }
}
