import LinearAlgebra
import Testing

@testable import Datasets

@Suite struct LabeledDataTests {
    /// Four images of one row of two pixels.
    static let images = LabeledData(
        inputs: .images(
            ImageBytes(
                shape: ImageShape(channels: 1, height: 1, width: 2),
                pixels: [0, 255, 51, 102, 153, 204, 0, 0])),
        outcome: .classes([0, 1, 1, 0], names: ["no", "yes"]))

    /// Columns with values 2, 4, 6, 8 and 5, 5, 5, 5, one category, one target.
    static let table = LabeledData(
        inputs: .table(
            TableRows(
                columns: [
                    .number(name: "x"), .category(name: "c", values: ["p", "q"]),
                    .number(name: "k"),
                ], count: 4, numbers: [2, 5, 4, 5, 6, 5, 8, 5], codes: [0, 1, 1, 0])),
        outcome: .values(Matrix(rows: 4, columns: 1, elements: [10, 20, 30, 40]), names: ["y"]))

    @Test func pixelsBecomeShares() {
        #expect(Self.images.batch([0, 2]).elements == [0, 1, 0.6, 0.8])
        #expect(Self.images.labels(of: [2, 3]) == [1, 0])
        #expect(Self.images.inputCount == 2)
        #expect(Self.images.outputCount == 2)
    }

    /// (b / 255 - 0.1307) / 0.3081 at 0 and 255, to the precision of Float: -0.42421292 and
    /// 2.8214867 are the extremes that users of MNIST know.
    @Test func mnistConstants() {
        let scaled = Self.images.scaled(by: .pixels(.mnist), targets: nil)
        let extremes = scaled.batch([0]).elements
        #expect(abs(extremes[0] - -0.42421292) < 1e-7)
        #expect(abs(extremes[1] - 2.8214867) < 3e-7)
    }

    /// Values 2, 4, 6, 8: mean 5, population variance 5; a constant column becomes 0.
    @Test func columnsAreStandardisedByThePopulationDeviation() throws {
        let data = Self.table.scaled(
            by: Self.table.standardScaling(), targets: Self.table.standardTargetScaling())
        let root = Double(5).squareRoot()
        #expect(
            data.scaling == .columns(ColumnScaling(mean: [5, 5], deviation: [root, 1])))
        #expect(
            data.batch([3, 0])
                == Matrix(
                    rows: 2, columns: 4,
                    elements: [Float(3 / root), 1, 0, 0, Float(-3 / root), 1, 0, 0]))
        // Targets 10 ... 40: mean 25, variance 125.
        #expect(
            data.targetScaling
                == ColumnScaling(mean: [25], deviation: [Double(125).squareRoot()]))
        #expect(data.targets(of: [3])?.elements == [Float(15 / Double(125).squareRoot())])
    }

    /// A constant that the mean of equal values misses by rounding must not be blown up.
    @Test func aConstantColumnStaysZero() {
        let values = [Double](repeating: 0.1, count: 1000)
        let scaling = values.withUnsafeBufferPointer {
            ColumnScaling(of: $0, columns: 1, at: Array(0..<1000))
        }
        #expect(scaling == ColumnScaling(mean: [0.1], deviation: [1]))
    }

    /// Pixels 0, 255, 51, 102 of the first two images: mean 102, variance 9103.5 (in 1/255).
    @Test func statisticsOfPixelsComeFromThePart() {
        guard case .pixels(let scaling) = Self.images.prefix(2).standardScaling() else {
            Issue.record("images are scaled by pixels")
            return
        }
        #expect(scaling.mean == [Float(0.4)])
        // Squared distances from 102: 10404, 23409, 2601 and 0, together 4 x 9103.5.
        let variance = 9103.5
        #expect(abs(Double(scaling.deviation[0]) - variance.squareRoot() / 255) < 1e-7)
    }

    @Test func channelsAreScaledEachByItsOwn() {
        let data = LabeledData(
            inputs: .images(
                ImageBytes(
                    shape: ImageShape(channels: 2, height: 1, width: 2), pixels: [0, 255, 0, 255])),
            outcome: .classes([0], names: ["one"]),
            scaling: .pixels(PixelScaling(mean: [0, 1], deviation: [1, 0.5])))
        #expect(data.batch([0]).elements == [0, 1, -2, 0])
    }

    @Test func subsetsOfSubsetsPointToTheSameRows() {
        let part = Self.images.subset([3, 1, 0]).subset([1, 2])
        #expect(part.count == 2)
        #expect(part.labels == [1, 0])
        #expect(part.batch(0..<2) == Self.images.batch([1, 0]))
        #expect(Self.table.subset([2]).targets?.elements == [30])
    }

    @Test func aSplitKeepsEverySampleOnce() {
        let data = Add10.samples(50, seed: 4)
        for held in [0, 1, 20, 50] {
            let parts = data.split(holding: held, seed: 9)
            #expect(parts.held.count == held)
            #expect((parts.rest.storedRows + parts.held.storedRows).sorted() == Array(0..<50))
        }
        let again = data.split(holding: 20, seed: 9)
        #expect(again.held.storedRows == data.split(holding: 20, seed: 9).held.storedRows)
        #expect(again.held.storedRows != data.split(holding: 20, seed: 10).held.storedRows)
    }

    @Test func gatheringUsesTheMemoryAgain() {
        var buffer = Matrix<Float>(rows: 4, columns: 2)
        let before = buffer.withElements { $0.baseAddress }
        Self.images.gather([1, 2], into: &buffer)
        #expect(buffer.rows == 2)
        #expect(buffer.elements == [0.2, 0.4, 0.6, 0.8])
        #expect(buffer.withElements { $0.baseAddress } == before)
    }
}
