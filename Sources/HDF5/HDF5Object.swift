import CHDF5
import Text

/// What an object in a file is.
public enum HDF5ObjectKind: Sendable, Hashable {
    case group, dataset, namedType, unknown
}

/// A number that no other open object has: two paths of one identity are two names of one object.
public struct HDF5Identity: Sendable, Hashable {
    let file: UInt64
    let address: UInt64
}

/// An open group, dataset or named type; it keeps its file open.
///
/// Members of a group are opened relative to the group, so that a walk over a file of any depth opens each
/// object once.
public final class HDF5Object: Sendable {
    let handle: HDF5Handle
    /// The file it was reached from.
    public let file: HDF5File
    /// The path it was reached by.
    public let path: String
    /// What it is.
    public let kind: HDF5ObjectKind
    /// Which object it is.
    public let identity: HDF5Identity
    /// Whether it has attributes.
    public let hasAttributes: Bool

    /// Opens `name` in `parent`, which must be a hard link, or an external one that may be followed.
    init(
        _ operation: HDF5Error.Operation, path: String, in file: HDF5File, open: () -> hid_t
    ) throws(HDF5Error) {
        self.file = file
        self.path = path
        let handle = try HDF5Handle(operation, path, close: { H5Oclose($0) }, open: open)
        let id = handle.id
        (kind, identity, hasAttributes) = try HDF5Library.locked {
            () throws(HDF5Error) -> (HDF5ObjectKind, HDF5Identity, Bool) in
            var type: Int32 = 0
            var address: UInt64 = 0
            var number: UInt64 = 0
            var attributes: UInt64 = 0
            try HDF5Library.check(
                .describe, path, chdf5_object_info(id, &type, &number, &address, &attributes))
            let kind: HDF5ObjectKind =
                switch type {
                case Int32(H5O_TYPE_GROUP.rawValue): .group
                case Int32(H5O_TYPE_DATASET.rawValue): .dataset
                case Int32(H5O_TYPE_NAMED_DATATYPE.rawValue): .namedType
                default: .unknown
                }
            return (kind, HDF5Identity(file: number, address: address), attributes > 0)
        }
        self.handle = handle
    }

    /// The member called `name`, its soft links followed.
    ///
    /// - Throws: ``HDF5Error`` if there is none, or only by a refused link.
    public func member(_ name: String) throws(HDF5Error) -> HDF5Object {
        let location = try file.locate(name, from: self)
        return try location.open(.describe)
    }

    /// Whether a group has a link called `name`, wherever that leads.
    public func hasLink(_ name: String) -> Bool {
        let id = handle.id
        let bytes = cName(name)
        return HDF5Library.locked {
            var type: Int32 = 0
            var size = 0
            return chdf5_link_info(id, bytes, &type, &size) >= 0
        }
    }

    /// The path of a member.
    public func path(of member: String) -> String {
        (path == "/" ? "" : path) + "/" + member
    }
}

/// Where an object is: a name in an open group.
struct HDF5Location {
    let parent: HDF5Object
    /// "." for the root itself.
    let name: String
    /// The path that was asked for.
    let path: String

    func open(_ operation: HDF5Error.Operation) throws(HDF5Error) -> HDF5Object {
        let bytes = cName(name)
        let id = parent.handle.id
        do {
            return try HDF5Object(operation, path: path, in: parent.file) {
                H5Oopen(id, bytes, chdf5_link_access())
            }
        } catch {
            let refusal = String(cString: chdf5_special_file())
            guard error.frames.contains(where: { $0.hasSuffix(refusal) }) else { throw error }
            throw HDF5Error(operation, path, .linkToNoFile, frames: error.frames)
        }
    }
}

extension HDF5File {
    /// Opens any object; soft links within the file are followed.
    ///
    /// - Throws: ``HDF5Error`` if there is nothing at `path`, or only by a refused link.
    public func object(at path: String) throws(HDF5Error) -> HDF5Object {
        try locate(path).open(.describe)
    }

    /// Whether there is an object at `path` that can be reached without leaving the file.
    public func contains(_ path: String) -> Bool { (try? object(at: path)) != nil }

    /// Finds an object by hand, link by link.
    ///
    /// The library would follow soft links in circles up to its limit and external links into any file of
    /// the machine; here each step is looked at before it is taken. A path has at most 64 names and 4,096
    /// bytes, and soft links may lead over at most 256 names.
    func locate(_ path: String, from start: HDF5Object? = nil) throws(HDF5Error) -> HDF5Location {
        let subject = start.map { $0.path(of: path) } ?? path
        let root: HDF5Object
        if let start { root = start } else { root = try openRoot() }
        let names = components(of: path)
        guard subject.utf8.count <= 4096, components(of: subject).count <= 64 else {
            throw HDF5Error(.resolve, subject, .tooDeep)
        }
        var here = root
        var waiting = Array(names.reversed())
        var (softLinks, steps) = (0, 0)
        while let name = waiting.popLast() {
            if name == "." { continue }
            steps += 1
            guard steps + waiting.count <= 256 else {
                throw HDF5Error(.resolve, subject, .tooDeep)
            }
            let link = try here.link(name, subject)
            switch link.kind {
            case .soft:
                softLinks += 1
                guard softLinks <= 32 else { throw HDF5Error(.resolve, subject, .linkCycle) }
                if link.target.utf8.first == UInt8(ascii: "/") { here = try openRoot() }
                waiting += components(of: link.target).reversed()
                continue
            case .external where !followsExternalLinks:
                throw HDF5Error(.resolve, subject, .externalLink)
            case .user: throw HDF5Error(.resolve, subject, .unknownLink)
            case .hard, .external: break
            }
            let location = HDF5Location(parent: here, name: name, path: subject)
            if waiting.allSatisfy({ $0 == "." }) { return location }
            here = try location.open(.resolve)
            guard here.kind == .group else { throw HDF5Error(.resolve, subject, .noSuchObject) }
        }
        return HDF5Location(parent: here, name: ".", path: subject)
    }

    private func openRoot() throws(HDF5Error) -> HDF5Object {
        let id = handle.id
        return try HDF5Object(.describe, path: "/", in: self) {
            H5Oopen(id, "/", chdf5_default_plist())
        }
    }

    /// Creates a group and the groups above it that are missing.
    public func createGroup(_ path: String) throws(HDF5Error) {
        let file = handle.id
        let bytes = cName(path)
        let group = try HDF5Handle(.createGroup, path, close: { H5Gclose($0) }) {
            let links = linkCreation()
            defer { H5Pclose(links) }
            return H5Gcreate2(file, bytes, links, chdf5_default_plist(), chdf5_default_plist())
        }
        _ = group.id
    }
}

/// The names of a path; slashes are bytes, whatever mark follows them.
func components(of path: String) -> [String] {
    path.utf8.split(separator: UInt8(ascii: "/")).compactMap { String($0) }
}

/// The bytes of a name, ending with a zero.
func cName(_ name: String) -> [CChar] { encodeName(name).map { CChar(bitPattern: $0) } + [0] }

/// A name that the library gave, which ends with a zero.
func decodeName(cString: UnsafePointer<CChar>) -> String {
    let bytes = UnsafeRawBufferPointer(start: cString, count: strlen(cString))
    return decodeName(bytes)
}

/// Settings that create missing groups on the way, with names in UTF-8.
///
/// Call under the lock.
func linkCreation() -> hid_t {
    let links = H5Pcreate(chdf5_link_create())
    H5Pset_create_intermediate_group(links, 1)
    H5Pset_char_encoding(links, H5T_CSET_UTF8)
    return links
}
