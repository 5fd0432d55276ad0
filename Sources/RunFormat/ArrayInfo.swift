public import HDF5
import Text

/// A dataset of a run, described but not read.
public struct ArrayInfo: Sendable, Hashable {
    /// Path of the run file.
    public let file: String
    /// Path within the file.
    public let path: String
    /// Number of elements along each dimension; empty for a scalar.
    public let shape: [Int]
    /// How an element is stored; `nil` if the dataset cannot be opened.
    public let elementType: ElementType?
    /// How the elements lie in the file; `nil` if the dataset cannot be opened.
    public let storage: HDF5Dataset.Storage?
    /// What is known of its chunks; `nil` unless chunked and small enough to be looked at.
    public let chunks: ChunkCensus?
    /// Why its values cannot be read; `nil` if they can.
    public let refusal: RunError?
    /// Whether nothing says what its words of 16 bits are; then they are read as labels and the like, but
    /// not as activations.
    public let isUntyped: Bool
    let encoding: Encoding?

    /// The name, without the groups above.
    public var name: String {
        path.utf8.split(separator: UInt8(ascii: "/")).last.flatMap { String($0) } ?? path
    }
    /// Kind of storage.
    public var layout: HDF5Dataset.Storage.Layout { storage?.layout ?? .unknown }
    /// Elements of a chunk along each dimension; `nil` unless chunked.
    public var chunkShape: [Int]? { storage?.chunkShape }
    /// The pipeline that chunks go through.
    public var filters: [HDF5Dataset.Storage.Filter] { storage?.filters ?? [] }
    /// Bytes of one element as stored; 0 if the dataset cannot be opened.
    public var elementSize: Int { elementType?.size ?? 0 }
    /// Bytes that the elements take in the file; of more than 1,000 chunks an estimate.
    public var storageSize: Int { chunks?.byteCount ?? storage?.byteCount ?? 0 }

    /// The element type in a word: "float32", "bfloat16", "int16 * 0.01 + 5", "compound of 8 bytes".
    public var typeName: String {
        let type = encoding?.word.name ?? elementType?.description ?? "unreadable"
        return type + (encoding?.packing?.description ?? "")
    }

    /// Rows when read as activations: samples, for a convolutional layer samples times positions.
    public var rows: Int { RowLayout(shape, as: .activations)?.rows ?? 0 }
    /// Columns when read as activations.
    public var neurons: Int { RowLayout(shape, as: .activations)?.columns ?? 0 }

    /// Describes the dataset at `path`; never fails, the reason is kept in ``refusal``.
    init(_ path: String, in file: HDF5File, limits: ReadOptions) {
        do { self.init(try file.object(at: path), limits: limits) } catch {
            self.init(path, of: file.path, RunError(error, file: file.path, isLink: true))
        }
    }

    /// What cannot be opened, and why.
    init(_ path: String, of file: String, _ refusal: RunError) {
        self.init(
            file: file, path: path, dataset: nil, chunks: nil, refusal: refusal, isUntyped: false,
            encoding: nil)
    }

    /// Describes an open object; never fails, the reason is kept in ``refusal``.
    init(_ object: HDF5Object, limits: ReadOptions) {
        let (file, path) = (object.file.path, object.path)
        do {
            let dataset = try HDF5Dataset(object)
            let type = dataset.elementType
            let label = dataset.label ?? limits.elementType.flatMap { named($0, for: type) }
            var encoding = Word(type, label: label).map { Encoding(word: $0) }
            var (problem, chunks) = try storageProblem(dataset, limits)
            problem = problem ?? (encoding == nil ? typeProblem(type) : labelProblem(label, type))
            problem = problem ?? encoding?.addPacking(of: dataset)
            let isNamed = label.flatMap { Word(named: $0) }?.size == 2
            self.init(
                file: file, path: path, dataset: dataset, chunks: chunks,
                refusal: problem.map { RunError(.badData, file: file, object: path, $0) },
                isUntyped: type.kind == .integer(signed: false) && encoding?.word == .uint16
                    && !isNamed && encoding?.packing == nil,
                encoding: encoding)
        } catch {
            self.init(path, of: file, RunError(error, file: file, isLink: true))
        }
    }

    private init(
        file: String, path: String, dataset: HDF5Dataset?, chunks: ChunkCensus?,
        refusal: RunError?, isUntyped: Bool, encoding: Encoding?
    ) {
        self.file = file
        self.path = path
        self.chunks = chunks
        self.refusal = refusal
        self.isUntyped = isUntyped
        self.encoding = encoding
        shape = dataset?.shape ?? []
        elementType = dataset?.elementType
        storage = dataset?.storage
    }

    func check() throws(RunError) -> Encoding {
        if let refusal { throw refusal }
        guard let encoding else {
            throw RunError(.badData, file: file, object: path, "its elements are no numbers")
        }
        return encoding
    }

    /// Fails if the dataset, opened again to be read, is another than the one described.
    func checkSame(as dataset: HDF5Dataset) throws(RunError) {
        guard dataset.shape == shape, dataset.elementType == elementType,
            dataset.storage == storage
        else { throw RunError(HDF5Error(.read, path, .changed), file: file) }
    }
}

extension HDF5Dataset {
    /// The type that its attribute `dtype` names.
    fileprivate var label: String? {
        guard object.hasAttributes else { return nil }
        return object.attribute(Schema.Attribute.elementType)?.text
    }
}

/// The type that the user names, for elements that it can be the type of.
private func named(_ name: String, for type: ElementType) -> String? {
    Word(named: name)?.size == type.size ? name : nil
}

extension Encoding {
    /// Adds what the attributes say of how numbers were packed.
    ///
    /// - Returns: why the values cannot be read.
    fileprivate mutating func addPacking(of dataset: HDF5Dataset) -> String? {
        let object = dataset.object
        do {
            if object.hasAttributes, object.attribute("_Unsigned")?.text == "true",
                let twin = word.unsignedTwin
            {
                word = twin
            }
            packing = try Packing(object)
        } catch {
            return "its attribute \(error.name) is \(error.found); a number other than 0 is needed"
        }
        return nil
    }
}

private func typeProblem(_ type: ElementType) -> String {
    let numbers = "its elements are \(type); numbers are needed"
    switch type.kind {
    case .opaque where type.size <= 2:
        return
            "its elements are \(type.size) opaque byte\(type.size == 1 ? "" : "s"); say what they "
            + "are with --dtype or its attribute \(Schema.Attribute.elementType) = \"bfloat16\" (known: "
            + Word.names + ")"
    case .boolean:
        return "its elements are booleans; numbers are needed: store them as whole numbers, "
            + "x.astype(\"uint8\")"
    case .enumeration: return numbers + ": store the codes as whole numbers"
    case .float:
        return
            "its elements are \(type), and what the codes of that format mean is not known; store "
            + "them as float16 or float32"
    default: return numbers
    }
}

/// Why words whose type is named cannot be read as such.
private func labelProblem(_ label: String?, _ type: ElementType) -> String? {
    guard let label else { return nil }
    // Integers may have a `dtype` for any purpose, but not one that makes their bits something else.
    if case .float = type.kind { return nil }
    let said = "its attribute \(Schema.Attribute.elementType) is \"\(visible(label))\""
    if let word = Word(named: label) {
        guard word.isFloatingPoint, let size = word.size, size != type.size else { return nil }
        return "\(said), whose elements have \(size) bytes, but these have \(type.size)"
    }
    let name = label.lowercased()
    let isOfBits =
        ["float", "bfloat", "torch.", "fp", "f8", "mx", "nv", "nf"].contains { name.hasPrefix($0) }
        || ["int1", "int2", "int4", "uint1", "uint2", "uint4"].contains(name)
        || name.contains(/e[0-9]m[0-9]/)
    return isOfBits ? said + ", which is not read; known: \(Word.names)" : nil
}
