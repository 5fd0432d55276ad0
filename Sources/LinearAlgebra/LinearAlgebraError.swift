/// A computation that LAPACK could not finish.
public struct LinearAlgebraError: Error, Hashable, CustomStringConvertible {
    /// LAPACK's name of the routine.
    public var routine: String
    /// Rows of its matrix.
    public var rows: Int
    /// Columns of its matrix.
    public var columns: Int
    /// Why it could not.
    public var cause: Cause

    /// What stops LAPACK.
    public enum Cause: Hashable, Sendable {
        /// The matrix has a NaN or infinite element, at this row and column.
        case notFinite(row: Int, column: Int)
        /// That many intermediate values did not converge.
        case notConverged(count: Int)
        /// LAPACK's 32-bit sizes end at this number of rows.
        case tooLarge(limit: Int)
    }

    /// One sentence.
    public var description: String {
        let what = "\(routine) of a \(rows) x \(columns) matrix"
        return switch cause {
        case .notFinite(let row, let column):
            "\(what): the element at row \(row), column \(column) is not a finite number"
        case .notConverged(let count):
            "\(what): \(count) values did not converge; the matrix may span too many magnitudes"
        case .tooLarge(let limit):
            "\(what): LAPACK's 32-bit sizes end at \(limit) rows; ask for fewer vectors, or use a method "
                + "that needs no such matrix"
        }
    }

    /// Why so many eigenvectors of a matrix of so many rows cannot be asked for, if they cannot.
    ///
    /// `dsyevd` counts the 2 · rows² scalars of its workspace, the others the elements of the matrix.
    static func tooLarge(size: Int, vectors count: Int) -> LinearAlgebraError? {
        let isAlone = SymmetricEigen.findsLeadingAlone(count, of: size)
        let limit = isAlone ? 46_340 : 32_766
        guard size > limit else { return nil }
        return LinearAlgebraError(
            routine: isAlone ? "dsytrd" : "dsyevd", rows: size, columns: size,
            cause: .tooLarge(limit: limit))
    }

    /// The error that a status of LAPACK stands for, if it is one.
    ///
    /// - Precondition: the arguments were legal.
    init?(routine: String, rows: Int, columns: Int, info: Int32) {
        guard info != 0 else { return nil }
        self.routine = routine
        self.rows = rows
        self.columns = columns
        precondition(info > 0, "\(routine): illegal argument \(-info)")
        cause = .notConverged(count: Int(info))
    }

    init(routine: String, rows: Int, columns: Int, cause: Cause) {
        self.routine = routine
        self.rows = rows
        self.columns = columns
        self.cause = cause
    }
}

extension Matrix {
    /// - Throws: if an element is NaN or infinite, which LAPACK answers with an endless loop.
    func requireFinite(for routine: String, upperTriangle: Bool = false) throws(LinearAlgebraError)
    {
        let found = withElements { elements in
            elements.indices.first { index in
                !elements[index].isFinite && !(upperTriangle && index % columns < index / columns)
            }
        }
        guard let found else { return }
        throw LinearAlgebraError(
            routine: routine, rows: rows, columns: columns,
            cause: .notFinite(row: found / columns, column: found % columns))
    }
}
