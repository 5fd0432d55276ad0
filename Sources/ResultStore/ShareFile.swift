import Files
import Glibc
import Report
import Text

/// What one share of a batch (`--shard i/n`) leaves in the folder of results.
///
/// It says which part of which list of runs the share was, and whether it came to its end: the shares
/// of a list must add up.
public struct ShareFile: Sendable, Hashable {
    /// From 0.
    public var index: Int
    /// How many shares there are.
    public var count: Int
    /// How many runs the whole list has.
    public var runs: Int
    /// The digest of the names of the whole list.
    public var digest: UInt64
    /// Whether the share was gone through to its end; a run that fails is no reason against it.
    public var isComplete: Bool
    /// When this was written.
    var written: TimeStamp

    /// A share of the list of the runs called `names` below the folder that was named.
    public init(index: Int, of count: Int, names: [String], isComplete: Bool) {
        self.index = index
        self.count = count
        self.isComplete = isComplete
        runs = names.count
        var digest = Digest()
        for name in names.map({ ExactName($0) }).sorted() {
            Array((name.text + "\0").utf8).withUnsafeBytes { digest.update($0) }
        }
        self.digest = digest.value
        written = .now
    }

    private static let schema = "lamina.share/1"
    private static let ending = ".share"

    /// Writes the file into `folder`, in place of an earlier one of this share.
    ///
    /// - Throws: `OutputError`.
    public func write(to folder: String) throws {
        let document = JSONNode.object([
            .init("schema", .text(Self.schema)), .init("share", .integer(index + 1)),
            .init("of", .integer(count)), .init("runs", .integer(runs)),
            .init("digest", .text(hexadecimal(digest))), .init("complete", .flag(isComplete)),
            .init("written", .text(written.description)),
        ])
        try writeFile(at: joined(folder, "\(index + 1)-of-\(count)\(Self.ending)")) {
            JSON.writeDocument(document, to: $0)
        }
    }

    private init?(_ document: JSONNode) {
        guard document["schema"]?.text == Self.schema, let share = document["share"]?.integer,
            let count = document["of"]?.integer, let runs = document["runs"]?.integer,
            let digest = document["digest"]?.text.flatMap({ UInt64($0, radix: 16) }),
            let isComplete = document["complete"]?.flag,
            let written = document["written"]?.text.flatMap({ TimeStamp($0) }),
            1...max(1, count) ~= share
        else { return nil }
        index = share - 1
        self.count = count
        self.runs = runs
        self.digest = digest
        self.isComplete = isComplete
        self.written = written
    }

    /// Those in `folder`, in the order of their names; a damaged one is as good as none.
    static func all(in folder: String) -> [(location: String, share: ShareFile)] {
        let names = ((try? entries(of: folder)) ?? []).map(\.name)
        return names.filter { $0.hasSuffix(ending) && !$0.hasPrefix(".") }.compactMap { name in
            let location = joined(folder, name)
            guard let bytes = try? readFile(location, limit: 1 << 16),
                let document = try? JSONNode(parsing: bytes)
            else { return nil }
            return ShareFile(document).map { (location, $0) }
        }
    }

    /// Removes from `folder` the shares of lists of at most `count` runs, which a batch over as many
    /// runs has made superfluous.
    public static func removeAll(in folder: String, ofAtMost count: Int) {
        for (location, share) in all(in: folder) where share.runs <= count {
            withSystemPath(location) { _ = unlink($0) }
        }
    }

    /// Why the shares in `folder` do not make a whole; `nil` if they do, or if there are none.
    ///
    /// Only the latest list counts: shares of earlier ones may be left over.
    static func problem(in folder: String) -> StoreError? {
        let all = all(in: folder).map(\.share)
        guard let latest = all.max(by: { $0.written < $1.written }) else { return nil }
        let same = all.filter { $0.count == latest.count }
        func name(_ share: ShareFile) -> String { "\(share.index + 1)/\(share.count)" }
        if let other = same.first(where: { $0.digest != latest.digest }) {
            return StoreError(
                folder,
                .shares(
                    "share \(name(other)) is of another list of runs (\(other.runs)) than share "
                        + "\(name(latest)) (\(latest.runs))"))
        }
        if let open = same.first(where: { !$0.isComplete }) {
            return StoreError(folder, .shares("share \(name(open)) did not come to its end"))
        }
        let there = Set(same.map(\.index))
        // Few of many may be there, whatever the file claims.
        if let missing = (0...there.count).first(where: { !there.contains($0) && $0 < latest.count }
        ) {
            return StoreError(folder, .shares("share \(missing + 1)/\(latest.count) is missing"))
        }
        return nil
    }
}
