import MetricCore
import Testing

@testable import Comparison

@Suite struct TrainingHistoryTests {
    private func titles(_ quantities: [(name: String, values: [Double])]) -> [String] {
        TrainingHistory(quantities: quantities).figures.map(\.title)
    }

    @Test func whatWasRecordedIsDrawn() throws {
        let history = TrainingHistory(quantities: [
            ("learning_rate", [0.1, 0.1, 0.1]), ("size", [9, 9, 5]), ("size_a", [4, 4, 3]),
            ("size_b", [5, 5, 2]), ("test_accuracy", [0.5, .nan, 0.75]),
            ("train_accuracy", [0.5, 0.6, 0.7]), ("train_loss", [2, 1, 0.5]),
        ])
        let figures = history.figures
        #expect(figures.map(\.title) == ["Loss", "Accuracy", "Neurons"])
        #expect(
            figures.map { $0.series.map(\.name) } == [
                ["train"], ["train", "test"], ["all layers", "a", "b"],
            ])
        // An epoch without a number is left out, and the next one keeps its place.
        #expect(figures[1].series[1].x == [1, 3])
        #expect(figures[1].series[1].y == [0.5, 0.75])
        #expect(figures[2].series[0].y == [9, 9, 5])
        #expect(history.epochs == 3)
    }

    @Test func oneLayerHasOneCurve() {
        let figures = TrainingHistory(quantities: [("size", [3, 2]), ("size_hidden", [3, 2])])
            .figures
        #expect(figures.map { $0.series.map(\.name) } == [["hidden"]])
    }

    @Test func whatDoesNotChangeOrIsNotThereHasNoFigure() {
        #expect(titles([("size", [64, 64])]) == [])
        #expect(titles([("train_loss", [.nan, .infinity])]) == [])
        #expect(titles([("objective", [1, 2])]) == [])
        #expect(titles([]) == [])
    }

    @Test func aSingleEpochIsAPoint() {
        let figure = TrainingHistory(quantities: [("train_loss", [2])]).figures.first
        #expect(figure?.series.map(\.mark) == [.points])
    }
}
