import Foundation
import LinearAlgebra
import Testing

@testable import Datasets

/// Where the published files are: LAMINA_DATA, else "shared/data" beside the package.
let publishedData: String = {
    if let folder = ProcessInfo.processInfo.environment["LAMINA_DATA"], !folder.isEmpty {
        return folder
    }
    return URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../shared/data").standardizedFileURL.path
}()

private func isAvailable(_ id: String) -> Bool {
    (try? Dataset.named(id))?.isAvailable(from: publishedData) == true
}

private func histogram(_ labels: [Int32], classes: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: classes)
    for label in labels { counts[Int(label)] += 1 }
    return counts
}

/// The published files themselves.
///
/// Histograms: their publishers; statistics: NumPy
/// (`Fixtures/reference/datasets.py`).
@Suite struct PublishedDataTests {
    @Test(.enabled(if: isAvailable("mnist"), "MNIST is not there"))
    func mnist() throws {
        let loaded = try Dataset.mnist.load(from: publishedData)
        #expect(
            histogram(loaded.train.labels, classes: 10)
                == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
        #expect(
            histogram(loaded.test.labels, classes: 10)
                == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
        #expect(try pixelScaling(of: loaded.test.prefix(1), expectedImages: 10000) == .mnist)
        guard case .pixels(let measured) = loaded.train.standardScaling() else {
            Issue.record("images are scaled by pixels")
            return
        }
        #expect(abs(measured.mean[0] - 0.1306604762738429) < 1e-8)
        #expect(abs(measured.deviation[0] - 0.30810780385646264) < 3e-8)
    }

    @Test(.enabled(if: isAvailable("fashion-mnist"), "Fashion-MNIST is not there"))
    func fashion() throws {
        let loaded = try Dataset.fashionMNIST.load(from: publishedData)
        #expect(
            histogram(loaded.train.labels, classes: 10) == Array(repeating: 6000, count: 10))
        #expect(histogram(loaded.test.labels, classes: 10) == Array(repeating: 1000, count: 10))
    }

    private func pixelScaling(of data: LabeledData, expectedImages: Int) throws -> PixelScaling {
        guard case .pixels(let scaling) = data.scaling, case .images(let images) = data.inputs
        else {
            throw DatasetError.invalidOption(name: "scaling", value: "columns", expected: "pixels")
        }
        #expect(images.count == expectedImages)
        return scaling
    }

    /// Stored mean 0.82785 is paper; inverted, ink has mean 0.17215.
    @Test(.enabled(if: isAvailable("hasyv2"), "HASYv2 is not there"))
    func hasy() throws {
        let loaded = try Dataset.hasy.load(from: publishedData)
        #expect(
            histogram(loaded.train.labels, classes: 10)
                == [274, 273, 232, 209, 206, 200, 195, 190, 184, 175])
        #expect(
            histogram(loaded.test.labels, classes: 10)
                == [76, 66, 59, 50, 50, 51, 45, 47, 45, 42])
        let scaling = try pixelScaling(of: loaded.train, expectedImages: 2138)
        #expect(abs(scaling.mean[0] - (1 - 0.8278532251227783)) < 1e-7)
        #expect(abs(scaling.deviation[0] - 0.3775079638585031) < 1e-7)
    }

    @Test(.enabled(if: isAvailable("cifar10"), "CIFAR-10 is not there"))
    func cifar() throws {
        let files = DatasetFiles(dataset: .cifar10, folder: publishedData)
        let first = try #require(try files.paths(matching: "data_batch_1.bin").first)
        let train = try CIFAR10.read([first])
        let test = try Dataset.cifar10.load(from: publishedData).test
        #expect(
            histogram(train.labels, classes: 10)
                == [1005, 974, 1032, 1016, 999, 937, 1030, 1001, 1025, 981])
        #expect(
            histogram(Array(test.labels.prefix(1000)), classes: 10)
                == [103, 89, 100, 103, 90, 86, 112, 102, 106, 109])
        let means = PixelScaling(of: train.images, at: 0..<10000).mean
        for (mean, expected) in zip(
            means, [125.83175029296875, 123.2606662109375, 114.03068681640625])
        {
            #expect(abs(Double(mean) * 255 - expected) < 1e-5)
        }
    }

    @Test(.enabled(if: isAvailable("airfoil"), "airfoil is not there"))
    func airfoil() throws {
        let loaded = try Dataset.airfoil.load(from: publishedData)
        #expect(loaded.train.count == 1240 && loaded.test.count == 263)
        guard case .columns(let scaling) = loaded.train.scaling else {
            Issue.record("tables are scaled by columns")
            return
        }
        let means = [
            2972.8024193548385, 6.6674999999999685, 0.14396064516129006, 50.86854838709655,
            0.009757788127419387,
        ]
        let deviations = [
            3268.9006779670576, 6.029163014318479, 0.10141319376960477, 15.57963397089332,
            0.011235026906151732,
        ]
        // Sums of 1,240 numbers in double precision.
        for column in 0..<5 {
            #expect(abs(scaling.mean[column] / means[column] - 1) < 1e-12)
            #expect(abs(scaling.deviation[column] / deviations[column] - 1) < 1e-12)
        }
        let targets = try #require(loaded.train.targetScaling)
        #expect(abs(targets.mean[0] - 124.60466774193542) < 1e-10)
        #expect(abs(targets.deviation[0] - 6.690066085978966) < 1e-10)
    }

    @Test(.enabled(if: isAvailable("poker"), "the poker hands are not there"))
    func pokerLabelsFollowTheRules() throws {
        let loaded = try Dataset.poker.load(from: publishedData)
        #expect(
            histogram(loaded.train.labels, classes: 10)
                == [12493, 10599, 1206, 513, 93, 54, 36, 6, 5, 5])
        for data in [loaded.train, loaded.test] {
            guard case .table(let rows) = data.inputs else {
                Issue.record("hands are rows of a table")
                return
            }
            let labels = data.labels
            let wrong = (0..<min(rows.count, 30000)).count { hand in
                let codes = rows.codes[10 * hand..<10 * hand + 10].map { Int($0) + 1 }
                let suits = stride(from: 0, to: 10, by: 2).map { codes[$0] }
                let ranks = stride(from: 1, to: 10, by: 2).map { codes[$0] }
                return Poker.label(suits: suits, ranks: ranks) != labels[hand]
            }
            #expect(wrong == 0)
        }
    }

    @Test(.enabled(if: isAvailable("census"), "the census file is not there"))
    func adult() throws {
        let loaded = try Dataset.adult.load(
            from: publishedData, options: LoadOptions(normalization: .plain))
        #expect(loaded.train.inputCount == 108)
        for (data, persons, rich, age, hours, occupation, country) in [
            (loaded.train, 32561, 7841, 1_256_257, 1_316_684, 1843, 583),
            (loaded.test, 16281, 3846, 631_173, 657_626, 966, 274),
        ] {
            #expect(data.count == persons)
            #expect(histogram(data.labels, classes: 2)[1] == rich)
            let names = data.inputNames
            let x = data.batch(0..<data.count)
            for (name, sum) in [
                ("age", age), ("hours-per-week", hours), ("occupation=?", occupation),
                ("native-country=?", country),
            ] {
                let column = try #require(names.firstIndex(of: name))
                let total = x.withElements { elements in
                    stride(from: column, to: elements.count, by: 108)
                        .reduce(0.0) { $0 + Double(elements[$1]) }
                }
                #expect(total == Double(sum), "\(name)")
            }
        }
    }

    @Test(.enabled(if: isAvailable("house-16h"), "house_16H is not there"))
    func house() throws {
        let loaded = try Dataset.house16H.load(from: publishedData)
        #expect(loaded.train.count == 18227 && loaded.test.count == 4557)
        let whole = try Dataset.house16H.load(
            from: publishedData, options: LoadOptions(testFraction: 0))
        guard case .columns(let scaling) = whole.train.scaling else {
            Issue.record("tables are scaled by columns")
            return
        }
        #expect(abs(scaling.mean[0] / 7808.669197682584 - 1) < 1e-12)
        #expect(abs(scaling.mean[15] / 0.4916256467710881 - 1) < 1e-12)
        #expect(abs((whole.train.targetScaling?.mean[0] ?? 0) / 50074.43978230337 - 1) < 1e-12)
    }
}
