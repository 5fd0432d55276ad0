public import Files
import Report

/// What distinguishes the content of a run file from what it was before.
///
/// Size and times tell in most cases without reading that a file is the same; the digest tells in all
/// cases whether it is.
public struct FileIdentity: Sendable, Hashable {
    /// Bytes.
    public var size: Int
    /// When it was last written, as the file says; programs can set it (`touch`, `cp -p`).
    public var modified: TimeStamp
    /// When content, name or permissions last changed, which programs cannot set.
    public var changed: TimeStamp
    /// The number of the file in its file system.
    public var inode: UInt64
    /// The digest of the whole content.
    public var fingerprint: UInt64
    /// When the digest was begun.
    public var read: TimeStamp

    /// The identity of a file whose status and digest were read before, as result files store it.
    public init(
        size: Int, modified: TimeStamp, changed: TimeStamp, inode: UInt64, fingerprint: UInt64,
        read: TimeStamp
    ) {
        self.size = size
        self.modified = modified
        self.changed = changed
        self.inode = inode
        self.fingerprint = fingerprint
        self.read = read
    }

    /// The identity of a file that was looked at and then read.
    public init(_ status: FileStatus, fingerprint: UInt64, read: TimeStamp) {
        self.init(
            size: status.size, modified: status.modified, changed: status.changed,
            inode: status.inode, fingerprint: fingerprint, read: read)
    }

    /// Whether the system still says the same of a file; see ``isSettled``.
    public func describes(_ status: FileStatus) -> Bool {
        size == status.size && modified == status.modified && changed == status.changed
            && inode == status.inode
    }

    /// Whether a write after the digest would have changed the times.
    ///
    /// Clocks of file systems tick, some only every two seconds (FAT): a file that is written twice
    /// within a tick has the same times both times, so times that lie so near to the digest, or
    /// behind it, prove nothing.
    public var isSettled: Bool { max(modified, changed).seconds < read.seconds - 2 }

    /// The parts by the names in result files.
    var fields: [JSONNode.Field] {
        [
            .init("size", .integer(size)), .init("modified", .text(modified.description)),
            .init("changed", .text(changed.description)), .init("inode", .text(String(inode))),
            .init("fingerprint", .text(hexadecimal(fingerprint))),
            .init("read", .text(read.description)),
        ]
    }

    /// Reads ``fields``; `nil` if one is missing or of another kind.
    init?(_ file: JSONNode) {
        func time(_ name: String) -> TimeStamp? { file[name]?.text.flatMap { TimeStamp($0) } }
        guard let size = file["size"]?.integer, let modified = time("modified"),
            let changed = time("changed"), let read = time("read"),
            let inode = file["inode"]?.text.flatMap({ UInt64($0) }),
            let fingerprint = file["fingerprint"]?.text.flatMap({ UInt64($0, radix: 16) })
        else { return nil }
        self.init(
            size: size, modified: modified, changed: changed, inode: inode,
            fingerprint: fingerprint, read: read)
    }
}
