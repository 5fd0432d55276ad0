public import Analysis
public import MetricCore
import Text

/// Results as tables for people, one a metric, with what they mean in a line each beneath.
///
/// A table names the layer first, then what tells rows apart (site, run, snapshot, each only if it
/// varies), the amount of data and the headline quantities with their units.
public struct Table {
    /// Cells available; `nil` where nothing limits a line (a pipe, a file).
    ///
    /// A wider table goes on
    /// beneath with the first columns repeated.
    public var width: Int?
    /// Whether titles and heads are set off with escape sequences.
    public var isStyled: Bool

    /// Tables for a pipe, unless told otherwise.
    public init(width: Int? = nil, isStyled: Bool = false) {
        self.width = width
        self.isStyled = isStyled
    }

    /// Writes the tables of all metrics, in the order of their first result.
    public func write(_ results: [LayerResult], to output: TextOutput) {
        let labels = Labels(results)
        for (position, group) in byMetric(results).enumerated() {
            if position > 0 { output.write("\n") }
            write(group, labels: labels.narrowed(to: group), to: output)
        }
    }

    /// The tables of all metrics.
    public func text(of results: [LayerResult]) -> String {
        let output = TextOutput()
        write(results, to: output)
        return output.text
    }

    private func byMetric(_ results: [LayerResult]) -> [[LayerResult]] {
        var groups: [[LayerResult]] = []
        var positions: [String: Int] = [:]
        for result in results {
            if let position = positions[result.metric.id] {
                groups[position].append(result)
            } else {
                positions[result.metric.id] = groups.count
                groups.append([result])
            }
        }
        return groups
    }

    private func write(_ results: [LayerResult], labels: Labels, to output: TextOutput) {
        guard let metric = results.first?.metric else { return }
        output.write(line: metric.title, isBold: isStyled)
        let (names, numbers) = columns(of: results, labels: labels)
        var remaining = numbers[...]
        repeat {
            var block = names
            block += fitting(&remaining, beside: names)
            writeBlock(block, rows: results.count, to: output)
        } while !remaining.isEmpty
        for result in results {
            let text = result.status == .ok ? result.summary : result.reason ?? result.summary
            if !text.isEmpty { output.write(line: "\(labels.label(of: result)): \(text)") }
        }
    }

    /// A column: head and cells, already readable.
    private struct Column {
        var head: String
        var unit = ""
        var cells: [String]
        var isNumeric = true

        var width: Int {
            max(displayWidth(head), displayWidth(unit), cells.map { displayWidth($0) }.max() ?? 0)
        }
    }

    private func columns(
        of results: [LayerResult], labels: Labels
    ) -> (names: [Column], numbers: [Column]) {
        func name(_ head: String, _ text: (LayerResult) -> String) -> Column {
            var cells = results.map { visible(text($0)) }
            // Names take at most two fifths of a line together with their neighbours.
            if let width { cells = cells.map { shortened($0, to: max(12, width / 3)) } }
            return Column(head: head, cells: cells, isNumeric: false)
        }
        var names = [name("layer") { $0.layer }]
        if results.contains(where: { $0.site != nil }) {
            names.append(name("site") { $0.site?.rawValue ?? "-" })
        }
        if labels.showsRun { names.append(name("run") { labels.run(of: $0) }) }
        if labels.showsSnapshot { names.append(name("snapshot") { $0.snapshot ?? "-" }) }

        var numbers = [
            Column(head: "samples", cells: results.map { grouped($0.samples) }),
            Column(head: "neurons", cells: results.map { grouped($0.neurons) }),
        ]
        var known: Set<String> = []
        for quantity in results.flatMap(\.quantities)
        where quantity.isHeadline && known.insert(quantity.name).inserted {
            let cells = results.map { result in
                let own = result.quantities.first { $0.name == quantity.name }
                return own?.text.map { visible($0) } ?? readable(own?.value, in: quantity.unit)
            }
            numbers.append(
                Column(
                    head: visible(quantity.title), unit: quantity.unit.shown, cells: cells,
                    isNumeric: quantity.text == nil))
        }
        if results.contains(where: { $0.nonFinite > 0 }) {
            numbers.append(Column(head: "NaN or inf", cells: results.map { grouped($0.nonFinite) }))
        }
        if results.contains(where: { $0.status != .ok }) {
            numbers.append(
                Column(head: "status", cells: results.map(\.status.rawValue), isNumeric: false))
        }
        return (names, numbers)
    }

    /// Takes from `columns` as many as a line holds beside `names`, at least one.
    private func fitting(_ columns: inout ArraySlice<Column>, beside names: [Column]) -> [Column] {
        guard let width else {
            defer { columns = [] }
            return Array(columns)
        }
        var used = names.reduce(0) { $0 + $1.width + 2 } - 2
        var taken: [Column] = []
        while let next = columns.first, taken.isEmpty || used + 2 + next.width <= width {
            used += 2 + next.width
            taken.append(next)
            columns = columns.dropFirst()
        }
        return taken
    }

    private func writeBlock(_ columns: [Column], rows: Int, to output: TextOutput) {
        var table = TextTable(
            columns.map { ($0.head, $0.unit, $0.isNumeric) }, isStyled: isStyled)
        for row in 0..<rows { table.append(columns.map { $0.cells[row] }) }
        table.write(to: output)
    }
}

extension Quantity.Unit {
    /// For people; nothing where the title says it all.
    public var label: String {
        switch self {
        case .none, .count: ""
        case .activationSquared: "activation²"
        case .fraction, .activation, .dimensions, .nats: rawValue
        }
    }

    /// For the second line of a head.
    var shown: String { label.isEmpty ? "" : "(\(label))" }
}
