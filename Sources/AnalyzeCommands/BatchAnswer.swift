import Batch
import Isolation

/// What a worker of `analyze batch` did with one run.
enum BatchAnswer: WireCodable {
    case outcome(Batch.Outcome)
    /// Results cannot be written, which concerns all runs.
    case refusal(Failure)

    /// How the run ended.
    ///
    /// - Throws: the ``Failure`` that ends the batch.
    func outcome() throws -> Batch.Outcome {
        switch self {
        case .outcome(let outcome): return outcome
        case .refusal(let failure): throw failure
        }
    }

    private enum Kind: Int { case done, skipped, failed, lost, refusal }

    func write(to writer: inout WireWriter) {
        func begin(_ kind: Kind) { writer.write(kind.rawValue) }
        switch self {
        case .outcome(.done): begin(.done)
        case .outcome(.skipped): begin(.skipped)
        case .outcome(.failed(let reason)):
            begin(.failed)
            writer.write(reason)
        case .outcome(.lost(let reason)):
            begin(.lost)
            writer.write(reason)
        case .refusal(let failure):
            begin(.refusal)
            writer.write(failure)
        }
    }

    init(from reader: inout WireReader) throws(WireReader.Mismatch) {
        switch Kind(rawValue: try reader.integer()) {
        case .done: self = .outcome(.done)
        case .skipped: self = .outcome(.skipped)
        case .failed: self = .outcome(.failed(reason: try reader.text()))
        case .lost: self = .outcome(.lost(reason: try reader.text()))
        case .refusal: self = .refusal(try reader.value())
        case nil: throw WireReader.Mismatch()
        }
    }
}
