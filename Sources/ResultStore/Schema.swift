/// The tables of a result store; its views are in `Views.swift`.
///
/// The comments stay in the file: `.schema` shows them.
enum Schema {
    /// The letters "LAMI", in the header of the file.
    static let applicationID = 0x4C41_4D49

    static let tables = """
        CREATE TABLE runs (
          id INTEGER PRIMARY KEY,
          run TEXT NOT NULL,              -- the file, as the user named it
          path TEXT NOT NULL UNIQUE,      -- the file, from the root
          dataset TEXT, model TEXT, framework TEXT,
          width INTEGER,                  -- attribute or parameter; else neurons of the first layer
          seed INTEGER, epoch INTEGER,
          created TEXT,                   -- ISO 8601
          trainAccuracy REAL, testAccuracy REAL,  -- between 0 and 1
          trainLoss REAL, testLoss REAL,
          parameters TEXT,                -- settings of the training, JSON
          attributes TEXT NOT NULL,       -- all attributes of the file, JSON
          settings TEXT NOT NULL,         -- options of the analysis, JSON
          status TEXT NOT NULL,           -- ok | incomplete | failed
          reason TEXT,                    -- why it is not ok
          size INTEGER,                   -- bytes
          modified INTEGER,               -- nanoseconds since 1970, where 64 bits hold them
          fingerprint TEXT,               -- XXH64 of the file
          resultFile TEXT NOT NULL,       -- where the results were collected from
          content TEXT NOT NULL           -- hash of that file, and how it was read
        );
        CREATE TABLE results (
          id INTEGER PRIMARY KEY,
          runID INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
          layer TEXT NOT NULL,
          layerIndex INTEGER NOT NULL,    -- position in the run, from 0
          site TEXT,                      -- pre | post | weight; NULL for a bare dataset
          snapshot TEXT,                  -- step of the training; NULL for its end
          metric TEXT NOT NULL, metricVersion INTEGER NOT NULL,
          configuration TEXT NOT NULL,    -- settings of the metric, JSON
          status TEXT NOT NULL,           -- ok | degenerate | insufficient | skipped | failed
          reason TEXT,                    -- why it is not ok
          samples INTEGER NOT NULL, neurons INTEGER NOT NULL,
          nonFinite INTEGER NOT NULL,     -- entries that are NaN or infinite
          warnings TEXT NOT NULL,         -- JSON
          summary TEXT NOT NULL           -- one line of what the values mean
        );
        CREATE TABLE numbers (
          resultID INTEGER NOT NULL REFERENCES results(id) ON DELETE CASCADE,
          quantity TEXT NOT NULL,         -- dots reach into objects: quantiles.0.5
          element INTEGER,                -- position in a list (--arrays); NULL for a scalar
          unit TEXT NOT NULL,
          value REAL                      -- NULL where it does not exist
        );
        CREATE INDEX runsByTraining ON runs(dataset, model, width, seed, epoch);
        CREATE INDEX resultsByRun ON results(runID);
        CREATE INDEX resultsByMetric ON results(metric, site, layer);
        CREATE INDEX numbersByResult ON numbers(resultID);
        CREATE INDEX numbersByQuantity ON numbers(quantity, value);
        """
}
