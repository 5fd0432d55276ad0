import Dispatch
import Glibc
import HDF5
public import LinearAlgebra
import Text

/// A dispatch queue as an executor, so that blocking reads never occupy the cooperative pool.
final class ReadingExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "lamina.reading")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}

/// Reads a dataset front to back in blocks of consecutive rows, on a thread of its own.
///
/// Compressed chunks are decoded for several blocks at the same time, ahead of the consumer.
///
/// A block has about 4 MiB of decoded values, at least one row, at most 16 MiB unless a single row
/// has more, and ends where chunks end. A chunk that is larger is decoded once and cut up, as long
/// as a band of chunks fits into the 128 MiB that the library may keep; beyond that, chunks are
/// decoded again for each block. The borders depend on the file alone.
public actor BlockReader {
    private let executor = ReadingExecutor()
    /// The reader's own queue.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// Rows of all blocks together.
    public nonisolated let rows: Int
    /// Columns of every block.
    public nonisolated let columns: Int
    /// Rows of a block; the last ones may have fewer.
    public nonisolated let blockRows: Int
    /// Consecutive rows that belong to one sample and share its label: 1, or for a convolutional
    /// layer height times width.
    public nonisolated let rowsPerSample: Int
    /// Whether blocks hold `Double`.
    public nonisolated let isDouble: Bool
    /// Number of blocks.
    public nonisolated let blockCount: Int

    private let plan: BlockPlan
    /// Smaller blocks, which stay in a core's cache from where they are copied to; `nil` unless they
    /// lie in one piece as they are.
    let partPlan: BlockPlan?
    let decoder: BlockDecoder
    private var cursor = 0
    /// Blocks that are decoded at the same time, where decoding is what takes the time.
    private let concurrentBlocks: Int
    /// The blocks from `cursor` on that are being decoded.
    private var upcoming: [Task<RealMatrix, any Error>] = []
    private var launched = 0
    // By the time a buffer's turn comes again, the consumer has usually let go of it.
    private var buffers: [RealMatrix?]

    init(_ array: ArrayInfo, as presentation: Presentation, in run: RunFile) throws(RunError) {
        let encoding = try array.check()
        let layout = try array.layout(as: presentation)
        let valueSize = encoding.isDouble ? 8 : 4
        let plan = BlockPlan(layout, valueSize: valueSize, chunk: array.chunkShape)
        let elementSize = array.elementType?.size ?? 0
        let cache = array.chunkShape.map {
            min(plan.bandBytes(chunk: $0, elementSize: elementSize), 128 << 20)
        }
        let dataset = try reading(run.path) { () throws(HDF5Error) in
            try HDF5Dataset(array.path, in: run.file, chunkCacheBytes: cache)
        }
        try array.checkSame(as: dataset)
        let elements = StoredElements(dataset, encoding, chunkCacheBytes: cache ?? 0)
        let partPlan =
            elements.isContiguous
            ? BlockPlan(layout, valueSize: valueSize, chunk: nil, target: 2 << 20) : nil
        decoder = BlockDecoder(path: run.path, elements: elements, columns: layout.columns)
        self.plan = plan
        self.partPlan = partPlan
        rows = layout.rows
        columns = layout.columns
        blockRows = plan.blockRows
        blockCount = plan.blockCount
        rowsPerSample = presentation == .weights ? 1 : layout.rowsPerSample
        isDouble = encoding.isDouble
        // Two more than cores would only wait; four hold at most 64 MiB.
        concurrentBlocks = elements.isDecoding ? min(4, max(2, coreCount())) : 1
        buffers = Array(repeating: nil, count: concurrentBlocks + 2)
    }

    /// The next rows, or `nil` at the end.
    ///
    /// Memory is used again for a later block once nobody holds the values.
    public func next() async throws(RunError) -> (values: RealMatrix, firstRow: Int)? {
        guard cursor < plan.blockCount else { return nil }
        let block = plan[cursor]
        let slot = cursor % buffers.count
        let values: RealMatrix
        if concurrentBlocks == 1 {
            values = try decoder.decode(block, into: take(slot))
            cursor += 1
        } else {
            while launched < min(cursor + concurrentBlocks, plan.blockCount) { launch() }
            let task = upcoming.removeFirst()
            // Also if the block fails: those behind it are on their way.
            defer { cursor += 1 }
            do {
                values = try await task.value
            } catch let error as RunError {
                throw error
            } catch {
                preconditionFailure("decoding throws run errors only: \(error)")
            }
        }
        buffers[slot] = values
        return (values, block.firstRow)
    }

    /// Starts to decode the block after those that are being decoded.
    private func launch() {
        let block = plan[launched]
        let buffer = take(launched % buffers.count)
        let decoder = decoder
        upcoming.append(Task.detached { try decoder.decode(block, into: buffer) })
        launched += 1
    }

    /// A buffer, which then belongs to the caller alone unless the consumer still holds it.
    private func take(_ slot: Int) -> RealMatrix? {
        defer { buffers[slot] = nil }
        return buffers[slot]
    }
}

/// Turns a block of a dataset into a matrix.
struct BlockDecoder: Sendable {
    let path: String
    let elements: StoredElements
    let columns: Int

    /// The values of a block, in the memory of `buffer` if nobody else holds it.
    func decode(
        _ block: RowLayout.Block, into buffer: consuming RealMatrix?
    ) throws(RunError) -> RealMatrix {
        do {
            if elements.encoding.isDouble {
                var matrix = Matrix<Double>(rows: 0, columns: columns)
                if case .double(let old)? = buffer { matrix = old }
                buffer = nil
                matrix.reuse(rows: block.rows)
                try matrix.withMutableElements { target throws(HDF5Error) in
                    try elements.read(block.start, block.count, block.order, into: target)
                }
                return .double(matrix)
            }
            var matrix = Matrix<Float>(rows: 0, columns: columns)
            if case .float(let old)? = buffer { matrix = old }
            buffer = nil
            matrix.reuse(rows: block.rows)
            try matrix.withMutableElements { target throws(HDF5Error) in
                try elements.read(block.start, block.count, block.order, into: target)
            }
            return .float(matrix)
        } catch {
            throw RunError(error, file: path)
        }
    }
}

private func coreCount() -> Int { Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

extension RunFile {
    /// A reader of `array` in row blocks.
    ///
    /// - Throws: ``RunError`` if the array cannot be read, has no rows or columns, or its rank has
    ///   no meaning in this presentation; the message names the remedy.
    public func blocks(
        of array: ArrayInfo, as presentation: Presentation
    ) throws(RunError) -> BlockReader {
        try BlockReader(array, as: presentation, in: self)
    }

    /// The whole of `array`, for weights and other matrices that fit into memory.
    ///
    /// - Throws: ``RunError``, also if it has more than `limit` bytes.
    public func matrix(
        _ array: ArrayInfo, as presentation: Presentation, limit: Int = 4 << 30
    ) async throws(RunError) -> RealMatrix {
        let reader = try blocks(of: array, as: presentation)
        // No overflow: a layout has fewer elements than an `Int` holds.
        guard reader.rows * reader.columns <= limit / 8 else {
            throw RunError(
                .badData, file: path, object: array.path,
                "its shape \(shapeText(array.shape)) is too large to be held in memory")
        }
        if reader.isDouble {
            var whole = Matrix<Double>(rows: reader.rows, columns: reader.columns)
            while let (values, firstRow) = try await reader.next() {
                if case .double(let block) = values { whole.copy(block, at: firstRow) }
            }
            return .double(whole)
        }
        var whole = Matrix<Float>(rows: reader.rows, columns: reader.columns)
        while let (values, firstRow) = try await reader.next() {
            if case .float(let block) = values { whole.copy(block, at: firstRow) }
        }
        return .float(whole)
    }
}

extension Matrix {
    fileprivate mutating func copy(_ block: Matrix, at firstRow: Int) {
        let first = firstRow * columns
        withMutableElements { target in
            block.withElements { source in
                for index in source.indices { target[first + index] = source[index] }
            }
        }
    }
}

extension ArrayInfo {
    /// Rows and columns in a presentation.
    public func matrixShape(
        as presentation: Presentation
    ) throws(RunError) -> (rows: Int, columns: Int) {
        let layout = try layout(as: presentation)
        return (layout.rows, layout.columns)
    }

    func layout(as presentation: Presentation) throws(RunError) -> RowLayout {
        // What is no array of numbers has no shape to speak of.
        if let refusal { throw refusal }
        guard let layout = RowLayout(shape, as: presentation) else {
            throw RunError(
                .badData, file: file, object: path, rankProblem(presentation))
        }
        if isUntyped {
            throw RunError(
                .badData, file: file, object: path,
                "its elements are unsigned words of 16 bits, as which bfloat16 is often stored; say "
                    + "--dtype bfloat16, or --dtype uint16 if they are whole numbers (or set its "
                    + "attribute \(Schema.Attribute.elementType))")
        }
        guard layout.rows > 0, layout.columns > 0 else {
            throw RunError(
                .badData, file: file, object: path,
                "its shape is \(shapeText(shape)): it holds no values; record at least one sample "
                    + "of at least one neuron")
        }
        return layout
    }

    private func rankProblem(_ presentation: Presentation) -> String {
        let found = "its shape is \(shapeText(shape))"
        switch presentation {
        case .activations:
            let expected =
                "\(found); a layer's values are (samples, neurons) or "
                + "(samples, channels, height, width)"
            return shape.count < 2
                ? expected
                : expected + "; to analyze it all the same, name it with "
                    + "--dataset \(visible(path)) --channel-axis last"
        case .weights:
            return "\(found); weights are (neurons, inputs) or "
                + "(channels out, channels in, height, width)"
        case .bare(.first):
            return shape.count >= 2
                ? "\(found); 2 dimensions (samples, neurons) or 4 (samples, channels, height, "
                    + "width) are needed; if the neurons lie along the last, say --channel-axis "
                    + "last, and if an axis counts layers, name the axes, as in --axes "
                    + (shape.count == 3 ? "layer,sample,unit" : "layer,sample,token,unit")
                : "\(found); a matrix is needed, rows samples and columns neurons"
        case .bare(.last), .named:
            return "\(found); a matrix is needed, rows samples and columns neurons"
        }
    }
}
