extension Dataset {
    static let adult = Dataset(
        id: "census", title: "Adult, \"census income\" (UCI)",
        summary: """
            32,561 training and 16,281 test persons: income above 50,000 dollars or not. Six \
            numbers, normalised, and eight categories as inputs of 0 or 1, 108 inputs in all. A \
            missing value (?) is a category of its own, so that no person is dropped.
            """,
        task: .classification(classes: ["<=50K", ">50K"]), inputCount: 108, imageShape: nil,
        files: ["adult.data", "adult.test"], source: "archive.ics.uci.edu/dataset/2/adult",
        licence: "CC BY 4.0, B. Becker, R. Kohavi", folders: ["adult"],
        encoding: adultSchema.encoding
    ) { files, _ throws(DatasetError) in
        StoredParts(
            train: try DelimitedText.read(try files.path("adult.data"), schema: adultSchema),
            test: .part(try DelimitedText.read(try files.path("adult.test"), schema: adultSchema)))
    }

    /// The columns in the spelling of adult.names; the test file begins with a line of its own
    /// ("|1x3 Cross validator") and ends each label with a full stop.
    static let adultSchema = TableSchema(
        columns: [
            TableSchema.Column("age", .number),
            TableSchema.Column(
                "workclass",
                .category([
                    "Private", "Self-emp-not-inc", "Self-emp-inc", "Federal-gov", "Local-gov",
                    "State-gov", "Without-pay", "Never-worked", "?",
                ])),
            TableSchema.Column("fnlwgt", .number),
            TableSchema.Column(
                "education",
                .category([
                    "Bachelors", "Some-college", "11th", "HS-grad", "Prof-school", "Assoc-acdm",
                    "Assoc-voc", "9th", "7th-8th", "12th", "Masters", "1st-4th", "10th",
                    "Doctorate", "5th-6th", "Preschool",
                ])),
            TableSchema.Column("education-num", .number),
            TableSchema.Column(
                "marital-status",
                .category([
                    "Married-civ-spouse", "Divorced", "Never-married", "Separated", "Widowed",
                    "Married-spouse-absent", "Married-AF-spouse",
                ])),
            TableSchema.Column(
                "occupation",
                .category([
                    "Tech-support", "Craft-repair", "Other-service", "Sales", "Exec-managerial",
                    "Prof-specialty", "Handlers-cleaners", "Machine-op-inspct", "Adm-clerical",
                    "Farming-fishing", "Transport-moving", "Priv-house-serv", "Protective-serv",
                    "Armed-Forces", "?",
                ])),
            TableSchema.Column(
                "relationship",
                .category([
                    "Wife", "Own-child", "Husband", "Not-in-family", "Other-relative", "Unmarried",
                ])),
            TableSchema.Column(
                "race",
                .category(["White", "Asian-Pac-Islander", "Amer-Indian-Eskimo", "Other", "Black"])),
            TableSchema.Column("sex", .category(["Female", "Male"])),
            TableSchema.Column("capital-gain", .number),
            TableSchema.Column("capital-loss", .number),
            TableSchema.Column("hours-per-week", .number),
            TableSchema.Column(
                "native-country",
                .category([
                    "United-States", "Cambodia", "England", "Puerto-Rico", "Canada", "Germany",
                    "Outlying-US(Guam-USVI-etc)", "India", "Japan", "Greece", "South", "China",
                    "Cuba", "Iran", "Honduras", "Philippines", "Italy", "Poland", "Jamaica",
                    "Vietnam", "Mexico", "Portugal", "Ireland", "France", "Dominican-Republic",
                    "Laos", "Ecuador", "Taiwan", "Haiti", "Columbia", "Hungary", "Guatemala",
                    "Nicaragua", "Scotland", "Thailand", "Yugoslavia", "El-Salvador",
                    "Trinadad&Tobago", "Peru", "Hong", "Holand-Netherlands", "?",
                ])),
            TableSchema.Column("income", .label(["<=50K", ">50K"])),
        ], comment: "|", labelTerminator: ".")
}
