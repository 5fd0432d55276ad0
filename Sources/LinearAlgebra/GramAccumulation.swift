internal import COpenBLAS

/// A rank-one term: `weight` times the outer product of `vector` with itself.
public struct RankOneTerm: Sendable {
    /// One entry a column.
    public var vector: [Double]
    /// Applied to the product.
    public var weight: Double

    /// The term `weight · vector · vectorᵀ`.
    public init(vector: [Double], weight: Double) {
        self.vector = vector
        self.weight = weight
    }

    /// The term of the vector times `factor`.
    public func scaled(by factor: Double) -> RankOneTerm {
        RankOneTerm(vector: vector.map { $0 * factor }, weight: weight)
    }
}

extension Matrix where Scalar == Double {
    /// Adds `factor · XᵀX` and the terms to the lower triangle; the strict upper one is left as it is.
    ///
    /// Products of single-precision values are single over slabs of at most 512 rows, whose sums are
    /// added here in double: the rounding of a long single-precision sum would grow with its length.
    /// Every tile of the triangle is one job, and the tiles depend on the shape alone, so that the
    /// bits are the same on any number of cores.
    ///
    /// - Parameters:
    ///   - x: `count` rows of as many scalars as this matrix has rows and columns.
    ///   - count: number of rows of X.
    ///   - factor: applied to the sum of products.
    ///   - terms: added once.
    ///   - scratch: memory for a copy of X; kept for the next call, as large pages of new memory
    ///     cost more than the copy.
    /// - Complexity: O(count · columns²) time; the copy and one tile for each running job of memory.
    public mutating func addGram<Input: GramScalar>(
        of x: UnsafePointer<Input>, rows count: Int, times factor: Double,
        plus terms: [RankOneTerm], reusing scratch: inout GramPanels
    ) {
        addGram(
            of: x, rows: count, times: factor, plus: terms, reusing: &scratch,
            by: .fastest(rows: count, columns: columns, in: Input.gramPrecision))
    }

    /// The same by the given kernel, which must be available.
    mutating func addGram<Input: GramScalar>(
        of x: UnsafePointer<Input>, rows count: Int, times factor: Double,
        plus terms: [RankOneTerm], reusing scratch: inout GramPanels, by kernel: GramKernel
    ) {
        let stride = columns
        switch kernel {
        case .own(let set):
            scratch.reuse(
                GramLayout(rows: count, columns: stride, in: Input.gramPrecision, for: set))
            scratch.copy(x, rows: count, behind: 0)
            addGram(of: scratch, rows: count, used: stride, times: factor, plus: terms)
        case .library:
            let term = LowRankTerm(terms, columns: columns)
            let side = kernel.tileSide(columns: columns, in: Input.gramPrecision)
            let x = UnsafeRawPointer(x)
            forEachTile(work: count + terms.count, side: side) { lower, tile in
                switch Input.gramPrecision {
                case .single:
                    addProducts(
                        of: x.assumingMemoryBound(to: Float.self), rows: count, stride: stride,
                        times: factor, to: lower, in: tile)
                case .double:
                    addProducts(
                        of: x.assumingMemoryBound(to: Double.self), rows: count, stride: stride,
                        times: factor, to: lower, in: tile)
                }
                term.add(to: lower, stride: stride, in: tile)
            }
        }
    }

    /// The same sum of the first `count` rows of panels, which ``GramPanels/areFastest(columns:in:)``;
    /// those of all columns but the first `used` are zeros, and left out.
    public mutating func addGram(
        of panels: GramPanels, rows count: Int, used: Int, times factor: Double,
        plus terms: [RankOneTerm]
    ) {
        let stride = columns
        let term = LowRankTerm(terms, columns: columns)
        panels.withProducts(rows: count, used: used) { products in
            let side =
                products?.tileSide ?? GramKernel.library.tileSide(columns: stride, in: .double)
            forEachTile(work: count + terms.count, side: side) { lower, tile in
                products?.add(times: factor, to: lower, in: tile)
                term.add(to: lower, stride: stride, in: tile)
            }
        }
    }

    /// Copies the lower triangle to the upper one.
    ///
    /// - Complexity: O(rows²).
    public mutating func mirrorLowerTriangle() {
        precondition(rows == columns, "\(rows) x \(columns) is not square")
        let size = rows
        withMutableElements { elements in
            // In tiles: down a column of thousands every access misses the cache.
            for tile in Tile.all(columns: size, side: 32) {
                for row in tile.rows {
                    for column in tile.columns where column < row {
                        elements[column * size + row] = elements[row * size + column]
                    }
                }
            }
        }
    }

    /// Calls `body` for every tile of the lower triangle.
    ///
    /// Concurrently if the product of `work` rows is worth it. Full tiles come first: the cheaper
    /// ones of the diagonal then fill the gaps.
    private mutating func forEachTile(
        work: Int, side: Int, _ body: (UnsafeMutablePointer<Double>, Tile) -> Void
    ) {
        precondition(rows == columns, "\(rows) x \(columns) is not square")
        let tiles = Tile.all(columns: columns, side: side)
        let isSmall = work * columns * columns < 1 << 20
        withMutableElements { elements in
            guard let lower = elements.baseAddress else { return }
            if isSmall {
                for tile in tiles { body(lower, tile) }
            } else {
                concurrently(tiles.count) { body(lower, tiles[$0]) }
            }
        }
    }
}

/// Rows whose products the library sums in single precision.
private let slabRows = 512

/// Adds `factor · XᵀX` to one tile, with one BLAS thread.
private func addProducts(
    of x: UnsafePointer<Float>, rows count: Int, stride: Int, times factor: Double,
    to lower: UnsafeMutablePointer<Double>, in tile: Tile
) {
    let (height, width) = (tile.rows.count, tile.columns.count)
    let product = UnsafeMutablePointer<Float>.allocate(capacity: height * width)
    defer { product.deallocate() }
    for first in Swift.stride(from: 0, to: count, by: slabRows) {
        let rows = Int32(min(slabRows, count - first))
        let slab = x + first * stride
        if tile.isDiagonal {
            withBLASThreads {
                cblas_ssyrk(
                    CblasRowMajor, CblasLower, CblasTrans, Int32(height), rows, 1,
                    slab + tile.rows.lowerBound, Int32(stride), 0, product, Int32(width))
            }
        } else {
            withBLASThreads {
                cblas_sgemm(
                    CblasRowMajor, CblasTrans, CblasNoTrans, Int32(height), Int32(width), rows,
                    1, slab + tile.rows.lowerBound, Int32(stride),
                    slab + tile.columns.lowerBound, Int32(stride), 0, product, Int32(width))
            }
        }
        for row in 0..<height {
            let target = lower + (tile.rows.lowerBound + row) * stride + tile.columns.lowerBound
            let source = product + row * width
            for column in 0..<tile.width(ofRow: row) {
                target[column] += factor * Double(source[column])
            }
        }
    }
}

/// The same in double precision.
private func addProducts(
    of x: UnsafePointer<Double>, rows count: Int, stride: Int, times factor: Double,
    to lower: UnsafeMutablePointer<Double>, in tile: Tile
) {
    guard count > 0 else { return }
    let (height, width) = (Int32(tile.rows.count), Int32(tile.columns.count))
    let target = lower + tile.rows.lowerBound * stride + tile.columns.lowerBound
    if tile.isDiagonal {
        withBLASThreads {
            cblas_dsyrk(
                CblasRowMajor, CblasLower, CblasTrans, height, Int32(count), factor,
                x + tile.rows.lowerBound, Int32(stride), 1, target, Int32(stride))
        }
    } else {
        withBLASThreads {
            cblas_dgemm(
                CblasRowMajor, CblasTrans, CblasNoTrans, height, width, Int32(count), factor,
                x + tile.rows.lowerBound, Int32(stride), x + tile.columns.lowerBound,
                Int32(stride), 1, target, Int32(stride))
        }
    }
}

/// A rectangle of the lower triangle.
struct Tile {
    let rows: Range<Int>
    let columns: Range<Int>

    var isDiagonal: Bool { rows.lowerBound == columns.lowerBound }

    /// Elements of the tile's `row` that belong to the lower triangle.
    func width(ofRow row: Int) -> Int { isDiagonal ? row + 1 : columns.count }

    /// The tiles of a triangle: below the diagonal flat and wide, the fastest shape for products of
    /// short slabs, and more of them than cores.
    static func all(columns: Int, side: Int) -> [Tile] {
        let panels = stride(from: 0, to: columns, by: side).map {
            $0..<Swift.min($0 + side, columns)
        }
        let below = panels.flatMap { rows in
            stride(from: 0, to: rows.lowerBound, by: 4 * side).map { first in
                Tile(rows: rows, columns: first..<Swift.min(first + 4 * side, rows.lowerBound))
            }
        }
        // The large ones first, which leaves the small ones for the gaps at the end.
        return below.sorted { $0.columns.count > $1.columns.count }
            + panels.map { Tile(rows: $0, columns: $0) }
    }
}

/// Rank-one terms side by side, so that one product of matrices adds all of them.
private struct LowRankTerm {
    private let count: Int
    private let columns: Int
    /// Shape (terms, columns).
    private let vectors: [Double]
    private let weighted: [Double]

    init(_ terms: [RankOneTerm], columns: Int) {
        count = terms.count
        self.columns = columns
        vectors = terms.flatMap(\.vector)
        weighted = terms.flatMap { term in term.vector.map { $0 * term.weight } }
        precondition(vectors.count == count * columns, "terms of another length")
    }

    /// Adds the terms to the elements of one tile.
    func add(to lower: UnsafeMutablePointer<Double>, stride: Int, in tile: Tile) {
        guard count > 0 else { return }
        // On the diagonal in rows of small products, which leave the strict upper triangle alone
        // but for a loop over their own diagonals.
        let side = tile.isDiagonal ? 32 : tile.rows.count
        for first in Swift.stride(from: 0, to: tile.rows.count, by: side) {
            let height = min(side, tile.rows.count - first)
            let width = tile.isDiagonal ? first : tile.columns.count
            let row = tile.rows.lowerBound + first
            if width > 0 {
                weighted.withUnsafeBufferPointer { weighted in
                    vectors.withUnsafeBufferPointer { vectors in
                        guard let a = weighted.baseAddress, let b = vectors.baseAddress else {
                            return
                        }
                        withBLASThreads {
                            cblas_dgemm(
                                CblasRowMajor, CblasTrans, CblasNoTrans, Int32(height),
                                Int32(width),
                                Int32(count), 1, a + row, Int32(columns),
                                b + tile.columns.lowerBound, Int32(columns), 1,
                                lower + row * stride + tile.columns.lowerBound, Int32(stride))
                        }
                    }
                }
            }
            if tile.isDiagonal { addTriangle(to: lower, stride: stride, rows: row..<row + height) }
        }
    }

    private func addTriangle(
        to lower: UnsafeMutablePointer<Double>, stride: Int, rows: Range<Int>
    ) {
        for row in rows {
            let target = lower + row * stride
            for first in Swift.stride(from: 0, to: vectors.count, by: columns) {
                let factor = weighted[first + row]
                for column in rows.lowerBound...row {
                    target[column] += factor * vectors[first + column]
                }
            }
        }
    }
}
