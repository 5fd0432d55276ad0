import Datasets
import Text
import Training

/// What the choice among several penalties was made from, as a table.
func lines(about choice: PenaltyChoice) -> [String] {
    let rows = choice.entries.enumerated().map { index, entry in
        let quality = entry.quality
        let good =
            quality.accuracy.map { "accuracy \(percent($0))" }
            ?? quality.outputs.map { "RMSE \(significant($0.rootMeanSquareError))" }
            .joined(separator: ", ")
        let loss = entry.losses.reduce(0, +) / Double(max(1, entry.losses.count))
        return [
            name(ofShare: entry.share),
            entry.sizes.map { "\($0)" }.joined(separator: "-"),
            "validation loss \(significant(loss))", good, index == choice.chosen ? "kept" : "",
        ]
    }
    let widths = (0..<5).map { column in rows.map { displayWidth($0[column]) }.max() ?? 0 }
    return rows.map { row in
        var line = zip(row, widths).map {
            $0 + String(repeating: " ", count: $1 - displayWidth($0))
        }
        .joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        return line
    }
}

/// What a training of the path is called.
func name(ofShare share: Double?) -> String {
    share.map { "penalty share \(significant($0))" } ?? "no penalty"
}

/// Which inputs of a table a network uses, by column.
///
/// - Parameters:
///   - model: a recorded network.
///   - most: columns that are named; more are counted.
/// - Returns: a line or two for people; none where inputs have no filters.
func usedInputs(of model: RecordedModel, most: Int = 30) -> [String] {
    guard model.inputFilter != nil else { return [] }
    let used = Set(model.usedInputs)
    guard used.count < model.network.inputs else {
        return ["all inputs are used"]
    }
    guard !used.isEmpty else { return ["no input is used: all predictions are alike"] }
    guard case .columns(let inputs) = model.data.inputs else {
        return ["\(used.count) of \(model.network.inputs) inputs are used"]
    }
    var counts: [Int: (used: Int, all: Int)] = [:]
    for (index, input) in inputs.enumerated() {
        counts[input.column, default: (0, 0)].all += 1
        if used.contains(index) { counts[input.column, default: (0, 0)].used += 1 }
    }
    let names = model.data.encoding?.columns.map(\.name)
    func name(_ column: Int) -> String {
        let name = names.flatMap { $0.indices.contains(column) ? $0[column] : nil }
        return shortened(name ?? "\(column + 1)", to: 40)
    }
    func list(_ texts: [String]) -> String {
        let rest = texts.count - most
        return texts.prefix(most).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }
    let columns = counts.sorted { $0.key < $1.key }
    let kept = columns.filter { $0.value.used > 0 }.map { column, count in
        count.used == count.all ? name(column) : "\(name(column)) (\(count.used) of \(count.all))"
    }
    let dropped = columns.filter { $0.value.used == 0 }.map { name($0.key) }
    return ["\(used.count) of \(model.network.inputs) inputs are used: \(list(kept))"]
        + (dropped.isEmpty ? [] : ["not used: \(list(dropped))"])
}
