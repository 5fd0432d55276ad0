internal import CKernels
internal import COpenBLAS

/// The OpenBLAS that this process has loaded.
public struct BLASLibrary: Sendable {
    /// As the library spells it: `0.3.21`.
    public var version: String
    /// The processor that its kernels were written for: `Zen`, `Prescott`.
    public var core: String
    /// How it runs several threads: `pthreads`, `OpenMP` or `no threads`.
    public var threading: String
    /// Whether it has kernels for several processors, of which it chooses at launch.
    public var isForManyProcessors: Bool

    /// A library that would say this of itself.
    public init(version: String, core: String, threading: String, isForManyProcessors: Bool) {
        self.version = version
        self.core = core
        self.threading = threading
        self.isForManyProcessors = isForManyProcessors
    }

    /// What is loaded.
    public static var loaded: BLASLibrary {
        let words = String(cString: openblas_get_config()).split(separator: " ").map(String.init)
        let threading =
            switch openblas_get_parallel() {
            case OPENBLAS_OPENMP: "OpenMP"
            case OPENBLAS_THREAD: "pthreads"
            default: "no threads"
            }
        return BLASLibrary(
            version: words.count > 1 ? words[1] : "of an unknown version",
            core: String(cString: openblas_get_corename()), threading: threading,
            isForManyProcessors: words.contains("DYNAMIC_ARCH"))
    }

    /// The core whose kernels this processor should rather be given, if the library chose one from
    /// before AVX2 for a processor that has it.
    ///
    /// A library does not know processors that are younger than itself and falls back to the oldest,
    /// whose products take three to four times as long.
    public func betterCore(for processor: Processor) -> String? {
        guard isForManyProcessors, Self.coresBeforeAVX2.contains(core.lowercased()) else {
            return nil
        }
        if processor.hasAVX512 { return "SkylakeX" }
        return processor.hasAVX2 ? "Haswell" : nil
    }

    /// In lower case, as builds differ in how they spell them.
    private static let coresBeforeAVX2: Set = [
        "katmai", "coppermine", "northwood", "prescott", "banias", "atom", "core2", "penryn",
        "dunnington", "nehalem", "sandybridge", "athlon", "opteron", "opteron_sse3",
        "opteron(sse3)", "barcelona", "bobcat", "bulldozer", "piledriver", "steamroller", "nano",
    ]
}

/// What this processor can do, as far as it decides between kernels.
public struct Processor: Sendable {
    /// AVX2 and FMA.
    public var hasAVX2: Bool
    /// The parts of AVX-512 that servers have had since 2017: F, CD, BW, DQ and VL.
    public var hasAVX512: Bool

    /// A processor with these abilities.
    public init(hasAVX2: Bool, hasAVX512: Bool) {
        self.hasAVX2 = hasAVX2
        self.hasAVX512 = hasAVX512
    }

    /// The one that runs this process.
    public static let current = Processor(
        hasAVX2: ckernels_supports(CKERNELS_AVX2) != 0,
        hasAVX512: ckernels_has_server_avx512() != 0)

    /// The instruction set that this package's own kernels use here: `AVX-512`, `AVX2`, or what every
    /// processor of the architecture has, `SSE2` or `NEON`.
    ///
    /// Results of different sets differ in their last digits.
    public static let instructionSet: String =
        switch ckernels_best_set() {
        case CKERNELS_AVX512: "AVX-512"
        case CKERNELS_AVX2: "AVX2"
        default: baseline
        }

    #if arch(x86_64)
        private static let baseline = "SSE2"
    #else
        private static let baseline = "NEON"
    #endif
}
