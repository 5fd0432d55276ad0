import Foundation
public import LinearAlgebra

/// Two samples whose columns are ± a number: their standard deviations, which divide by n, are
/// exactly these numbers.
public func activations(withDeviations deviations: [Double]) -> RealMatrix {
    .double(
        Matrix(
            rows: 2, columns: deviations.count, elements: deviations + deviations.map { -$0 }))
}

/// Seven samples whose columns have about these standard deviations and a mean of 1: enough to be
/// cut into parts of every size.
public func sevenSamples(withDeviations deviations: [Double]) -> RealMatrix {
    var elements: [Double] = []
    for row in 0..<7 {
        for (column, deviation) in deviations.enumerated() {
            let step = (row * 5 + column * 3) % 7 - 3
            elements.append(1 + deviation * Double(step) / 2)
        }
    }
    return .double(Matrix(rows: 7, columns: deviations.count, elements: elements))
}

/// The quantiles (k − ½) / `count` of an exponential distribution of mean 1.
public func exponentialQuantiles(count: Int) -> [Double] {
    (0..<count).map { -log1p(-(Double($0) + 0.5) / Double(count)) }
}

/// 30 small numbers, quantiles of an exponential of mean 0.1, and 60 evenly spread about 2.
public let deviationsOfTwoPopulations: [Double] =
    exponentialQuantiles(count: 30).map { 0.1 * $0 }
    + (1...60).map { 2 + 0.2 * (Double($0) / 61 - 0.5) }
