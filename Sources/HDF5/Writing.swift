import CHDF5

/// How a new dataset is stored.
public struct StorageOptions: Sendable, Hashable {
    /// The element types that are written.
    public enum Element: String, Sendable {
        case float16, float32, float64, int64

        /// Bytes of one element.
        public var size: Int {
            switch self {
            case .float16: 2
            case .float32: 4
            case .float64, .int64: 8
            }
        }
    }

    /// How values are stored.
    public var element: Element
    /// Elements of a chunk along each dimension; `nil` stores in one piece.
    public var chunkShape: [Int]?
    /// Level of compression by shuffle and deflate, from 1 to 9; needs chunks.
    public var compressionLevel: Int?

    /// Options with these properties.
    public init(_ element: Element, chunkShape: [Int]? = nil, compressionLevel: Int? = nil) {
        self.element = element
        self.chunkShape = chunkShape
        self.compressionLevel = compressionLevel
    }
}

/// A dataset being written.
public final class HDF5WritableDataset: Sendable {
    private let handle: HDF5Handle
    private let file: HDF5File
    /// Path within the file.
    public let path: String
    private let element: StorageOptions.Element

    /// Creates a dataset and the groups above it that are missing.
    ///
    /// - Parameters:
    ///   - path: where it will be.
    ///   - shape: extents at first; a chunked dataset can grow along the first.
    ///   - options: how its elements are stored.
    ///   - file: the file, created for writing.
    /// - Throws: ``HDF5Error`` if the name is taken or nothing can be written.
    public init(
        _ path: String, shape: [Int], options: StorageOptions, in file: HDF5File
    ) throws(HDF5Error) {
        self.path = path
        self.file = file
        element = options.element
        let fileID = file.handle.id
        let name = cName(path)
        handle = try HDF5Handle(.createDataset, path, close: { H5Dclose($0) }) {
            let extents = shape.map { hsize_t($0) }
            var limits = extents
            if options.chunkShape != nil, !limits.isEmpty { limits[0] = chdf5_unlimited() }
            let space = H5Screate_simple(Int32(shape.count), extents, limits)
            defer { H5Sclose(space) }
            let creation = H5Pcreate(chdf5_dataset_create())
            defer { H5Pclose(creation) }
            // No time of writing: same values, same bytes.
            H5Pset_obj_track_times(creation, false)
            if let chunk = options.chunkShape {
                H5Pset_chunk(creation, Int32(chunk.count), chunk.map { hsize_t($0) })
                if let level = options.compressionLevel {
                    H5Pset_shuffle(creation)
                    H5Pset_deflate(creation, UInt32(level))
                }
            }
            let links = linkCreation()
            defer { H5Pclose(links) }
            let type = fileType(options.element)
            defer { H5Tclose(type) }
            return H5Dcreate2(
                fileID, name, type, space, links, creation, chdf5_default_plist())
        }
    }

    /// Makes the first extent `rows`; the dataset must be chunked.
    public func resize(rows: Int, rest: [Int]) throws(HDF5Error) {
        let id = handle.id
        try HDF5Library.locked { () throws(HDF5Error) in
            try writing(
                .write, path, H5Dset_extent(id, [hsize_t(rows)] + rest.map { hsize_t($0) }))
        }
    }

    /// Writes a block of elements that are laid out as the dataset stores them.
    ///
    /// - Parameters:
    ///   - start: first index along each dimension.
    ///   - count: number of indices along each dimension.
    ///   - memory: the elements in the dataset's own type, little endian.
    /// - Throws: ``HDF5Error``; its cause tells a full disk.
    public func write(
        start: [Int], count: [Int], from memory: UnsafeRawBufferPointer
    ) throws(HDF5Error) {
        precondition(memory.count >= count.reduce(1, *) * element.size, "too few elements")
        guard !count.contains(0) else { return }
        let id = handle.id
        try HDF5Library.locked { () throws(HDF5Error) in
            let fileSpace = try writing(.write, path, H5Dget_space(id))
            defer { H5Sclose(fileSpace) }
            let extents = count.map { hsize_t($0) }
            try writing(
                .write, path,
                H5Sselect_hyperslab(
                    fileSpace, H5S_SELECT_SET, start.map { hsize_t($0) }, nil, extents, nil))
            let memorySpace = try writing(
                .write, path, H5Screate_simple(Int32(count.count), extents, nil))
            defer { H5Sclose(memorySpace) }
            let type = fileType(element)
            defer { H5Tclose(type) }
            try writing(
                .write, path,
                H5Dwrite(
                    id, type, memorySpace, fileSpace, chdf5_default_plist(), memory.baseAddress))
        }
    }
}

/// A copy of the library's identifier for `element`.
///
/// Call under the lock.
private func fileType(_ element: StorageOptions.Element) -> hid_t {
    switch element {
    case .float32: return H5Tcopy(chdf5_float32le())
    case .float64: return H5Tcopy(chdf5_float64le())
    case .int64: return H5Tcopy(chdf5_int64le())
    case .float16:
        let type = H5Tcopy(chdf5_float32le())
        // Fields first: a size that cannot hold them is refused.
        H5Tset_fields(type, 15, 10, 5, 0, 10)
        H5Tset_size(type, 2)
        H5Tset_ebias(type, 15)
        return type
    }
}
