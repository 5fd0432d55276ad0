import LinearAlgebra
import MetricCore
import RunFormat

extension RunNetwork {
    /// Whether what is recorded of a layer follows from what is recorded before it.
    enum Link: Sendable {
        case follows
        /// Nothing is recorded that could be compared.
        case unrecorded
        /// It does not.
        case refuted(Refusal)
        /// It cannot be computed.
        case unknown(Refusal)

        /// Whether recorded values were compared and follow.
        var isConfirmed: Bool {
            guard case .follows = self else { return false }
            return true
        }
    }

    /// The layers from that of a matrix of activations to the output.
    ///
    /// Nothing is taken on trust: the recorded outputs must be those that the recorded layers give, within
    /// the rounding of what is stored, on the first samples.
    func followingLayers(at place: Place) async -> Result<FollowingLayers, Refusal> {
        await refusing { () async throws in
            let entry = try place.requireEntry()
            guard let site = place.site, site != .weight else {
                throw Refusal("what follows is known of activations, not of weights")
            }
            guard place.array.shape.count == 2 else {
                throw Refusal("what follows is known for dense layers only")
            }
            let order = try order(of: place.snapshot)
            guard let position = order.position(of: entry) else {
                throw Refusal("the layer has another name in its run")
            }
            let last = order.entries.count - 1
            let entries = order.entries[(position + 1)...]
            // Before any is read: a file may claim more than there is memory for.
            let bytes = entries.reduce(0.0) { sum, next in
                sum + 8 * (next.weight?.shape ?? []).reduce(1.0) { $0 * Double($1) }
            }
            guard bytes <= memoryLimit / 4 else {
                throw Refusal("the following layers are too large to be held in memory")
            }
            var width = place.array.shape[1]
            var following: [FollowingLayers.Dense] = []
            for next in entries {
                let layer = try await dense(next, reading: width)
                width = layer.weight.columns
                following.append(layer)
            }
            try await requireChain(
                order.isStored ? position + 1 : 1, through: last, of: place.snapshot)
            let own = FollowingLayers(
                activation: site == .pre ? try nonlinearity(of: entry) : .identity,
                gate: site == .pre ? try gate(of: entry) : nil, layers: following)
            guard site == .pre else { return own }
            if entry.post != nil {
                try await requireOwn(position, of: place.snapshot)
            } else if position == last, entry.activation == nil {
                throw Refusal("\(entry.displayName) stores neither its activation nor post")
            }
            return own
        }
    }

    /// Refuses layers that do not follow from one another; the last of them must have been recorded.
    private func requireChain(_ first: Int, through last: Int, of snapshot: String?) async throws {
        guard first <= last else { return }
        for position in first...last {
            switch await link(position, of: snapshot) {
            case .follows: break
            case .refuted(let refusal), .unknown(let refusal): throw refusal
            case .unrecorded:
                guard position == last else { continue }
                throw Refusal(
                    "\(try order(of: snapshot).entries[last].displayName), the last layer, records no "
                        + "values that its weights could be checked against")
            }
        }
        let entry = try order(of: snapshot).entries[last]
        if entry.activation == nil, entry.post == nil {
            throw Refusal("\(entry.displayName) stores neither its activation nor post")
        }
    }

    /// Whether the values of the layer at `position` follow from those before it.
    ///
    /// Each is compared once, however many layers come before it.
    func link(_ position: Int, of snapshot: String?) async -> Link {
        let key = LinkKey(snapshot: snapshot, position: position)
        if let link = links[key] { return link }
        let link: Link
        do { link = try await compare(position, of: snapshot) } catch let error as Contradiction {
            link = .refuted(Refusal(error.description))
        } catch {
            link = .unknown(Refusal(error))
        }
        links[key] = link
        return link
    }

    private func compare(_ position: Int, of snapshot: String?) async throws -> Link {
        let entries = try order(of: snapshot).entries
        let entry = entries[position]
        guard entry.pre != nil || entry.post != nil else { return .unrecorded }
        // From the last layer before it of which something is recorded.
        guard
            let start = (0..<position).last(where: {
                entries[$0].pre != nil || entries[$0].post != nil
            })
        else { return .unrecorded }
        var values = try await output(of: entries[start])
        for between in entries[(start + 1)..<position] {
            values = try await computed(between, reading: values).post
        }
        let (pre, post) = try await computed(entry, reading: values)
        if let recorded = entry.pre { try await require(recorded, equals: pre) }
        guard entry.post != nil else { return .follows }
        if entry.pre != nil {
            try await requireOwn(position, of: snapshot)
        } else if let recorded = entry.post {
            try await require(recorded, equals: post)
        }
        return .follows
    }

    /// Refuses a layer whose values behind the nonlinearity do not follow from those before it.
    private func requireOwn(_ position: Int, of snapshot: String?) async throws {
        let entry = try order(of: snapshot).entries[position]
        guard let pre = entry.pre, let post = entry.post else { return }
        let values = try await recorded(pre)
        do {
            try await require(
                post, equals: try behind(entry, values, in: try await arithmetic(of: entry)))
        } catch let error as Contradiction {
            // It says nothing against the layer before.
            throw Refusal(error.description)
        }
    }

    /// What the next layer reads of the recorded values of a layer.
    private func output(of entry: LayerEntry) async throws -> ApproximateValues {
        if let post = entry.post { return try await recorded(post) }
        guard let pre = entry.pre else { throw Refusal("\(entry.displayName) records no values") }
        let values = try await recorded(pre)
        return try behind(entry, values, in: try await arithmetic(of: entry))
    }

    private func computed(
        _ entry: LayerEntry, reading values: ApproximateValues
    ) async throws -> (pre: ApproximateValues, post: ApproximateValues) {
        let layer = try await dense(entry, reading: values.values.columns)
        let arithmetic = try await arithmetic(of: entry)
        let pre = values.times(
            Matrix(converting: layer.weight),
            stored: entry.weight?.rounding ?? StoredRounding(relative: 0),
            adding: entry.bias.map { (layer.bias, $0.rounding) }, in: arithmetic)
        return (pre, try behind(entry, pre, in: arithmetic))
    }

    /// How the layer was computed, as far as its recorded values tell.
    private func arithmetic(of entry: LayerEntry) async throws -> StoredRounding {
        guard let array = entry.pre ?? entry.post else { return ApproximateValues.arithmetic }
        return ApproximateValues.arithmetic(
            roundingTo: try await firstValues(of: array).rounding)
    }

    private func behind(
        _ entry: LayerEntry, _ pre: ApproximateValues, in arithmetic: StoredRounding
    ) throws -> ApproximateValues {
        let gate = try gate(of: entry)
        guard gate?.count ?? pre.values.columns == pre.values.columns else {
            throw Refusal("\(entry.displayName) has \(gate?.count ?? 0) gates", isFault: true)
        }
        return pre.behind(
            try nonlinearity(of: entry),
            gate: gate.flatMap { gate in entry.filter.map { (gate, $0.rounding) } }, in: arithmetic)
    }

    private func require(_ array: ArrayInfo, equals computed: ApproximateValues) async throws {
        let (recorded, rounding) = try await firstValues(of: array)
        guard recorded.columns == computed.values.columns else {
            throw Refusal(
                "\(array.path) has \(recorded.columns) neurons, not \(computed.values.columns)")
        }
        let reproduction = computed.reproduces(recorded, stored: rounding)
        guard !reproduction.isGood else { return }
        throw Contradiction(
            "the first samples of \(array.path) \(reproduction.description); is an activation, a "
                + "bias, a connection, a layer or an index not stored?")
    }

    private func nonlinearity(of entry: LayerEntry) throws(Refusal) -> Nonlinearity {
        guard let activation = Nonlinearity(storedAs: entry.activation) else {
            throw Refusal(
                "the activation \(entry.activation ?? "") of \(entry.displayName) is not known")
        }
        return activation
    }

    private func dense(
        _ entry: LayerEntry, reading width: Int
    ) async throws -> FollowingLayers.Dense {
        guard let weight = entry.weight, weight.shape.count == 2, weight.shape[1] == width else {
            throw Refusal("\(entry.displayName) stores no weights for \(width) inputs")
        }
        let activation = try nonlinearity(of: entry)
        let matrix = try await self.matrix(weight, as: .weights)
        let bias = try entry.bias.map { try vector($0) }
        try checkBiases(bias, of: entry, neurons: matrix.columns)
        let gate = try gate(of: entry)
        guard gate?.count ?? matrix.columns == matrix.columns else {
            throw Refusal(
                "\(entry.displayName) has \(gate?.count ?? 0) gates for \(matrix.columns) neurons",
                isFault: true)
        }
        return FollowingLayers.Dense(
            name: entry.name, weight: matrix,
            bias: bias ?? Array(repeating: 0, count: matrix.columns), activation: activation,
            gate: gate)
    }

    /// Samples whose recorded values are compared with computed ones.
    private static let checkedSamples = 64

    private func recorded(_ array: ArrayInfo) async throws -> ApproximateValues {
        let (values, rounding) = try await firstValues(of: array)
        return ApproximateValues(values, stored: rounding)
    }

    /// The values of the first samples, and how coarse they are.
    private func firstValues(
        of array: ArrayInfo
    ) async throws -> (values: Matrix<Double>, rounding: StoredRounding) {
        if let known = firstRows[array] { return known }
        if let refusal = array.refusal { throw refusal }
        guard array.shape.count == 2 else {
            throw Refusal("\(array.path) is \(array.shapeDescription), not that of a dense layer")
        }
        guard let block = try await firstBlock(of: array) else {
            throw Refusal("\(array.path) holds no samples")
        }
        let first = Matrix<Double>(converting: block.rows(0..<min(block.rows, Self.checkedSamples)))
        let found = (first, ApproximateValues.rounding(of: first, stored: array.rounding))
        keep(found, of: array)
        return found
    }
}

/// Recorded values are not those that the recorded layers give.
private struct Contradiction: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
