import Analysis
import Files
import MetricCore
import Report
import ResultStore
import Text

extension Batch {
    /// Does what is missing for one run.
    func process(_ run: ListedRun, _ analyze: Analysis) async throws -> Outcome {
        let location = resultFile(of: run)
        // A file that cannot be read or is damaged is as good as none.
        let file = try? ResultFile(at: location)
        let earlier = file?.head
        let identity: FileIdentity
        do {
            identity = try FileIdentity(of: run.path, known: earlier?.identity)
        } catch {
            // Results of a run that cannot be reached today are not wrong for it.
            if earlier == nil, !error.isGone {
                try write(failure: error.reason, of: run, identity: nil, to: location)
            }
            return .failed(reason: error.reason)
        }
        let valid = earlier.flatMap { isCurrent($0, of: run, identity) ? $0 : nil }
        let missing = metrics.filter { metric in
            !(valid?.metrics.contains { $0.isComplete && $0.matches(metric) } ?? false)
        }
        if missing.isEmpty {
            if let file, identity != earlier?.identity {
                try refresh(file, identity)
            }
            return .skipped
        }
        do {
            let analyzed = try await analyze(run, missing)
            guard try identity.stillDescribes(run.path) else {
                throw FileRefusal(reason: "it changed while it was read; try again later")
            }
            return try store(
                analyzed, of: run, missing, beside: valid == nil ? nil : file, identity,
                to: location)
        } catch let error as OutputError {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            let reason = (error as? FileRefusal)?.reason ?? "\(error)"
            if valid == nil {
                try write(failure: reason, of: run, identity: identity, to: location)
            }
            return .failed(reason: reason)
        }
    }

    /// Notes that the process that was to analyze `run` ended instead; valid results stay.
    ///
    /// - Returns: the outcome of the run.
    /// - Throws: `OutputError`.
    public func lose(_ run: ListedRun, reason: String) throws -> Outcome {
        let location = resultFile(of: run)
        let earlier = (try? ResultFile(at: location))?.head
        let identity = try? FileIdentity(of: run.path, known: earlier?.identity)
        if !(earlier.flatMap { head in identity.map { isCurrent(head, of: run, $0) } } ?? false) {
            try write(failure: reason, of: run, identity: identity, to: location)
        }
        return .lost(reason: reason)
    }

    /// Whether results of a file are results of what the run holds now.
    private func isCurrent(
        _ head: ResultFileHead, of run: ListedRun, _ identity: FileIdentity
    ) -> Bool {
        !followsLinks && isSame(head.settings.line, settings.line) && head.status != .failed
            && isSame(head.path, run.path)
            && head.identity?.size == identity.size
            && head.identity?.fingerprint == identity.fingerprint
    }

    /// Notes that the content of a run is still the same though its times are others.
    private func refresh(_ file: ResultFile, _ identity: FileIdentity) throws {
        var head = file.head
        head.identity = identity
        try ResultFile.write(head, kept: try file.texts(), results: [], to: file.location)
    }

    private func store(
        _ analyzed: Analyzed, of run: ListedRun, _ computed: [ConfiguredMetric],
        beside file: ResultFile?, _ identity: FileIdentity, to location: String
    ) throws -> Outcome {
        let earlier = file?.head
        let ids = Set(computed.map(\.descriptor.id))
        let keptKeys = earlier?.metrics.filter { !ids.contains($0.id) } ?? []
        let kept = try file?.texts(ofMetrics: Set(keptKeys.map(\.id))) ?? []
        let failed = analyzed.results.filter { $0.status == .failed }
        let newKeys = computed.map { metric in
            ResultFileHead.MetricKey(
                id: metric.descriptor.id, version: metric.descriptor.version,
                configuration: JSONNode(metric.configuration),
                isComplete: !failed.contains { $0.metric.id == metric.descriptor.id })
        }
        let reason = failed.first.map(describe)
        let head = ResultFileHead(
            run: run.name, path: run.path, identity: identity,
            status: failed.isEmpty && keptKeys.allSatisfy(\.isComplete) ? .ok : .incomplete,
            reason: reason ?? (keptKeys.allSatisfy(\.isComplete) ? nil : earlier?.reason),
            attributes: analyzed.attributes, settings: settings, metrics: keptKeys + newKeys)
        try ResultFile.write(head, kept: kept, results: analyzed.results, to: location)
        return reason.map { .failed(reason: $0) } ?? .done
    }

    private func describe(_ result: LayerResult) -> String {
        let place = [result.layer, result.site?.rawValue, result.metric.id].compactMap { $0 }
        return place.joined(separator: " ") + ": " + (result.reason ?? "failed")
    }

    private func write(
        failure reason: String, of run: ListedRun, identity: FileIdentity?, to location: String
    ) throws {
        let head = ResultFileHead(
            run: run.name, path: run.path, identity: identity, status: .failed, reason: reason,
            settings: settings)
        try ResultFile.write(head, results: [], to: location)
    }
}

extension ResultFileHead.MetricKey {
    /// Whether this program would compute the same: the same metric in the same version, with the
    /// same configuration, by the same version of the program with the same instructions.
    func matches(_ metric: ConfiguredMetric) -> Bool {
        id == metric.descriptor.id && version == metric.descriptor.version
            && provenance == .current
            && isSame(configuration.line, JSONNode(metric.configuration).line)
    }
}
