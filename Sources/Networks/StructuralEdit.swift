package import LinearAlgebra

/// A new order of a layer's units: removing, adding and sorting are this one operation.
public struct StructuralEdit: Sendable, Hashable, Codable {
    /// Where a unit comes from.
    public enum Source: Sendable, Hashable, Codable {
        /// The unit that has this index.
        case old(Int)
        /// A unit that is born: its incoming weights are drawn as in a new network, from a stream of
        /// its own, its outgoing ones are 0, so that the function does not change.
        case new
    }

    /// Index of the layer; any but the last, whose units are the network's outputs.
    public var layer: Int
    /// The units that the layer has afterwards, at least one; no old one twice.
    public var units: [Source]

    /// An edit of a layer.
    public init(layer: Int, units: [Source]) {
        self.layer = layer
        self.units = units
    }

    /// Keeps the units with the given indices, in that order.
    public static func keeping(_ kept: [Int], ofLayer layer: Int) -> StructuralEdit {
        StructuralEdit(layer: layer, units: kept.map { .old($0) })
    }

    /// Adds units behind the `count` that there are.
    public static func appending(
        _ new: Int, to count: Int, ofLayer layer: Int
    ) -> StructuralEdit {
        StructuralEdit(
            layer: layer,
            units: (0..<count).map { .old($0) } + Array(repeating: .new, count: new))
    }

    /// The old index of each unit, or -1.
    package var indices: [Int] {
        units.map { if case .old(let index) = $0 { index } else { -1 } }
    }
}

/// Where every parameter lay before an edit; moves whatever is laid out as parameters are.
package struct ParameterMap: Sendable {
    /// Of one slot.
    struct Part: Sendable {
        var oldOffset: Int
        var oldColumns: Int
        var offset: Int
        /// Old indices, or -1 for what is new.
        var rows: [Int]
        /// The same; `nil` if all columns stay as they are.
        var columns: [Int]?
        var columnCount: Int
    }

    let parts: [Part]
    let count: Int

    /// `values`, one row of numbers laid out as the old parameters, in their new places; 0 for what
    /// is new.
    package func moved<Scalar>(_ values: Matrix<Scalar>) -> Matrix<Scalar> {
        var result = Matrix<Scalar>(rows: values.rows, columns: count)
        let rowCount = values.rows
        let oldCount = values.columns
        values.withElements { source in
            result.withMutableElements { target in
                guard let source = source.baseAddress, let target = target.baseAddress else {
                    return
                }
                for row in 0..<rowCount {
                    for part in parts {
                        part.move(source + row * oldCount, to: target + row * count)
                    }
                }
            }
        }
        return result
    }
}

extension ParameterMap.Part {
    fileprivate func move<Scalar>(
        _ source: UnsafePointer<Scalar>, to target: UnsafeMutablePointer<Scalar>
    ) {
        for (row, old) in rows.enumerated() where old >= 0 {
            let from = source + oldOffset + old * oldColumns
            let to = target + offset + row * columnCount
            guard let columns else {
                to.update(from: from, count: columnCount)
                continue
            }
            for (i, column) in columns.enumerated() where column >= 0 { to[i] = from[column] }
        }
    }
}

extension Network {
    /// Gives a layer its units in another order, without some or with new ones; the next layer's
    /// inputs follow.
    ///
    /// Elementwise layers behind it, or before it where it is one itself, are edited alike. Removing
    /// units whose post-activations are always 0 changes no output, nor does adding units.
    ///
    /// - Precondition: see ``StructuralEdit``'s properties.
    public mutating func apply(_ edit: StructuralEdit) { _ = applyReturningMap(edit) }

    /// Removes all units of a layer but `kept`.
    public mutating func keep(units kept: [Int], ofLayer layer: Int) {
        apply(.keeping(kept, ofLayer: layer))
    }

    /// The layers that have one unit for each of `layer`'s, with them.
    private func group(of layer: Int) -> ClosedRange<Int> {
        var group = layer...layer
        while group.lowerBound > 0 && layers[group.lowerBound].isElementwise {
            group = group.lowerBound - 1...group.upperBound
        }
        while group.upperBound + 1 < layers.count && layers[group.upperBound + 1].isElementwise {
            group = group.lowerBound...group.upperBound + 1
        }
        return group
    }

    /// Gives units that are born from now on no identity that `other`, a state of the same network, has
    /// given.
    package mutating func skipIdentities(of other: Network) {
        for (layer, entry) in other.units.enumerated() {
            units[layer].next = max(units[layer].next, entry.next)
        }
    }

    /// As ``apply(_:)``; returns where the parameters were.
    package mutating func applyReturningMap(_ edit: StructuralEdit) -> ParameterMap {
        precondition(layers.indices.contains(edit.layer), "there is no layer \(edit.layer)")
        let group = group(of: edit.layer)
        precondition(
            group.upperBound < layers.count - 1,
            "the units of layer \(edit.layer) are the network's outputs")
        let indices = edit.indices
        let old = layers[edit.layer].units
        let kept = indices.filter { $0 >= 0 }
        precondition(
            !indices.isEmpty && kept.allSatisfy { $0 < old } && Set(kept).count == kept.count,
            "the units of an edit are different indices below \(old), at least one")
        let before = layout
        for index in group {
            let inputs = index == group.lowerBound ? layers[index].input.units : indices.count
            layers[index] = layers[index].resized(inputs: inputs, units: indices.count)
            units[index].reorder(indices)
            layers[index] = layers[index].selecting(units[index].ids)
        }
        let next = group.upperBound + 1
        layers[next] = layers[next].resized(inputs: indices.count, units: layers[next].units)
        layout = ParameterLayout(layers)
        let map = ParameterMap(
            parts: zip(before.entries, layout.entries).map { was, now in
                Self.part(was, now, indices, oldUnits: old, group)
            }, count: layout.count)
        parameters = map.moved(parameters)
        if kept.count < indices.count { initializeNewUnits(indices, group) }
        return map
    }

    private static func part(
        _ was: ParameterLayout.Entry, _ now: ParameterLayout.Entry, _ indices: [Int],
        oldUnits: Int, _ group: ClosedRange<Int>
    ) -> ParameterMap.Part {
        let axis: ParameterSlot.Axis? =
            switch was.layer {
            case group: was.slot.unitAxis
            case group.upperBound + 1: was.slot.inputAxis
            default: nil
            }
        let length = axis == .columns ? was.slot.columns : was.slot.rows
        let block = length / oldUnits
        let moved = indices.flatMap { index in
            (0..<block).map { index < 0 ? -1 : index * block + $0 }
        }
        return ParameterMap.Part(
            oldOffset: was.offset, oldColumns: was.slot.columns, offset: now.offset,
            rows: axis == .rows ? moved : Array(0..<was.slot.rows),
            columns: axis == .columns ? moved : nil, columnCount: now.slot.columns)
    }

    /// Draws the parameters of new units, each unit's from the stream of its identity.
    private mutating func initializeNewUnits(_ indices: [Int], _ group: ClosedRange<Int>) {
        for layer in group {
            let single = layers[layer].resized(inputs: layers[layer].input.units, units: 1)
            for (unit, old) in indices.enumerated() where old < 0 {
                var generator = SeededGenerator(
                    seed: seed &+ units[layer].ids[unit] &* 0x9E37_79B9_7F4A_7C15,
                    stream: RandomStream.newUnits.rawValue &+ UInt64(layer) << 8)
                for (slot, description) in single.slots.enumerated()
                where description.unitAxis != nil {
                    let values = UnsafeMutableBufferPointer<Scalar>.allocate(
                        capacity: description.count)
                    defer { values.deallocate() }
                    values.initialize(repeating: 0)
                    if description.role == .gate {
                        single.gate.initialize(description.name, values, using: &generator)
                    } else {
                        single.initialize(
                            slot: slot, values, by: initialization, using: &generator)
                    }
                    put(values, ofUnit: unit, slot: description, layer: layer)
                }
            }
        }
    }

    private mutating func put(
        _ values: UnsafeMutableBufferPointer<Scalar>, ofUnit unit: Int, slot: ParameterSlot,
        layer: Int
    ) {
        guard let entry = layout.entry(layer: layer, name: slot.name) else { return }
        parameters.withMutableElements { all in
            for row in 0..<slot.rows {
                for column in 0..<slot.columns {
                    let target =
                        slot.unitAxis == .rows
                        ? (unit * slot.rows + row) * entry.slot.columns + column
                        : row * entry.slot.columns + unit * slot.columns + column
                    all[entry.offset + target] = values[row * slot.columns + column]
                }
            }
        }
    }
}

extension UnitIdentities {
    /// Follows an edit; -1 is a unit that is born.
    mutating func reorder(_ indices: [Int]) {
        let old = ids
        ids = indices.map { index in
            guard index < 0 else { return old[index] }
            defer { next += 1 }
            return next
        }
    }
}
