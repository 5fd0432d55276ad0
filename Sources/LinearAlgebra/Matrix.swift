/// A dense row-major matrix with value semantics.
///
/// The elements live in one page-aligned allocation, so that files can be read into it at the
/// speed of the page cache and vector instructions never straddle cache lines; copying is O(1)
/// until one of the copies is written.
public struct Matrix<Scalar: BinaryFloatingPoint & Sendable>: Sendable {
    /// Number of rows.
    public private(set) var rows: Int
    /// Number of columns.
    public let columns: Int
    private var storage: Storage

    /// Page-aligned memory for a fixed number of scalars.
    ///
    /// Unchecked: the memory is written only through `Matrix`, which first makes it unique.
    private final class Storage: @unchecked Sendable {
        let base: UnsafeMutablePointer<Scalar>
        let capacity: Int

        /// With elements of zero, whose bits are zero in every binary format, or unspecified ones.
        init(capacity: Int, zeros: Bool = false) {
            self.capacity = capacity
            let bytes = capacity * MemoryLayout<Scalar>.stride
            base =
                (zeros
                ? ElementMemory.allocateZeros(bytes: bytes) : ElementMemory.allocate(bytes: bytes))
                .bindMemory(to: Scalar.self, capacity: max(1, capacity))
        }

        deinit {
            ElementMemory.deallocate(base, bytes: capacity * MemoryLayout<Scalar>.stride)
        }
    }

    private init(rows: Int, columns: Int, zeros: Bool) {
        precondition(rows >= 0 && columns >= 0, "a matrix cannot be \(rows) x \(columns)")
        self.rows = rows
        self.columns = columns
        storage = Storage(capacity: rows * columns, zeros: zeros)
    }

    /// A matrix whose elements are all `value`.
    public init(rows: Int, columns: Int, repeating value: Scalar = 0) {
        let isZero = value == 0 && value.sign == .plus
        self.init(rows: rows, columns: columns, zeros: isZero)
        if !isZero { storage.base.initialize(repeating: value, count: rows * columns) }
    }

    /// A matrix from its elements, row after row.
    ///
    /// - Precondition: `elements` holds `rows * columns` values.
    public init(rows: Int, columns: Int, elements: some Collection<Scalar>) {
        precondition(
            elements.count == rows * columns,
            "\(elements.count) elements do not fill \(rows) x \(columns)")
        self.init(rows: rows, columns: columns, zeros: false)
        _ = UnsafeMutableBufferPointer(start: storage.base, count: rows * columns)
            .initialize(from: elements)
    }

    /// A matrix that `fill` initializes completely.
    ///
    /// - Parameters:
    ///   - rows: number of rows.
    ///   - columns: number of columns.
    ///   - fill: receives the `rows * columns` elements, row-major and uninitialized.
    /// - Throws: what `fill` throws.
    public init<E: Error>(
        rows: Int, columns: Int,
        initializedBy fill: (UnsafeMutableBufferPointer<Scalar>) throws(E) -> Void
    ) throws(E) {
        self.init(rows: rows, columns: columns, zeros: false)
        try fill(UnsafeMutableBufferPointer(start: storage.base, count: rows * columns))
    }

    /// Gives the matrix `rows` rows with unspecified elements, in the same memory if it is large
    /// enough and nobody else holds it: a buffer for the next block of a stream.
    public mutating func reuse(rows: Int) {
        if rows * columns > storage.capacity || !isKnownUniquelyReferenced(&storage) {
            self = Matrix(rows: rows, columns: columns, zeros: false)
        }
        self.rows = rows
    }

    /// Number of elements.
    public var count: Int { rows * columns }

    /// The element at `row` and `column`, both counted from 0.
    public subscript(row: Int, column: Int) -> Scalar {
        get {
            precondition(row >= 0 && row < rows && column >= 0 && column < columns)
            return storage.base[row * columns + column]
        }
        set {
            precondition(row >= 0 && row < rows && column >= 0 && column < columns)
            makeUnique()
            storage.base[row * columns + column] = newValue
        }
    }

    private mutating func makeUnique() {
        guard !isKnownUniquelyReferenced(&storage) else { return }
        let copy = Storage(capacity: count)
        copy.base.initialize(from: storage.base, count: count)
        storage = copy
    }

    /// Calls `body` with the elements, row-major; the pointer is valid only inside.
    public func withElements<R, E: Error>(
        _ body: (UnsafeBufferPointer<Scalar>) throws(E) -> R
    ) throws(E) -> R {
        try body(UnsafeBufferPointer(start: storage.base, count: count))
    }

    /// Calls `body` with the elements for writing, row-major; the pointer is valid only inside.
    public mutating func withMutableElements<R, E: Error>(
        _ body: (UnsafeMutableBufferPointer<Scalar>) throws(E) -> R
    ) throws(E) -> R {
        makeUnique()
        return try body(UnsafeMutableBufferPointer(start: storage.base, count: count))
    }

    /// The elements as an array, row after row.
    public var elements: [Scalar] { withElements { Array($0) } }

    /// Elements of one row.
    public func row(_ row: Int) -> [Scalar] {
        precondition(row >= 0 && row < rows, "no row \(row) among \(rows)")
        return withElements { Array($0[row * columns..<(row + 1) * columns]) }
    }

    /// Elements of one column.
    public func column(_ column: Int) -> [Scalar] { (0..<rows).map { self[$0, column] } }

    /// A copy of the rows in `range`.
    public func rows(_ range: Range<Int>) -> Matrix {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
        return withElements { all in
            Matrix(
                rows: range.count, columns: columns,
                elements: all[range.lowerBound * columns..<range.upperBound * columns])
        }
    }

    /// The matrix with rows and columns exchanged.
    public var transposed: Matrix {
        withElements { source in
            Matrix(rows: columns, columns: rows) { target in
                for row in 0..<rows {
                    for column in 0..<columns {
                        target.initializeElement(
                            at: column * rows + row, to: source[row * columns + column])
                    }
                }
            }
        }
    }
}

extension Matrix where Scalar: BinaryFloatingPoint {
    /// The same matrix with elements in double precision.
    public var inDoubles: Matrix<Double> {
        withElements { source in
            Matrix<Double>(rows: rows, columns: columns) { target in
                for index in source.indices {
                    target.initializeElement(at: index, to: Double(source[index]))
                }
            }
        }
    }
}

extension Matrix: Equatable {
    /// Whether shape and all elements are equal; NaN equals nothing.
    public static func == (a: Matrix, b: Matrix) -> Bool {
        a.rows == b.rows && a.columns == b.columns
            && a.withElements { x in b.withElements { y in x.elementsEqual(y) } }
    }
}

/// A matrix in the precision in which its values were stored.
public enum RealMatrix: Sendable, Equatable {
    case float(Matrix<Float>)
    case double(Matrix<Double>)

    /// Number of rows.
    public var rows: Int {
        switch self {
        case .float(let x): x.rows
        case .double(let x): x.rows
        }
    }

    /// Number of columns.
    public var columns: Int {
        switch self {
        case .float(let x): x.columns
        case .double(let x): x.columns
        }
    }

    /// The element at `row` and `column`, widened to `Double` exactly.
    public subscript(row: Int, column: Int) -> Double {
        switch self {
        case .float(let x): Double(x[row, column])
        case .double(let x): x[row, column]
        }
    }

    /// A copy of the rows in `range`.
    public func rows(_ range: Range<Int>) -> RealMatrix {
        switch self {
        case .float(let x): .float(x.rows(range))
        case .double(let x): .double(x.rows(range))
        }
    }
}
