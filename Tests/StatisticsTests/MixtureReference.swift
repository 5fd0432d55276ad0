import Foundation
import Testing

@testable import Statistics

/// What `Fixtures/reference/mixtures.py` computed.
struct MixtureReference: Decodable, Sendable {
    struct Special: Decodable, Sendable {
        var x: [Double]
        var digamma: [Double]
        var trigamma: [Double]
        var logGamma: [Double]
    }

    /// A sample and what SciPy and a plain EM from 25 starts found on it.
    struct Sample: Decodable, Sendable, CustomTestStringConvertible {
        var name: String
        /// Model and parameters that the values were drawn from.
        var truth: Truth?
        /// Of the parameters of `truth`, for as many values.
        var standardErrors: [Double]?
        var values: [Double]
        /// Log-likelihoods, those of the mixtures in the interior, where a start ended there.
        var exponentialNormal: Double?
        var gammaGamma: Double?
        var exponential: Double
        var normal: Double
        var gamma: Double

        enum CodingKeys: String, CodingKey {
            case name, truth, standardErrors, values, exponential, normal, gamma
            case exponentialNormal = "exp-normal"
            case gammaGamma = "gamma-gamma"
        }

        var testDescription: String { name }
    }

    /// A model's name, then its parameters.
    struct Truth: Decodable, Sendable {
        var model: String
        var parameters: [Double]

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            model = try list.decode(String.self)
            parameters = []
            while !list.isAtEnd { parameters.append(try list.decode(Double.self)) }
        }
    }

    var special: Special
    var sets: [Sample]

    /// - Throws: if the fixture cannot be read.
    static func load() throws -> MixtureReference {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(
            contentsOf: root.appending(path: "Fixtures/reference/mixtures.json"))
        return try JSONDecoder().decode(MixtureReference.self, from: data)
    }
}

/// A reference sample and both fits to it.
struct FittedSample: Sendable {
    var sample: MixtureReference.Sample
    /// `nil` where all ends are spikes.
    var exponentialNormal: MixtureFit<ExponentialNormalMixture>?
    var gammaGamma: MixtureFit<GammaGammaMixture>?

    /// Every reference sample, fitted once for all tests.
    static func all() throws -> [FittedSample] { try fits.get() }

    private static let fits = Result {
        try MixtureReference.load().sets.map {
            FittedSample(
                sample: $0, exponentialNormal: try? ExponentialNormalMixture.fit(to: $0.values),
                gammaGamma: try? GammaGammaMixture.fit(to: $0.values))
        }
    }
}
