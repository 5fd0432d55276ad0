import LinearAlgebra

extension Dataset {
    /// Every data set, in the order in which they are listed.
    public static let all: [Dataset] = [
        syntheticDigits, mnist, fashionMNIST, cifar10, hasy, poker, pokerHands, adult, airfoil,
        house16H, add10,
    ]

    static let airfoil = Dataset(
        id: "airfoil", title: "Airfoil self-noise",
        summary: """
            1,503 wind-tunnel measurements of NASA: sound pressure level from frequency, angle, \
            chord, velocity and displacement thickness. Test part: the 263 rows with chord length \
            0.1016 m, as Lau, López and Oñate chose, unless a share is asked for.
            """,
        task: .regression(outputs: ["sound pressure level"]), inputCount: 5, imageShape: nil,
        files: ["airfoil_self_noise.dat"],
        source: "archive.ics.uci.edu/dataset/291/airfoil+self+noise",
        licence: "CC BY 4.0, T. Brooks, D. Pope, M. Marcolini", folders: [],
        encoding: airfoilSchema.encoding
    ) { files, _ throws(DatasetError) in
        let data = try DelimitedText.read(
            try files.path("airfoil_self_noise.dat"), schema: airfoilSchema)
        let chords = data.batch(0..<data.count).column(2)
        return StoredParts(
            train: data, test: .rows(chords.indices.filter { chords[$0] == 0.1016 }))
    }

    static let airfoilSchema = TableSchema(
        columns: [
            TableSchema.Column("frequency", .number),
            TableSchema.Column("angle of attack", .number),
            TableSchema.Column("chord length", .number),
            TableSchema.Column("free-stream velocity", .number),
            TableSchema.Column("displacement thickness", .number),
            TableSchema.Column("sound pressure level", .target),
        ], separator: "\t")

    static let house16H = Dataset(
        id: "house-16h", title: "House prices, DELVE census-house task 16H",
        summary: """
            22,784 regions of the 1990 US census: median house price from 16 figures. No split was \
            published; a fifth, at random by the seed, is the test part unless told otherwise.
            """,
        task: .regression(outputs: ["median house price"]), inputCount: 16, imageShape: nil,
        files: ["house_16H.tsv"], source: "github.com/EpistasisLab/pmlb (574_house_16H)",
        licence: "US Census data; PMLB is MIT", folders: ["census"],
        encoding: house16HSchema.encoding
    ) { files, _ throws(DatasetError) in
        StoredParts(
            train: try DelimitedText.read(try files.path("house_16H.tsv"), schema: house16HSchema),
            test: .unpublished)
    }

    static let house16HSchema = TableSchema(
        columns: [
            "P1", "P5p1", "P6p2", "P11p4", "P14p9", "P15p1", "P15p3", "P16p2", "P18p2", "P27p4",
            "H2p2", "H8p2", "H10p1", "H13p1", "H18pA", "H40p4",
        ].map { TableSchema.Column($0, .number) } + [TableSchema.Column("target", .target)],
        separator: "\t", hasHeader: true)

    static let poker = Dataset(
        id: "poker", title: "Poker hands (UCI)",
        summary: """
            25,010 training hands of five cards and up to 1,000,000 test hands, each card as 4 + 13 \
            inputs of 0 or 1. The classes are very unequal. --generated trains on that many hands \
            drawn by the seed instead, as published accuracies need hundreds of thousands.
            """,
        task: .classification(classes: Poker.classNames), inputCount: 85, imageShape: nil,
        files: ["poker-hand-training-true.data", "poker-hand-testing*.data"],
        source: "archive.ics.uci.edu/dataset/158/poker+hand",
        licence: "CC BY 4.0, R. Cattral, F. Oppacher", folders: [], encoding: Poker.schema.encoding
    ) { files, options throws(DatasetError) in
        let train =
            if let count = options.generatedSamples {
                Poker.hands(count, seed: options.seed)
            } else {
                try DelimitedText.read(
                    try files.path("poker-hand-training-true.data"), schema: Poker.schema)
            }
        let candidates = files.whole(
            "poker-hand-testing.data", among: try files.paths(matching: "poker-hand-testing*.data"))
        let test = try DelimitedText.read(candidates[0], schema: Poker.schema)
        return StoredParts(
            train: train, test: .part(test),
            notes: test.count == 1_000_000 ? [] : [part(test.count, of: 1_000_000, "test")])
    }

    static let pokerHands = Dataset(
        id: "poker-hands", title: "Poker hands, generated",
        summary: """
            Hands drawn from a full deck by the seed and labelled by the rules of poker, coded as \
            in the UCI data set: 25,000 for training and 25,000 for testing unless told otherwise.
            """,
        task: .classification(classes: Poker.classNames), inputCount: 85, imageShape: nil,
        files: [], source: "generated", licence: "as this package", folders: []
    ) { _, options throws(DatasetError) in
        StoredParts(
            train: Poker.hands(options.trainSamples ?? 25000, seed: options.seed),
            test: .part(Poker.hands(options.testSamples ?? 25000, seed: options.seed, stream: 1)))
    }

    static let add10 = Dataset(
        id: "add10", title: "Add10, generated",
        summary: """
            Friedman's function of five inputs with five more that do not matter and noise of \
            variance 1: 8,192 samples for training and 1,600 for testing unless told otherwise \
            (together as many as DELVE's file).
            """,
        task: .regression(outputs: ["y"]), inputCount: 10, imageShape: nil, files: [],
        source: "generated", licence: "as this package", folders: []
    ) { _, options throws(DatasetError) in
        StoredParts(
            train: Add10.samples(options.trainSamples ?? 8192, seed: options.seed),
            test: .part(Add10.samples(options.testSamples ?? 1600, seed: options.seed, stream: 1)))
    }
}
