import Files
import Isolation

/// A data set that can be loaded: what it is, where its files are looked for, where they come from.
public struct Dataset: Sendable, Identifiable {
    /// What a network is to learn.
    public enum Task: Hashable, Sendable {
        /// One of these classes.
        case classification(classes: [String])
        /// These numbers.
        case regression(outputs: [String])
    }

    /// Short name, as on the command line.
    public let id: String
    /// Name for people.
    public let title: String
    /// What it holds, and every decision taken in reading it.
    public let summary: String
    /// What is to be learned.
    public let task: Task
    /// Inputs of one sample.
    public let inputCount: Int
    /// Extent of the images; `nil` for tables.
    public let imageShape: ImageShape?
    /// Files needed, with one `*` where there may be several; none for generated data sets.
    ///
    /// Each may also be gzipped, under the same name with ".gz".
    public let files: [String]
    /// Where a user gets the files.
    public let source: String
    /// Under which terms.
    public let licence: String
    /// Other names of the subfolder, as other tools make them.
    let folders: [String]
    /// How the columns of its files become inputs; `nil` for images and generated data.
    public let encoding: TableEncoding?
    /// The file of a user that it is; `nil` for the data sets that this package knows.
    public let userFile: String?
    let read: @Sendable (DatasetFiles, LoadOptions) throws(DatasetError) -> StoredParts

    init(
        id: String, title: String, summary: String, task: Task, inputCount: Int,
        imageShape: ImageShape?, files: [String], source: String, licence: String,
        folders: [String], encoding: TableEncoding? = nil, userFile: String? = nil,
        read:
            @escaping @Sendable (DatasetFiles, LoadOptions) throws(DatasetError) -> StoredParts
    ) {
        self.id = id
        self.title = title
        self.summary = summary
        self.task = task
        self.inputCount = inputCount
        self.imageShape = imageShape
        self.files = files
        self.source = source
        self.licence = licence
        self.folders = folders
        self.encoding = encoding
        self.userFile = userFile
        self.read = read
    }

    /// Whether it is made from a seed and needs no files.
    public var isGenerated: Bool { files.isEmpty }

    /// The data set called `id`.
    ///
    /// - Throws: ``DatasetError/unknown(id:known:)``, which lists what there is.
    public static func named(_ id: String) throws(DatasetError) -> Dataset {
        guard let dataset = all.first(where: { $0.id == id }) else {
            throw .unknown(id: id, known: all.map(\.id))
        }
        return dataset
    }

    /// The folders in which files are looked for, in order.
    ///
    /// First the subfolders named after the data set, then the root itself. The root is `folder`,
    /// else that of the environment variable LAMINA_DATA, else "data" in the working folder.
    public func searchedFolders(from folder: String? = nil) -> [String] {
        let root = folder ?? environment("LAMINA_DATA") ?? "data"
        let base = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
        return ([id] + folders).map { "\(base)/\($0)" } + [base]
    }

    /// Whether its files are there (their content is not looked at).
    public func isAvailable(from folder: String? = nil) -> Bool {
        let found = DatasetFiles(dataset: self, folder: folder)
        return files.allSatisfy { (try? found.paths(matching: $0))?.isEmpty == false }
    }

    /// Reads or generates the data set.
    ///
    /// Statistics for normalising are those of the training part alone, after the validation part
    /// was taken out of it.
    ///
    /// - Parameters:
    ///   - folder: where to look; see ``searchedFolders(from:)``.
    ///   - options: how much, how split, how normalised.
    /// - Returns: the parts, normalised alike.
    /// - Throws: ``DatasetError``: a file missing (with the folders searched and where to get it),
    ///   damaged, or not what it should be; an option without sense.
    public func load(
        from folder: String? = nil, options: LoadOptions = LoadOptions()
    ) throws(DatasetError) -> LoadedDataset {
        try options.check()
        if options.generatedSamples != nil, id != Dataset.poker.id {
            throw .invalidOption(
                name: "--generated", value: "\(options.generatedSamples ?? 0)",
                expected: "none, as only poker has generated samples beside its own")
        }
        if let fraction = options.testFraction, isGenerated {
            throw .invalidOption(
                name: "--test-fraction", value: "\(fraction)",
                expected: "none, as samples of \(id) are generated for the test part, too")
        }
        if isGenerated || options.generatedSamples != nil { try checkGeneratedSize(options) }
        let stored = try read(DatasetFiles(dataset: self, folder: folder), options)
        var (train, test) = split(stored, options)
        if let limit = options.trainSamples { train = train.sample(limit, seed: options.seed &+ 2) }
        if let limit = options.testSamples { test = test.sample(limit, seed: options.seed &+ 3) }
        let held = Int((Double(train.count) * options.validationFraction).rounded())
        var validation: LabeledData?
        // Seeds of their own: a split with the seed of another would repeat its order.
        if held > 0 { (train, validation) = train.split(holding: held, seed: options.seed &+ 1) }
        let inputs: LabeledData.Scaling
        let targets: ColumnScaling?
        switch options.normalization {
        case .standard:
            inputs = stored.scaling ?? train.standardScaling()
            targets = train.standardTargetScaling()
        case .plain:
            inputs = LabeledData.plainScaling(of: train.inputs)
            targets = nil
        }
        return LoadedDataset(
            dataset: self, train: train.scaled(by: inputs, targets: targets),
            validation: validation?.scaled(by: inputs, targets: targets),
            test: test.scaled(by: inputs, targets: targets), notes: stored.notes, options: options)
    }

    /// - Throws: ``DatasetError/invalidOption(name:value:expected:)`` if more samples are to be made
    ///   than memory holds.
    private func checkGeneratedSize(_ options: LoadOptions) throws(DatasetError) {
        // A float or less for each input; class, target, order and index besides.
        let most = min(MemoryShare.byteCount / (4 * inputCount + 64), Int(Int32.max))
        let asked = [
            ("train samples", options.trainSamples), ("test samples", options.testSamples),
            ("generated", options.generatedSamples),
        ]
        for (name, value) in asked where value ?? 0 > most {
            throw .invalidOption(
                name: name, value: "\(value ?? 0)",
                expected: "at most \(most), which fit into the memory")
        }
    }

    /// The training and the test part: as asked for, else as published, else a fifth at random.
    private func split(
        _ stored: StoredParts, _ options: LoadOptions
    ) -> (train: LabeledData, test: LabeledData) {
        if let fraction = options.testFraction {
            return stored.train.split(holdingShare: fraction, seed: options.seed)
        }
        switch stored.test {
        case .part(let test): return (stored.train, test)
        case .rows(let rows):
            let held = Set(rows)
            let rest = (0..<stored.train.count).filter { !held.contains($0) }
            return (stored.train.subset(rest), stored.train.subset(rows))
        case .unpublished: return stored.train.split(holdingShare: 0.2, seed: options.seed)
        }
    }
}

extension LabeledData {
    /// At most `maximum` samples: at random, because files may be sorted, but in stored order.
    fileprivate func sample(_ maximum: Int, seed: UInt64) -> LabeledData {
        maximum >= count ? self : split(holding: maximum, seed: seed).held
    }

    fileprivate func split(
        holdingShare share: Double, seed: UInt64
    ) -> (train: LabeledData, test: LabeledData) {
        let (rest, held) = split(holding: Int((Double(count) * share).rounded()), seed: seed)
        return (rest, held)
    }
}

/// How much of a data set is loaded, how it is split and normalised.
public struct LoadOptions: Hashable, Sendable {
    /// How inputs and numbers to be learned are normalised.
    public enum Normalization: String, CaseIterable, Sendable {
        /// Images by the constants customary for the set or by the mean and deviation of each
        /// channel; numeric columns and targets to mean 0 and population deviation 1. Statistics
        /// come from the training part only.
        case standard
        /// Pixels divided by 255; columns and targets as stored.
        case plain
    }

    /// Samples of the training part, validation included: how many are generated, or how many of
    /// the published ones are kept, chosen at random by the seed.
    public var trainSamples: Int?
    /// Samples of the test part, likewise.
    public var testSamples: Int?
    /// Share of the training part held out at random for validation, from 0 to below 1.
    public var validationFraction: Double
    /// Share of the training file held out at random as test part, in place of the published
    /// part; `nil` for the published part, or 0.2 where none was published.
    public var testFraction: Double?
    /// Samples of poker that are generated in place of the published training part; `nil` for those.
    public var generatedSamples: Int?
    /// Seed of the splits, and of generated samples.
    public var seed: UInt64
    /// How values are normalised.
    public var normalization: Normalization

    /// Options; by default everything, the published split, no validation part, normalised.
    public init(
        trainSamples: Int? = nil, testSamples: Int? = nil, validationFraction: Double = 0,
        testFraction: Double? = nil, generatedSamples: Int? = nil, seed: UInt64 = 0,
        normalization: Normalization = .standard
    ) {
        self.trainSamples = trainSamples
        self.testSamples = testSamples
        self.validationFraction = validationFraction
        self.testFraction = testFraction
        self.generatedSamples = generatedSamples
        self.seed = seed
        self.normalization = normalization
    }

    func check() throws(DatasetError) {
        let counts = [
            ("train samples", trainSamples), ("test samples", testSamples),
            ("generated", generatedSamples),
        ]
        for (name, value) in counts {
            if let value, value < 1 {
                throw .invalidOption(name: name, value: "\(value)", expected: "at least 1")
            }
        }
        for (name, value) in [
            ("validation fraction", validationFraction), ("test fraction", testFraction ?? 0),
        ] where !(value >= 0 && value < 1) {
            throw .invalidOption(name: name, value: "\(value)", expected: "0 to below 1")
        }
    }
}

/// The parts of a data set, normalised alike.
public struct LoadedDataset: Sendable {
    /// What was loaded.
    public let dataset: Dataset
    /// Samples to learn from.
    public let train: LabeledData
    /// Samples held out of the training part, if asked for.
    public let validation: LabeledData?
    /// Samples to be judged by.
    public let test: LabeledData
    /// What a user should know, such as a test part that is not complete.
    public let notes: [String]
    /// How it was divided and normalised.
    public let options: LoadOptions
}

/// What a data set's reader hands over.
struct StoredParts {
    enum Test {
        case part(LabeledData)
        /// These rows of the training file.
        case rows([Int])
        case unpublished
    }

    var train: LabeledData
    var test: Test
    /// Customary constants, if there are any.
    var scaling: LabeledData.Scaling?
    var notes: [String] = []
}

/// Finds the files of a data set.
struct DatasetFiles {
    let dataset: Dataset
    let folder: String?

    /// The path of the file called `name`, or `name`.gz.
    func path(_ name: String) throws(DatasetError) -> String {
        let folders = dataset.searchedFolders(from: folder)
        for folder in folders {
            for candidate in ["\(folder)/\(name)", "\(folder)/\(name).gz"] where isFile(candidate) {
                return candidate
            }
        }
        throw missing(folders)
    }

    /// The paths of all files called `pattern`, which may hold one `*`, in the first folder that
    /// has any, in the order of their names; a gzipped file is passed over beside its original.
    func paths(matching pattern: String) throws(DatasetError) -> [String] {
        guard let star = pattern.firstIndex(of: "*") else { return [try path(pattern)] }
        let (head, tail) = (pattern[..<star], pattern[pattern.index(after: star)...])
        let folders = dataset.searchedFolders(from: folder)
        for folder in folders {
            let listed = (try? entries(of: folder)) ?? []
            let names = listed.map(\.name).filter { name in
                let bare = name.hasSuffix(".gz") ? name.dropLast(3) : name[...]
                return bare.count >= head.count + tail.count && bare.hasPrefix(head)
                    && bare.hasSuffix(tail)
            }
            let present = Set(names)
            let paths = names.filter {
                !$0.hasSuffix(".gz") || !present.contains(String($0.dropLast(3)))
            }
            .map { "\(folder)/\($0)" }.filter(isFile)
            if !paths.isEmpty { return paths }
        }
        throw missing(folders)
    }

    /// The whole file called `name` if it is among `paths`, else all of them.
    func whole(_ name: String, among paths: [String]) -> [String] {
        paths.first { $0.hasSuffix("/\(name)") || $0.hasSuffix("/\(name).gz") }.map { [$0] }
            ?? paths
    }

    private func missing(_ folders: [String]) -> DatasetError {
        .missing(
            dataset: dataset.id, files: dataset.files, lookedIn: folders, source: dataset.source)
    }
}
