package import LinearAlgebra

/// Where each parameter of a network lies in the one vector that holds them all.
///
/// The optimizer's moments use the same layout, so that whatever moves parameters moves their
/// moments as well.
package struct ParameterLayout: Sendable, Hashable {
    /// A slot and where its values begin.
    package struct Entry: Sendable, Hashable {
        package var layer: Int
        package var slot: ParameterSlot
        package var offset: Int

        /// The positions of the slot's values.
        package var range: Range<Int> { offset..<offset + slot.count }
    }

    package private(set) var entries: [Entry] = []
    /// Number of parameters.
    package private(set) var count = 0
    /// Of the network's layers.
    package let layerCount: Int
    /// Whether the first layer is a filter on the inputs.
    package let selectsInputs: Bool

    package init<Scalar: ElementaryScalar>(_ layers: [any Layer<Scalar>]) {
        layerCount = layers.count
        selectsInputs = layers.first?.selectsInputs ?? false
        for (index, layer) in layers.enumerated() {
            for slot in layer.slots {
                entries.append(Entry(layer: index, slot: slot, offset: count))
                count += slot.count
            }
        }
    }

    /// The offsets of a layer's slots, in the layer's order.
    func offsets(ofLayer layer: Int) -> [Int] {
        entries.filter { $0.layer == layer }.map { $0.offset }
    }

    package func entry(layer: Int, name: String) -> Entry? {
        entries.first { $0.layer == layer && $0.slot.name == name }
    }
}
