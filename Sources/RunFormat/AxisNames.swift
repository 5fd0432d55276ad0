import HDF5
import Text

/// What the axes of an array stand for, one name for each: `unit` is the columns, `layer` splits the
/// array into one matrix for each index, and every other name (`sample`, `token`, `height`) counts
/// rows.
public struct AxisNames: Sendable, Hashable {
    /// One name for each axis, the outermost first.
    public let names: [String]
    /// The axis along which the neurons lie.
    let unit: Int
    /// The axis that is split; `nil` where the array is one matrix.
    let layer: Int?

    /// The name of the axis of neurons.
    public static let unit = "unit"
    /// The name of the axis that counts layers.
    public static let layer = "layer"

    /// Reads names that are separated by commas: `sample,layer,unit`.
    ///
    /// - Returns: `nil` unless the names are different words, `unit` is among them, and so is a name
    ///   that counts rows.
    public init?(_ text: String) {
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let layer = names.firstIndex(of: Self.layer)
        guard let unit = names.firstIndex(of: Self.unit), !names.contains(""),
            Set(names).count == names.count, names.count >= (layer == nil ? 2 : 3)
        else { return nil }
        self.names = names
        self.unit = unit
        self.layer = layer
    }

    /// The names as they are typed.
    public var text: String { names.joined(separator: ",") }
}

/// One matrix of a dataset outside the layout of a run.
public struct BareMatrix: Sendable, Hashable {
    /// The dataset that holds it.
    public let array: ArrayInfo
    /// How the dataset's axes become rows and columns.
    public let presentation: Presentation
    /// The dataset's path; with an index in brackets where the dataset holds a matrix for each layer.
    public let name: String
    /// What a reader should know of the axes; `nil` where they were named or are two.
    public let note: String?
}

extension RunFile {
    /// The matrices that `names` choose, each once, in the order of `names`.
    ///
    /// A name is the path of a dataset, of a group (all matrices below it), or a shell pattern of
    /// paths, in which `*` also stands for slashes. A dataset or group of exactly this path comes
    /// before a pattern. With a `layer` among `axes`, a name may choose one layer: `/stack[3]`.
    ///
    /// - Parameters:
    ///   - names: paths and patterns; a leading slash may be missing.
    ///   - axes: what the axes stand for; `nil` for the usual meaning of the number of axes.
    ///   - channelsAreLast: whether the neurons lie along the last axis where `axes` is `nil`.
    /// - Returns: the matrices, and the paths of datasets that groups and patterns choose but that
    ///   have fewer than two axes.
    /// - Throws: ``RunError`` if a name chooses no matrix, or `axes` do not fit a dataset.
    /// - Complexity: O(names · datasets of the file).
    public func matrices(
        named names: [String], axes: AxisNames? = nil, channelsAreLast: Bool = false
    ) throws(RunError) -> (matrices: [BareMatrix], leftOut: [String]) {
        var chosen: [BareMatrix] = []
        var seen: Set<ExactName> = []
        var leftOut: [String] = []
        for name in names {
            let found = try matrices(named: name, axes: axes, channelsAreLast: channelsAreLast)
            chosen += found.matrices.filter { seen.insert(ExactName($0.name)).inserted }
            leftOut += found.leftOut.filter { seen.insert(ExactName($0)).inserted }
        }
        return (chosen, leftOut)
    }

    private func matrices(
        named name: String, axes: AxisNames?, channelsAreLast: Bool
    ) throws(RunError) -> (matrices: [BareMatrix], leftOut: [String]) {
        let path = name.hasPrefix("/") ? name : "/" + name
        func split(_ array: ArrayInfo) throws(RunError) -> [BareMatrix] {
            try array.matrices(axes: axes, channelsAreLast: channelsAreLast)
        }
        let kind: ObjectSearch = try search(path)
        if kind == .dataset { return (try split(try dataset(path)), []) }
        if kind == .nothing, axes?.layer != nil, let open = path.lastIndex(of: "["),
            path.hasSuffix("]"), try search(String(path[..<open])) == .dataset
        {
            let all = try split(try dataset(String(path[..<open])))
            if let one = all.first(where: { isSame($0.name, path) }) {
                return ([one], [])
            }
        }
        let isGroup = kind == .group
        let all = isGroup ? datasets(below: path) : datasets()
        let found =
            isGroup ? all : positions(of: path, in: all.map(\.path)).map { all[$0] }
        let arrays = found.filter { $0.shape.count > 1 || $0.refusal != nil }
        guard !arrays.isEmpty else {
            // Says what there is instead.
            if found.isEmpty { _ = try dataset(path) }
            throw RunError(
                .badData, file: self.path, object: path,
                "\(isGroup ? "a group without a matrix" : "no matrix"): the datasets there have fewer "
                    + "than two axes: \(listed(found.map(\.path)))")
        }
        var matrices: [BareMatrix] = []
        for array in arrays { matrices += try split(array) }
        return (matrices, found.filter { $0.shape.count < 2 && $0.refusal == nil }.map(\.path))
    }

    private enum ObjectSearch { case dataset, group, nothing }

    private func search(_ path: String) throws(RunError) -> ObjectSearch {
        do {
            switch try file.object(at: path).kind {
            case .dataset: return .dataset
            case .group: return .group
            default: return .nothing
            }
        } catch {
            guard error.cause == .noSuchObject else { throw RunError(error, file: self.path) }
            return .nothing
        }
    }
}

extension ArrayInfo {
    /// The matrices of the dataset: one, or one for each index of the axis that counts layers.
    fileprivate func matrices(
        axes: AxisNames?, channelsAreLast: Bool
    ) throws(RunError) -> [BareMatrix] {
        guard let axes else {
            return [
                BareMatrix(
                    array: self, presentation: .bare(channelsAreLast ? .last : .first), name: path,
                    note: note(channelsAreLast: channelsAreLast))
            ]
        }
        // What cannot be opened has no axes; the analysis says why.
        guard refusal == nil || shape.count == axes.names.count else {
            return [BareMatrix(array: self, presentation: .bare(.first), name: path, note: nil)]
        }
        guard shape.count == axes.names.count else {
            throw RunError(
                .usage, file: file, object: path,
                "its shape is \(shapeText(shape)), which has \(shape.count) axes; --axes names "
                    + "\(axes.names.count): \(visible(axes.text))")
        }
        guard let layer = axes.layer else {
            return [
                BareMatrix(
                    array: self, presentation: .named(columns: axes.unit, fixed: nil), name: path,
                    note: nil)
            ]
        }
        guard shape[layer] <= Self.mostLayers else {
            throw RunError(
                .usage, file: file, object: path,
                "its axis \(AxisNames.layer) has \(shape[layer]) indices; at most "
                    + "\(Self.mostLayers) layers are read, so another axis may be meant")
        }
        return (0..<shape[layer]).map {
            BareMatrix(
                array: self,
                presentation: .named(
                    columns: axes.unit, fixed: FixedIndex(axis: layer, index: $0)),
                name: "\(path)[\($0)]", note: nil)
        }
    }

    /// More layers than any network has; a wrong axis has more.
    private static let mostLayers = 4096

    /// Which axes become rows, where there are more than one and nobody named them.
    private func note(channelsAreLast: Bool) -> String? {
        guard shape.count > 2, refusal == nil else { return nil }
        let names = shape.count == 3 ? "layer,sample,unit" : "layer,sample,token,unit"
        let remedy =
            "if one of them counts layers, keep the layers apart with --axes, as in --axes \(names)"
        if channelsAreLast {
            return "the axes \(shapeText(shape.dropLast())) are all taken for samples; \(remedy)"
        }
        guard shape.count == 4 else { return nil }
        return "its shape \(shapeText(shape)) is taken for samples x channels x height x width; "
            + remedy
    }
}

/// Paths for people: at most 20, and how many more there are.
func listed(_ paths: [String]) -> String {
    let shown = paths.prefix(20).map { visible($0) }.joined(separator: ", ")
    return paths.count > 20 ? "\(shown) and \(paths.count - 20) more" : shown
}
