import LinearAlgebra
import MetricCore
import RunFormat

/// The network of a run, as far as metrics read it: parameters, each read once however many layers and
/// metrics ask.
actor RunNetwork {
    private let run: RunFile
    /// Bytes of which parameters may take a quarter.
    let memoryLimit: Double
    private var kept: [Key: RealMatrix] = [:]
    private var keptBytes = 0.0
    private var keptVectors: [ArrayInfo: [Double]] = [:]
    private var orders: [String?: LayerOrder] = [:]
    /// The rows of activations that are compared, which several comparisons need; a few of each layer.
    private(set) var firstRows: [ArrayInfo: (values: Matrix<Double>, rounding: StoredRounding)] =
        [:]
    /// What was compared already.
    var links: [LinkKey: Link] = [:]

    /// A layer by its place in the order of execution.
    struct LinkKey: Hashable {
        let snapshot: String?
        let position: Int
    }

    private struct Key: Hashable {
        var array: ArrayInfo
        var presentation: Presentation
    }

    /// The network of `run`, whose parameters take at most a quarter of `memoryLimit` bytes at a time.
    init(of run: RunFile, memoryLimit: Double) {
        self.run = run
        self.memoryLimit = memoryLimit
    }

    /// What the run holds of `inputs` at `place`.
    func context(_ inputs: Set<MetricInput>, at place: Place) async -> RunContext {
        var context = RunContext()
        if inputs.contains(.labels) { context.labels = labels(at: place) }
        if inputs.contains(.targets) {
            context.targets = targets(at: place).map { $0.shape[1] }
        }
        if inputs.contains(.layerInputs) {
            context.layerInputs = await layerInputs(at: place).map { $0.shape[1] }
        }
        if inputs.contains(.gate) { context.gate = gate(at: place) }
        if inputs.contains(.weights) { context.weights = await weights(at: place) }
        if inputs.contains(.nextWeights) { context.nextWeights = await nextWeights(at: place) }
        if inputs.contains(.followingLayers) {
            context.followingLayers = await followingLayers(at: place)
            if case .success(let network) = context.followingLayers,
                case .success = context.labels,
                let refusal = refusalOfLabels(
                    at: place, outputs: network.outputs ?? place.array.shape[1])
            {
                context.labels = .failure(refusal)
            }
        }
        return context
    }

    /// Where in a run metrics look.
    struct Place: Sendable {
        let array: ArrayInfo
        /// `nil` for a matrix of no layer.
        let site: Site?
        /// The layer; `nil` for a matrix of no layer.
        let entry: LayerEntry?
        let snapshot: String?

        func requireEntry() throws(Refusal) -> LayerEntry {
            guard let entry else { throw Refusal("the matrix belongs to no layer of a run") }
            return entry
        }
    }

    private func labels(at place: Place) -> Result<Void, Refusal> {
        refusing { () throws in
            guard place.site != .weight else { throw Refusal("weights have no labels") }
            guard try run.labels(of: place.array, snapshot: place.snapshot) != nil else {
                throw Refusal("the run stores no labels")
            }
        }
    }

    /// Labels must be numbers of outputs.
    private func refusalOfLabels(at place: Place, outputs: Int) -> Refusal? {
        let result: Result<Void, Refusal> = refusing { () throws in
            let labels = try run.labels(of: place.array, snapshot: place.snapshot)
            guard let classes = try labels?.extremes(),
                classes.lowerBound < 0 || classes.upperBound >= outputs
            else { return }
            throw Refusal(
                "labels go from \(classes.lowerBound) to \(classes.upperBound), but the network's "
                    + "\(outputs) outputs stand for 0 to \(outputs - 1); store the number of each "
                    + "sample's output, counted from 0")
        }
        guard case .failure(let refusal) = result else { return nil }
        return refusal
    }

    /// The dataset of regression targets that belong to the samples of a matrix.
    func targets(at place: Place) -> Result<ArrayInfo, Refusal> {
        refusing { () throws in
            guard place.site != .weight else { throw Refusal("weights have no targets") }
            guard place.array.shape.count == 2, let targets = try storedTargets(at: place)
            else { throw Refusal("the run stores no targets") }
            if let refusal = targets.refusal { throw refusal }
            guard targets.shape.count == 2, targets.shape[0] == place.array.shape[0] else {
                throw Refusal(
                    "\(targets.path) is \(targets.shapeDescription), but there are "
                        + "\(place.array.shape[0]) samples; record a row of targets a sample",
                    isFault: true)
            }
            return targets
        }
    }

    /// The targets of the place's snapshot; else those of the run, if it has as many samples.
    private func storedTargets(at place: Place) throws -> ArrayInfo? {
        if let own = try run.targets(snapshot: place.snapshot) { return own }
        guard place.snapshot != nil, let targets = try run.targets(),
            targets.shape.first == place.array.shape[0]
        else { return nil }
        return targets
    }

    /// The dataset of the values that the layer reads: those of the layer before it, gate applied.
    ///
    /// What is recorded of the layer must follow from them.
    func layerInputs(at place: Place) async -> Result<ArrayInfo, Refusal> {
        await refusing { () async throws in
            let entry = try place.requireEntry()
            guard let weight = entry.weight, weight.shape.count == 2 else {
                throw Refusal("the layer's inputs are known for dense layers only")
            }
            let order = try order(of: place.snapshot)
            guard let position = order.position(of: entry), position > 0 else {
                throw Refusal("the run stores no inputs of its first layer")
            }
            let before = order.entries[position - 1]
            guard let post = before.post else {
                throw Refusal("\(before.displayName), the layer before, stores no post")
            }
            if let refusal = post.refusal { throw refusal }
            guard post.shape.count == 2, post.shape[1] == weight.shape[1] else {
                throw Refusal(
                    "the layer reads \(weight.shape[1]) inputs, but \(before.displayName), the layer "
                        + "before, stores \(post.shapeDescription)")
            }
            switch await link(position, of: place.snapshot) {
            case .follows: return post
            case .refuted(let refusal), .unknown(let refusal): throw refusal
            case .unrecorded:
                throw Refusal("the layer records no values that its inputs could be checked by")
            }
        }
    }

    private func gate(at place: Place) -> Result<[Double], Refusal> {
        refusing { () throws in
            let entry = try place.requireEntry()
            guard let gate = try self.gate(of: entry) else {
                throw Refusal("the layer stores no \(Schema.Path.filter)")
            }
            return gate
        }
    }

    /// The gate of a layer; `nil` where none is stored.
    func gate(of entry: LayerEntry) throws -> [Double]? {
        guard let filter = entry.filter else { return nil }
        let gate = try vector(filter)
        guard gate.count == entry.neurons ?? gate.count else {
            throw Refusal(
                "\(filter.path) has \(gate.count) gates, but the layer has \(entry.neurons ?? 0) neurons",
                isFault: true)
        }
        guard gate.allSatisfy(\.isFinite) else {
            throw Refusal("\(filter.path) holds a gate that is not finite", isFault: true)
        }
        return gate
    }

    private func weights(at place: Place) async -> Result<LayerWeights, Refusal> {
        await refusing { () async throws in
            let entry = try place.requireEntry()
            guard let weight = entry.weight else { throw Refusal("the layer stores no weight") }
            let bias = try entry.bias.map { try vector($0) }
            let matrix = try await self.matrix(weight, as: .weights)
            try checkBiases(bias, of: entry, neurons: matrix.columns)
            return LayerWeights(weight: matrix, bias: bias)
        }
    }

    func checkBiases(_ bias: [Double]?, of entry: LayerEntry, neurons: Int) throws(Refusal) {
        guard let bias, bias.count != neurons else { return }
        throw Refusal(
            "\(entry.displayName) stores \(bias.count) biases for \(neurons) neurons", isFault: true
        )
    }

    private func nextWeights(at place: Place) async -> Result<OutgoingWeights, Refusal> {
        await refusing { () async throws in
            let entry = try place.requireEntry()
            let order = try order(of: place.snapshot)
            // Pooling, dropout and the like have no weights and change no order of neurons.
            guard let position = order.position(of: entry),
                let offset = order.entries[(position + 1)...].firstIndex(where: {
                    $0.weight != nil
                }), let weight = order.entries[offset].weight
            else { throw Refusal("no layer with weights follows") }
            let next = order.entries[offset]
            if offset == position + 1 {
                let link = await link(offset, of: place.snapshot)
                // Layers beside each other, as the projections of attention, have indices as well.
                if case .refuted(let refusal) = link { throw refusal }
                guard order.isStored || link.isConfirmed else {
                    throw Refusal(LayerOrder.isUnknown)
                }
            } else if !order.isStored {
                throw Refusal(LayerOrder.isUnknown)
            }
            if let refusal = weight.refusal { throw refusal }
            let neurons = entry.neurons ?? 0
            // A dense layer reads each channel of an image at all of its positions.
            let isImage = [entry.weight, entry.pre, entry.post].contains { $0?.shape.count == 4 }
            guard weight.shape.count == 2 || weight.shape.count == 4, neurons > 0,
                weight.shape[1] > 0, weight.shape[1] % neurons == 0,
                weight.shape[1] == neurons || weight.shape.count == 2 && isImage
            else {
                throw Refusal(
                    "the weights of \(next.displayName), the next layer, are \(weight.shapeDescription) "
                        + "and do not read the layer's \(neurons) neurons")
            }
            // As of activations: the second axis, which counts what is read, becomes the columns.
            return OutgoingWeights(
                layer: next.name, weight: try await matrix(weight, as: .activations),
                positions: weight.shape.count == 2 ? weight.shape[1] / neurons : 1)
        }
    }

    /// All layers in the order of execution.
    func order(of snapshot: String?) throws -> LayerOrder {
        if let order = orders[snapshot] { return order }
        let order = LayerOrder(try run.layers(snapshot: snapshot))
        orders[snapshot] = order
        return order
    }

    /// The numbers of a stored vector.
    func vector(_ array: ArrayInfo) throws -> [Double] {
        if let vector = keptVectors[array] { return vector }
        let vector = try run.vector(array)
        let bytes = 8 * Double(vector.count)
        makeRoom(bytes)
        keptVectors[array] = vector
        keptBytes += bytes
        return vector
    }

    /// Keeps the first rows of an array for further comparisons.
    func keep(_ rows: (values: Matrix<Double>, rounding: StoredRounding), of array: ArrayInfo) {
        let bytes = 8 * Double(rows.values.rows) * Double(rows.values.columns)
        makeRoom(bytes)
        firstRows[array] = rows
        keptBytes += bytes
    }

    /// Forgets what is kept if it and `bytes` more are too much.
    private func makeRoom(_ bytes: Double) {
        guard keptBytes + bytes > memoryLimit / 4 else { return }
        (kept, keptVectors, firstRows, keptBytes) = ([:], [:], [:], 0)
    }

    /// The first rows of a matrix of activations; `nil` if there are none.
    func firstBlock(of array: ArrayInfo) async throws -> RealMatrix? {
        try await run.blocks(of: array, as: .activations).next()?.values
    }

    /// The whole of `array`, which must be small enough to be kept.
    func matrix(_ array: ArrayInfo, as presentation: Presentation) async throws -> RealMatrix {
        let key = Key(array: array, presentation: presentation)
        if let matrix = kept[key] { return matrix }
        let shape = try array.matrixShape(as: presentation)
        let bytes = 8 * Double(shape.rows) * Double(shape.columns)
        guard bytes <= memoryLimit / 4 else {
            throw Refusal(
                "\(array.path) is \(array.shapeDescription), too large to be held in memory",
                isFault: true)
        }
        makeRoom(bytes)
        let matrix = try await run.matrix(array, as: presentation)
        kept[key] = matrix
        keptBytes += bytes
        return matrix
    }
}

/// The value of `body`, or why there is none: what a run stores but cannot be read is a fault.
func refusing<T>(_ body: () throws -> T) -> Result<T, Refusal> {
    do { return .success(try body()) } catch { return .failure(Refusal(error)) }
}

/// The same of what takes time.
func refusing<T>(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> T
) async -> Result<T, Refusal> {
    do { return .success(try await body()) } catch { return .failure(Refusal(error)) }
}

extension Refusal {
    /// Why something is not known, for this error; what a run stores but cannot be read is a fault.
    init(_ error: any Error) {
        self = error as? Refusal ?? Refusal("\(error)", isFault: true)
    }
}
