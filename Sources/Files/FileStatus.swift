import Glibc

/// What the system says about a file without reading it.
public struct FileStatus: Hashable, Sendable {
    /// What lies behind a name.
    public enum Kind: Sendable {
        case regular, folder, link, blockDevice
        /// A named pipe, socket or character device.
        case stream
    }

    /// A file under whatever name: device and inode.
    public struct Key: Hashable, Sendable {
        let device: UInt64
        let inode: UInt64
    }

    /// What it is.
    public let kind: Kind
    /// Which file it is.
    public let key: Key
    /// Bytes.
    public let size: Int
    /// When the content was last written.
    public let modified: TimeStamp
    /// When content, name or permissions were last changed; no program can set it.
    public let changed: TimeStamp
    /// The number of the file in its file system.
    public var inode: UInt64 { key.inode }
    let permissions: mode_t

    /// Asks for the file at `path`.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - followsLinks: whether a symbolic link stands for its target.
    /// - Throws: ``FileError`` if there is none, or the way there is barred.
    public init(of path: String, followsLinks: Bool = true) throws(FileError) {
        var information = stat()
        let code = withSystemPath(path) { name in
            followsLinks ? stat(name, &information) : lstat(name, &information)
        }
        guard code == 0 else { throw FileError(.read, path, code: errno) }
        self.init(information)
    }

    /// Asks for the file behind an open descriptor; `nil` if that is not open.
    public init?(descriptor: Int32) {
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { return nil }
        self.init(information)
    }

    private init(_ information: stat) {
        kind =
            switch information.st_mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .folder
            case S_IFLNK: .link
            case S_IFBLK: .blockDevice
            default: .stream
            }
        key = Key(device: UInt64(information.st_dev), inode: UInt64(information.st_ino))
        size = max(0, Int(information.st_size))
        modified = TimeStamp(information.st_mtim)
        changed = TimeStamp(information.st_ctim)
        permissions = information.st_mode & 0o777
    }
}

/// A moment as file systems store it: any year fits.
public struct TimeStamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Since 1970; negative before.
    public let seconds: Int
    /// 0 to 999,999,999, after the second.
    public let nanoseconds: Int

    /// The moment so many seconds and nanoseconds after the beginning of 1970 (UTC).
    public init(seconds: Int, nanoseconds: Int = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    init(_ time: timespec) {
        self.init(seconds: Int(time.tv_sec), nanoseconds: Int(time.tv_nsec))
    }

    /// The moment that `description` gives; `nil` for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].utf8.count == 9, let seconds = Int(parts[0]),
            let nanoseconds = Int(parts[1]), 0..<1_000_000_000 ~= nanoseconds
        else { return nil }
        self.init(seconds: seconds, nanoseconds: nanoseconds)
    }

    /// The system's time.
    public static var now: TimeStamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return TimeStamp(time)
    }

    /// Whether `a` is earlier.
    public static func < (a: TimeStamp, b: TimeStamp) -> Bool {
        (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds)
    }

    /// The seconds, a point, and nine digits of nanoseconds, which count forwards before 1970, too.
    public var description: String {
        let digits = String(nanoseconds)
        return "\(seconds)." + String(repeating: "0", count: 9 - digits.utf8.count) + digits
    }

    /// Nanoseconds since 1970; `nil` before 1677 and after 2262, which no 64 bits hold.
    public var nanosecondsSince1970: Int? {
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carries) = whole.addingReportingOverflow(nanoseconds)
        return overflows || carries ? nil : sum
    }
}
