public import Report
import Text

extension TrainingHistory {
    /// Writes a row an epoch with what people look at: losses, accuracies and sizes.
    public func writeTable(to output: TextOutput, isStyled: Bool = false) {
        let shown = quantities.filter { quantity in
            quantity.name == "size" || quantity.name.hasPrefix("size_")
                || ["_loss", "_accuracy"].contains { quantity.name.hasSuffix($0) }
        }
        var table = TextTable(
            [("epoch", "", true)] + shown.map { ($0.name, "", true) }, isStyled: isStyled)
        for epoch in 0..<epochs {
            table.append(
                ["\(epoch + 1)"]
                    + shown.map { readable($0.values.dropFirst(epoch).first) })
        }
        table.write(to: output)
    }

    /// Writes a row an epoch with every quantity.
    public func writeCSV(to output: TextOutput) {
        let names = ["epoch"] + quantities.map { CSV.field($0.name) }
        output.write(names.joined(separator: ",") + "\n")
        for epoch in 0..<epochs {
            let values = quantities.map { quantity in
                plain(quantity.values.dropFirst(epoch).first.flatMap { $0.isFinite ? $0 : nil })
            }
            output.write((["\(epoch + 1)"] + values).joined(separator: ",") + "\n")
        }
    }

    /// Every quantity, as a `lamina.history/1` document; what is not finite is null.
    ///
    /// - Parameter run: the file, as the user named it.
    /// - Returns: the document.
    public func json(run: String) -> JSONNode {
        .object([
            .init("schema", .text("lamina.history/1")), .init("run", .text(run)),
            .init("epochs", .integer(epochs)),
            .init(
                "quantities",
                .object(
                    quantities.map { quantity in
                        .init(
                            quantity.name,
                            .list(quantity.values.map { number($0.isFinite ? $0 : nil) }))
                    })),
        ])
    }
}
