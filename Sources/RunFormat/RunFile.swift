import Files
import HDF5
import Synchronization
import Text

/// What may be done to read a file.
public struct ReadOptions: Sendable, Hashable {
    /// Whether links into other files are followed; files come from strangers, so not unless asked.
    public var allowsExternalLinks: Bool
    /// Chunks that decode to more are refused.
    public var maximumChunkBytes: Int

    /// What words without a type are ("bfloat16", "float8_e4m3fn", "uint16"); an attribute `dtype` of the
    /// dataset itself counts more.
    public var elementType: String?

    /// Options with these properties.
    public init(
        allowsExternalLinks: Bool = false, maximumChunkBytes: Int = 1 << 30,
        elementType: String? = nil
    ) {
        self.allowsExternalLinks = allowsExternalLinks
        self.maximumChunkBytes = maximumChunkBytes
        self.elementType = elementType
    }

    /// Whether ``elementType`` may be `name`.
    public static func isElementType(_ name: String) -> Bool { Word(named: name) != nil }
    /// The names of element types, for messages.
    public static var elementTypes: String { Word.names }
}

/// A stored run, open for reading.
public final class RunFile: Sendable {
    /// Where it was opened.
    public let path: String
    /// What the root's attributes say.
    public let attributes: RunMetadata
    /// Steps at which the layers were stored as well, in numeric order.
    public let snapshots: [String]
    let file: HDF5File
    let options: ReadOptions
    private let snapshotNames: Set<ExactName>
    /// The layers found so far, by the path of the group that holds them.
    let scans = Mutex<[ExactName: LayerScan]>([:])

    /// Opens the file at `path`, of whatever layout.
    ///
    /// - Throws: ``RunError`` if it cannot be opened as HDF5.
    public init(path: String, options: ReadOptions = ReadOptions()) throws(RunError) {
        self.path = path
        self.options = options
        let file = try reading(path) { () throws(HDF5Error) in
            try HDF5File(readingAt: path, followsExternalLinks: options.allowsExternalLinks)
        }
        self.file = file
        InputFiles.add(path)
        (attributes, snapshots) = try reading(path) {
            () throws(HDF5Error) -> (RunMetadata, [String]) in
            let root = try file.object(at: "/")
            let metadata = try RunMetadata(ofRoot: root)
            guard root.hasLink(Schema.Path.snapshots),
                let group = try? root.member(Schema.Path.snapshots), group.kind == .group
            else { return (metadata, []) }
            return (metadata, try group.links().map(\.name).sorted(by: naturallyPrecedes))
        }
        snapshotNames = Set(snapshots.map { ExactName($0) })
    }

    /// The group that holds the layers and labels: the root, or a snapshot.
    func base(_ snapshot: String?) throws(RunError) -> String {
        guard let snapshot else { return "" }
        guard snapshotNames.contains(ExactName(snapshot)) else {
            let more = snapshots.count > 100 ? " and \(snapshots.count - 100) more" : ""
            let there =
                snapshots.isEmpty
                ? "the file has none"
                : "there are: " + snapshots.prefix(100).joined(separator: ", ") + more
            throw RunError(.usage, file: path, "no such snapshot: \(snapshot); \(there)")
        }
        return "/\(Schema.Path.snapshots)/\(snapshot)"
    }

    /// The dataset at any path, for files that are no runs.
    ///
    /// - Throws: ``RunError`` if there is none; one that cannot be read is returned with the
    ///   reason in ``ArrayInfo/refusal``.
    public func dataset(_ path: String) throws(RunError) -> ArrayInfo {
        let path = path.hasPrefix("/") ? path : "/" + path
        let object: HDF5Object
        do {
            object = try file.object(at: path)
        } catch {
            guard error.cause == .noSuchObject else { throw RunError(error, file: self.path) }
            throw RunError(
                .usage, file: self.path, object: path,
                "no such dataset; " + alternatives(to: path), frames: error.frames)
        }
        guard object.kind == .dataset else {
            throw RunError(
                .usage, file: self.path, object: path,
                "it is a group, not a dataset; " + alternatives(to: path))
        }
        return ArrayInfo(object, limits: options)
    }

    private func alternatives(to path: String) -> String {
        let paths = datasetPaths()
        return paths.isEmpty ? "the file has no datasets" : "there are: " + listed(paths)
    }

    /// The path of every dataset that hard links lead to, in natural order; 100,000 objects are looked at.
    public func datasetPaths() -> [String] {
        var paths: [String] = []
        walk { paths.append($0.path) }
        return paths.sorted(by: naturallyPrecedes)
    }

    /// Every dataset below `group` that hard links lead to, in natural order of their paths; 100,000 objects
    /// are looked at.
    public func datasets(below group: String = "/") -> [ArrayInfo] {
        var found: [ArrayInfo] = []
        walk(below: group) { found.append(ArrayInfo($0, limits: options)) }
        return found.sorted { naturallyPrecedes($0.path, $1.path) }
    }

    /// Calls `body` with every dataset below `group`, each group's members once.
    private func walk(below group: String = "/", _ body: (HDF5Object) -> Void) {
        var left = 100_000
        var seen: Set<HDF5Identity> = []
        func visit(_ group: HDF5Object) {
            // Hard links can make circles of groups.
            guard seen.insert(group.identity).inserted, let links = try? group.links() else {
                return
            }
            for link in links where link.kind == .hard {
                left -= 1
                guard left >= 0 else { return }
                guard let member = try? group.member(link.name) else { continue }
                if member.kind == .dataset { body(member) }
                if member.kind == .group { visit(member) }
            }
        }
        if let root = try? file.object(at: group) { visit(root) }
    }

    /// The array at `path` if there is any object or link of that name.
    func array(_ name: String, in group: String) -> ArrayInfo? {
        guard let object = try? file.object(at: group.isEmpty ? "/" : group), object.hasLink(name)
        else { return nil }
        return ArrayInfo("\(group)/\(name)", in: file, limits: options)
    }

    /// The regression targets, shape (samples, outputs), where stored.
    public func targets(snapshot: String? = nil) throws(RunError) -> ArrayInfo? {
        array(Schema.Path.targets, in: try base(snapshot))
    }

    /// What was recorded each epoch, in the order of the names.
    ///
    /// - Throws: ``RunError`` for an entry that is not a vector of numbers.
    public func history() throws(RunError) -> [(name: String, values: [Double])] {
        let group = "/" + Schema.Path.history
        guard file.contains(group) else { return [] }
        let links = try reading(path) { () throws(HDF5Error) in
            try file.object(at: group).links()
        }
        var history: [(name: String, values: [Double])] = []
        var left = 1 << 24
        for link in links.sorted(by: { naturallyPrecedes($0.name, $1.name) })
        where link.name != Schema.Path.events {
            let array = ArrayInfo("\(group)/\(link.name)", in: file, limits: options)
            let values = try vector(array)
            left -= values.count
            guard left >= 0 else {
                throw RunError(
                    .badData, file: path, object: group, "it holds more than \(1 << 24) numbers")
            }
            history.append((link.name, values))
        }
        return history
    }

    /// All values of a small vector or scalar (a bias, a filter, a quantity of the history).
    ///
    /// - Throws: ``RunError`` if it has more than one dimension or 16 million elements, or cannot
    ///   be read.
    public func vector(_ array: ArrayInfo) throws(RunError) -> [Double] {
        _ = try array.check()
        guard array.shape.count <= 1 else {
            throw RunError(
                .badData, file: path, object: array.path,
                "its shape is \(shapeText(array.shape)); a vector is needed")
        }
        return try values(array, limit: 1 << 24)
    }

    /// All values of an array, row-major.
    ///
    /// - Throws: ``RunError`` if it has more than `limit` elements or cannot be read.
    public func values(_ array: ArrayInfo, limit: Int = 1 << 28) throws(RunError) -> [Double] {
        let encoding = try array.check()
        var count = 1
        for length in array.shape {
            let (product, overflows) = count.multipliedReportingOverflow(by: length)
            guard !overflows, product <= limit else {
                throw RunError(
                    .badData, file: path, object: array.path,
                    "its shape is \(shapeText(array.shape)); at most \(limit) values are read")
            }
            count = product
        }
        let dataset = try reading(path) { () throws(HDF5Error) in
            try HDF5Dataset(array.path, in: file)
        }
        try array.checkSame(as: dataset)
        let elements = StoredElements(dataset, encoding)
        var values = [Double](repeating: 0, count: count)
        try reading(path) { () throws(HDF5Error) in
            try values.withUnsafeMutableBufferPointer { target throws(HDF5Error) in
                try elements.read(
                    array.shape.map { _ in 0 }, array.shape,
                    BlockOrder(outer: count, columns: 1, inner: 1), into: target)
            }
        }
        return values
    }
}

/// Whether `path` lies below the group `base`, "" being the root.
func isBelow(_ path: String, _ base: String) -> Bool { path.utf8.starts(with: (base + "/").utf8) }

/// A shape for people: "60000 x 512", "scalar".
func shapeText(_ shape: [Int]) -> String {
    shape.isEmpty ? "scalar" : shape.map(String.init).joined(separator: " x ")
}
