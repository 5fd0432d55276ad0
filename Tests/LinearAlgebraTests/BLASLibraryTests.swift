import LinearAlgebra
import Testing

@Suite struct BLASLibraryTests {
    private static let none = Processor(hasAVX2: false, hasAVX512: false)
    private static let avx2 = Processor(hasAVX2: true, hasAVX512: false)
    private static let avx512 = Processor(hasAVX2: true, hasAVX512: true)

    private func better(
        than core: String, for processor: Processor, isForManyProcessors: Bool = true
    ) -> String? {
        BLASLibrary(
            version: "0.3.21", core: core, threading: "pthreads",
            isForManyProcessors: isForManyProcessors
        ).betterCore(for: processor)
    }

    /// OpenBLAS's names of cores whose kernels have no AVX2 (its `dynamic.c`).
    @Test(arguments: [
        "Prescott", "prescott", "Core2", "Penryn", "Nehalem", "Sandybridge", "Atom", "Barcelona",
        "Opteron_SSE3", "Bulldozer", "Steamroller",
    ])
    func coresBeforeAVX2AreReplacedByWhatTheProcessorHas(core: String) {
        #expect(better(than: core, for: Self.none) == nil)
        #expect(better(than: core, for: Self.avx2) == "Haswell")
        #expect(better(than: core, for: Self.avx512) == "SkylakeX")
    }

    /// What the library knows to be right stays, and so does what is not known here.
    @Test(arguments: [
        "Haswell", "Zen", "Excavator", "SkylakeX", "Cooperlake", "Sapphirerapids", "neoversen1",
        "armv8", "Unknown", "",
    ])
    func otherCoresStay(core: String) {
        for processor in [Self.none, Self.avx2, Self.avx512] {
            #expect(better(than: core, for: processor) == nil)
        }
    }

    /// Such a library would ignore what it is told.
    @Test func aLibraryForOneProcessorIsLeftAlone() {
        #expect(better(than: "Prescott", for: Self.avx512, isForManyProcessors: false) == nil)
    }

    @Test func theLoadedLibrarySaysWhatItIs() {
        let library = BLASLibrary.loaded
        #expect(library.version.first?.isNumber == true)
        #expect(!library.core.isEmpty)
        #expect(["pthreads", "OpenMP", "no threads"].contains(library.threading))
    }
}
