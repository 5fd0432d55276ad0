import Datasets
import Networks

/// A sum of products of sizes that users choose; `nil` from the first overflow on.
struct CheckedSum {
    private(set) var value: Int? = 0

    mutating func add(_ factors: Int...) {
        var product = 1
        for factor in factors {
            let (next, overflows) = product.multipliedReportingOverflow(by: factor)
            guard !overflows, factor >= 0 else { return value = nil }
            product = next
        }
        guard let sum = value?.addingReportingOverflow(product), !sum.overflow else {
            return value = nil
        }
        value = sum.partialValue
    }
}

extension TrainingJob {
    /// The memory that the training of this job takes beside the data.
    ///
    /// - Parameters:
    ///   - inputs: values of a sample.
    ///   - outputs: of the network.
    ///   - samples: in the training part.
    /// - Returns: bytes; `nil` if they are beyond counting.
    func memoryNeed(inputs: Int, outputs: Int, samples: Int) -> Int? {
        // A network that grows is as large as it may become.
        let sizes = [inputs] + (mostUnits.map { [$0] } ?? hidden) + [outputs]
        var parameters = CheckedSum()
        var units = CheckedSum()
        if filtersInputs { units.add(inputs) }
        for (before, after) in zip(sizes, sizes.dropFirst()) {
            parameters.add(before, after)
            parameters.add(after)
            units.add(after)
        }
        guard let parameters = parameters.value, let units = units.value else { return nil }
        // The network, its gradient, the moments; the state that waits to be written; where one is chosen
        // the best network, in both; where it resizes itself the network of the epoch before.
        let moments = configuration.optimizer.rule.momentCount
        let resizes =
            gate.isPresent || !configuration.penalties.isEmpty
            || !configuration.controllers.isEmpty
        let chooses = configuration.patience != nil || resizes
        let copies = 2 + moments + 1 + moments + (chooses ? 2 : 0) + (resizes ? 1 : 0)
        var bytes = CheckedSum()
        bytes.add(4, parameters, copies)
        if let block = blockFromData {
            // Units to choose from: a network with them, its gradient, and sums and rows in doubles.
            let (pool, overflows) = block.multipliedReportingOverflow(by: 4)
            guard !overflows else { return nil }
            bytes.add(8, mostUnits ?? 0, inputs + outputs)
            bytes.add(8 * 5, pool, inputs + outputs + 1)
            bytes.add(4 * 3 + 8, min(512, samples), pool + (mostUnits ?? 0))
        }
        // Pre- and post-activations and gradients of a batch; two of them are gathered.
        bytes.add(4, min(configuration.batch, samples), 3, units)
        bytes.add(4, min(configuration.batch, samples), 2, inputs)
        // Evaluation and recording.
        bytes.add(4, 512, 2, units)
        // The history, of at most seven quantities.
        bytes.add(8, 7, configuration.epochs)
        return bytes.value
    }

    /// - Throws: ``TrainingError/setting(name:value:expected:)`` if the training does not fit into
    ///   the memory, or a layer is wider than matrix products can be.
    func checkMemory(
        inputs: Int, outputs: Int, samples: Int, available: Int
    ) throws(TrainingError) {
        if let width = hidden.first(where: { $0 > Int(Int32.max) }) {
            throw .setting(name: "hidden", value: "\(width)", expected: "1 to \(Int32.max)")
        }
        let need = memoryNeed(inputs: inputs, outputs: outputs, samples: samples)
        if let need, need <= available { return }
        let widths = hidden.map { "\($0)" }.joined(separator: ", ")
        throw .setting(
            name: "the size of the training",
            value: "hidden \(widths), epochs \(configuration.epochs), batch \(configuration.batch)",
            expected: "one that fits into the \(gigabytes(available)) of memory that there are; it "
                + "would take \(need.map(gigabytes) ?? "more than 9 billion GB")")
    }
}

/// A number of bytes in words, to a tenth.
func gigabytes(_ bytes: Int) -> String {
    let tenths = bytes / 100_000_000 + (bytes % 100_000_000 > 0 ? 1 : 0)
    return "\(tenths / 10).\(tenths % 10) GB"
}
