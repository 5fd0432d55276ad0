/// How the sums in a matrix of inner products were rounded, and how far that moves its eigenvalues.
///
/// Rounding gives each element an error of about 0.2 √m u √(Cᵢᵢ Cⱼⱼ) for a sum of m terms with the unit
/// roundoff u: partial sums are rounded up as often as down (Higham, "Accuracy and stability of numerical
/// algorithms", section 4.2). The norm of such a random symmetric matrix is at most about twice that for
/// the largest variance, plus twice √d times that for the mean variance (Wigner). The eigenvalue solver
/// adds at most d u λ₁.
struct SumRounding: Equatable, Sendable {
    /// Whether products and the sums of slabs were in single precision.
    var isSingle: Bool
    /// Products in each sum.
    var terms: Int
    /// Sums along one side of the matrix.
    var dimensions: Int

    /// Rows that are multiplied in single precision before their sum is added up in double.
    private static let slabRows = 512

    /// How negative an eigenvalue of a positive semidefinite matrix can become.
    ///
    /// - Parameters:
    ///   - largest: the largest eigenvalue.
    ///   - total: the sum of all, between `largest` and ``dimensions`` times that.
    /// - Returns: a magnitude in the unit of the eigenvalues.
    func bound(largest: Double, total: Double) -> Double {
        let size = Double(max(1, dimensions))
        let spread = max(1, min(size, largest > 0 ? total / largest : 1))
        // Single precision: in the worst case one slab holds all of the variance. The factors leave room
        // for five times the norm there, and twenty times in double precision, where room costs nothing.
        let roundings = Double(max(1, isSingle ? min(terms, Self.slabRows) : terms)).squareRoot()
        let room = isSingle ? 2.0 : 8.0
        let unit = isSingle ? Double(Float.ulpOfOne) : Double.ulpOfOne
        return (size * Double.ulpOfOne + room * roundings * (1 + spread / size.squareRoot()) * unit)
            * largest
    }

    /// The eigenvalues with zeros in place of those that rounding made negative.
    ///
    /// - Parameters:
    ///   - eigenvalues: the first is the largest.
    ///   - total: the sum of the whole spectrum; that of `eigenvalues` if `nil`.
    /// - Returns: as many values, none negative.
    /// - Throws: ``IndefiniteCovariance`` if one is below what ``bound(largest:total:)`` explains.
    func clipped(_ eigenvalues: [Double], total: Double? = nil) throws(IndefiniteCovariance)
        -> [Double]
    {
        let largest = eigenvalues.first ?? 0
        let smallest = eigenvalues.min() ?? 0
        let magnitude = max(largest, -smallest)
        let sum = total ?? eigenvalues.reduce(0, +)
        guard smallest >= -bound(largest: magnitude, total: sum) else {
            throw IndefiniteCovariance(smallest: smallest, largest: largest, isSingle: isSingle)
        }
        return eigenvalues.map { max(0, $0) }
    }
}
