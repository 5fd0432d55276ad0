import Glibc

/// libFuzzer's own main, which calls `test` for each input that it makes up.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// Feeds one parser with what libFuzzer makes up.
///
/// Called as `LAMINA_PARSER=json fuzz-parsers [option of libFuzzer]...`.
/// A parser holds if it returns or throws: a trap, a sanitizer's report, a second's loop or a
/// broken law of the parser ends the process, and libFuzzer keeps the input.
@main struct Main {
    static func main() {
        guard let name = getenv("LAMINA_PARSER").map({ String(cString: $0) }),
            let parser = Parser(rawValue: name)
        else {
            print("error: LAMINA_PARSER is none of \(Parser.allCases.map(\.rawValue))")
            exit(64)
        }
        chosen = parser
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? =
            CommandLine.unsafeArgv
        let code = runDriver(&count, &arguments) { bytes, count in
            chosen.read(UnsafeBufferPointer(start: bytes, count: count))
            return 0
        }
        exit(code)
    }
}

/// Set once, before the driver starts; libFuzzer has one thread.
nonisolated(unsafe) private var chosen = Parser.json
