import LinearAlgebra

/// An optimizer at work on the parameters of one network.
struct Optimizer<Scalar: NetworkScalar>: Sendable {
    let configuration: OptimizerConfiguration
    /// Updates made.
    private(set) var step = 0
    /// What is remembered for each parameter: rows of the parameters' layout.
    private(set) var moments: [Matrix<Scalar>]
    private var chunks: [Chunk]

    /// Parameters that are updated together by one core.
    private struct Chunk: Sendable {
        var range: Range<Int>
        var group: OptimizerConfiguration.Group
    }

    init(_ configuration: OptimizerConfiguration, layout: ParameterLayout) {
        self.configuration = configuration
        moments = (0..<configuration.rule.momentCount).map { _ in
            Matrix(rows: 1, columns: layout.count)
        }
        chunks = Self.chunks(configuration, layout)
    }

    /// Goes on from `moments` and `step`.
    init(
        _ configuration: OptimizerConfiguration, layout: ParameterLayout, step: Int,
        moments: [[Scalar]]
    ) throws(TrainingError) {
        self.init(configuration, layout: layout)
        guard moments.count == self.moments.count,
            moments.allSatisfy({ $0.count == layout.count })
        else { throw .state("the optimizer's moments have other sizes") }
        self.step = step
        self.moments = moments.map { Matrix(rows: 1, columns: layout.count, elements: $0) }
    }

    private static func chunks(
        _ configuration: OptimizerConfiguration, _ layout: ParameterLayout
    ) -> [Chunk] {
        // Four arrays of 16,384 floats fit into a core's second-level cache.
        let size = 16_384
        return layout.entries.flatMap { entry in
            let group = configuration.groups[entry.slot.name] ?? configuration.standard
            return stride(from: 0, to: entry.slot.count, by: size).map { start in
                let end = min(start + size, entry.slot.count)
                return Chunk(range: entry.offset + start..<entry.offset + end, group: group)
            }
        }
    }

    /// Keeps the moments of the parameters at `positions`, which now lie as in `layout`.
    mutating func keep(_ positions: [Int], layout: ParameterLayout) {
        moments = moments.map { $0.selectingColumns(positions) }
        chunks = Self.chunks(configuration, layout)
    }

    /// Moves `parameters` one step against `gradients`; both lie as in the layout.
    ///
    /// - Parameters:
    ///   - parameters: one row.
    ///   - gradients: as many scalars.
    ///   - factor: on the learning rate, of this step.
    ///   - other: work that has nothing to do with these, done at the same time. It runs here
    ///     because a division of work within another gets fewer threads.
    mutating func update(
        _ parameters: inout Matrix<Scalar>, gradients: UnsafePointer<Scalar>,
        factor: Double = 1, alongside other: () -> Void
    ) {
        step += 1
        let rule = configuration.rule
        let rate = configuration.learningRate * factor
        let step = step
        let chunks = chunks
        parameters.withMutableElements { all in
            guard let p = all.baseAddress else { return }
            withMoments { m, v in
                concurrently(chunks.count + 1) { index in
                    guard index > 0 else { return other() }
                    let (range, group) = (chunks[index - 1].range, chunks[index - 1].group)
                    let start = range.lowerBound
                    Scalar.update(
                        p + start, by: gradients + start, first: m.map { $0 + start },
                        second: v.map { $0 + start }, count: range.count,
                        UpdateStep(
                            rule, rate: rate * group.rateFactor, decay: group.weightDecay,
                            step: step))
                }
            }
        }
    }

    private mutating func withMoments(
        _ body: (UnsafeMutablePointer<Scalar>?, UnsafeMutablePointer<Scalar>?) -> Void
    ) {
        switch moments.count {
        case 0: body(nil, nil)
        case 1: moments[0].withMutableElements { body($0.baseAddress, nil) }
        default:
            var second = moments.removeLast()
            moments[0].withMutableElements { m in
                second.withMutableElements { v in body(m.baseAddress, v.baseAddress) }
            }
            moments.append(second)
        }
    }
}
