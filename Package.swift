// swift-tools-version: 6.2
import PackageDescription

/// Folders of `Plugins/`: the only list of metrics.
let metrics = [
    "PCA",
    "Variance",
    "Dead",
    "Sparsity",
    "ShapiroWilk",
    "ExpNormal",
    "GammaGamma",
    "NextWeights",
    "LowRank",
    "Importance",
]

let strict: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ]
    // A newer compiler's new warnings must not break anybody's build, only ours.
    + (Context.environment["LAMINA_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)])
/// Whether executables hold Debian's archives of HDF5, SQLite and the compressors, for packaging.
let isStatic = Context.environment["LAMINA_STATIC"] != nil
let archives = Context.packageDirectory + "/Sources/Archives"

/// Whether Swift's libraries stay shared, for a sanitizer, which has to stand before their malloc and to see
/// their locks.
let isSanitized = Context.environment["LAMINA_SANITIZER"] != nil

/// Executables that hold what they use of Swift's libraries, which a machine need not have.
///
/// The list is what Foundation's archive needs.
let standalone: [LinkerSetting] = [
    .unsafeFlags(
        // LLVM's linker, which comes with Swift, has nothing to say about Foundation's mktemp.
        ["-use-ld=lld", "-static-stdlib", "-Xlinker", "--no-export-dynamic"]
            // Linker scripts that name archives are read in place of the shared libraries.
            + (isStatic ? ["deflate", "hdf5", "sqlite3", "stdc++", "sz", "z"] : []).flatMap {
                ["-Xlinker", "--remap-inputs=*/lib\($0).so=\(archives)/\($0).ld"]
            }
            + [
                "Foundation", "CoreFoundation", "FoundationInternationalization", "_FoundationICU",
                "FoundationEssentials", "_FoundationCShims", "_FoundationCollections", "dispatch",
                "BlocksRuntime", "stdc++",
            ].map { "-l" + $0 },
        .when(configuration: .release))
]

let argumentParser: Target.Dependency =
    .product(name: "ArgumentParser", package: "swift-argument-parser")

let mustache: Target.Dependency = .product(name: "Mustache", package: "swift-mustache")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")

/// A library target under `Sources/` and, unless told otherwise, its tests under `Tests/`.
func module(
    _ name: String, uses dependencies: [Target.Dependency] = [],
    testedWith extra: [Target.Dependency]? = [], excluding excluded: [String] = [],
    resources: [Resource]? = nil
) -> [Target] {
    let library = Target.target(
        name: name, dependencies: dependencies, exclude: excluded, resources: resources,
        swiftSettings: strict)
    guard let extra else { return [library] }
    return [
        library,
        .testTarget(
            name: "\(name)Tests", dependencies: [.target(name: name)] + dependencies + extra,
            swiftSettings: strict),
    ]
}

/// The target and the tests of one folder of `Plugins/`.
func metric(_ name: String) -> [Target] {
    [
        .target(
            name: "\(name)Metric",
            dependencies: ["MetricCore", "LinearAlgebra", "Statistics", argumentParser],
            path: "Plugins/\(name)/Sources", swiftSettings: strict),
        .testTarget(
            name: "\(name)MetricTests",
            dependencies: [
                .target(name: "\(name)Metric"), "MetricTesting", "MetricCore", "LinearAlgebra",
                "Statistics", argumentParser,
            ],
            path: "Plugins/\(name)/Tests", swiftSettings: strict),
    ]
}

/// A C library of the system, with the names of its pkg-config file and of Debian's package.
func system(_ name: String, pkgConfig: String, debian: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([debian])])
}

let systemLibraries: [Target] = [
    system("CHDF5", pkgConfig: "hdf5", debian: "libhdf5-dev"),
    system("COpenBLAS", pkgConfig: "openblas", debian: "libopenblas-dev"),
    system("CLAPACKE", pkgConfig: "lapacke", debian: "liblapacke-dev"),
    system("CDeflate", pkgConfig: "libdeflate", debian: "libdeflate-dev"),
    system("CLZF", pkgConfig: "liblzf", debian: "liblzf-dev"),
    system("CZlib", pkgConfig: "zlib", debian: "zlib1g-dev"),
]

let modules: [[Target]] = [
    [.target(name: "CAllocator"), .target(name: "CBLASThreads")],
    // Files without a name and what a signal handler may do, which Swift cannot promise.
    [.target(name: "CFiles")],
    // C, because signal handlers may not run Swift.
    [.target(name: "CProcess")],
    module("Isolation", uses: ["CProcess"], testedWith: ["CommandTesting", "isolation-probe"]),
    // Loops compiled for more than the oldest processor.
    [.target(name: "CKernels")],
    module("Text"),
    module("Files", uses: ["CFiles", "Text"]),
    module(
        "LinearAlgebra", uses: ["CBLASThreads", "CKernels", "COpenBLAS", "CLAPACKE"],
        testedWith: ["KernelTesting"]),
    module(
        "Statistics", uses: ["CKernels", "LinearAlgebra"],
        testedWith: ["KernelTesting", "MetricTesting"]),
    module("HDF5", uses: ["CHDF5", "Files", "Isolation", "Text"]),
    module("RunFormat", uses: ["CDeflate", "CLZF", "Files", "HDF5", "LinearAlgebra", "Text"]),
    module(
        "MetricCore", uses: ["LinearAlgebra", "Statistics", argumentParser],
        testedWith: ["MetricTesting"]),
    module("MetricTesting", uses: ["MetricCore", "LinearAlgebra"], testedWith: nil),
    module("Executable", uses: ["LinearAlgebra"], testedWith: nil),
    module(
        "Analysis",
        uses: [
            "Executable", "Isolation", "MetricCore", "RunFormat", "LinearAlgebra", "Statistics",
            "Text",
        ]),
    module("Report", uses: ["Analysis", "Files", "Isolation", "MetricCore", "Text"]),
    module(
        "ResultStore", uses: ["Analysis", "Files", "Report", "Text", grdb],
        testedWith: ["MetricCore"],
        excluding: ["README.md"]),
    module(
        "Batch",
        uses: [
            "Analysis", "Files", "Isolation", "LinearAlgebra", "MetricCore", "Report",
            "ResultStore",
            "Text",
        ],
        testedWith: [argumentParser]),
    module(
        "Comparison",
        uses: [
            "Analysis", "HDF5", "Isolation", "MetricCore", "Report", "ResultStore", "RunFormat",
            "Statistics", "Text",
        ]),
    module(
        "HTMLReport",
        uses: [
            "Analysis", "Comparison", "MetricCore", "Report", "Statistics", "Text", mustache,
        ],
        resources: ["page.mustache", "run.mustache", "figure.mustache", "report.css", "report.js"]
            .map { .embedInCode("Templates/\($0)") }),
    module(
        "AnalyzeCommands",
        uses: [
            "Analysis", "Batch", "CAllocator", "Comparison", "Executable", "Files", "HDF5",
            "HTMLReport", "Isolation", "MetricCore", "Report", "ResultStore", "RunFormat", "Text",
            argumentParser,
        ],
        testedWith: nil),
    module("CommandTesting", testedWith: nil),
    module("KernelTesting", uses: ["CKernels"], testedWith: nil),
    module("Datasets", uses: ["CZlib", "Files", "Isolation", "LinearAlgebra"]),
    module("Networks", uses: ["LinearAlgebra"]),
    module(
        "Training",
        uses: [
            "CKernels", "Datasets", "Files", "HDF5", "Isolation", "LinearAlgebra", "Networks",
            "RunFormat",
            "Text",
        ]),
]

let registry: [Target] = [
    .target(
        name: "MetricRegistry",
        dependencies: ["MetricCore"] + metrics.map { .target(name: "\($0)Metric") },
        swiftSettings: strict, plugins: ["RegistryPlugin"]),
    .executableTarget(name: "RegistryGenerator", swiftSettings: strict),
    .plugin(
        name: "RegistryPlugin", capability: .buildTool(), dependencies: ["RegistryGenerator"],
        path: "Sources/RegistryPlugin"),
    .testTarget(
        name: "MetricRegistryTests", dependencies: ["MetricCore", "MetricRegistry"],
        swiftSettings: strict),
    .plugin(
        name: "NewMetricPlugin",
        capability: .command(
            intent: .custom(
                verb: "new-metric", description: "Makes the folder of a metric: Name, as in PCA"),
            permissions: [
                .writeToPackageDirectory(
                    reason: "It makes Plugins/Name and adds the name to Package.swift.")
            ]),
        path: "Sources/NewMetricPlugin"),
]

let executables: [Target] = [
    // Timed by Benchmarks/run, beside whole processes.
    .executableTarget(
        name: "benchmark-kernels", dependencies: ["HDF5", "LinearAlgebra", "Statistics"],
        path: "Benchmarks/Kernels", swiftSettings: strict),
    // Ends itself in every way that the tests of Isolation want to see.
    .executableTarget(
        name: "isolation-probe", dependencies: ["Isolation"], path: "Tests/IsolationProbe",
        swiftSettings: strict),
    .executableTarget(
        name: "analyze", dependencies: ["AnalyzeCommands", "MetricRegistry"],
        swiftSettings: strict, linkerSettings: isSanitized ? [] : standalone),
    .executableTarget(
        name: "train",
        dependencies: [
            "Datasets", "Executable", "Files", "HDF5", "LinearAlgebra", "Networks", "RunFormat",
            "Text", "Training", argumentParser,
        ],
        swiftSettings: strict, linkerSettings: isSanitized ? [] : standalone),
    // Without the executables, which are built beside them anyway: a bundle of tests that linked them
    // would be linked as they are.
    .testTarget(
        name: "analyzeTests",
        dependencies: ["CommandTesting", "Files", "LinearAlgebra", "RunFormat"],
        swiftSettings: strict),
    .testTarget(
        name: "trainTests",
        dependencies: ["CommandTesting", "Files", "HDF5", "LinearAlgebra", "RunFormat"],
        swiftSettings: strict),
]

/// Whether the parsers' fuzzer is built, which needs `--sanitize fuzzer`: Scripts/fuzz-parsers.
let isFuzzing = Context.environment["LAMINA_FUZZ"] != nil
let fuzzers: [Target] = [
    .executableTarget(
        name: "fuzz-parsers", dependencies: ["Comparison", "Datasets", "Report", "RunFormat"],
        path: "Tests/FuzzParsers", swiftSettings: strict)
]

let package = Package(
    name: "lamina",
    products: [
        .executable(name: "analyze", targets: ["analyze"]),
        .executable(name: "train", targets: ["train"]),
    ]
        // What a package with metrics of its own needs: Examples/OwnMetric.
        + [
            "AnalyzeCommands", "Analysis", "LinearAlgebra", "MetricCore", "MetricRegistry",
            "MetricTesting", "RunFormat", "Statistics",
        ].map { .library(name: $0, targets: [$0]) },
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", from: "2.1.1"),
    ],
    targets: systemLibraries + modules.flatMap { $0 } + metrics.flatMap(metric) + registry
        + executables + (isFuzzing ? fuzzers : []),
    swiftLanguageModes: [.v6]
)
