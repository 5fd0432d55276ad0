import LinearAlgebra
import MetricCore
import RunFormat

extension RunNetwork {
    /// The layers from that of a matrix of activations to the output, checked on the first samples.
    func followingLayers(at place: Place) async -> Result<FollowingLayers, Refusal> {
        await refusing { () async throws in
            let entry = try place.requireEntry()
            guard let site = place.site, site != .weight else {
                throw Refusal("what follows is known of activations, not of weights")
            }
            guard place.array.shape.count == 2 else {
                throw Refusal("what follows is known for dense layers only")
            }
            let layers = try self.layers(snapshot: place.snapshot)
            let position = layers.position(of: entry) ?? layers.count - 1
            var width = place.array.shape[1]
            var following: [FollowingLayers.Dense] = []
            for next in layers[(position + 1)...] {
                let layer = try await dense(next, reading: width)
                width = layer.weight.columns
                following.append(layer)
            }
            let network = FollowingLayers(
                // Of values behind the nonlinearity it does not matter.
                activation: site == .pre ? try nonlinearity(of: entry) : .identity,
                gate: site == .pre ? try gate(of: entry) : nil, layers: following)
            try await check(network, from: place, at: site, against: layers[(position + 1)...])
            return network
        }
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
        let bias = try vector(entry.bias)
        try checkBiases(bias, of: entry, neurons: matrix.columns)
        return FollowingLayers.Dense(
            name: entry.name, weight: matrix,
            bias: bias ?? Array(repeating: 0, count: matrix.columns), activation: activation,
            gate: try gate(of: entry))
    }

    /// Samples whose recorded values are compared with computed ones.
    private static let checkedSamples = 64

    /// Refuses a network whose recorded layers do not follow from one another: with connections that skip
    /// layers, with normalization or layers that were not recorded.
    private func check(
        _ network: FollowingLayers, from place: Place, at site: Site,
        against entries: ArraySlice<LayerEntry>
    ) async throws {
        guard let first = try await firstRows(of: place.array) else { return }
        let tail = NetworkTail<Double>(network)
        var values = tail.read(first, at: site)
        for (index, entry) in entries.enumerated() {
            values = tail.preActivations(of: index, reading: values)
            try await compare(values, with: entry.pre, of: entry, samples: place.array.shape[0])
            tail.finish(&values, of: index)
            try await compare(values, with: entry.post, of: entry, samples: place.array.shape[0])
        }
    }

    private func compare(
        _ values: Matrix<Double>, with array: ArrayInfo?, of entry: LayerEntry, samples: Int
    ) async throws {
        guard let array, array.refusal == nil, array.shape == [samples, values.columns],
            let recorded = try await firstRows(of: array)
        else { return }
        var (difference, size) = (0.0, 0.0)
        for row in 0..<min(values.rows, recorded.rows) {
            for column in 0..<values.columns {
                let (x, y) = (values[row, column], recorded[row, column])
                guard x.isFinite, y.isFinite else { continue }
                difference += (x - y) * (x - y)
                size += y * y
            }
        }
        // 8-bit floats round by up to 6 %, all others by less than 1 %.
        guard difference.squareRoot() <= 0.1 * size.squareRoot() else {
            throw Refusal(
                "\(array.path) does not follow from the recorded layers before it and their weights: "
                    + "the network skips layers, or layers were not recorded")
        }
    }

    private func firstRows(of array: ArrayInfo) async throws -> Matrix<Double>? {
        guard let block = try await firstBlock(of: array) else { return nil }
        return Matrix(converting: block.rows(0..<min(block.rows, Self.checkedSamples)))
    }
}
