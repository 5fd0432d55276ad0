import Networks
import Testing

@testable import Training

@Suite struct ControllerTests {
    private func control(
        _ values: [Double], step: Int = 1, isEndOfEpoch: Bool = false, strengths: [Double] = []
    ) -> TrainingControl {
        TrainingControl(
            epoch: (step - 1) / 4, epochs: 5, step: step, stepsPerEpoch: 4,
            multiplyAdds: 100 * Double(step), isEndOfEpoch: isEndOfEpoch, strengths: strengths,
            rateFactor: nil, outcome: nil,
            read: { [TrainingControl.Layer(index: 0, values: values)] })
    }

    private func kept(_ control: TrainingControl) -> [Int]? { control.edits.first?.edit.indices }

    @Test func filtersThatAreNotPositive() {
        var prune = Prune(.nonPositive)
        var within = control([1, 0, -1, 2])
        prune.afterBatch(&within)
        #expect(within.edits.isEmpty)
        var end = control([1, 0, -1, 2], isEndOfEpoch: true)
        prune.afterBatch(&end)
        #expect(kept(end) == [0, 3])
        #expect(end.edits.first?.reason == "dead" && end.outcome == nil)
    }

    @Test func smallFilters() {
        var prune = Prune(.threshold(1e-3), every: .steps(2))
        var odd = control([1, 1e-3, -1e-4, -2])
        prune.afterBatch(&odd)
        #expect(odd.edits.isEmpty)
        var even = control([1, 1e-3, -1e-4, -2], step: 2)
        prune.afterBatch(&even)
        #expect(kept(even) == [0, 3])
    }

    @Test func filtersThatWereZeroForSomeSteps() {
        var prune = Prune(.zeroFor(steps: 3), every: .steps(1))
        let course: [([Double], [Int]?)] = [
            ([1, 0, 0], nil), ([1, 0, 0.5], nil), ([1, 0, 0], [0, 2]),
        ]
        for (step, (values, expected)) in course.enumerated() {
            var control = control(values, step: step + 1)
            prune.afterBatch(&control)
            #expect(kept(control) == expected)
            for (edit, _) in control.edits { prune.follow(edit) }
        }
        #expect(prune.statistics[0].zeroSteps == [0, 1])
        #expect(prune.isValid(units: [2, 1]) && !prune.isValid(units: [3, 1]))
        // Without a number, the steps of an epoch: four here.
        var standard = Prune(.zeroFor(steps: nil), every: .steps(1))
        for step in 1...4 {
            var control = control([1, 0], step: step)
            standard.afterBatch(&control)
            #expect(kept(control) == (step < 4 ? nil : [0]))
        }
    }

    /// With γ = 0 the first change of sign kills; with 0.9 one adds 0.4, and stays below 0.5.
    @Test func filtersWhoseSignVaries() {
        var strict = Prune(.signVariance(decay: 0, threshold: 0.5))
        var patient = Prune(.signVariance(decay: 0.9, threshold: 0.5))
        for (step, value) in [0.5, 0.3, -0.1, 0.2].enumerated() {
            for isPatient in [false, true] {
                var control = control([1, value], step: step + 1, isEndOfEpoch: step == 3)
                if isPatient { patient.afterBatch(&control) } else { strict.afterBatch(&control) }
                #expect(control.silenced.map(\.unit) == (isPatient || step < 2 ? [] : [1]))
                #expect(kept(control) == (isPatient || step < 3 ? nil : [0]))
            }
        }
        // The mean was 0.8 when the sign came back.
        #expect(abs(patient.statistics[0].variance[1] - (0.9 * 0.4 + 0.1 * 0.2 * 0.2)) < 1e-12)
    }

    @Test(arguments: [Prune.Interval.epoch, .never])
    func aLayerThatWouldBeEmptyKeepsItsStrongest(interval: Prune.Interval) {
        var prune = Prune(.nonPositive, every: interval)
        var control = control([-3, -1, -2], isEndOfEpoch: true)
        prune.afterBatch(&control)
        #expect(control.outcome == .collapsed)
        #expect(kept(control) == (interval == .never ? nil : [1]))
    }

    @Test func schedules() {
        var schedule = PenaltySchedule(factor: 0.5, warmUp: 0.5)
        var strengths: [Double] = []
        for step in 1...20 {
            var control = control([1], step: step, isEndOfEpoch: step % 4 == 0, strengths: [0.8])
            schedule.afterBatch(&control)
            strengths.append(control.strengths[0])
        }
        // Half of 20 steps: the strength of step 6 is that after 5 of 10.
        #expect(abs(strengths[4] - 0.8 * 0.5 * 0.5) < 1e-15)
        #expect(abs(strengths[11] - 0.8 * 0.125) < 1e-15)
        #expect(abs(strengths[18] - 0.8 * 0.0625) < 1e-15)
    }

    @Test func budgets() {
        var budget = Budget(multiplyAdds: 250)
        var (before, after) = (control([1], step: 2), control([1], step: 3))
        budget.afterBatch(&before)
        budget.afterBatch(&after)
        #expect(before.outcome == nil && !before.endsEpoch)
        #expect(after.outcome == .budget && after.endsEpoch)
    }

    @Test func settling() {
        var settle = Settle(epochs: 2)
        for step in 1...20 {
            var control = control([1], step: step, isEndOfEpoch: step % 4 == 0, strengths: [0.8])
            settle.afterBatch(&control)
            #expect(control.strengths == (step < 12 ? [0.8] : [0]))
            if step == 12 { #expect(control.rateFactor == 1) }
            // Half of the way from step 12 to step 20.
            if step == 16 { #expect(abs((control.rateFactor ?? 1) - 0.5) < 1e-15) }
            if step == 20 { #expect(abs(control.rateFactor ?? 1) < 1e-15) }
        }
    }

    @Test(arguments: [
        (AnyController.prune(Prune(.threshold(-1))), "dead-rule"),
        (.prune(Prune(.zeroFor(steps: 0))), "dead-rule"),
        (.prune(Prune(.signVariance(decay: 1, threshold: 0.5))), "dead-rule"),
        (.prune(Prune(.nonPositive, every: .steps(0))), "remove"),
        (.penaltySchedule(PenaltySchedule(factor: -1)), "penalty-decay"),
        (.penaltySchedule(PenaltySchedule(warmUp: 1)), "penalty-warm-up"),
        (.budget(Budget(multiplyAdds: 0)), "budget-multiply-adds"),
        (.settle(Settle(epochs: 0)), "settle"),
    ])
    func settingsOutOfTheirDomain(controller: AnyController, name: String) throws {
        let error = try #require(throws: TrainingError.self) { try controller.value.check() }
        guard case .setting(name, _, _) = error else {
            Issue.record("\(error)")
            return
        }
    }
}
