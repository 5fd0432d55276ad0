import Datasets
import Foundation
import HDF5
import LinearAlgebra
import Networks
import RunFormat
import Testing

@testable import Training

/// A folder that goes away with the value.
private final class Folder {
    let path: String
    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(
            path: "lamina-recorded-\(UUID())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path()
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
    func callAsFunction(_ name: String) -> String { path + "/" + name }
}

@Suite struct RecordedNetworkTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    /// Two inputs, two gated ReLU neurons, one output: for x = (1, 2), pre = (1·1 + 2·2 + 0.5,
    /// -1 - 2) = (5.5, -3), post = (5.5 · 0.5, 0), output = 2 · 2.75 + 7 · 0 - 1 = 4.5.
    private func write(
        _ name: String, filter: [Float]? = [0.5, 3], outputFilter: [Float]? = nil,
        activation: String = "identity"
    ) throws -> RunFile {
        let writer = try RunWriter(path: folder(name))
        let hidden = try writer.addLayer("hidden", index: 0, kind: "linear", activation: "relu")
        try hidden.setWeights([1, 2, -1, -1], shape: [2, 2])
        try hidden.setBias([0.5, 0])
        if let filter { try hidden.set("filter", filter, shape: [2]) }
        let output = try writer.addLayer("output", index: 1, kind: "linear", activation: activation)
        try output.setWeights([2, 7], shape: [1, 2])
        try output.setBias([-1])
        if let outputFilter { try output.set("filter", outputFilter, shape: [1]) }
        try writer.commit()
        return try RunFile(path: folder(name))
    }

    private let x = Matrix<Double>(rows: 2, columns: 2, elements: [1, 2, -3, 1])

    @Test func outputsAreThoseOfTheGatedNetwork() throws {
        let network = try RecordedNetwork(readingFrom: write("a.h5"))
        try network.checkIsPerceptron()
        // The second sample: pre = (-0.5, 2), post = (0, 2 · 3), output = 42 - 1.
        #expect(network.outputs(for: x).elements == [4.5, 41])
    }

    @Test func foldedOutputsEqualGatedOnes() throws {
        let gated = try RecordedNetwork(
            readingFrom: write("a.h5", filter: [0.5, -0.3], outputFilter: [-1.5]))
        let folded = try gated.folded()
        #expect(folded.layers.allSatisfy { $0.filter == nil })
        for (a, b) in zip(folded.outputs(for: x).elements, gated.outputs(for: x).elements) {
            #expect(abs(a - b) <= 1e-6 * abs(b))
        }
    }

    /// f relu(u) = relu(f u) only where f is not negative.
    @Test func gatesThatCannotBeFoldedAreRefused() throws {
        let folded = try RecordedNetwork(
            readingFrom: write("a.h5", outputFilter: [2], activation: "relu")
        ).folded()
        #expect(folded.outputs(for: x).elements == [9, 82])
        for (gate, activation) in [(Float(-1), "relu"), (2, "tanh")] {
            let network = try RecordedNetwork(
                readingFrom: write("\(activation).h5", outputFilter: [gate], activation: activation)
            )
            #expect(throws: RunError.self) { try network.folded() }
        }
    }

    /// A convolution of two channels, 1 x 2 images flattened: each channel is a block of two columns.
    @Test func gatesOfChannelsScaleBlocksOfColumns() throws {
        let writer = try RunWriter(path: folder("c.h5"))
        let first = try writer.addLayer("conv1", index: 0, kind: "conv2d", activation: "relu")
        try first.setWeights([1, 2], shape: [2, 1, 1, 1])
        try first.set("filter", [3, 5], shape: [2])
        let second = try writer.addLayer("conv2", index: 1, kind: "conv2d", activation: "relu")
        try second.setWeights([1, 1, 1, 1, 1, 1, 1, 1], shape: [2, 2, 1, 2])
        try second.set("filter", [7, 11], shape: [2])
        let last = try writer.addLayer("output", index: 2, kind: "linear", activation: "identity")
        try last.setWeights([1, 1, 1, 1], shape: [1, 4])
        try writer.commit()
        let network = try RecordedNetwork(readingFrom: RunFile(path: folder("c.h5")))
        let folded = try network.folded()
        #expect(folded.layers[0].weight == [1, 2])
        #expect(folded.layers[1].weight == [3, 3, 5, 5, 3, 3, 5, 5])
        #expect(folded.layers[2].weight == [7, 7, 11, 11])
        #expect(throws: RunError.self) { try network.checkIsPerceptron() }
    }

    /// A network that hands its inputs on: the label of noise is the position of the larger input.
    @Test func noiseIsLabelledByTheLargestOutput() throws {
        let writer = try RunWriter(path: folder("t.h5"))
        try writer.addLayer("output", index: 0).setWeights([1, 0, 0, 1], shape: [2, 2])
        try writer.commit()
        let teacher = try RecordedNetwork(readingFrom: RunFile(path: folder("t.h5")))
        let loaded = try teacher.noiseRelabelled.load(
            options: LoadOptions(trainSamples: 1000, testSamples: 600, seed: 3))
        for part in [loaded.train, loaded.test] {
            let x = part.batch(0..<part.count)
            #expect(part.labels == (0..<part.count).map { x[$0, 1] > x[$0, 0] ? 1 : 0 })
            // Mean 0 and variance 1, within four standard errors; the parts differ.
            let values = x.elements.map(Double.init)
            let n = Double(values.count)
            let mean = values.reduce(0, +) / n
            #expect(abs(mean) < 4 / n.squareRoot())
            #expect(abs(values.reduce(0) { $0 + $1 * $1 } / n - 1) < 4 * (2 / n).squareRoot())
        }
        #expect(loaded.train.batch([0]) != loaded.test.batch([0]))
        #expect(loaded.description.source == folder("t.h5"))
    }

    @Test func layersThatDoNotFitAreNamed() throws {
        let writer = try RunWriter(path: folder("d.h5"))
        try writer.addLayer("hidden", index: 0, activation: "relu")
            .setWeights([1, 2, 3, 4], shape: [2, 2])
        try writer.addLayer("output", index: 1).setWeights([1, 2, 3], shape: [1, 3])
        try writer.commit()
        let error = try #require(throws: RunError.self) {
            try RecordedNetwork(readingFrom: RunFile(path: folder("d.h5")))
        }
        #expect(error.object == "output" && error.kind == .badData)
    }

    /// The format: eight bytes of length, a header whose offsets lead to the elements.
    @Test func safetensorsAreWrittenAsTheFormatSays() throws {
        let network = try RecordedNetwork(readingFrom: write("a.h5"))
        let path = folder("a.safetensors")
        try NetworkExport.write(network, nil, to: path)
        let bytes = Array(try Data(contentsOf: URL(filePath: path)))
        let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
        #expect(length % 8 == 0)
        let header = try #require(
            try JSONSerialization.jsonObject(with: Data(bytes[8..<8 + length])) as? [String: Any])
        #expect(
            Set(header.keys) == [
                "__metadata__", "layers.0.weight", "layers.0.bias", "layers.1.weight",
                "layers.1.bias",
            ])
        let entry = try #require(header["layers.1.weight"] as? [String: Any])
        #expect(entry["dtype"] as? String == "F32" && entry["shape"] as? [Int] == [1, 2])
        let offsets = try #require(entry["data_offsets"] as? [Int])
        let elements = bytes[(8 + length + offsets[0])..<(8 + length + offsets[1])]
        // 2 · 0.5 and 7 · 3, little endian.
        #expect(Array(elements) == [0, 0, 0x80, 0x3F, 0, 0, 0xA8, 0x41])
        #expect(bytes.count == 8 + length + 4 * (4 + 2 + 2 + 1))
    }
}

@Suite struct DataGroupTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    /// Writes a description and reads it again.
    private func roundTrip(_ data: DataDescription) throws -> DataDescription? {
        let writer = try RunWriter(path: folder("run.h5"))
        try writer.addLayer("output", index: 0).setBias([1])
        try writer.add(data)
        try writer.commit()
        let run = try RunFile(path: folder("run.h5"))
        #expect(run.problems().isEmpty)
        return try run.dataDescription()
    }

    @Test func tablesComeBack() throws {
        let text = #"""
            when,size,kind,note,price
            1700000000,1.5,b,x,10
            1700000060,,a,y,20.5
            1700000120,2.5,,z,25
            1700000180,3.5,"b, ""é""",x,40

            """#
        try Data(text.utf8).write(to: URL(filePath: folder("t.csv")))
        let table = try CSVTable(path: folder("t.csv"))
        let encoding = try TableEncoding(
            inferredFrom: table, TableOptions(targets: ["price"], ignored: ["note"]))
        let loaded = try Dataset.table(table, encoding).load(
            options: LoadOptions(testFraction: 0.25, seed: 7))
        var stored = try #require(try roundTrip(loaded.description))
        // The reasons are for people and are not stored.
        #expect(stored.encoding?.columns[3].use == .unused("as in the training"))
        stored.encoding?.columns[3].use = .unused("as asked")
        #expect(stored == loaded.description)
        // And the rows of the file are encoded as they were.
        let again = try stored.rows(of: folder("t.csv"), needsOutcome: true)
        #expect(again.count == 4)
        #expect(again.subset([0]).scaling == loaded.train.scaling)
    }

    @Test(arguments: ["add10", "poker-hands", "synthetic-digits"])
    func generatedDataComeBack(id: String) throws {
        let loaded = try Dataset.named(id).load(
            options: LoadOptions(
                trainSamples: 60, testSamples: 5, validationFraction: 0.25, seed: .max))
        let stored = try #require(try roundTrip(loaded.description))
        #expect(stored == loaded.description)
        #expect(try stored.normalized(loaded.test).batch(0..<5) == loaded.test.batch(0..<5))
    }

    @Test func otherDataAreRefused() throws {
        let options = LoadOptions(trainSamples: 60, testSamples: 5)
        let digits = try Dataset.named("synthetic-digits").load(options: options)
        let numbers = try Dataset.named("add10").load(options: options)
        #expect(throws: DatasetError.self) { try digits.description.normalized(numbers.test) }
        #expect(throws: DatasetError.self) { try numbers.description.normalized(digits.test) }
        #expect(throws: DatasetError.self) {
            try digits.description.rows(of: folder("t.csv"), needsOutcome: false)
        }
    }

    /// Numbers of a stranger's file are checked before they are used.
    @Test func damagedDescriptionsAreRefused() throws {
        let loaded = try Dataset.named("add10").load(
            options: LoadOptions(trainSamples: 20, testSamples: 5))
        func write(_ change: (inout DataDescription) -> Void) throws -> RunFile {
            var data = loaded.description
            change(&data)
            // A name of its own: no output replaces a file that this process has read.
            let path = folder("\(UUID()).h5")
            let writer = try RunWriter(path: path)
            try writer.addLayer("output", index: 0).setBias([1])
            try writer.add(data)
            try writer.commit()
            return try RunFile(path: path)
        }
        let changes: [(inout DataDescription) -> Void] = [
            { $0.targetScaling?.deviation = [0] }, { $0.targetScaling?.mean = [.nan] },
            { $0.targetScaling?.mean = [] }, { $0.outputs = [] },
            { data in
                guard case .columns(var inputs) = data.inputs else { return }
                inputs[3].column = 9
                data.inputs = .columns(inputs)
            },
            { data in
                guard case .columns(var inputs) = data.inputs else { return }
                inputs[0].deviation = -1
                data.inputs = .columns(inputs)
            },
        ]
        for change in changes {
            let run = try write(change)
            #expect(throws: RunError.self) { try run.dataDescription() }
        }
        #expect(try write { _ in }.dataDescription() == loaded.description)
    }
}
