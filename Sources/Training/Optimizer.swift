import LinearAlgebra
import Networks

/// An optimizer at work on the parameters of one network.
struct Optimizer<Scalar: TrainingScalar>: Sendable {
    let configuration: OptimizerConfiguration
    /// Updates made.
    private(set) var step = 0
    /// What is remembered for each parameter: rows of the parameters' layout.
    private(set) var moments: [Matrix<Scalar>]
    private(set) var births: UnitBirths
    /// Parameters of units that were born before this step do not learn, but for the outputs' biases.
    private(set) var frozenBefore = 0
    private var chunks: [Chunk] = []
    /// For each layer whether no weight and no bias of it learns.
    private(set) var isFrozen: [Bool] = []

    /// Parameters that are updated together by one core.
    private struct Chunk: Sendable {
        /// Those that were born at the same step.
        struct Run: Sendable {
            var range: Range<Int>
            var birth: Int
        }

        var runs: [Run]
        var group: OptimizerConfiguration.Group
    }

    init(
        _ configuration: OptimizerConfiguration, layout: ParameterLayout, units: [UnitIdentities]
    ) {
        self.configuration = configuration
        births = UnitBirths(units: units)
        moments = (0..<configuration.momentCount).map { _ in
            Matrix(rows: 1, columns: layout.count)
        }
        divide(layout)
    }

    /// Goes on from `moments`, `step` and `births`.
    init(
        _ configuration: OptimizerConfiguration, layout: ParameterLayout, units: [UnitIdentities],
        step: Int, moments: [[Scalar]], births: [UnitBirth], restart: Int, frozenBefore: Int
    ) throws(TrainingError) {
        self.init(configuration, layout: layout, units: units)
        for birth in births {
            guard units.indices.contains(birth.layer), units[birth.layer].ids.contains(birth.id),
                (0...step).contains(birth.step)
            else { throw .state("it has the birth of a unit that is not there") }
        }
        guard (0...step).contains(restart), (0...step).contains(frozenBefore) else {
            throw .state("its optimizer began anew after the last step")
        }
        self.births = UnitBirths(births, restart: restart, units: units)
        self.frozenBefore = frozenBefore
        divide(layout)
        guard moments.count == self.moments.count,
            moments.allSatisfy({ $0.count == layout.count })
        else { throw .state("the optimizer's moments have other sizes") }
        self.step = step
        self.moments = moments.map { Matrix(rows: 1, columns: layout.count, elements: $0) }
    }

    private mutating func divide(_ layout: ParameterLayout) {
        // Four arrays of 16,384 floats fit into a core's second-level cache.
        let size = 16_384
        let names = RunRecorder.layerNames(of: layout)
        chunks = []
        isFrozen = Array(repeating: true, count: layout.layerCount)
        for entry in layout.entries {
            let group = configuration.group(layer: names[entry.layer], slot: entry.slot)
            if group.isFrozen ?? false { continue }
            if [.weight, .bias].contains(entry.slot.role) { isFrozen[entry.layer] = false }
            var chunk = Chunk(runs: [], group: group)
            var free = size
            let isOutputBias =
                entry.slot.role == .bias && entry.layer + 1 == layout.layerCount
            for (range, birth) in births.runs(of: entry)
            where birth >= frozenBefore || isOutputBias {
                var rest = range
                while !rest.isEmpty {
                    let part = rest.prefix(free)
                    chunk.runs.append(Chunk.Run(range: part, birth: birth))
                    rest = part.upperBound..<rest.upperBound
                    free -= part.count
                    if free == 0 {
                        chunks.append(chunk)
                        chunk.runs = []
                        free = size
                    }
                }
            }
            if !chunk.runs.isEmpty { chunks.append(chunk) }
        }
    }

    /// From now on only parameters of units that are born with this step learn, and the biases of the
    /// outputs.
    mutating func freezeUnits(layout: ParameterLayout) {
        frozenBefore = step
        divide(layout)
    }

    /// Forgets all moments: every parameter is as if it were born with this step.
    mutating func restart(layout: ParameterLayout, units: [UnitIdentities]) {
        births.restart(units, step: step)
        moments = moments.map { _ in Matrix(rows: 1, columns: layout.count) }
        divide(layout)
    }

    /// When units were born that are there and were not from the start.
    var unitBirths: [UnitBirth] { births.list }

    /// Follows an edit of the network, whose parameters now lie as in `layout`.
    mutating func follow(
        _ map: ParameterMap, layout: ParameterLayout, units: [UnitIdentities]
    ) {
        births.follow(units, step: step)
        moments = moments.map { map.moved($0) }
        divide(layout)
    }

    /// Moves `parameters` one step against `gradients`; both lie as in the layout.
    ///
    /// - Parameters:
    ///   - parameters: one row.
    ///   - gradients: as many scalars.
    ///   - factor: on the learning rate, of this step.
    ///   - shrinkages: proximal maps that follow the step.
    ///   - other: work that has nothing to do with these, done at the same time. It runs here
    ///     because a division of work within another gets fewer threads.
    mutating func update(
        _ parameters: inout Matrix<Scalar>, gradients: UnsafePointer<Scalar>,
        factor: Double = 1, shrinkages: [Shrinkage] = [], alongside other: () -> Void
    ) {
        step += 1
        let configuration = configuration
        let rate = configuration.learningRate * factor
        let step = step
        let chunks = chunks
        let births = births
        let frozenBefore = frozenBefore
        parameters.withMutableElements { all in
            guard let p = all.baseAddress else { return }
            withMoments { m, v in
                concurrently(chunks.count + 1) { index in
                    guard index > 0 else { return other() }
                    let group = chunks[index - 1].group
                    let rate = (group.rate.map { $0 * factor } ?? rate) * group.rateFactor
                    let isDecoupled = group.decayKind == .decoupled && group.weightDecay > 0
                    for run in chunks[index - 1].runs {
                        let start = run.range.lowerBound
                        let values = UnsafeMutableBufferPointer(
                            start: p + start, count: run.range.count)
                        if isDecoupled { scale(values, by: Scalar(1 - rate * group.weightDecay)) }
                        Scalar.update(
                            p + start, by: gradients + start, first: m.map { $0 + start },
                            second: v.map { $0 + start }, count: run.range.count,
                            UpdateStep(
                                group.rule ?? configuration.rule, rate: rate,
                                decay: isDecoupled ? 0 : group.weightDecay,
                                step: step - max(run.birth, births.restart)))
                        if group.lower != nil || group.upper != nil {
                            clamp(values, from: group.lower, to: group.upper)
                        }
                    }
                }
                for var shrinkage in shrinkages {
                    shrinkage.births = births.ofRowsAndColumns(shrinkage.entry).rows
                    shrinkage.restart = births.restart
                    shrinkage.frozenBefore = frozenBefore
                    let group = configuration.group(
                        layer: shrinkage.layer, slot: shrinkage.entry.slot)
                    shrinkage.apply(
                        to: p, second: v, rule: group.rule ?? configuration.rule,
                        rate: (group.rate.map { $0 * factor } ?? rate) * group.rateFactor,
                        step: step)
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

@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
private func scale<Scalar: ElementaryScalar>(
    _ values: UnsafeMutableBufferPointer<Scalar>, by factor: Scalar
) {
    for i in values.indices { values[i] *= factor }
}

private func clamp<Scalar: ElementaryScalar>(
    _ values: UnsafeMutableBufferPointer<Scalar>, from lower: Double?, to upper: Double?
) {
    for i in values.indices {
        if let lower, values[i] < Scalar(lower) { values[i] = Scalar(lower) }
        if let upper, values[i] > Scalar(upper) { values[i] = Scalar(upper) }
    }
}
