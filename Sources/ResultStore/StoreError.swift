import Report
import Text

/// Why results cannot be read, collected or stored, in one sentence with a remedy.
public struct StoreError: Error, Hashable, CustomStringConvertible {
    /// The file or folder that it is about.
    public var subject: String
    /// What is wrong with it.
    public var cause: Cause

    /// An error from its parts.
    public init(_ subject: String, _ cause: Cause) {
        self.subject = subject
        self.cause = cause
    }

    /// What is wrong.
    public enum Cause: Hashable, Sendable {
        /// What the system said.
        case unreadable(String)
        case notResultFile(String)
        /// A result file whose content is not what was written.
        case damaged(String)
        /// Shares of a batch that are not there, not finished, or of different lists of runs.
        case shares(String)
        /// A schema of another name than this program's.
        case unknownSchema(String)
        /// A folder without result files.
        case isEmpty
        /// Neither .sqlite, .csv nor .jsonl.
        case unknownTarget
        /// The file exists and is something else.
        case notStore
        case unknownStoreVersion(Int)
        /// Something in the store's schema that this program never writes: its kind and name.
        case foreignDefinition(String, String)
        /// A column holds a value of another type than this program writes.
        case wrongType(column: String)
        /// Another program kept the store locked for as long as one waits.
        case locked
        /// Whoever asked for an update wants it no longer.
        case interrupted
        /// The same run is in two result files.
        case duplicate(run: String, other: String)
        /// Results that do not belong into one table.
        case mixed([Mixture])
        /// What the database said: the operation, the code, the words.
        case database(operation: String, code: Int32, message: String)
    }

    /// A metric that occurs in several versions or configurations.
    public struct Mixture: Hashable, Sendable {
        /// Identifier of the metric.
        public var metric: String
        /// Each with a run where it occurs.
        public var variants: [Variant]

        /// A mixture from its parts.
        public init(metric: String, variants: [Variant]) {
            self.metric = metric
            self.variants = variants
        }

        /// One of the versions or configurations.
        public struct Variant: Hashable, Sendable {
            /// Version of the metric.
            public var version: Int
            /// JSON.
            public var configuration: String
            /// A run where it occurs.
            public var exampleRun: String

            /// A variant from its parts.
            public init(version: Int, configuration: String, exampleRun: String) {
                self.version = version
                self.configuration = configuration
                self.exampleRun = exampleRun
            }
        }
    }

    /// One sentence with a remedy.
    public var description: String { "\(visible(subject)): \(visible(reason))" }

    /// Whether the system or another program is in the way, rather than what the file holds.
    public var isInputOutput: Bool {
        switch cause {
        case .unreadable, .locked: true
        case .database(_, let code, _): !Self.codesOfDamage.contains(code & 0xFF)
        default: false
        }
    }

    /// SQLite's codes for files that are no database, damaged, or of other tables: ERROR, CORRUPT,
    /// TOOBIG, CONSTRAINT, MISMATCH, NOTADB.
    private static let codesOfDamage: Set<Int32> = [1, 11, 18, 19, 20, 26]

    private var reason: String {
        switch cause {
        case .unreadable(let words): return words
        case .notResultFile(let words):
            return "not a result file (\(words)); remove it and run `analyze batch` again"
        case .damaged(let words):
            return "a damaged result file (\(words)); run `analyze batch` again, which repairs it"
        case .shares(let words):
            return words + "; run the shares again, each with the same arguments"
        case .unknownSchema(let name):
            return "its schema is \(name), this program reads \(JSON.schema)"
        case .isEmpty: return "no result files in this folder; `analyze batch --out` writes them"
        case .unknownTarget: return "the name must end in .sqlite, .csv or .jsonl"
        case .notStore: return "it exists and is no result store; choose another name"
        case .unknownStoreVersion(let version):
            return "a result store of version \(version), this program knows version "
                + "\(ResultDatabase.version); collect into a new file"
        case .foreignDefinition(let kind, let name):
            return "its \(kind) \(name) is not as this program makes it; collect into a new file"
        case .wrongType(let column):
            return "a value in its column \(column) has a wrong type; collect into a new file"
        case .locked:
            return "another program keeps it locked; try again when that has ended (fuser names "
                + "it), or collect into a new file"
        case .interrupted: return "it was not updated, as a signal came"
        case .duplicate(let run, let other):
            return "\(run) is in \(other) as well; collect one of the two folders"
        case .mixed(let mixtures):
            let parts = mixtures.map { mixture in
                let variants = mixture.variants.map {
                    "version \($0.version) \($0.configuration) (\($0.exampleRun))"
                }
                return "\(mixture.metric) as " + variants.joined(separator: " and ")
            }
            return "results that cannot be compared: " + parts.joined(separator: "; ")
                + "; run `analyze batch` with one set of options, or pass --allow-mixed"
        case .database(let operation, let code, let message):
            return "cannot \(operation): \(message) (SQLite \(code))"
        }
    }
}
