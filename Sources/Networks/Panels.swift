/// How the columns of a product are divided among cores: by the shape alone, since the borders of a
/// product can change its last bits.
///
/// - Parameters:
///   - columns: of the result.
///   - rows: of the result.
///   - inner: multiplications for each element of the result.
///   - isShort: whether `inner` is so small that the elements that are written count as work.
/// - Returns: ranges of columns, ascending, none empty.
public func panels(
    columns: Int, rows: Int, inner: Int, isShort: Bool = false
) -> [Range<Int>] {
    // Below about a million multiplications, handing the work over costs more than it saves.
    let worthwhile = max(
        rows * inner * columns / 1_000_000, isShort ? rows * columns / 16_384 : 0)
    // A narrower panel repacks the other factor too often: measured, 64 columns cost a fifth of a
    // product's speed, 128 a tenth.
    let count = max(1, min(8, worthwhile, columns / 128))
    // Borders at whole vectors: 16 floats are one of the widest registers and a cache line.
    let width = ((columns + count - 1) / count + 15) / 16 * 16
    return stride(from: 0, to: columns, by: width).map { $0..<min($0 + width, columns) }
}
