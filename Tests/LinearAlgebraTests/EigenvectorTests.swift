import Testing

@testable import LinearAlgebra

/// Eigenvectors of dense matrices: what they leave of A v − λ v, and their products with each other.
@Suite("Eigenvectors") struct EigenvectorTests {
    /// From a few to many vectors, beside one BLAS thread and, from 1,536 columns on, two.
    @Test(arguments: [
        (41, 41), (64, 16), (64, 17), (100, 3), (300, 60), (300, 300), (1600, 5), (1600, 1600),
    ])
    func ofADenseMatrix(size: Int, count: Int) throws {
        let x = Self.random(rows: size + 20, columns: size, seed: 3)
        try check(x.times(x, transposingSelf: true), count)
    }

    /// Spectra on which solvers stumble: equal eigenvalues, clusters, zeros, many magnitudes, blocks.
    enum Kind: CaseIterable {
        case identityPlusOne, identity, zeros, lowRank, cluster, graded, zeroRows, gluedWilkinson
        case tiny, huge
    }

    @Test(arguments: Kind.allCases, [1, 20, 50, 200])
    func ofAHardMatrix(kind: Kind, count: Int) throws {
        try check(Self.matrix(kind, size: 200), count)
    }

    /// The same bits on one core, and the same values without vectors up to rounding.
    @Test func areTheSameOnOneCore() async throws {
        let x = Self.random(rows: 420, columns: 400, seed: 5)
        let matrix = x.times(x, transposingSelf: true)
        let found = try matrix.symmetricEigen(vectors: 7)
        let again = try await onOneCore { try matrix.symmetricEigen(vectors: 7) }
        #expect(found.values == again.values && found.vectors == again.vectors)
        for (a, b) in zip(found.values, try matrix.symmetricEigenvalues()) {
            #expect(abs(a - b) < 1e-13 * found.values[0])
        }
    }

    @Test func moreThanLAPACKCanCountIsRefused() {
        // Nothing of that size is touched: the check comes first.
        for (size, count) in [(32_767, 32_767), (46_341, 1)] {
            let error = LinearAlgebraError.tooLarge(size: size, vectors: count)
            #expect(error?.rows == size)
            #expect(error?.description.contains("32-bit") == true)
        }
        #expect(LinearAlgebraError.tooLarge(size: 32_766, vectors: 32_766) == nil)
        #expect(LinearAlgebraError.tooLarge(size: 46_340, vectors: 100) == nil)
    }

    private func check(_ matrix: Matrix<Double>, _ count: Int) throws {
        let size = matrix.rows
        var upper = matrix
        // The lower triangle is not read.
        for row in 1..<size { upper[row, 0] = .nan }
        let eigen = try upper.symmetricEigen(vectors: count)
        #expect(eigen.values.count == size && eigen.vectors.rows == count)
        #expect(eigen.values == eigen.values.sorted(by: >))
        let scale = max(abs(eigen.values[0]), abs(eigen.values[size - 1]))
        let rounding = 1e-15 * Double(size).squareRoot() * 10
        // The trace is that of the matrix.
        let trace = (0..<size).reduce(0.0) { $0 + (scale > 0 ? matrix[$1, $1] / scale : 0) }
        let sum = eigen.values.reduce(0.0) { $0 + (scale > 0 ? $1 / scale : 0) }
        #expect(abs(trace - sum) < rounding * Double(size).squareRoot())
        let images = eigen.vectors.times(matrix)
        let products = eigen.vectors.times(eigen.vectors, transposingOther: true)
        var (residual, overlap) = (0.0, 0.0)
        for row in 0..<count {
            for column in 0..<size where scale > 0 {
                let rest = images[row, column] - eigen.values[row] * eigen.vectors[row, column]
                residual = max(residual, abs(rest) / scale)
            }
            for column in 0..<count {
                overlap = max(overlap, abs(products[row, column] - (row == column ? 1 : 0)))
            }
            let vector = eigen.vectors.row(row)
            let largest = vector.reduce(0) { abs($1) > abs($0) ? $1 : $0 }
            #expect(largest > 0)
        }
        #expect(residual < rounding, "\(size) columns, \(count) vectors")
        #expect(overlap < rounding, "\(size) columns, \(count) vectors")
    }

    private static func random(rows: Int, columns: Int, seed: UInt64) -> Matrix<Double> {
        var generator = SeededGenerator(seed: seed)
        return Matrix(rows: rows, columns: columns) { elements in
            for index in elements.indices {
                elements.initializeElement(
                    at: index, to: Double(Int64(bitPattern: generator.next()) >> 11) * 0x1p-52)
            }
        }
    }

    private static func matrix(_ kind: Kind, size: Int) -> Matrix<Double> {
        func diagonal(_ value: (Int) -> Double) -> Matrix<Double> {
            var matrix = Matrix<Double>(rows: size, columns: size)
            for index in 0..<size { matrix[index, index] = value(index) }
            return matrix
        }
        func rotated(_ value: (Int) -> Double) throws -> Matrix<Double> {
            let basis = try random(rows: size, columns: size, seed: 9).orthonormalRows()
            let scaled = diagonal(value).times(basis)
            let product = basis.times(scaled, transposingSelf: true)
            // Symmetric to the last bit.
            return Matrix(
                rows: size, columns: size,
                elements: (0..<size * size).map {
                    product[min($0 / size, $0 % size), max($0 / size, $0 % size)]
                })
        }
        func gram(_ rows: Int, scale: Double = 1) -> Matrix<Double> {
            let x = random(rows: rows, columns: size, seed: 4)
            let product = x.times(x, transposingSelf: true)
            return Matrix(
                rows: size, columns: size, elements: product.elements.map { $0 * scale })
        }
        do {
            switch kind {
            case .identityPlusOne: return try rotated { $0 == 0 ? 2 : 1 }
            case .identity: return diagonal { _ in 1 }
            case .zeros: return diagonal { _ in 0 }
            case .lowRank: return gram(20)
            case .cluster: return try rotated { $0 < 100 ? 1 : 2 + 1e-13 * Double($0) }
            case .graded: return try rotated { scalbn(1, -$0 / 4) }
            case .zeroRows:
                var matrix = gram(300)
                for index in stride(from: 0, to: size, by: 3) {
                    for other in 0..<size {
                        matrix[index, other] = 0
                        matrix[other, index] = 0
                    }
                }
                return matrix
            case .gluedWilkinson:
                var matrix = diagonal { abs(Double($0 % 21) - 10) }
                for index in 1..<size {
                    let element = index % 21 == 0 ? 1e-8 : 1.0
                    matrix[index, index - 1] = element
                    matrix[index - 1, index] = element
                }
                return matrix
            case .tiny: return gram(300, scale: 0x1p-900)
            case .huge: return gram(300, scale: 0x1p900)
            }
        } catch {
            Issue.record(error)
            return diagonal { _ in .nan }
        }
    }

    private static func scalbn(_ x: Double, _ exponent: Int) -> Double {
        x * Double(sign: .plus, exponent: exponent, significand: 1)
    }
}
