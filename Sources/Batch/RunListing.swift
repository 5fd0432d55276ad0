import Files
import Glibc
import Text

/// A run file that was named or found.
public struct ListedRun: Sendable, Hashable {
    /// As the user named it, or below the folder that the user named.
    public var name: String
    /// From the root, symbolic links kept; `..` is taken back as the kernel does it.
    public var path: String
    /// The path below the deepest folder that holds everything that was named: the same wherever that
    /// lies and however it was named.
    public var key: String

    /// A run from its name and place.
    public init(name: String, path: String, key: String? = nil) {
        self.name = name
        self.path = path
        self.key = key ?? divided(path).name
    }

    /// Whether both are the same to the byte.
    public static func == (a: ListedRun, b: ListedRun) -> Bool {
        isSame(a.name, b.name) && isSame(a.path, b.path) && isSame(a.key, b.key)
    }

    /// Hashes the path.
    public func hash(into hasher: inout Hasher) { hasher.combine(ExactName(path)) }

    /// The endings by which run files are found in folders, in small or capital letters.
    public static let extensions = ["h5", "hdf5"]

    /// `name` without one of ``extensions``; `nil` if it has none.
    static func stem(of name: String) -> String? {
        let bytes = Array(name.utf8)
        for ending in extensions.map({ Array(".\($0)".utf8) }) where bytes.count > ending.count {
            let isEnding = zip(bytes.suffix(ending.count), ending).allSatisfy { byte, letter in
                byte == letter || (0x41...0x5A).contains(byte) && byte | 0x20 == letter
            }
            if isEnding { return String(decoding: bytes.dropLast(ending.count), as: UTF8.self) }
        }
        return nil
    }
}

/// The runs that `arguments` name: files, folders (searched to any depth for ``ListedRun/extensions``)
/// and patterns of the shell that the shell did not resolve.
///
/// What does not exist is listed as it was named, to be reported like any run that cannot be read.
///
/// - Returns: each run once, in the order of the arguments and, in each, of the names. Hidden files
///   and folders are left out; folders behind symbolic links are searched once.
public func listRuns(_ arguments: [String]) -> [ListedRun] {
    let roots = arguments.flatMap { argument in
        let isPattern = argument.utf8.contains { "*?[".utf8.contains($0) }
        guard isPattern, (try? FileStatus(of: argument, followsLinks: false)) == nil else {
            return [argument]
        }
        let names = matches(of: argument)
        return names.isEmpty ? [argument] : names
    }.map { Root($0) }
    let common = commonFolder(of: roots)
    var runs: [ListedRun] = []
    var seen: Set<ExactName> = []
    for root in roots {
        let start = root.folder.dropFirst(common).map { $0.text + "/" }.joined()
        for (name, rest) in root.runs() {
            let path = absolutePath(name)
            guard seen.insert(ExactName(path)).inserted else { continue }
            runs.append(ListedRun(name: name, path: path, key: start + rest))
        }
    }
    return runs
}

/// One thing that was named.
private struct Root {
    let name: String
    let isFolder: Bool
    /// The folder itself, or that of the file, part by part from the root.
    let folder: [ExactName]

    init(_ argument: String) {
        name = tidied(argument)
        isFolder = Files.isFolder(name)
        let folder = isFolder ? name : divided(name).folder
        self.folder = parts(of: resolvedPath(folder) ?? absolutePath(folder)).map { ExactName($0) }
    }

    /// The runs by their names, and by what follows the name of the root.
    func runs() -> [(name: String, rest: String)] {
        guard isFolder else { return [(name, divided(name).name)] }
        let contents = walk(name) { ListedRun.stem(of: $0) != nil }
        // A folder that cannot be listed is named as a run that cannot be read.
        let found = contents.files + contents.problems.map(\.path)
        return found.map { path in
            let rest = path.utf8.dropFirst(joined(name, "").utf8.count)
            return (path, String(rest) ?? path)
        }
    }
}

/// How many parts the folders of all roots have in common.
private func commonFolder(of roots: [Root]) -> Int {
    guard let first = roots.first else { return 0 }
    return roots.reduce(first.folder.count) { count, root in
        min(count, zip(first.folder, root.folder).prefix { $0 == $1 }.count)
    }
}

private func matches(of pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard withSystemPath(pattern, { glob($0, 0, nil, &found) }) == 0, let paths = found.gl_pathv
    else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { paths[$0].map { pathText(cString: $0) } }
}

/// The names between the slashes of `path`, without empty ones and ".".
private func parts(of path: String) -> [String] {
    path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }.filter { $0 != "." }
}

/// `path` without empty parts and "."; ".." stays, since only the kernel knows where it leads.
func tidied(_ path: String) -> String {
    let joined = parts(of: path).joined(separator: "/")
    if path.utf8.first == UInt8(ascii: "/") { return "/" + joined }
    return joined.isEmpty ? "." : joined
}

/// `path` from the root.
///
/// Symbolic links are kept, but where the path holds a ".." the folder is the one that the kernel
/// finds, without links.
func absolutePath(_ path: String) -> String {
    let full =
        path.utf8.first == UInt8(ascii: "/") ? path : joined(currentFolder(), tidied(path))
    guard parts(of: full).contains("..") else { return tidied(full) }
    let (folder, name) = divided(full)
    if name == ".." { return resolvedPath(full) ?? full }
    return resolvedPath(folder).map { joined($0, name) } ?? full
}
