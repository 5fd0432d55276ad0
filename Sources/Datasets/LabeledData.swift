public import LinearAlgebra

/// Samples with what is to be learned of them: one part (training, validation or test) of a data
/// set.
///
/// Inputs stay in the compact form in which they were stored (bytes of images, codes of
/// categories) and become normalised floats batch by batch. Parts and subsets share the storage;
/// each holds only the numbers of its rows.
public struct LabeledData: Sendable {
    /// What is to be learned.
    public enum Outcome: Sendable {
        /// One class for each row, counted from 0, and the names of all classes.
        case classes([Int32], names: [String])
        /// One or more numbers for each row (rows x outputs), and the names of the outputs.
        case values(Matrix<Double>, names: [String])
    }

    /// Inputs as stored.
    public enum Inputs: Sendable {
        /// Images.
        case images(ImageBytes)
        /// Rows of a table.
        case table(TableRows)
        /// Numbers, one sample a row.
        case matrix(Matrix<Float>)
    }

    /// How stored inputs become the numbers that a network sees.
    public enum Scaling: Hashable, Sendable {
        /// For images.
        case pixels(PixelScaling)
        /// For the numeric columns of a table; categories are always 0 and 1.
        case columns(ColumnScaling)
    }

    let inputs: Inputs
    let outcome: Outcome
    /// What the numbers to be learned would be without noise, (stored rows, outputs), where known.
    let expectation: Matrix<Double>?
    /// Stored rows of this part; `nil` stands for all, in order.
    let selection: [Int32]?
    /// How inputs are normalised.
    public let scaling: Scaling
    /// How the numbers to be learned are normalised; `nil` for classes.
    ///
    /// Multiply a prediction by `deviation` and add `mean` to return to their unit.
    public let targetScaling: ColumnScaling?
    /// Number of samples.
    public let count: Int
    /// Inputs of a sample: pixels times channels, or columns with categories spread.
    public let inputCount: Int
    private let pixelTable: [Float]

    /// Samples and their outcomes.
    ///
    /// - Parameters:
    ///   - inputs: images or rows of a table.
    ///   - outcome: one class, or one row of values, for each of them.
    ///   - scaling: how inputs are normalised; by default pixels are divided by 255 and columns
    ///     left as they are.
    ///   - targetScaling: how values to be learned are normalised; by default not at all.
    ///   - expectation: the values without noise, where the data were made from a formula.
    /// - Precondition: as many outcomes as inputs, all classes named.
    public init(
        inputs: Inputs, outcome: Outcome, scaling: Scaling? = nil,
        targetScaling: ColumnScaling? = nil, expectation: Matrix<Double>? = nil
    ) {
        self.init(
            inputs: inputs, outcome: outcome, expectation: expectation, selection: nil,
            scaling: scaling ?? Self.plainScaling(of: inputs), targetScaling: targetScaling)
    }

    private init(
        inputs: Inputs, outcome: Outcome, expectation: Matrix<Double>?, selection: [Int32]?,
        scaling: Scaling, targetScaling: ColumnScaling?
    ) {
        self.inputs = inputs
        self.outcome = outcome
        self.expectation = expectation
        self.selection = selection
        self.scaling = scaling
        let stored: Int
        switch inputs {
        case .images(let images):
            stored = images.count
            inputCount = images.shape.count
        case .table(let rows):
            stored = rows.count
            inputCount = rows.inputs
        case .matrix(let rows):
            stored = rows.rows
            inputCount = rows.columns
        }
        switch outcome {
        case .classes(let labels, let names):
            precondition(labels.count == stored, "\(labels.count) labels for \(stored) samples")
            precondition(labels.allSatisfy { $0 >= 0 && $0 < names.count }, "unnamed class")
            self.targetScaling = nil
        case .values(let values, _):
            precondition(values.rows == stored, "\(values.rows) targets for \(stored) samples")
            self.targetScaling = targetScaling ?? .identity(columns: values.columns)
        }
        if case .pixels(let scaling) = scaling {
            pixelTable = scaling.table
        } else {
            pixelTable = []
        }
        count = selection?.count ?? stored
    }

    static func plainScaling(of inputs: Inputs) -> Scaling {
        switch inputs {
        case .images(let images): .pixels(.unitInterval(channels: images.shape.channels))
        case .table(let rows): .columns(.identity(columns: rows.numericColumns))
        case .matrix(let rows): .columns(.identity(columns: rows.columns))
        }
    }

    /// Extent of the images; `nil` for tables.
    public var imageShape: ImageShape? {
        if case .images(let images) = inputs { images.shape } else { nil }
    }

    /// Names of the inputs of a table; empty for images.
    public var inputNames: [String] {
        if case .table(let rows) = inputs { rows.inputNames } else { [] }
    }

    /// Names of the classes; empty if numbers are to be learned.
    public var classNames: [String] {
        if case .classes(_, let names) = outcome { names } else { [] }
    }

    /// Outputs that a network needs: the classes, or the numbers to be learned.
    public var outputCount: Int {
        switch outcome {
        case .classes(_, let names): names.count
        case .values(let values, _): values.columns
        }
    }

    /// The stored row of sample `index`.
    @inline(__always)
    func storedRow(_ index: Int) -> Int {
        precondition(index >= 0 && index < count, "no sample \(index) among \(count)")
        return selection.map { Int($0[index]) } ?? index
    }

    /// The normalised inputs of the samples at `indices`, (indices, inputs).
    ///
    /// - Complexity: O(indices · inputs).
    public func batch(_ indices: some Collection<Int>) -> Matrix<Float> {
        var matrix = Matrix<Float>(rows: 0, columns: inputCount)
        gather(indices, into: &matrix)
        return matrix
    }

    /// Writes the normalised inputs of the samples at `indices` into `matrix`, whose memory is used
    /// again if nobody else holds it.
    ///
    /// - Precondition: `matrix` has ``inputCount`` columns.
    public func gather(_ indices: some Collection<Int>, into matrix: inout Matrix<Float>) {
        precondition(
            matrix.columns == inputCount, "\(matrix.columns) columns for \(inputCount) inputs")
        matrix.reuse(rows: indices.count)
        matrix.withMutableElements { target in
            var row = 0
            for index in indices {
                let part = UnsafeMutableBufferPointer(
                    rebasing: target[row * inputCount..<(row + 1) * inputCount])
                switch inputs {
                case .images(let images): write(images, at: storedRow(index), to: part)
                case .table(let rows): write(rows, at: storedRow(index), to: part)
                case .matrix(let rows): write(rows, at: storedRow(index), to: part)
                }
                row += 1
            }
        }
    }

    private func write(
        _ images: ImageBytes, at row: Int, to target: UnsafeMutableBufferPointer<Float>
    ) {
        let plane = images.shape.height * images.shape.width
        // Copied first: rows come in random order, and a copy waits for all their cache lines at
        // once, where the look-ups would wait for one after the other.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: images.shape.count) { copy in
            let first = row * images.shape.count
            _ = copy.initialize(fromContentsOf: images.pixels[first..<first + copy.count])
            pixelTable.withUnsafeBufferPointer { table in
                guard var source = UnsafePointer(copy.baseAddress),
                    var levels = table.baseAddress, var target = target.baseAddress
                else { return }
                for _ in 0..<images.shape.channels {
                    for offset in 0..<plane { target[offset] = levels[Int(source[offset])] }
                    source += plane
                    target += plane
                    levels += 256
                }
            }
        }
    }

    private func write(
        _ rows: TableRows, at row: Int, to target: UnsafeMutableBufferPointer<Float>
    ) {
        guard case .columns(let scaling) = scaling else { preconditionFailure("pixels in a table") }
        target.update(repeating: 0)
        let numeric = rows.numericColumns
        var number = 0
        var code = 0
        var first = 0
        for column in rows.columns {
            switch column {
            case .number:
                let value = rows.numbers[row * numeric + number]
                // A missing number counts as the mean.
                target[first] =
                    value.isNaN
                    ? 0 : Float((value - scaling.mean[number]) / scaling.deviation[number])
                number += 1
                first += 1
            case .missing:
                target[first] = Float(rows.codes[row * (rows.columns.count - numeric) + code])
                code += 1
                first += 1
            case .category(_, let values):
                let categories = rows.columns.count - numeric
                target[first + Int(rows.codes[row * categories + code])] = 1
                code += 1
                first += values.count
            }
        }
    }

    private func write(
        _ rows: Matrix<Float>, at row: Int, to target: UnsafeMutableBufferPointer<Float>
    ) {
        guard case .columns(let scaling) = scaling else {
            preconditionFailure("pixels in a matrix")
        }
        rows.withElements { all in
            for (column, value) in all[row * rows.columns..<(row + 1) * rows.columns].enumerated() {
                target[column] = Float(
                    (Double(value) - scaling.mean[column]) / scaling.deviation[column])
            }
        }
    }

    /// The classes of all samples; empty if numbers are to be learned.
    public var labels: [Int32] { labels(of: 0..<count) }

    /// The classes of the samples at `indices`; empty if numbers are to be learned.
    public func labels(of indices: some Collection<Int>) -> [Int32] {
        guard case .classes(let labels, _) = outcome else { return [] }
        return indices.map { labels[storedRow($0)] }
    }

    /// The samples at `indices`, in that order; the storage is shared.
    public func subset(_ indices: some Collection<Int>) -> LabeledData {
        LabeledData(
            inputs: inputs, outcome: outcome, expectation: expectation,
            selection: indices.map { Int32(storedRow($0)) }, scaling: scaling,
            targetScaling: targetScaling)
    }

    /// The first `maximum` samples, or all if there are fewer.
    public func prefix(_ maximum: Int) -> LabeledData {
        maximum >= count ? self : subset(0..<maximum)
    }

    /// Takes `held` samples out at random.
    ///
    /// - Parameters:
    ///   - held: how many samples the second part gets, 0 to ``count``.
    ///   - seed: the same seed takes the same samples.
    /// - Returns: the rest and the samples held out, both in stored order.
    public func split(holding held: Int, seed: UInt64) -> (rest: LabeledData, held: LabeledData) {
        precondition(held >= 0 && held <= count, "\(held) of \(count) samples")
        var generator = SeededGenerator(seed: seed, stream: 0x5B11)
        let order = generator.permutation(of: count)
        return (subset(order[held...].sorted()), subset(order[..<held].sorted()))
    }

    /// The same samples, normalised otherwise.
    func scaled(by scaling: Scaling, targets: ColumnScaling?) -> LabeledData {
        LabeledData(
            inputs: inputs, outcome: outcome, expectation: expectation, selection: selection,
            scaling: scaling, targetScaling: targets)
    }

    /// The stored rows of this part.
    var storedRows: [Int] { (0..<count).map(storedRow) }

    /// The scaling that gives this part's inputs mean 0 and population deviation 1: by column for
    /// tables, by channel for images.
    func standardScaling() -> Scaling {
        switch inputs {
        case .images(let images): .pixels(PixelScaling(of: images, at: storedRows))
        case .table(let rows):
            rows.numbers.withUnsafeBufferPointer {
                .columns(ColumnScaling(of: $0, columns: rows.numericColumns, at: storedRows))
            }
        case .matrix(let rows):
            rows.elements.map(Double.init).withUnsafeBufferPointer {
                .columns(ColumnScaling(of: $0, columns: rows.columns, at: storedRows))
            }
        }
    }

    /// The same for the numbers to be learned; `nil` for classes.
    func standardTargetScaling() -> ColumnScaling? {
        guard case .values(let values, _) = outcome else { return nil }
        return values.withElements {
            ColumnScaling(of: $0, columns: values.columns, at: storedRows)
        }
    }
}
