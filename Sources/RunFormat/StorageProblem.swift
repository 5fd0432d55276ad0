import Glibc
import HDF5

/// What about the storage of a dataset from a stranger forbids reading it, and what is known of its chunks.
///
/// - Throws: ``HDF5Error`` if the chunk index cannot be read.
func storageProblem(
    _ dataset: HDF5Dataset, _ limits: ReadOptions
) throws(HDF5Error) -> (message: String?, chunks: ChunkCensus?) {
    let storage = dataset.storage
    if storage.layout == .virtual {
        return (
            "it is a virtual dataset, a view of other files, which is not followed; "
                + "copy the data into the file", nil
        )
    }
    if storage.externalFileCount > 0 {
        return (
            "its values lie in another file (external storage), which is not opened; "
                + "copy the data into the file", nil
        )
    }
    let isOwn = storage.filters.allSatisfy { ChunkFilter($0) != nil }
    if !isOwn, let filter = storage.filters.first(where: { !$0.isAvailable }) {
        let name = filter.name.isEmpty ? "" : " (\(filter.name))"
        return (
            "it is compressed with filter \(filter.id)\(name), which is not installed; install "
                + "the plugin and set HDF5_PLUGIN_PATH to its folder, or rewrite the file with gzip",
            nil
        )
    }
    // Sixteen: what is decoded takes up to eight bytes an element, and some of it twice.
    guard let count = dataset.count,
        case let (bytes, false) = count.multipliedReportingOverflow(by: dataset.elementType.size),
        !count.multipliedReportingOverflow(by: 16).overflow
    else { return ("its claimed shape \(shapeText(dataset.shape)) is larger than any file", nil) }
    if count == 0 { return (nil, nil) }
    let fileSize = dataset.descriptor().flatMap { size(of: $0) }
    switch storage.layout {
    case .contiguous, .compact:
        if storage.byteCount == 0 {
            return ("it was created but its values were never written", nil)
        }
        let isInside =
            fileSize.map { storage.byteCount >= bytes && (storage.offset ?? 0) <= $0 - bytes }
            ?? true
        return (isInside ? nil : "it claims \(bytes) bytes but the file has \(fileSize ?? 0)", nil)
    case .chunked: return try chunkProblem(dataset, bytes: bytes, fileSize: fileSize, limits)
    case .virtual, .unknown: return ("its storage layout is unknown", nil)
    }
}

private func chunkProblem(
    _ dataset: HDF5Dataset, bytes: Int, fileSize: Int?, _ limits: ReadOptions
) throws(HDF5Error) -> (message: String?, chunks: ChunkCensus?) {
    let storage = dataset.storage
    let chunk = storage.chunkShape ?? []
    var chunkBytes = dataset.elementType.size
    for length in chunk {
        guard length > 0,
            case let (product, false) = chunkBytes.multipliedReportingOverflow(by: length),
            product <= limits.maximumChunkBytes
        else {
            return (
                "its chunks of \(shapeText(chunk)) elements are larger than the limit of "
                    + "\(limits.maximumChunkBytes) bytes", nil
            )
        }
        chunkBytes = product
    }
    guard let needed = dataset.chunkCount else {
        return ("its claimed shape \(shapeText(dataset.shape)) is larger than any file", nil)
    }
    if let fileSize {
        // A written chunk takes at least a byte, and eight in the index unless there is only one. An index
        // that claims more is not worth a look: some of its chunks are missing, or all.
        if needed > 1, needed > fileSize / 8 {
            return (
                "its \(needed) chunks are more than a file of \(fileSize) bytes can hold: most or all "
                    + "of its values were never written", nil
            )
        }
        // What is known of the filters, or generously what any other can do.
        var ratio = 1.0
        for filter in storage.filters { ratio *= ChunkFilter(filter)?.largestRatio ?? 65_536 }
        if Double(bytes) / ratio > Double(fileSize) + Double(chunkBytes) {
            return ("it claims \(bytes) bytes, more than a file of \(fileSize) can hold", nil)
        }
    }
    guard let census = try dataset.lookAtChunks() else { return (nil, nil) }
    if census.written == census.seen { return (nil, census) }
    if census.written == 0 {
        return ("it was created but its values were never written", census)
    }
    return (
        census.seen == needed
            ? "only \(census.written) of its \(needed) chunks were written"
            : "of its \(needed) chunks many were never written: of \(census.seen) that were looked at, "
                + "\(census.seen - census.written)", census
    )
}

private func size(of descriptor: Int32) -> Int? {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Int(status.st_size) : nil
}
