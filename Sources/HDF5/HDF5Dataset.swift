import CHDF5
import Text

/// An open dataset; it keeps its file open.
public final class HDF5Dataset: Sendable {
    /// The open object.
    public let object: HDF5Object
    /// The file it lies in.
    public var file: HDF5File { object.file }
    /// Path within the file.
    public var path: String { object.path }
    var id: hid_t { object.handle.id }
    /// Number of elements along each dimension; empty for a scalar.
    public let shape: [Int]
    /// How an element is stored.
    public let elementType: ElementType
    /// How the elements lie in the file.
    public let storage: Storage

    /// How the elements of a dataset lie in a file.
    public struct Storage: Sendable, Hashable {
        /// The kinds of storage.
        public enum Layout: String, Sendable {
            case compact, contiguous, chunked, virtual, unknown
        }

        /// One step of the pipeline that chunks go through.
        public struct Filter: Sendable, Hashable {
            /// The registered number: 1 deflate, 2 shuffle, 3 fletcher32, 32000 LZF, ...
            public let id: Int
            /// The name stored in the file or, for the library's own, known by the number.
            public let name: String
            /// Whether the library can run it here.
            public let isAvailable: Bool
            /// The first parameter, or 0: the element size for shuffle, the level for deflate.
            public let parameter: Int
        }

        /// The kind of storage.
        public let layout: Layout
        /// Elements of a chunk along each dimension; `nil` unless chunked.
        public let chunkShape: [Int]?
        /// The pipeline, in the order of writing.
        public let filters: [Filter]
        /// Files outside this one that hold the bytes.
        public let externalFileCount: Int
        /// Position of the first byte in the file; `nil` unless contiguous and written.
        public let offset: Int?
        /// Bytes that the elements take in the file; 0 if chunked, see ``HDF5Dataset/lookAtChunks()``.
        public let byteCount: Int
        /// Whether chunks that reach beyond the extent are stored without filters.
        let leavesEdgesPlain: Bool
    }

    /// Opens a dataset.
    ///
    /// - Parameters:
    ///   - path: where it is; soft links within the file are followed.
    ///   - file: the file.
    ///   - chunkCacheBytes: memory for decoded chunks, at least one chunk to be of use; `nil` for
    ///     the library's default.
    /// - Throws: ``HDF5Error`` if there is no dataset at `path`, or only by a refused link.
    public convenience init(
        _ path: String, in file: HDF5File, chunkCacheBytes: Int? = nil
    ) throws(HDF5Error) {
        let location = try file.locate(path)
        guard let chunkCacheBytes else {
            try self.init(try location.open(.openDataset))
            return
        }
        let bytes = cName(location.name)
        let parent = location.parent.handle.id
        // Closed after the opening, whose errors it would clear.
        let access = try HDF5Handle(.openDataset, path, close: { H5Pclose($0) }) {
            let access = H5Pcreate(chdf5_dataset_access())
            // Chunks are read once, front to back: preempt those read completely (1.0).
            H5Pset_chunk_cache(access, 1009, max(chunkCacheBytes, 1 << 20), 1)
            return access
        }
        let accessID = access.id
        let object = try HDF5Object(.openDataset, path: path, in: file) {
            H5Dopen2(parent, bytes, accessID)
        }
        _ = access.id
        try self.init(object)
    }

    /// The dataset that `object` is.
    ///
    /// - Throws: ``HDF5Error`` if it is none, or cannot be described.
    public init(_ object: HDF5Object) throws(HDF5Error) {
        let path = object.path
        guard object.kind == .dataset else { throw HDF5Error(.openDataset, path, .wrongType) }
        self.object = object
        let id = object.handle.id
        let found = try HDF5Library.locked {
            () throws(HDF5Error) -> ([Int], ElementType, Storage) in
            let shape = try extent(of: id, path)
            let type = try HDF5Library.check(.describe, path, H5Dget_type(id))
            defer { H5Tclose(type) }
            return (shape, ElementType(reading: type), try Storage(reading: id, path, shape))
        }
        (shape, elementType, storage) = found
    }

    /// The descriptor of the file that holds the dataset, for positioned reads beside the library.
    ///
    /// Valid while the dataset is open; `nil` if the file is not read through one.
    public func descriptor() -> Int32? {
        let id = id
        return HDF5Library.locked {
            let file = H5Iget_file_id(id)
            guard file >= 0 else { return nil }
            defer { H5Fclose(file) }
            return systemDescriptor(of: file)
        }
    }

    /// Number of elements, or `nil` if it is more than an `Int` holds.
    public var count: Int? {
        var product = 1
        for extent in shape {
            let (next, overflow) = product.multipliedReportingOverflow(by: extent)
            if overflow { return nil }
            product = next
        }
        return product
    }
}

extension HDF5Dataset.Storage {
    /// Reads how the open dataset `id` is stored.
    ///
    /// Call under the lock.
    init(reading id: hid_t, _ path: String, _ shape: [Int]) throws(HDF5Error) {
        let creation = try HDF5Library.check(.describe, path, H5Dget_create_plist(id))
        defer { H5Pclose(creation) }
        switch H5Pget_layout(creation) {
        case H5D_COMPACT: layout = .compact
        case H5D_CONTIGUOUS: layout = .contiguous
        case H5D_CHUNKED: layout = .chunked
        case H5D_VIRTUAL: layout = .virtual
        default: layout = .unknown
        }
        if layout == .chunked {
            var chunk = [hsize_t](repeating: 0, count: shape.count)
            try HDF5Library.check(
                .describe, path, H5Pget_chunk(creation, Int32(shape.count), &chunk))
            chunkShape = chunk.map { Int(clamping: $0) }
            var options: UInt32 = 0
            try HDF5Library.check(.describe, path, H5Pget_chunk_opts(creation, &options))
            leavesEdgesPlain = options & chdf5_plain_edges() != 0
        } else {
            chunkShape = nil
            leavesEdgesPlain = false
        }
        filters = try HDF5Dataset.Storage.filters(of: creation, path)
        externalFileCount = max(0, Int(H5Pget_external_count(creation)))
        let address = layout == .contiguous && externalFileCount == 0 ? H5Dget_offset(id) : 0
        offset =
            layout == .contiguous && externalFileCount == 0 && chdf5_has_address(address) != 0
            ? Int(exactly: address) : nil
        // A virtual dataset would open its sources to answer, a chunked one walk over its whole index.
        byteCount =
            layout == .contiguous || layout == .compact
            ? Int(clamping: H5Dget_storage_size(id)) : 0
    }

    private static func filters(of creation: hid_t, _ path: String) throws(HDF5Error) -> [Filter] {
        let count = try HDF5Library.check(.describe, path, H5Pget_nfilters(creation))
        var filters: [Filter] = []
        for index in 0..<UInt32(count) {
            var flags: UInt32 = 0
            var parameter: UInt32 = 0
            var name = [CChar](repeating: 0, count: 256)
            let id = try HDF5Library.check(
                .describe, path,
                chdf5_filter(creation, index, &flags, name.count - 1, &name, &parameter))
            let stored = name.withUnsafeBufferPointer { bytes in
                decodeName(bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) })
            }
            filters.append(
                Filter(
                    id: Int(id), name: stored.isEmpty ? knownFilterNames[Int(id)] ?? "" : stored,
                    isAvailable: H5Zfilter_avail(id) > 0, parameter: Int(parameter)))
        }
        return filters
    }

    private static let knownFilterNames = [
        1: "deflate", 2: "shuffle", 3: "fletcher32", 4: "szip", 5: "nbit", 6: "scaleoffset",
        32000: "lzf", 32001: "blosc", 32004: "lz4", 32008: "bitshuffle", 32013: "zfp",
        32015: "zstd", 32026: "blosc2",
    ]
}

/// The extent of an open dataset.
///
/// Call under the lock.
private func extent(of id: hid_t, _ path: String) throws(HDF5Error) -> [Int] {
    let space = try HDF5Library.check(.describe, path, H5Dget_space(id))
    defer { H5Sclose(space) }
    let rank = try HDF5Library.check(.describe, path, H5Sget_simple_extent_ndims(space))
    guard rank > 0 else {
        // A null dataspace has no elements at all.
        return H5Sget_simple_extent_type(space) == H5S_NULL ? [0] : []
    }
    var extents = [hsize_t](repeating: 0, count: Int(rank))
    try HDF5Library.check(.describe, path, H5Sget_simple_extent_dims(space, &extents, nil))
    return extents.map { Int(clamping: $0) }
}
