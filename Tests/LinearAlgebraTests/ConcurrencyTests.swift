import LinearAlgebra
import Synchronization
import Testing

@Suite struct ConcurrencyTests {
    /// 0, 1, 2, …: as many columns as a solver with two threads needs.
    private static let diagonal = {
        var matrix = Matrix<Double>(rows: 1536, columns: 1536)
        for index in 0..<matrix.rows { matrix[index, index] = Double(index) }
        return matrix
    }()

    /// In order, one after the other, also in tasks that are started inside.
    @Test func onOneCoreCallsFollowOneAnother() async {
        let inside = await onOneCore {
            var order: [Int] = []
            concurrently(50) { order.append($0) }
            return order
        }
        #expect(inside == Array(0..<50))
        let inTask = await onOneCore {
            await Task {
                var order: [Int] = []
                concurrently(50) { order.append($0) }
                return order
            }.value
        }
        #expect(inTask == Array(0..<50))
    }

    @Test func everyCallIsMadeOnce() {
        let calls = Mutex([Int](repeating: 0, count: 1000))
        concurrently(1000) { index in calls.withLock { $0[index] += 1 } }
        #expect(calls.withLock { $0 } == Array(repeating: 1, count: 1000))
    }

    /// Products beside a solver with two threads are as they are alone, and so are its values.
    @Test func solversWithTwoThreadsDoNotDisturbProducts() async throws {
        let diagonal = Self.diagonal
        let factor = Matrix<Double>(rows: 60, columns: 60, repeating: 2)
        async let eigen = diagonal.symmetricEigen(vectors: 1)
        for _ in 0..<200 {
            let product = factor.times(factor)
            #expect(product[0, 0] == 240 && product[59, 59] == 240)
        }
        #expect(try await eigen.values == (0..<diagonal.rows).reversed().map(Double.init))
    }

    /// Two callers that both have to be alone do not wait for each other.
    @Test(.timeLimit(.minutes(5)))
    func solversWithTwoThreadsTakeTurns() async throws {
        let diagonal = Self.diagonal
        @Sendable func largest() async -> Double? {
            try? diagonal.symmetricEigen(vectors: 1).values.first
        }
        async let first = largest()
        async let second = largest()
        #expect(await [first, second] == [1535, 1535])
    }
}
