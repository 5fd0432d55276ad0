import Files
public import HDF5

/// How the large arrays of a run are stored.
public struct RunStorage: Sendable, Hashable {
    /// The element type: float16, float32 or float64.
    public var element: StorageOptions.Element
    /// Level of gzip from 1 to 9, with shuffle, or `nil` for none.
    public var compressionLevel: Int?

    /// Storage with these properties.
    public init(element: StorageOptions.Element = .float32, compressionLevel: Int? = 4) {
        self.element = element
        self.compressionLevel = compressionLevel
    }
}

/// Writes a run file, which appears under its name only once it is complete.
///
/// Until ``commit()`` the file has a hidden name beside `path`. It is removed when the writer is let
/// go or a signal ends the process, and by the next writer in that folder after SIGKILL. Rows can be appended to many arrays in turn; each holds back at most one chunk (about
/// 1 MiB).
public final class RunWriter {
    /// Where the run will be.
    public let path: String
    private var target: ReplacedFile?
    private var file: HDF5File?
    private var arrays: [RowWriter] = []

    /// Begins a run that will replace an older run at `path`, or one at the end of a link there.
    ///
    /// Of HDF5 files only runs of this format are replaced, and with `framework` only those with the
    /// attribute of that value: other files may be somebody's data.
    ///
    /// - Throws: ``RunError`` if the folder is missing or cannot be written, or what is there must
    ///   not be replaced.
    public init(path: String, replacingRunsOf framework: String? = nil) throws(RunError) {
        self.path = path
        try RunWriter.check(path, framework)
        let target = try writing(path) { () throws(FileError) in
            try ReplacedFile(path, replacesRuns: true, isSeekable: true, isNamed: true)
        }
        guard let name = target.temporaryPath else { preconditionFailure("asked for a name") }
        self.target = consume target
        file = try reading(path) { () throws(HDF5Error) in
            try HDF5File(creatingAt: name, isEmptied: true)
        }
        try set(Schema.Attribute.format, .text(Schema.format))
        try set(Schema.Attribute.version, .integer(Schema.version))
    }

    deinit {
        guard file != nil else { return }
        for array in arrays { array.abandon() }
        arrays = []
        try? file?.close()
    }

    /// Refuses to replace an HDF5 file that is no run of this format.
    private static func check(_ path: String, _ framework: String?) throws(RunError) {
        guard (try? holdsHDF5(path)) == true else { return }
        let run = (try? HDF5File(readingAt: path)).flatMap { file in
            try? RunMetadata(ofRoot: file.object(at: "/"))
        }
        guard run?.format == Schema.format, framework == nil || run?.framework == framework else {
            throw RunError(
                .inputOutput, file: path,
                "it is an HDF5 file of another program; choose another name or remove it")
        }
    }

    /// Sets an attribute of the run, or of the object at a path in it.
    public func set(
        _ name: String, _ value: AttributeValue, of object: String = "/"
    ) throws(RunError) {
        let file = try openFile()
        try reading(path) { () throws(HDF5Error) in
            try file.setAttribute(name, of: object, to: value)
        }
    }

    /// Adds a layer.
    ///
    /// - Parameters:
    ///   - name: below `/layers`; slashes make groups.
    ///   - index: order of execution.
    ///   - kind: "linear", "conv2d", ...
    ///   - activation: "relu", "identity", ...
    ///   - snapshot: the step, if it belongs to an earlier step of the training.
    /// - Returns: what its arrays are added to.
    /// - Throws: ``RunError`` if nothing can be written.
    public func addLayer(
        _ name: String, index: Int, kind: String? = nil, activation: String? = nil,
        snapshot: String? = nil
    ) throws(RunError) -> LayerWriter {
        let group = "\(base(snapshot))/\(Schema.Path.layers)/\(name)"
        let file = try openFile()
        try reading(path) { () throws(HDF5Error) in
            if !file.contains(group) { try file.createGroup(group) }
        }
        try set(Schema.Attribute.index, .integer(index), of: group)
        if let kind { try set(Schema.Attribute.kind, .text(kind), of: group) }
        if let activation { try set(Schema.Attribute.activation, .text(activation), of: group) }
        return LayerWriter(path: group, run: self)
    }

    /// The labels, to be appended sample by sample.
    public func addLabels(
        snapshot: String? = nil, compressionLevel: Int? = 4
    ) throws(RunError) -> RowWriter {
        try rows(
            "\(base(snapshot))/\(Schema.Path.labels)", sampleShape: [],
            StorageOptions(.int64, compressionLevel: compressionLevel))
    }

    /// The regression targets, to be appended sample by sample.
    public func addTargets(outputs: Int, snapshot: String? = nil) throws(RunError) -> RowWriter {
        try rows(
            "\(base(snapshot))/\(Schema.Path.targets)", sampleShape: [outputs],
            StorageOptions(.float32, compressionLevel: 4))
    }

    /// What was recorded each epoch.
    public func addHistory(_ name: String, _ values: [Double]) throws(RunError) {
        try whole(
            "/\(Schema.Path.history)/\(name)", shape: [values.count],
            StorageOptions(.float64), doubles: values)
    }

    /// What happened at which epoch of the training: columns of equal length, in `/history/events`.
    ///
    /// - Parameters:
    ///   - columns: whole numbers, by name: "epoch", "step", "layer" (its index), ...
    ///   - legend: what the numbers of a column stand for, by name.
    /// - Throws: ``RunError`` if writing fails.
    public func addEvents(
        _ columns: [(name: String, values: [Int])], legend: [(name: String, text: String)]
    ) throws(RunError) {
        let group = "/\(Schema.Path.history)/\(Schema.Path.events)"
        for (name, values) in columns {
            try whole(
                "\(group)/\(name)", shape: [values.count], StorageOptions(.int64),
                integers: values)
        }
        for (name, text) in legend { try set(name, .text(text), of: group) }
    }

    /// Finishes the file and gives it its name.
    ///
    /// - Throws: ``RunError`` if anything could not be written; then no file has appeared and an
    ///   earlier one of that name is as it was.
    public func commit() throws(RunError) {
        let file = try openFile()
        for array in arrays { try array.finish() }
        arrays = []
        try reading(path) { () throws(HDF5Error) in
            try file.flush()
            try file.close()
        }
        self.file = nil
        guard let target = self.target.take() else { return }
        do { try target.commit() } catch { throw RunError(error, file: path) }
    }

    private func base(_ snapshot: String?) -> String {
        snapshot.map { "/\(Schema.Path.snapshots)/\($0)" } ?? ""
    }

    func openFile() throws(RunError) -> HDF5File {
        guard let file else {
            throw RunError(.inputOutput, file: path, "it is already written and closed")
        }
        return file
    }

    func rows(
        _ name: String, sampleShape: [Int], sampleCount: Int? = nil, _ options: StorageOptions
    ) throws(RunError) -> RowWriter {
        let writer = RowWriter(
            name, sampleShape: sampleShape, sampleCount: sampleCount, options: options,
            file: try openFile(), run: path)
        arrays.append(writer)
        return writer
    }

    func whole(
        _ name: String, shape: [Int], _ options: StorageOptions, floats: [Float] = [],
        doubles: [Double] = [], integers: [Int] = []
    ) throws(RunError) {
        let file = try openFile()
        try reading(path) { () throws(HDF5Error) in
            let dataset = try HDF5WritableDataset(name, shape: shape, options: options, in: file)
            var bytes: [UInt8] = []
            appendBytes(of: floats, as: options.element, to: &bytes)
            appendBytes(of: doubles, as: options.element, to: &bytes)
            for value in integers {
                withUnsafeBytes(of: Int64(value).littleEndian) { bytes.append(contentsOf: $0) }
            }
            try write(bytes, to: dataset, start: shape.map { _ in 0 }, count: shape)
        }
    }
}

/// Writes the arrays of one layer.
public struct LayerWriter {
    /// The group in the file.
    public let path: String
    let run: RunWriter

    /// Pre- or post-activations, to be appended sample by sample.
    ///
    /// - Parameters:
    ///   - role: `pre` or `post`.
    ///   - sampleShape: (neurons) or (channels, height, width).
    ///   - sampleCount: how many samples will be appended, where known; without compression they
    ///     then lie in one piece, which is the fastest to read.
    ///   - storage: element type and compression.
    /// - Returns: what samples are appended to.
    /// - Throws: ``RunError`` if nothing can be written.
    public func addActivations(
        _ role: ArrayRole, sampleShape: [Int], sampleCount: Int? = nil,
        storage: RunStorage = RunStorage()
    ) throws(RunError) -> RowWriter {
        precondition(role == .pre || role == .post, "\(role) has no samples")
        return try run.rows(
            "\(path)/\(role.rawValue)", sampleShape: sampleShape, sampleCount: sampleCount,
            StorageOptions(storage.element, compressionLevel: storage.compressionLevel))
    }

    /// The weights, shape (neurons, inputs) or (out, in, height, width), row-major.
    public func setWeights(_ values: [Float], shape: [Int]) throws(RunError) {
        try set(ArrayRole.weight.rawValue, values, shape: shape)
    }

    /// The biases, one a neuron.
    public func setBias(_ values: [Float]) throws(RunError) {
        try set(ArrayRole.bias.rawValue, values, shape: [values.count])
    }

    /// A further array of the layer, such as a filter with one number a neuron.
    public func set(_ name: String, _ values: [Float], shape: [Int]) throws(RunError) {
        precondition(values.count == shape.reduce(1, *), "\(values.count) values for \(shape)")
        try run.whole("\(path)/\(name)", shape: shape, StorageOptions(.float32), floats: values)
    }

    /// A further vector of whole numbers, such as the identities of the neurons.
    public func set(_ name: String, integers values: [Int]) throws(RunError) {
        try run.whole(
            "\(path)/\(name)", shape: [values.count], StorageOptions(.int64), integers: values)
    }
}
