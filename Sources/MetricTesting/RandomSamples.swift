public import LinearAlgebra

/// Seeded samples of positive values.
public struct RandomSamples {
    /// Where the numbers come from.
    public var generator: SeededGenerator

    /// Other samples for another seed.
    public init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// Normals that are drawn again until they are positive.
    public mutating func normals(
        mean: Double = 1, deviation: Double = 0.3, count: Int
    ) -> [Double] {
        (0..<count).map { _ in normal(mean, deviation) }
    }

    /// Gammas of mean 1 with a whole shape: half the squares of two normals are an exponential, and
    /// a gamma is the mean of as many exponentials as its shape.
    public mutating func gammas(shape: Int, count: Int) -> [Double] {
        (0..<count).map { _ in
            var squares = 0.0
            for _ in 0..<2 * shape {
                let x = generator.normal()
                squares += x * x
            }
            return 0.5 * squares / Double(shape)
        }
    }

    /// A share of exponentials of mean 0.4, the rest normals of mean 1 and deviation 0.3.
    public mutating func exponentialsAndNormals(share: Double = 0.5, count: Int) -> [Double] {
        (0..<count).map { _ in
            generator.uniform() < share
                ? 0.4 * gammas(shape: 1, count: 1)[0] : normal(1, 0.3)
        }
    }

    private mutating func normal(_ mean: Double, _ deviation: Double) -> Double {
        while true {
            let value = mean + deviation * generator.normal()
            if value > 0 { return value }
        }
    }
}
