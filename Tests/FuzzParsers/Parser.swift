import Comparison
import Datasets
import Glibc
import Report

/// A parser of text or bytes from strangers.
enum Parser: String, CaseIterable {
    case json, csv, idx, condition, chunk

    /// Parses one input; traps if the parser breaks a law.
    func read(_ input: UnsafeBufferPointer<UInt8>) {
        switch self {
        case .json: readJSON(Array(input))
        case .csv: withFile(input) { readTable($0) }
        case .idx:
            withFile(input) { path in
                _ = try? IDX.images(at: path)
                _ = try? IDX.labels(at: path, classes: 10)
            }
        case .condition: _ = try? Condition(parsing: String(decoding: input, as: UTF8.self))
        case .chunk: readChunk(input)
        }
    }

    /// A value that can be read can be passed over, and ends at the same byte.
    private func readJSON(_ bytes: [UInt8]) {
        var reader = JSONReader(bytes)
        var skipper = JSONReader(bytes)
        guard (try? reader.value()) != nil else { return }
        guard (try? skipper.skip()) != nil, skipper.offset == reader.offset else {
            fatalError("value() ends at byte \(reader.offset), skip() at \(skipper.offset)")
        }
    }

    private func readTable(_ path: String) {
        let schema = TableSchema(
            columns: [
                .init("number", .number), .init("category", .category(["red", "green", "?"])),
                .init("unused", .ignored), .init("class", .label(["yes", "no"])),
            ], comment: "|", labelTerminator: ".")
        guard let data = try? DelimitedText.read(path, schema: schema) else { return }
        guard data.count > 0 else { fatalError("a table without rows was read") }
    }
}

/// A file of memory, which readers of paths open by the name that the system gives it.
private let descriptor = memfd_create("input", UInt32(MFD_CLOEXEC))

/// Calls `body` with the path of a file that holds `input`.
private func withFile(_ input: UnsafeBufferPointer<UInt8>, _ body: (String) -> Void) {
    guard descriptor >= 0, ftruncate(descriptor, 0) == 0,
        pwrite(descriptor, input.baseAddress, input.count, 0) == input.count
    else { fatalError("no memory for a file: errno \(errno)") }
    body("/proc/self/fd/\(descriptor)")
}
