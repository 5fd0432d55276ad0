import Foundation
import LinearAlgebra

func pow(_ base: Double, _ exponent: Double) -> Double { Foundation.pow(base, exponent) }

func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

/// Samples whose covariance has exactly the eigenvalues `spectrum`, up to the rounding of the
/// elements.
///
/// The discrete cosines of order k = 1, 2, ... are orthonormal over the samples and have mean 0;
/// those of order k = 0, 1, ... are orthonormal over the neurons.
func cosineMixture(samples: Int, spectrum: [Double], mean: Double) -> Matrix<Double> {
    let neurons = spectrum.count
    let used = min(neurons, samples - 1)
    func cosines(_ order: Int, _ length: Int) -> [Double] {
        let scale = ((order == 0 ? 1.0 : 2.0) / Double(length)).squareRoot()
        return (0..<length).map {
            scale * cos(Double.pi * (Double($0) + 0.5) * Double(order) / Double(length))
        }
    }
    let left = (0..<used).map { k in
        let size = (spectrum[k] * Double(samples - 1)).squareRoot()
        return cosines(k + 1, samples).map { $0 * size }
    }
    let right = (0..<used).map { cosines($0, neurons) }
    var elements = [Double](repeating: mean, count: samples * neurons)
    elements.withUnsafeMutableBufferPointer { elements in
        for k in 0..<used {
            left[k].withUnsafeBufferPointer { left in
                right[k].withUnsafeBufferPointer { right in
                    for row in 0..<samples {
                        for column in 0..<neurons {
                            elements[row * neurons + column] += left[row] * right[column]
                        }
                    }
                }
            }
        }
    }
    return Matrix(rows: samples, columns: neurons, elements: elements)
}
