import HDF5
import Synchronization
import Text

/// What a walk below `/layers` found.
struct LayerScan: Sendable {
    /// In the order of execution.
    var layers: [LayerEntry] = []
    /// Links that could not be followed, by name below `/layers`.
    var refusals: [(name: String, error: RunError)] = []
    /// Groups that hold neither datasets of a layer nor layers.
    var strangers: [String] = []
    /// Paths of datasets that belong to no layer.
    var bare: [String] = []
    /// Soft links to layers: second names, which stand for the first.
    var aliases: [(name: String, layer: String)] = []
    /// Names of one and the same group, all made by hard links, of which none is the first.
    var twins: [(name: String, other: String)] = []

    /// One sentence for each thing that a user should know.
    var remarks: [String] {
        var remarks: [String] = []
        if !bare.isEmpty {
            let shown = bare.prefix(5).map { visible($0) }.joined(separator: ", ")
            let more = bare.count > 5 ? " and \(bare.count - 5) more" : ""
            remarks.append(
                "\(shown)\(more): not analyzed, since a layer is a group with pre, post, weight or bias; "
                    + "name one with --dataset")
        }
        remarks += aliases.prefix(5).map {
            "/\(Schema.Path.layers)/\(visible($0.name)) is a second name of layer \(visible($0.layer)), "
                + "which is analyzed once"
        }
        remarks += twins.prefix(5).map {
            "/\(Schema.Path.layers)/\(visible($0.name)) and \(visible($0.other)) are two names of the same "
                + "layer; each is analyzed"
        }
        let more = max(0, aliases.count - 5) + max(0, twins.count - 5)
        if more > 0 { remarks.append("\(more) more names of layers are second names") }
        return remarks
    }
}

extension RunFile {
    /// The layers below `base`, looked for once.
    func scanLayers(_ base: String) -> LayerScan {
        let key = ExactName(base)
        if let known = scans.withLock({ $0[key] }) { return known }
        let scan = LayerWalk(self).scan("\(base)/\(Schema.Path.layers)")
        scans.withLock { $0[key] = scan }
        return scan
    }
}

/// A walk over the groups below `/layers`, each object opened once.
private struct LayerWalk {
    private let run: RunFile
    private var scan = LayerScan()
    /// The groups met so far and the first of their names.
    private var names: [HDF5Identity: String] = [:]
    private var softLinks: [(name: String, object: HDF5Object)] = []
    private var layerNames: Set<ExactName> = []
    /// Objects that may still be opened: hard links can make more paths than there are atoms.
    private var objectsLeft = 100_000
    /// Links of groups met before that may still be followed: two names of each of n nested groups make
    /// 2ⁿ paths.
    private var repeatsLeft = 1_000
    /// Bytes of attributes that may still be kept, over all layers.
    private var attributeBytes = 16 << 20

    init(_ run: RunFile) { self.run = run }

    consuming func scan(_ path: String) -> LayerScan {
        do {
            let root = try run.file.object(at: path)
            guard root.kind == .group else { return scan }
            visit(root, name: "", above: [])
            // Names by hard links first: a soft link never stands before what it leads to. Further links
            // are found on the way.
            var next = 0
            while next < softLinks.count {
                let link = softLinks[next]
                next += 1
                if let first = names[link.object.identity] {
                    if layerNames.contains(ExactName(first)) {
                        scan.aliases.append((link.name, first))
                    }
                } else {
                    visit(link.object, name: link.name, above: [root.identity])
                }
            }
        } catch  where error.cause == .noSuchObject {
        } catch { refuse("", error) }
        scan.layers.sort { a, b in
            switch (a.index, b.index) {
            case let (i?, j?) where i != j: i < j
            case (_?, nil): true
            case (nil, _?): false
            default: naturallyPrecedes(a.name, b.name)
            }
        }
        scan.refusals.sort { naturallyPrecedes($0.name, $1.name) }
        scan.strangers.sort(by: naturallyPrecedes)
        scan.bare.sort(by: naturallyPrecedes)
        return scan
    }

    private mutating func refuse(_ name: String, _ error: HDF5Error) {
        scan.refusals.append((name, RunError(error, file: run.path, isLink: true)))
    }

    private mutating func visit(_ group: HDF5Object, name: String, above: Set<HDF5Identity>) {
        let first = names[group.identity]
        if first == nil { names[group.identity] = name }
        let links: [HDF5Link]
        do { links = try group.links() } catch { return refuse(name, error) }
        let above = above.union([group.identity])
        var known: [ArrayRole: ArrayInfo] = [:]
        var others: [ArrayInfo] = []
        var hasGroups = false
        for link in links {
            let child = name.isEmpty ? link.name : "\(name)/\(link.name)"
            if link.isRepeated {
                scan.refusals.append(
                    (
                        child,
                        RunError(
                            .badData, file: run.path, object: group.path(of: link.name),
                            "its group holds this name more than once; only the first is read")
                    ))
            }
            guard objectsLeft > 0, first == nil || repeatsLeft > 0 else {
                if objectsLeft >= 0 {
                    refuse(
                        name,
                        HDF5Error(.list, group.path, objectsLeft == 0 ? .tooMany : .tooManyNames))
                }
                objectsLeft = -1
                return
            }
            objectsLeft -= 1
            if first != nil { repeatsLeft -= 1 }
            let role = ArrayRole(rawValue: link.name)
            let member: HDF5Object
            do { member = try group.member(link.name) } catch {
                // A link that leads nowhere is an array that cannot be read.
                if let role, !name.isEmpty {
                    let refusal = RunError(error, file: run.path, isLink: true)
                    known[role] = ArrayInfo(group.path(of: link.name), of: run.path, refusal)
                } else {
                    refuse(child, error)
                }
                continue
            }
            switch member.kind {
            case .group where above.contains(member.identity): break
            case .group where link.kind == .soft:
                hasGroups = true
                softLinks.append((child, member))
            case .group:
                hasGroups = true
                visit(member, name: child, above: above)
            case .dataset where name.isEmpty: scan.bare.append(member.path)
            default:
                let array = ArrayInfo(member, limits: run.options)
                if let role { known[role] = array } else { others.append(array) }
            }
        }
        if name.isEmpty { return }
        if !known.isEmpty {
            if let first { scan.twins.append((name, first)) }
            layerNames.insert(ExactName(name))
            scan.layers.append(entry(name, group, known, others))
        } else {
            scan.bare += others.filter { $0.elementType != nil }.map(\.path)
            if !hasGroups { scan.strangers.append(name) }
        }
    }

    private mutating func entry(
        _ name: String, _ group: HDF5Object, _ arrays: [ArrayRole: ArrayInfo], _ others: [ArrayInfo]
    ) -> LayerEntry {
        let found = group.hasAttributes ? try? group.attributes(within: &attributeBytes) : nil
        let attributes = RunMetadata(found ?? [])
        return LayerEntry(
            name: name, file: run.path, path: group.path,
            index: attributes[Schema.Attribute.index]?.integer,
            kind: attributes[Schema.Attribute.kind]?.text,
            activation: attributes[Schema.Attribute.activation]?.text, arrays: arrays,
            others: others.sorted { naturallyPrecedes($0.path, $1.path) },
            attributes: attributes.all)
    }
}
