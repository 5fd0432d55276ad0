public import Statistics

extension MixtureOutcome {
    /// What every mixture reports beside its parameters, under the names of the contract.
    ///
    /// - Parameter contained: the fits of one component to report by name.
    /// - Returns: zeroMass, logLikelihood, bic, bicOneComponent, decision, iterations, converged.
    public func values(contained: [(name: String, fit: OneComponentFit?)]) -> Object {
        Object([
            ("zeroMass", .number(zeroMass)),
            ("logLikelihood", .number(fit?.logLikelihood)),
            ("bic", .number(fit?.bic)),
            (
                "bicOneComponent",
                .object(Object(contained.map { ($0.name, .number($0.fit?.bic)) }))
            ),
            ("decision", decision.map { .text($0.name) } ?? .null),
            ("iterations", .integer(fit?.iterations)),
            ("converged", fit.map { .flag($0.converged) } ?? .null),
        ])
    }

    /// The scalars of ``values(contained:)``.
    public func quantities(contained: [(name: String, fit: OneComponentFit?)]) -> [Quantity] {
        [
            Quantity("zeroMass", title: "exact zeros", zeroMass, in: .fraction),
            Quantity(
                "logLikelihood", title: "log-likelihood", fit?.logLikelihood, in: .nats,
                headline: false),
            Quantity("bic", title: "BIC", fit?.bic, in: .none, headline: false),
        ]
            + contained.map {
                Quantity(
                    "bicOneComponent.\($0.name)", title: "BIC, one \($0.name)", $0.fit?.bic,
                    in: .none, headline: false)
            } + [
                Quantity(
                    "iterations", title: "iterations", (fit?.iterations).map(Double.init),
                    in: .count, headline: false)
            ]
    }

    /// The finding in a sentence: `finding` if the verdict is ok, and otherwise why there is none.
    public func summary(_ finding: (Mixture) -> String) -> String {
        switch verdict {
        case .ok: fit.map { finding($0.mixture) } ?? "there is no fit"
        case .degenerate(let reason), .insufficient(let reason), .failed(let reason): reason
        }
    }

    /// What a reader should know: few neurons, no convergence, a spike that would be better by BIC
    /// than the model that describes the deviations.
    public var warnings: [String] {
        guard let decision else { return [] }
        var warnings: [String] = []
        if deviations.count < 20 {
            warnings.append(
                "only \(deviations.count) live neurons: two components are hardly told apart")
        }
        if let fit, !fit.converged {
            warnings.append("the fit has not converged in \(fit.iterations) iterations")
        }
        let criterion: Double
        switch decision {
        case .one(let one): criterion = one.bic
        case .mixture: criterion = fit?.bic ?? .infinity
        }
        if let spike, spike.bic < criterion {
            let range =
                spike.least == spike.largest
                ? spike.least.brief(digits: 4)
                : "\(spike.least.brief(digits: 4)) to \(spike.largest.brief(digits: 4))"
            let other = fit.map { ", the reported fit's is \($0.logLikelihood.brief(digits: 5))" }
            warnings.append(
                """
                a spike on \(spike.count) of \(deviations.count) neurons, of deviation \(range), is \
                left out: its log-likelihood is \(spike.logLikelihood.brief(digits: 5))\
                \(other ?? ""), but it describes a coincidence
                """)
        }
        return warnings
    }

    /// The deviations as a histogram of density, with the model that describes them over it: the
    /// mixture and its components, or the one distribution that is enough.
    ///
    /// - Parameters:
    ///   - title: the figure's.
    ///   - components: names for the legend.
    ///   - densities: the weighted densities of the components at a value, per activation.
    /// - Returns: one figure; none where nothing is described.
    public func figures(
        title: String, components: (String, String),
        densities: (Mixture, Double) -> (Double, Double)
    ) -> [Figure] {
        guard let decision, let first = deviations.first, let last = deviations.last else {
            return []
        }
        let histogram = Histogram(ofSorted: deviations)
        let heights = histogram.counts.indices.map { bin in
            Double(histogram.counts[bin])
                / (Double(deviations.count) * (histogram.edges[bin + 1] - histogram.edges[bin]))
        }
        // Equal steps, and quantiles of the data, which are dense where a component is narrow.
        let steps = (0..<200).map { first + (Double($0) + 0.5) / 200 * (last - first) }
        let quantiles = (0..<200).map { deviations[$0 * (deviations.count - 1) / 199] }
        let grid = Set(steps + quantiles).sorted()
        var series: [Figure.Series] = [
            .init(name: "neurons", mark: .bars, x: histogram.edges, y: heights)
        ]
        switch decision {
        case .one(let one):
            series.append(
                .init(
                    name: "one \(one.distribution.name)", mark: .line, x: grid,
                    y: grid.map(one.distribution.density)))
        case .mixture:
            guard let mixture = fit?.mixture else { break }
            let curves = grid.map { densities(mixture, $0) }
            series += [
                .init(name: "mixture", mark: .line, x: grid, y: curves.map { $0.0 + $0.1 }),
                .init(name: components.0, mark: .dashedLine, x: grid, y: curves.map(\.0)),
                .init(name: components.1, mark: .dashedLine, x: grid, y: curves.map(\.1)),
            ]
        }
        return [
            Figure(
                title: title, x: .init("standard deviation"), y: .init("density"), series: series)
        ]
    }
}
