import Report
import Text

/// What is said to people on standard error; data go to standard output.
enum Messages {
    static func say(error message: String, frames: [String] = []) {
        write((["error: \(message)"] + frames.map { "  \(visible($0))" }).joined(separator: "\n"))
    }

    static func say(warning message: String) { write("warning: \(message)") }

    static func say(_ message: String) { write(message) }

    /// Prints help: to standard output if it was asked for.
    static func printHelp(_ text: String, isError: Bool) {
        write(text, to: isError ? 2 : 1)
    }

    /// Writes lines, each of them ``visible(_:)``; where even standard error refuses there is nobody left to
    /// tell.
    private static func write(_ text: String, to descriptor: Int32 = 2) {
        let output = TextOutput(descriptor: descriptor, name: "standard error")
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            output.write(line: String(line))
        }
        try? output.finish()
    }
}
