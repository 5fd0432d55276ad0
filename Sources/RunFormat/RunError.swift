import Files
import HDF5
import Text

/// Why a run file, or something in it, cannot be used.
public struct RunError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Who can do something about it; the command line makes its exit code of it.
    public enum Kind: Sendable, Hashable {
        /// Something was asked for that the file does not have (exit code 64).
        case usage
        /// The file is not what it should be (65).
        case badData
        /// The system did not let it be read or written (74).
        case inputOutput
    }

    /// Who can do something about it.
    public let kind: Kind
    /// Path of the file.
    public let file: String
    /// Path of the object in the file, where one is to blame.
    public let object: String?
    /// What is wrong and what to do.
    public let message: String
    /// The HDF5 library's own words, outermost call first; for `--verbose`.
    public let frames: [String]

    /// An error about `file` or an object in it.
    public init(
        _ kind: Kind, file: String, object: String? = nil, _ message: String, frames: [String] = []
    ) {
        self.kind = kind
        self.file = file
        self.object = object
        self.message = message
        self.frames = frames
    }

    /// The same in the words of a run; with `isLink` something of that name is in the file, so that
    /// its absence is the file's fault and not that of who asked.
    init(_ error: HDF5Error, file: String, isLink: Bool = false) {
        let isAboutFile = error.subject == file
        let remedy =
            switch error.cause {
            case .externalLink:
                "; copy the data into the file, or say --allow-external-links if you trust the file"
            case .linkCycle, .linkToNoFile: "; remove the link"
            case .noSuchObject where isLink: ": its link leads nowhere; remove the link"
            default: ""
            }
        self.init(
            isLink && error.cause == .noSuchObject ? .badData : RunError.kind(of: error),
            file: file, object: isAboutFile ? nil : error.subject,
            isAboutFile
                ? "cannot \(error.operation.rawValue): \(error.reason)"
                : (error.cause == .library
                    ? "cannot \(error.operation.rawValue) it: \(error.reason)"
                    : error.reason + remedy),
            frames: error.frames)
    }

    private static func kind(of error: HDF5Error) -> Kind {
        switch error.cause {
        case .isEmpty, .notHDF5, .lfsPointer, .newerFormat, .truncated, .changed: return .badData
        case .noSuchFile, .isFolder, .notAFile, .noPermission, .locked, .diskFull, .exists:
            return .inputOutput
        case .noSuchObject: return .usage
        case .externalLink, .linkToNoFile, .unknownLink, .linkCycle, .tooLarge, .tooDeep, .tooMany,
            .tooManyNames, .wrongType,
            .notWritten, .damagedChunk:
            return .badData
        case .library:
            switch error.operation {
            case .createFile, .closeFile, .flush, .createGroup, .createDataset, .write,
                .writeAttribute:
                return .inputOutput
            default: return .badData
            }
        }
    }

    /// One sentence, without line breaks and control characters.
    public var description: String {
        [file, object.map { shortened($0, to: 400) }, message].compactMap { $0 }.map { visible($0) }
            .joined(separator: ": ")
    }
}

/// Runs `body`, turning the errors of the HDF5 library into those of the run at `file`.
func reading<R>(_ file: String, _ body: () throws(HDF5Error) -> R) throws(RunError) -> R {
    do { return try body() } catch { throw RunError(error, file: file) }
}

extension RunError {
    /// The same in the words of a run.
    init(_ error: FileError, file: String) {
        self.init(.inputOutput, file: file, "cannot \(error.operation.rawValue): \(error.reason)")
    }
}

/// Runs `body`, turning the errors of files into those of the run at `file`.
func writing<R: ~Copyable>(
    _ file: String, _ body: () throws(FileError) -> R
) throws(RunError) -> R {
    do { return try body() } catch { throw RunError(error, file: file) }
}
