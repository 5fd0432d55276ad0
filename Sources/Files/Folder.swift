import Glibc
import Text

/// An entry of a folder.
public struct FolderEntry: Hashable, Sendable {
    /// The last part of its path; see ``decodeName(_:)`` for names that are no UTF-8.
    public let name: String
    /// What it is itself: a symbolic link is a link.
    public let kind: FileStatus.Kind
}

/// What is in the folder at `path` but `.` and `..`, in the order of the names' bytes.
///
/// - Throws: ``FileError`` if it cannot be listed.
public func entries(of path: String) throws(FileError) -> [FolderEntry] {
    guard let stream = withSystemPath(path, { opendir($0) }) else {
        throw FileError(.list, path, code: errno)
    }
    defer { closedir(stream) }
    var found: [FolderEntry] = []
    while true {
        errno = 0
        guard let entry = readdir(stream) else {
            guard errno == 0 else { throw FileError(.list, path, code: errno) }
            break
        }
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            decodeName(bytes.prefix { $0 != 0 })
        }
        if name == "." || name == ".." { continue }
        guard let kind = kind(entry.pointee.d_type, of: joined(path, name)) else { continue }
        found.append(FolderEntry(name: name, kind: kind))
    }
    return found.sorted { ExactName($0.name) < ExactName($1.name) }
}

/// The kind that a folder's listing gives, or where it gives none the file's own; `nil` if that has
/// gone in between.
private func kind(_ type: UInt8, of path: String) -> FileStatus.Kind? {
    switch Int(type) {
    case Int(DT_REG): .regular
    case Int(DT_DIR): .folder
    case Int(DT_LNK): .link
    case Int(DT_BLK): .blockDevice
    case Int(DT_UNKNOWN): try? FileStatus(of: path, followsLinks: false).kind
    default: .stream
    }
}

/// The path of `name` in `folder`.
public func joined(_ folder: String, _ name: String) -> String {
    folder.utf8.last == UInt8(ascii: "/") ? folder + name : folder + "/" + name
}

/// The part of `path` before its last slash (".", if there is none; "/" is its own) and what follows.
public func divided(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
    return (
        slash == path.utf8.startIndex ? "/" : String(path[..<slash]),
        String(path[path.utf8.index(after: slash)...])
    )
}

/// Whether there is a folder, or a link to one, at `path`.
public func isFolder(_ path: String) -> Bool { (try? FileStatus(of: path))?.kind == .folder }

/// Whether there is a regular file, or a link to one, at `path`.
public func isFile(_ path: String) -> Bool { (try? FileStatus(of: path))?.kind == .regular }

/// `path` from the root and without symbolic links, as the kernel finds it; `nil` if nothing is there.
public func resolvedPath(_ path: String) -> String? {
    guard let resolved = withSystemPath(path, { realpath($0, nil) }) else { return nil }
    defer { free(resolved) }
    return pathText(cString: resolved)
}

/// The folder that relative paths begin at.
public func currentFolder() -> String {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return pathText(cString: path)
}

/// Makes the folder at `path` and those above it, unless they are there.
///
/// - Throws: ``FileError`` if one cannot be made, or something else has its name.
public func makeFolder(_ path: String) throws(FileError) {
    var end = path.utf8.startIndex
    while end < path.utf8.endIndex {
        let next = path.utf8.index(after: end)
        end = path.utf8[next...].firstIndex(of: UInt8(ascii: "/")) ?? path.utf8.endIndex
        let part = String(path[..<end])
        guard withSystemPath(part, { mkdir($0, 0o777) }) != 0 else { continue }
        let code = errno
        if !isFolder(part) {
            throw FileError(.makeFolder, path, code: code == EEXIST ? ENOTDIR : code)
        }
    }
}

/// The files below a folder.
public struct FolderContents: Sendable {
    /// The paths of the wanted files, in the order of their bytes; each begins with the folder's path.
    public var files: [String] = []
    /// Folders that could not be listed.
    public var problems: [FileError] = []
}

/// Walks through the folder at `path` to any depth.
///
/// Folders behind symbolic links are walked once, whichever way leads to them, and not at all if
/// they lie in the tree anyway: so circles end, and no file is found twice through a linked folder.
///
/// - Parameters:
///   - path: the folder.
///   - isWanted: is given the name of each entry that is no folder.
/// - Returns: the wanted files, among them links to files and links that lead nowhere. Hidden files
///   and folders (whose names begin with a dot) are left out.
/// - Complexity: O(n log n) for n entries.
public func walk(_ path: String, isWanted: (String) -> Bool) -> FolderContents {
    var contents = FolderContents()
    var seen: Set<FileStatus.Key> = []
    var folders = [path], links: [String] = []
    while true {
        // Links last: a folder is found by its own name if it has one in the tree.
        if folders.isEmpty {
            guard !links.isEmpty else { break }
            folders.append(links.removeFirst())
        }
        let folder = folders.removeLast()
        guard let status = try? FileStatus(of: folder), seen.insert(status.key).inserted else {
            continue
        }
        do {
            for entry in try entries(of: folder) where !entry.name.utf8.starts(with: ".".utf8) {
                let child = joined(folder, entry.name)
                switch entry.kind {
                case .folder: folders.append(child)
                case .link where isFolder(child): links.append(child)
                default: if isWanted(entry.name) { contents.files.append(child) }
                }
            }
        } catch { contents.problems.append(error) }
    }
    contents.files.sort { ExactName($0) < ExactName($1) }
    return contents
}
