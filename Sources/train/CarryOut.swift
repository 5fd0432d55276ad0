import Datasets
import Executable
import Training

/// Trains, shows where the training stands, and prints what came of it in one line or two.
///
/// - Throws: ``TrainingFailure`` if no run was written; settings that make no sense as they are.
func carryOut(_ job: TrainingJob, on data: LoadedDataset, resuming: Bool) throws {
    switch try runJob(job, on: data, resuming: resuming) {
    case .alreadyComplete: report("\(job.output) is complete")
    case .trained(let result):
        if result.overflowCount > 0 {
            tell(
                "warning: \(result.overflowCount) activations are infinite as float16; "
                    + "record float32")
        }
        report("\(job.output)  \(summary(of: result.history, result.epoch))")
        if let outcome = result.outcome { report(resizing(result, outcome)) }
        for line in try recordedQuality(ofRun: job.output) { report("  \(line)") }
        if let divergence = result.divergence {
            throw TrainingFailure(
                path: job.output, error: .diverged(divergence), recorded: result.epoch)
        }
    }
}

/// Runs a job with its progress on stderr; a signal ends the process after a checkpoint.
///
/// - Throws: what the job throws, ``TrainingFailure`` in place of an error that ended the training.
func runJob(
    _ job: TrainingJob, on data: LoadedDataset, resuming: Bool
) throws -> TrainingJob.Outcome {
    let display = ProgressDisplay()
    Interruption.wait()
    do {
        defer { display.finish() }
        return try job.run(on: data, resuming: resuming) { progress in
            display.show(progress)
            return !Interruption.came
        } isWanted: {
            !Interruption.came
        }
    } catch TrainingError.cancelled {
        Interruption.end()
    } catch let error as TrainingError {
        if case .setting = error { throw error }
        throw TrainingFailure(path: job.output, error: error)
    }
}

/// Sizes at the start and the end, arithmetic, and how the training ended.
private func resizing(_ result: TrainingJob.Result, _ outcome: TrainingOutcome) -> String {
    func text(_ sizes: [Int]) -> String { sizes.map { "\($0)" }.joined(separator: "-") }
    var parts = ["size \(text(result.startSizes)) to \(text(result.finalSizes))"]
    func last(_ name: String) -> Double? { result.history[name].last }
    parts.append("\(result.parameters) parameters")
    if let arithmetic = last("training_multiply_adds") {
        parts.append("\(significant(arithmetic)) multiply-adds")
    }
    if let largest = result.largestStrength {
        parts.append("lambda_max \(significant(largest))")
    }
    parts.append("outcome \(outcome.rawValue)")
    return parts.joined(separator: ", ")
}

/// The values of an epoch, counted from 1, in one line.
func summary(of history: History, _ epoch: Int) -> String {
    func value(_ name: String) -> Double? {
        let values = history[name]
        return values.indices.contains(epoch - 1) ? values[epoch - 1] : nil
    }
    var parts = ["epoch \(epoch)"]
    if let loss = value("train_loss") { parts.append("train loss \(significant(loss))") }
    if let loss = value("validation_loss") {
        parts.append("validation loss \(significant(loss))")
    }
    if let loss = value("test_loss") { parts.append("test loss \(significant(loss))") }
    if let accuracy = value("test_accuracy") {
        parts.append("test accuracy \(percent(accuracy))")
    }
    return parts.joined(separator: ", ")
}
