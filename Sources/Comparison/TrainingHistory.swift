public import MetricCore
public import RunFormat

/// What a training recorded each epoch.
public struct TrainingHistory: Sendable, Equatable {
    /// The quantities, in the order of their names; each begins with the first epoch.
    public let quantities: [(name: String, values: [Double])]

    /// The history of a run; empty where none was recorded.
    ///
    /// - Throws: `RunError` if an entry is no vector of numbers.
    public init(of run: RunFile) throws(RunError) { quantities = try run.history() }

    init(quantities: [(name: String, values: [Double])]) { self.quantities = quantities }

    /// How many epochs there are.
    public var epochs: Int { quantities.map(\.values.count).max() ?? 0 }

    /// Learning curves: the loss, the accuracy, and of networks that resize themselves the neurons, by
    /// epoch; those that were recorded.
    public var figures: [Figure] {
        [
            figure("Loss", "loss", suffix: "_loss"),
            figure("Accuracy", "share of samples", suffix: "_accuracy"),
            sizes,
        ].compactMap { $0 }
    }

    private func figure(_ title: String, _ label: String, suffix: String) -> Figure? {
        let parts = ["train", "validation", "test"].compactMap { part in
            quantities.first { $0.name == part + suffix }.map { (part, $0.values) }
        }
        return figure(title, label, parts)
    }

    /// The neurons of all hidden layers together and, where there are several, of each.
    private var sizes: Figure? {
        let prefix = "size_"
        let layers = quantities.filter { $0.name.hasPrefix(prefix) }
            .map { (String($0.name.dropFirst(prefix.count)), $0.values) }
        let all = quantities.first { $0.name == "size" }.map { ("all layers", $0.values) }
        let shown = layers.count == 1 ? layers : [all].compactMap { $0 } + layers
        // A width that never changes is no curve.
        guard shown.contains(where: { Set($0.1).count > 1 }) else { return nil }
        return figure("Neurons", "neurons", shown)
    }

    private func figure(
        _ title: String, _ label: String, _ parts: [(name: String, values: [Double])]
    ) -> Figure? {
        let series = parts.compactMap { part -> Figure.Series? in
            // More points than that are no finer curve, and a file may claim millions.
            let step = max(1, part.values.count / 2_000)
            let points = part.values.enumerated()
                .filter { $0.offset % step == 0 && $0.element.isFinite }
            guard !points.isEmpty else { return nil }
            return Figure.Series(
                name: part.name, mark: points.count == 1 ? .points : .line,
                x: points.map { Double($0.offset + 1) }, y: points.map(\.element))
        }
        guard !series.isEmpty else { return nil }
        return Figure(title: title, x: .init("epoch"), y: .init(label), series: series)
    }

    /// Whether the names and the values are the same.
    public static func == (a: TrainingHistory, b: TrainingHistory) -> Bool {
        a.quantities.elementsEqual(b.quantities) { $0 == $1 }
    }
}
