import Glibc
import Text

/// Prints a line for people; what a terminal could act on in it is spelled out.
func report(_ line: String) { print(visible(line)) }

/// Says a line on standard error; what a terminal could act on in it is spelled out.
func tell(_ line: String) { writeToStandardError(visible(line) + "\n") }

/// Writes `text` to standard error at once and as it is.
func writeToStandardError(_ text: String) {
    _ = text.utf8.withContiguousStorageIfAvailable { write(2, $0.baseAddress, $0.count) }
}
