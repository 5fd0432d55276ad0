import CKernels
import KernelTesting
import Testing

@testable import LinearAlgebra

/// Tests of kernels run with every instruction set that the machine has, and say which those are.
@Suite("Instruction sets") struct InstructionSetTests {
    @Test(arguments: TestedSet.all)
    func whatTheMachineHasIsFound(set: TestedSet) {
        #expect((ckernels_supports(set.set) == 1) == set.isHere)
    }

    @Test func theBestIsChosen() {
        #expect(ckernels_best_set() == TestedSet.here.last?.set)
    }

    @Test func productsOfPanelsRunWithAllOfThem() {
        // AVX2 has a kernel for single precision only; in double precision the library is as fast.
        for (precision, first) in [(GramPrecision.single, 1), (.double, 2)] {
            let expected = TestedSet.all[first...].filter(\.isHere)
            #expect(Set(GramKernel.available(in: precision)) == Set(expected.map(\.set)))
            for set in expected {
                #expect(GramTests.kernels(in: precision).contains(.own(set.set)))
                #expect(
                    GramPanelsTests.layouts.contains {
                        $0.precision == precision && $0.set == set.set
                    })
            }
            TestedSet.report(
                "products in \(precision) precision", in: Array(TestedSet.all[first...]))
        }
    }

    @Test func eigenvaluesRunWithAllOfThem() {
        #expect(BandReductionTests.sets == TestedSet.here.map(\.set))
        TestedSet.report("eigenvalues by way of a band")
        // Before AVX2 the library is faster.
        let hasAVX2 = TestedSet.all[1].isHere
        #if arch(x86_64)
            #expect(BandReduction.isFastest(size: 800) == hasAVX2)
        #else
            #expect(BandReduction.isFastest(size: 800))
        #endif
        #expect(!BandReduction.isFastest(size: 383))
    }
}
