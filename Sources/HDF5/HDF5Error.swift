import Text

/// What went wrong in the HDF5 library, or what was refused before it was asked.
public struct HDF5Error: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was attempted.
    public enum Operation: String, Sendable {
        case openFile = "open the file"
        case createFile = "create the file"
        case closeFile = "close the file"
        case flush = "write the file to disk"
        case list = "list"
        case openGroup = "open the group"
        case createGroup = "create the group"
        case openDataset = "open the dataset"
        case createDataset = "create the dataset"
        case describe = "read the description of"
        case read = "read"
        case write = "write"
        case readAttribute = "read the attribute"
        case writeAttribute = "write the attribute"
        case resolve = "follow"
    }

    /// Why, as far as it is known without reading the library's words.
    public enum Cause: String, Sendable {
        case noSuchFile = "no such file"
        case isFolder = "it is a folder"
        case notAFile = "it is not a regular file"
        case noPermission = "no permission to read it"
        case isEmpty = "it is empty (0 bytes)"
        case notHDF5 = "it is not an HDF5 file"
        case lfsPointer =
            "it is a Git LFS pointer, not the file it stands for; fetch that with git lfs pull"
        case newerFormat =
            """
            it was written by a newer HDF5 library, or is damaged; write it with \
            libver=("earliest", "v110") in h5py, or convert it with h5repack --high=2
            """
        case truncated =
            "it is truncated: shorter than its own header says; copy or record it again"
        case locked =
            "another program is writing it; wait, or set HDF5_USE_FILE_LOCKING=FALSE if none is"
        case diskFull = "the disk is full"
        case exists = "it exists already"
        case noSuchObject = "there is no such object"
        case externalLink = "it is a link into another file, which is not followed"
        case linkToNoFile =
            "its link leads to something that is no regular file, and is not followed"
        case unknownLink = "it is a link of a user-defined kind, which is not followed"
        case linkCycle = "its soft links go round in a circle"
        case tooLarge = "it is too large"
        case tooDeep =
            "its path has more than 64 names or 4,096 bytes, or its links go on for as long"
        case tooMany = "it has more than 100,000 entries"
        case tooManyNames =
            "its groups have more than 1,000 second names (hard links to the same group)"
        case notWritten = "a chunk of it was never written"
        case damagedChunk =
            "a chunk of it is damaged: it does not decode to the bytes it should have"
        case changed =
            "the file was changed while it was read; wait until its writer has ended, then run again"
        case wrongType = "it has another type"
        case library = "the HDF5 library failed"
    }

    /// What was attempted.
    public let operation: Operation
    /// Path of the file, or of the object inside the file.
    public let subject: String
    /// The reason, where it could be told.
    public let cause: Cause
    /// The library's own words, outermost call first; for `--verbose`.
    public let frames: [String]

    /// An error; `frames` for those of the library.
    public init(
        _ operation: Operation, _ subject: String, _ cause: Cause = .library,
        frames: [String] = []
    ) {
        self.operation = operation
        self.subject = subject
        self.cause = cause
        self.frames = frames
    }

    /// The innermost message of the library, or the cause in words.
    public var reason: String {
        if cause == .newerFormat, let words = libraryWords { return "\(cause.rawValue) (\(words))" }
        guard cause == .library else { return cause.rawValue }
        return libraryWords ?? cause.rawValue
    }

    private var libraryWords: String? {
        let messages = frames.compactMap { frame -> String? in
            guard let colon = frame.firstRange(of: ": ") else { return nil }
            let text = frame[colon.upperBound...]
            return text.isEmpty ? nil : String(text)
        }
        return messages.last.map { visible($0) }
    }

    /// One sentence, without line breaks.
    public var description: String {
        "cannot \(operation.rawValue) \(shortened(visible(subject), to: 400)): \(reason)"
    }
}
