import GRDB

/// The views of a result store, the comments of which stay in the file.
///
/// The view `layers` has columns for what was collected, so that it is made anew with every update.
enum Views {
    /// A quantity of a metric.
    struct Column: Hashable {
        var metric: String
        var quantity: String
    }

    /// Makes the store's views what they should be; writes nothing where they are.
    static func update(in database: Database) throws {
        let columns = try Row.fetchAll(
            database,
            sql: """
                SELECT DISTINCT metric, quantity FROM results JOIN numbers ON resultID = results.id
                WHERE element IS NULL ORDER BY metric, quantity
                """
        ).compactMap { row -> Column? in
            guard let metric = String.fromDatabaseValue(row["metric"]),
                let quantity = String.fromDatabaseValue(row["quantity"])
            else { return nil }
            return Column(metric: metric, quantity: quantity)
        }
        for (name, sql) in all(columns) {
            let stored = try String.fetchOne(
                database, sql: "SELECT sql FROM sqlite_master WHERE type = 'view' AND name = ?",
                arguments: [name])
            if stored == sql { continue }
            try database.execute(sql: "DROP VIEW IF EXISTS \(name)")
            try database.execute(sql: sql)
        }
    }

    /// Names and definitions, in an order in which each may use those before it.
    static func all(_ columns: [Column]) -> [(name: String, sql: String)] {
        [
            ("quantities", quantities), ("layers", layers(columns)), ("byWidth", byWidth),
            ("deadNeurons", deadNeurons), ("failures", failures), ("latest", latest),
        ]
    }

    private static let quantities = """
        CREATE VIEW quantities AS
          -- One row a quantity, with everything that is known about it.
          SELECT run, dataset, model, framework, width, seed, epoch, trainAccuracy, testAccuracy,
            trainLoss, testLoss, layer, layerIndex, site, snapshot, metric, metricVersion,
            configuration, quantity, element, unit, value,
            coalesce(results.status, runs.status) AS status,
            coalesce(results.reason, CASE WHEN results.id IS NULL THEN runs.reason END) AS reason,
            samples, neurons, nonFinite, runs.id AS runID
          FROM runs LEFT JOIN results ON results.runID = runs.id
            LEFT JOIN numbers ON numbers.resultID = results.id
        """

    /// Columns with short names, whatever was collected.
    private static let short: [(name: String, column: Column)] = [
        ("deadNeurons", Column(metric: "dead", quantity: "count")),
        ("deadFraction", Column(metric: "dead", quantity: "fraction")),
        ("totalVariance", Column(metric: "variance", quantity: "totalVariance")),
        ("shapiroW", Column(metric: "shapiro-wilk", quantity: "w")),
        ("exponentialShare", Column(metric: "exp-normal", quantity: "weight")),
        ("gammaShare", Column(metric: "gamma-gamma", quantity: "weight")),
        ("participationRatio", Column(metric: "pca", quantity: "participationRatio")),
        ("effectiveRank", Column(metric: "pca", quantity: "effectiveRank")),
        ("componentsFor95", Column(metric: "pca", quantity: "componentsFor.0.95")),
    ]

    /// SQLite's limit of columns is 2,000.
    private static let mostColumns = 1_000

    private static func layers(_ collected: [Column]) -> String {
        // A name with a zero byte would end the statement.
        let named = collected.filter { column in
            let name = column.metric + "." + column.quantity
            return name.utf8.count <= 200 && name.utf8.allSatisfy { $0 >= 0x20 }
        }.prefix(mostColumns).map { (name: "\($0.metric).\($0.quantity)", column: $0) }
        let columns = (short + named).map { name, column in
            "    max(CASE WHEN metric = \(quoted(column.metric, "'")) AND quantity = "
                + "\(quoted(column.quantity, "'")) THEN value END) AS \(quoted(name, "\""))"
        }
        return """
            CREATE VIEW layers AS
              -- One row a layer and site, what was computed there side by side: each scalar of every
              -- metric that was collected under the name metric.quantity, the most wanted under a
              -- short name as well. Unless told otherwise pca looks at pre, the others at post.
              SELECT run, dataset, model, width, seed, epoch, trainAccuracy, testAccuracy,
                layerIndex, layer, site, snapshot, max(samples) AS samples, max(neurons) AS neurons,
            \(columns.joined(separator: ",\n"))
              FROM quantities WHERE layer IS NOT NULL AND element IS NULL AND status <> 'skipped'
              GROUP BY runID, layer, site, snapshot
            """
    }

    private static func quoted(_ text: String, _ mark: Character) -> String {
        "\(mark)" + text.map { $0 == mark ? "\(mark)\(mark)" : "\($0)" }.joined() + "\(mark)"
    }

    private static let byWidth = """
        CREATE VIEW byWidth AS
          -- Every quantity by width: number of runs, mean, variance over seeds (n - 1), range.
          WITH numbered AS (
            SELECT *, avg(value) OVER same AS mean, count(value) OVER same AS runs
            FROM quantities WHERE value IS NOT NULL AND element IS NULL AND status = 'ok'
            WINDOW same AS (PARTITION BY dataset, model, width, epoch, layer, snapshot, site, metric,
              metricVersion, configuration, quantity))
          SELECT dataset, model, width, epoch, layer, snapshot, site, metric, quantity, unit, runs,
            mean, CASE WHEN runs > 1
              THEN sum((value - mean) * (value - mean)) / (runs - 1) END AS variance,
            min(value) AS minimum, max(value) AS maximum, avg(testAccuracy) AS testAccuracy
          FROM numbered
          GROUP BY dataset, model, width, epoch, layer, snapshot, site, metric, metricVersion,
            configuration, quantity, unit, runs, mean
        """

    private static let deadNeurons = """
        CREATE VIEW deadNeurons AS
          -- Dead neurons of every run at every site that was looked at, all layers together.
          SELECT run, dataset, model, width, seed, epoch, site, snapshot, sum(value) AS dead,
            sum(neurons) AS neurons, sum(value) / sum(neurons) AS fraction
          FROM quantities WHERE metric = 'dead' AND quantity = 'count' AND element IS NULL
            AND value IS NOT NULL
          GROUP BY runID, site, snapshot
        """

    private static let failures = """
        CREATE VIEW failures AS
          -- What has no values, and why: runs, and results that were neither ok nor skipped.
          SELECT run, NULL AS layer, NULL AS site, NULL AS snapshot, NULL AS metric, status, reason
          FROM runs WHERE status = 'failed'
          UNION ALL
          SELECT run, layer, site, snapshot, metric, results.status, results.reason
          FROM results JOIN runs ON runs.id = runID
          WHERE results.status NOT IN ('ok', 'skipped')
        """

    private static let latest = """
        CREATE VIEW latest AS
          -- Of every training the run of the latest epoch.
          SELECT * FROM runs AS a WHERE NOT EXISTS (
            SELECT 1 FROM runs AS b WHERE b.dataset IS a.dataset AND b.model IS a.model
              AND b.width IS a.width AND b.seed IS a.seed AND b.epoch > a.epoch)
        """
}
