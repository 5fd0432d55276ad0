internal import CKernels
internal import CLAPACKE
import Synchronization

/// A symmetric matrix on its way to a tridiagonal one with the same eigenvalues, by way of a band.
///
/// LAPACK's reduction in one stage multiplies the matrix by a vector for every column, at the speed of
/// the memory; the one to a band takes products of matrices (Dongarra, Sorensen, Hammarling, 1989;
/// Bischof, Lang, Sun, 2000), after which what is left fits the cache. LAPACK has two stages, too,
/// but goes along the band on one thread with vectors of a few elements.
///
/// Orthogonal transformations throughout, and so backward stable: each eigenvalue is within a small
/// multiple of the largest one's rounding. Jobs depend on the shape alone, so that the bits are the
/// same on any number of cores.
struct BandReduction: ~Copyable {
    private var reduction: ckernels_reduction
    private let tiles: OwnedElements<Double>
    /// What goes with the tiles.
    private let panels: OwnedElements<Double>
    /// The matrix was divided by this power of two, lest squares leave the range.
    private let exponent: Int
    private let instructionSet: ckernels_set

    /// Whether eigenvalues take less time than by LAPACK, on one core as on two.
    static func isFastest(size: Int) -> Bool {
        #if arch(x86_64)
            // Before AVX2 there are too few registers.
            guard ckernels_best_set() != CKERNELS_BASELINE else { return false }
        #endif
        return size >= 384
    }

    /// Copies the rows and columns `indices`, ascending, of a symmetric matrix.
    ///
    /// - Throws: if an element is not finite.
    /// - Complexity: 4 · indices² bytes of memory.
    init(
        _ matrix: borrowing Matrix<Double>, stored triangle: Triangle, indices: [Int],
        by instructionSet: ckernels_set = ckernels_best_set()
    ) throws(LinearAlgebraError) {
        let largest = try matrix.largestMagnitude(in: triangle, indices: indices)
        self.instructionSet = instructionSet
        var reduction = ckernels_reduction_of_size(indices.count)
        tiles = OwnedElements(count: ckernels_reduction_tiles(&reduction))
        panels = OwnedElements(count: ckernels_reduction_panels(&reduction))
        ckernels_reduction_begin(&reduction, tiles.base, panels.base)
        // The reciprocal of a subnormal overflows.
        exponent = largest > 0 ? max(-1000, Int(largest.exponent)) : 0
        let scale = Double(sign: .plus, exponent: -exponent, significand: 1)
        let (rowStep, columnStep) =
            triangle == .lower ? (matrix.columns, 1) : (1, matrix.columns)
        let current = reduction
        matrix.withElements { elements in
            indices.withUnsafeBufferPointer { indices in
                // Touching new memory takes as long as what is done with it: on all cores.
                concurrently(current.tile_rows + 1) { job in
                    withUnsafePointer(to: current) { reduction in
                        guard job > 0 else { return ckernels_reduction_clear(reduction) }
                        ckernels_reduction_load(
                            reduction, job - 1, elements.baseAddress, rowStep, columnStep,
                            indices.baseAddress, scale)
                    }
                }
            }
        }
        self.reduction = reduction
    }

    /// The eigenvalues, ascending.
    ///
    /// - Throws: if LAPACK's iteration for the tridiagonal matrix fails.
    /// - Complexity: O(indices³) time.
    consuming func eigenvalues() throws(LinearAlgebraError) -> [Double] {
        reduceToBand()
        reduceToTridiagonal()
        let size = reduction.size
        let band = UnsafeBufferPointer(
            start: reduction.band, count: size * Int(CKERNELS_BAND_STRIDE))
        let columns = stride(from: 0, to: band.count, by: Int(CKERNELS_BAND_STRIDE))
        var values = columns.map { band[$0] }
        var beside = columns.map { band[$0 + 1] }
        let info = withBLASThreads {
            LAPACKE_dsterf_work(clapacke_int(size), &values, &beside)
        }
        if let error = LinearAlgebraError(
            routine: "dsterf", rows: size, columns: size, info: info)
        {
            throw error
        }
        let scale = Double(sign: .plus, exponent: exponent, significand: 1)
        return values.map { $0 * scale }
    }

    private mutating func reduceToBand() {
        var step = 0
        let set = instructionSet
        while ckernels_reduction_factor(set, &reduction, step) != 0 {
            let current = reduction
            concurrently(current.parts) { part in
                withUnsafePointer(to: current) {
                    ckernels_reduction_multiply(set, $0, step, part)
                }
            }
            concurrently(current.parts) { share in
                withUnsafePointer(to: current) {
                    ckernels_reduction_add_up(set, $0, step, share)
                }
            }
            ckernels_reduction_combine(set, &reduction, step)
            step += 1
        }
    }

    private func reduceToTridiagonal() {
        let (set, band, size, parts) = (
            instructionSet, reduction.band, reduction.size, reduction.parts
        )
        let sweeps = Int(CKERNELS_BAND_SWEEPS)
        let jobs = (size + sweeps - 1) / sweeps
        let next = Atomic(0)
        withUnsafeTemporaryAllocation(of: Int.self, capacity: jobs) { progress in
            progress.initialize(repeating: 0)
            // In ascending order, as a job waits for the one before.
            concurrently(parts) { _ in
                while true {
                    let job = next.add(1, ordering: .relaxed).oldValue
                    guard job < jobs else { return }
                    ckernels_band_sweep(
                        set, band, size, job * sweeps,
                        job == 0 ? nil : progress.baseAddress.map { UnsafePointer($0 + job - 1) },
                        progress.baseAddress.map { $0 + job })
                }
            }
        }
    }
}

/// Which half of a symmetric matrix is stored.
enum Triangle {
    case upper, lower

    /// Where the element in `row` and in a `column` not behind it is stored, in either half.
    func index(row: Int, column: Int, size: Int) -> Int {
        self == .lower ? row * size + column : column * size + row
    }
}

extension Matrix where Scalar == Double {
    /// The largest magnitude in some rows and columns, ascending, of a symmetric matrix.
    fileprivate borrowing func largestMagnitude(
        in triangle: Triangle, indices: [Int]
    ) throws(LinearAlgebraError) -> Double {
        let size = columns
        return try withElements { (elements) throws(LinearAlgebraError) in
            var largest = 0.0
            for (position, row) in indices.enumerated() {
                // Along the rows that are stored.
                let stored = triangle == .lower ? indices[...position] : indices[position...]
                for column in stored {
                    let magnitude = abs(elements[row * size + column])
                    guard magnitude.isFinite else {
                        throw LinearAlgebraError(
                            routine: "eigenvalues", rows: size, columns: size,
                            cause: .notFinite(row: row, column: column))
                    }
                    largest = max(largest, magnitude)
                }
            }
            return largest
        }
    }

    /// Those of some rows of a symmetric matrix that are not all zeros.
    borrowing func rowsWithElements(in triangle: Triangle, among rows: [Int]) -> [Int] {
        let size = columns
        return withElements { elements in
            rows.filter { row in
                rows.contains {
                    elements[
                        triangle.index(row: max(row, $0), column: min(row, $0), size: size)] != 0
                }
            }
        }
    }
}
