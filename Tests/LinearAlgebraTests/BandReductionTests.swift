import CKernels
import KernelTesting
import Testing
@testable import LinearAlgebra
import Glibc

@Suite struct BandReductionTests {
    static let sets = TestedSet.here.map(\.set)

    /// Around the width of the band and of tiles, their multiples, and neither.
    static let sizes = [1, 2, 5, 23, 24, 25, 26, 47, 48, 49, 71, 72, 73, 96, 120, 145, 301]

    /// min(i, j) with i, j from 1 on; the strict lower triangle, which is not read, is NaN.
    private func minimum(_ size: Int) -> Matrix<Double> {
        Matrix(rows: size, columns: size) { elements in
            for index in elements.indices {
                let (row, column) = (index / size, index % size)
                elements.initializeElement(
                    at: index, to: column < row ? .nan : Double(min(row, column) + 1))
            }
        }
    }

    /// 1 / (4 sin²((2k - 1) π / (4n + 2))), as the inverse is a matrix of second differences.
    private func minimumEigenvalues(_ size: Int) -> [Double] {
        (1...size).map { k in
            let sine = sin(Double(2 * k - 1) * .pi / Double(4 * size + 2))
            return 1 / (4 * sine * sine)
        }
    }

    private func eigenvalues(
        of matrix: Matrix<Double>, by set: ckernels_set = ckernels_best_set()
    ) throws -> [Double] {
        try BandReduction(matrix, stored: .upper, indices: Array(0..<matrix.rows), by: set)
            .eigenvalues().reversed()
    }

    private func largestError(_ values: [Double], _ expected: [Double]) -> Double {
        #expect(values.count == expected.count)
        let scale = expected.map(abs).max() ?? 1
        return zip(values, expected).map { abs($0 - $1) / scale }.max() ?? 0
    }

    /// A size for which steps are divided into more parts than those of smaller ones.
    @Test func moreParts() throws {
        let size = 2600
        #expect(ckernels_reduction_of_size(size).parts == 5)
        #expect(ckernels_reduction_of_size(2047).parts == 4)
        #expect(ckernels_reduction_of_size(100_000).parts == 16)
        let values = try eigenvalues(of: minimum(size))
        #expect(largestError(values, minimumEigenvalues(size)) < 1e-13)
    }

    @Test(arguments: sizes, sets)
    func minima(size: Int, set: ckernels_set) throws {
        let values = try eigenvalues(of: minimum(size), by: set)
        #expect(largestError(values, minimumEigenvalues(size)) < 4e-15 * Double(size).squareRoot())
        #expect(values == values.sorted(by: >))
    }

    /// I + u uᵀ with one eigenvalue of 1 + |u|², the others 1: columns have nothing left to reflect.
    @Test(arguments: [30, 100, 150])
    func oneMoreThanTheIdentity(size: Int) throws {
        let u = (0..<size).map { Double($0 % 7) - 3 }
        let matrix = Matrix<Double>(rows: size, columns: size) { elements in
            for index in elements.indices {
                let (row, column) = (index / size, index % size)
                elements.initializeElement(
                    at: index, to: (row == column ? 1 : 0) + u[row] * u[column])
            }
        }
        let expected = [1 + u.reduce(0) { $0 + $1 * $1 }] + [Double](repeating: 1, count: size - 1)
        #expect(try largestError(eigenvalues(of: matrix), expected) < 1e-14)
    }

    /// Of both signs, with zeros among them.
    @Test func aDiagonalMatrixKeepsItsElements() throws {
        var matrix = Matrix<Double>(rows: 100, columns: 100)
        for index in 0..<100 { matrix[index, index] = Double((index * 37) % 100 - 50) }
        let expected = (-50..<50).reversed().map(Double.init)
        #expect(try eigenvalues(of: matrix) == expected)
        #expect(try matrix.eigenvaluesByBand(stored: .upper, indices: Array(0..<100)) == expected)
        let zeros = Matrix<Double>(rows: 3, columns: 3)
        #expect(try zeros.eigenvaluesByBand(stored: .upper, indices: [0, 1, 2]) == [0, 0, 0])
    }

    /// Rows and columns of zeros are eigenvalues of exactly zero, wherever they are.
    @Test func rowsOfZerosAreLeftOut() throws {
        let (size, zeros) = (130, [0, 7, 50, 51, 129])
        let kept = (0..<size).filter { !zeros.contains($0) }
        var matrix = Matrix<Double>(rows: size, columns: size)
        for (i, row) in kept.enumerated() {
            for (j, column) in kept.enumerated() where j >= i {
                matrix[row, column] = Double(i + 1)
            }
        }
        let values = try matrix.eigenvaluesByBand(stored: .upper, indices: Array(0..<size))
        #expect(values.suffix(zeros.count) == [0, 0, 0, 0, 0])
        #expect(try Array(values.dropLast(zeros.count)) == eigenvalues(of: minimum(kept.count)))
    }

    /// Powers of two change nothing but the exponents, as far as there are any.
    @Test(arguments: [-1040, -900, 3, 900, 1005])
    func scaling(exponent: Int) throws {
        let (size, factor) = (75, scalbn(1.0, Int32(exponent)))
        var matrix = minimum(size)
        let values = try eigenvalues(of: matrix)
        for row in 0..<size { for column in row..<size { matrix[row, column] *= factor } }
        let expected = values.map { $0 * factor }
        let scaled = try eigenvalues(of: matrix)
        if exponent > -1000 {
            #expect(scaled == expected)
        } else {
            #expect(largestError(scaled, expected) < 1e-7)
        }
    }

    /// Of the lower triangle, below a diagonal on NaN, by way of a band and without.
    @Test(arguments: [60, 500])
    func someRowsOfALowerTriangle(count: Int) throws {
        let size = count + count / 2
        let indices = (0..<count).map { $0 * 3 / 2 }
        let matrix = Matrix<Double>(rows: size, columns: size) { elements in
            for index in elements.indices {
                let (row, column) = (index / size, index % size)
                let isKept = row % 3 != 2 && column % 3 != 2 && column <= row
                elements.initializeElement(
                    at: index, to: isKept ? Double(column - column / 3 + 1) : .nan)
            }
        }
        let values = try matrix.lowerTriangleEigenvalues(of: indices)
        #expect(largestError(values, minimumEigenvalues(count)) < 1e-13)
    }

    @Test func anElementThatIsNoNumberIsNamed() throws {
        var matrix = Matrix<Double>(rows: 400, columns: 400)
        matrix[7, 300] = .nan
        #expect {
            try matrix.symmetricEigenvalues()
        } throws: { error in
            (error as? LinearAlgebraError)?.cause == .notFinite(row: 7, column: 300)
        }
        matrix[300, 7] = -.infinity
        #expect {
            try matrix.lowerTriangleEigenvalues(of: Array(0..<399))
        } throws: { error in
            (error as? LinearAlgebraError)?.cause == .notFinite(row: 300, column: 7)
        }
        // What is left out may be anything.
        #expect(
            try matrix.lowerTriangleEigenvalues(of: Array(8..<400))
                == Array(repeating: 0, count: 392))
    }

    /// A matrix wide enough to go this way, in any order of rows and on one core.
    @Test func wideMatrices() async throws {
        let size = 800
        let matrix = minimum(size)
        let values = try matrix.symmetricEigenvalues()
        #expect(largestError(values, minimumEigenvalues(size)) < 1e-13)
        #expect(try await onOneCore { try matrix.symmetricEigenvalues() } == values)
        let reordered = Matrix<Double>(rows: size, columns: size) { elements in
            for index in elements.indices {
                let row = (index / size * 31) % size, column = (index % size * 31) % size
                elements.initializeElement(at: index, to: Double(min(row, column) + 1))
            }
        }
        #expect(largestError(try reordered.symmetricEigenvalues(), values) < 1e-13)
    }
}
