import Testing

@testable import Training

@Suite struct PenaltyChoiceTests {
    /// Differences from the best network of 0.5, -0.3, 0.2 and -0.2 have the mean 0.05 and the standard
    /// error √(0.41 / 3 / 4) = 0.185; differences of 0.1 each have none.
    @Test func theSmallestWithinOneStandardErrorOfTheBest() {
        let best = [1.0, 1, 1, 1]
        let noisy = [1.5, 0.7, 1.2, 0.8]
        let worse = [1.1, 1.1, 1.1, 1.1]
        #expect(PenaltyChoice.smallestGood([best, noisy], parameters: [100, 10]) == 1)
        #expect(PenaltyChoice.smallestGood([noisy, best], parameters: [100, 10]) == 1)
        #expect(PenaltyChoice.smallestGood([worse, best], parameters: [10, 100]) == 1)
        #expect(PenaltyChoice.smallestGood([worse, best, noisy], parameters: [1, 100, 10]) == 2)
        // Beyond one standard error: a mean of 0.25.
        let far = noisy.map { $0 + 0.2 }
        #expect(PenaltyChoice.smallestGood([far, best], parameters: [10, 100]) == 1)
        // Equal in size: the better one.
        #expect(PenaltyChoice.smallestGood([noisy, best], parameters: [10, 10]) == 1)
    }

    /// However small it is: whoever fits a table asks for a network that lost what it does not need.
    @Test func thePlainNetworkOnlyIfNoOtherIsAsGood() {
        let best = [1.0, 1, 1, 1]
        let noisy = [1.5, 0.7, 1.2, 0.8]
        let worse = [1.1, 1.1, 1.1, 1.1]
        func chosen(_ losses: [[Double]]) -> Int {
            PenaltyChoice.smallestGood(
                losses, parameters: [100, 50, 10], isPlain: [false, false, true])
        }
        #expect(chosen([best, worse, noisy]) == 0)
        #expect(chosen([worse, noisy, best]) == 1)
        #expect(chosen([worse, worse, best]) == 2)
    }

    @Test func lossesThatAreNoNumbers() {
        let nan = [Double.nan, 1]
        #expect(PenaltyChoice.smallestGood([nan, [2, 2]], parameters: [1, 9]) == 1)
        #expect(PenaltyChoice.smallestGood([nan, nan], parameters: [9, 1]) == 0)
        // One sample has no standard error: the best is kept.
        #expect(PenaltyChoice.smallestGood([[2], [1]], parameters: [1, 9]) == 1)
    }
}
