import Datasets
import HDF5
import RunFormat
import Training

/// What `quality` says, a line each, for people.
///
/// - Parameters:
///   - quality: of outputs of a network.
///   - classNames: names of the classes, to list how many samples of each are found.
/// - Returns: texts that may hold whatever the data's names do.
func lines(about quality: Quality, classNames: [String] = []) -> [String] {
    var lines = quality.outputs.map { output in
        var parts = ["RMSE \(significant(output.rootMeanSquareError))"]
        if let rSquared = output.rSquared { parts.append("R2 \(fixed(rSquared))") }
        if let error = output.noiseFreeError {
            parts.append("RMSE without the noise \(significant(error))")
        }
        return "\(output.name): " + parts.joined(separator: ", ")
    }
    if let accuracy = quality.accuracy, let balanced = quality.balancedAccuracy {
        var parts = ["accuracy \(percent(accuracy))", "balanced accuracy \(percent(balanced))"]
        if let most = quality.classes.map(\.samples).max() {
            let share = Double(most) / Double(max(1, quality.samples))
            parts.append("most frequent class \(percent(share))")
        }
        lines.append(parts.joined(separator: ", "))
    }
    for (name, count) in zip(classNames, quality.classes) where count.samples > 0 {
        lines.append("  \(name): \(count.found) of \(count.samples)")
    }
    return lines
}

/// Three decimals.
func fixed(_ value: Double) -> String {
    guard abs(value) < 1e6 else { return significant(value) }
    let thousandths = Int((value * 1000).rounded())
    let digits = "\(abs(thousandths) % 1000)"
    return (thousandths < 0 ? "-" : "") + "\(abs(thousandths) / 1000)."
        + String(repeating: "0", count: 3 - digits.count) + digits
}

/// What a run file says of its network on the test part, in the target's unit, or of rare classes; empty
/// where it says nothing.
///
/// - Throws: `RunError` if the file cannot be read.
func recordedQuality(ofRun path: String) throws -> [String] {
    let (attributes, data) = try RunFile.reading(path) { run throws(RunError) in
        (run.attributes, try run.dataDescription())
    }
    func values(_ name: String) -> [Double] {
        switch attributes["test_\(name)"] {
        case .number(let value)?: [value]
        case .numbers(let values)?: values
        default: []
        }
    }
    if let balanced = values("balanced_accuracy").first {
        return ["test balanced accuracy \(percent(balanced))"]
    }
    let (rSquared, noiseFree) = (values("r_squared"), values("noise_free_rmse"))
    let names = data?.outputs ?? []
    return zip(names, values("rmse")).enumerated().map { index, output in
        var parts = ["test RMSE \(significant(output.1))"]
        if rSquared.indices.contains(index) { parts.append("R2 \(fixed(rSquared[index]))") }
        if noiseFree.indices.contains(index) {
            parts.append("RMSE without the noise \(significant(noiseFree[index]))")
        }
        return "\(output.0): " + parts.joined(separator: ", ")
    }
}
