import Networks

/// When a unit was born that was not there from the start of a training.
///
/// The moments of its parameters begin at 0 then, so that the bias corrections of Adam and AdaMax count
/// the steps since: with all steps of the training the first updates of a newborn unit would be up to
/// 6.6 times too large.
public struct UnitBirth: Sendable, Hashable, Codable {
    /// Index of its layer.
    public var layer: Int
    /// Its identity in that layer.
    public var id: UInt64
    /// Updates made before it was born.
    public var step: Int
}

/// The births of a network's units by their present positions.
struct UnitBirths: Sendable {
    private(set) var list: [UnitBirth]
    /// The step at which the moments of all parameters were forgotten.
    private(set) var restart: Int
    /// For each layer the identity of the next unit when births were last looked for.
    private var next: [UInt64]
    /// For each layer the step at which each unit was born; empty where all were there from the start.
    private var steps: [[Int]] = []

    init(_ list: [UnitBirth] = [], restart: Int = 0, units: [UnitIdentities]) {
        self.list = list
        self.restart = restart
        next = units.map(\.next)
        locate(units)
    }

    /// Looks for units that were born and that are gone since the last edit.
    mutating func follow(_ units: [UnitIdentities], step: Int) {
        for (layer, entry) in units.enumerated() {
            let known = next[layer]
            list += entry.ids.filter { $0 >= known }
                .map { UnitBirth(layer: layer, id: $0, step: step) }
            next[layer] = entry.next
        }
        let present = units.map { Set($0.ids) }
        list.removeAll { !present[$0.layer].contains($0.id) }
        locate(units)
    }

    /// Goes on with other units, all of whose moments are 0.
    mutating func restart(_ units: [UnitIdentities], step: Int) {
        restart = step
        next = units.map(\.next)
        let present = units.map { Set($0.ids) }
        list.removeAll { !present[$0.layer].contains($0.id) }
        locate(units)
    }

    private mutating func locate(_ units: [UnitIdentities]) {
        var births: [UnitBirth.Key: Int] = [:]
        for birth in list { births[birth.key] = birth.step }
        steps = units.enumerated().map { layer, entry in
            guard list.contains(where: { $0.layer == layer }) else { return [] }
            return entry.ids.map { births[UnitBirth.Key(layer: layer, id: $0)] ?? 0 }
        }
    }

    /// The births of a slot's rows and columns: of its own units and of the units that it reads; empty
    /// where all were there from the start.
    func ofRowsAndColumns(_ entry: ParameterLayout.Entry) -> (rows: [Int], columns: [Int]) {
        let slot = entry.slot
        func along(_ axis: ParameterSlot.Axis) -> [Int] {
            let length = axis == .rows ? slot.rows : slot.columns
            let births =
                slot.unitAxis == axis
                ? steps[entry.layer]
                : slot.inputAxis == axis && entry.layer > 0 ? steps[entry.layer - 1] : []
            guard !births.isEmpty else { return [] }
            let block = length / births.count
            return births.flatMap { Array(repeating: $0, count: block) }
        }
        return (along(.rows), along(.columns))
    }

    /// The parameters of a slot in runs of equal birth, in order.
    func runs(of entry: ParameterLayout.Entry) -> [(range: Range<Int>, birth: Int)] {
        let (rows, columns) = ofRowsAndColumns(entry)
        guard !rows.isEmpty || !columns.isEmpty else { return [(entry.range, 0)] }
        var runs: [(range: Range<Int>, birth: Int)] = []
        for position in 0..<entry.slot.count {
            let (row, column) = position.quotientAndRemainder(dividingBy: entry.slot.columns)
            let birth = max(
                rows.isEmpty ? 0 : rows[row], columns.isEmpty ? 0 : columns[column])
            let place = entry.offset + position
            if let last = runs.last, last.birth == birth {
                runs[runs.count - 1].range = last.range.lowerBound..<place + 1
            } else {
                runs.append((place..<place + 1, birth))
            }
        }
        return runs
    }
}

extension UnitBirth {
    struct Key: Hashable {
        var layer: Int
        var id: UInt64
    }

    var key: Key { Key(layer: layer, id: id) }
}
