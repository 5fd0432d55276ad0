import CHDF5
import Text

/// A name in a group and what it stands for.
public struct HDF5Link: Sendable, Hashable {
    /// What a link leads to.
    public enum Kind: Sendable, Hashable {
        /// An object of this file.
        case hard
        /// A path within this file.
        case soft
        /// A path within another file.
        case external
        /// Something that a program has to interpret.
        case user
    }

    /// The name, as `decodeName` makes it.
    public let name: String
    /// What it leads to.
    public let kind: Kind
    /// Whether the group holds the name more than once; only the first can be opened.
    public let isRepeated: Bool
}

extension HDF5Object {
    /// The links of a group, in the order of the names' bytes, each name once.
    ///
    /// - Throws: ``HDF5Error`` if there are more than 100,000, or they cannot be listed.
    /// - Complexity: O(links · log links).
    public func links() throws(HDF5Error) -> [HDF5Link] {
        final class Found {
            var all: [(name: [UInt8], kind: HDF5Link.Kind)] = []
            var isTooMany = false
        }
        let found = Found()
        let id = handle.id
        try HDF5Library.locked { () throws(HDF5Error) in
            let status = chdf5_each_link(
                id,
                { name, type, context in
                    guard let name, let context else { return 0 }
                    let found = Unmanaged<Found>.fromOpaque(context).takeUnretainedValue()
                    guard found.all.count < 100_000 else {
                        found.isTooMany = true
                        return 1
                    }
                    let bytes = UnsafeRawBufferPointer(start: name, count: strlen(name))
                    found.all.append((Array(bytes), linkKind(type)))
                    return 0
                }, Unmanaged.passUnretained(found).toOpaque())
            try HDF5Library.check(.list, path, status)
        }
        if found.isTooMany { throw HDF5Error(.list, path, .tooMany) }
        let sorted = found.all.sorted { $0.name.lexicographicallyPrecedes($1.name) }
        var links: [HDF5Link] = []
        links.reserveCapacity(sorted.count)
        for (index, link) in sorted.enumerated() {
            if index > 0, sorted[index - 1].name == link.name { continue }
            let isRepeated = index + 1 < sorted.count && sorted[index + 1].name == link.name
            links.append(
                HDF5Link(name: decodeName(link.name), kind: link.kind, isRepeated: isRepeated))
        }
        return links
    }

    /// The kind of a link and, of a soft one, its target.
    func link(
        _ name: String, _ subject: String
    ) throws(HDF5Error) -> (kind: HDF5Link.Kind, target: String) {
        let id = handle.id
        let bytes = cName(name)
        return try HDF5Library.locked { () throws(HDF5Error) -> (HDF5Link.Kind, String) in
            var type: Int32 = 0
            var size = 0
            guard chdf5_link_info(id, bytes, &type, &size) >= 0 else {
                throw HDF5Error(
                    .resolve, subject, .noSuchObject, frames: HDF5Library.currentFrames())
            }
            let kind = linkKind(type)
            guard kind == .soft else { return (kind, "") }
            guard size <= 4096 else { throw HDF5Error(.resolve, subject, .tooDeep) }
            var target = [CChar](repeating: 0, count: size + 1)
            try HDF5Library.check(
                .resolve, subject, H5Lget_val(id, bytes, &target, size, chdf5_default_plist()))
            return (
                kind, decodeName(target.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) })
            )
        }
    }
}

private func linkKind(_ type: Int32) -> HDF5Link.Kind {
    switch type {
    case H5L_TYPE_HARD.rawValue: .hard
    case H5L_TYPE_SOFT.rawValue: .soft
    case H5L_TYPE_EXTERNAL.rawValue: .external
    default: .user
    }
}
