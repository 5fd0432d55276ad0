public import Report

/// The one rule for the width of a network, by which runs are grouped.
public enum NetworkWidth {
    /// The attribute or training parameter `width`; else what a network that resized itself ended with,
    /// the first entry of `final_sizes`; else `hidden`, or its first entry; else the number of neurons of
    /// the first layer.
    ///
    /// - Parameters:
    ///   - attributes: of the run's root, an object; settings of the training are JSON in its member
    ///     `parameters`.
    ///   - firstLayer: neurons of the first layer of the run, whatever of it was analyzed.
    /// - Returns: `nil` where nothing says it.
    public static func of(_ attributes: JSONNode, firstLayer: Int?) -> Int? {
        let parameters = attributes["parameters"]?.text.flatMap {
            try? JSONNode(parsing: Array($0.utf8))
        }
        func stored(_ name: String) -> JSONNode? {
            let value = attributes[name] ?? parameters?[name]
            return value == .null ? nil : value
        }
        let hidden = stored("hidden")
        return stored("width")?.integer ?? stored("final_sizes")?.elements.first?.integer
            ?? hidden?.integer ?? hidden?.elements.first?.integer
            ?? firstLayer
    }
}
