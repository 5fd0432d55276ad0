import CHDF5

extension HDF5Dataset {
    /// Reads a block as numbers of the machine, converted by the library where necessary.
    ///
    /// - Parameters:
    ///   - start: first index along each dimension.
    ///   - count: number of indices along each dimension.
    ///   - type: in which type the values arrive.
    ///   - memory: at least the product of `count` values, row-major.
    /// - Throws: ``HDF5Error`` if the library cannot read, decompress or convert them.
    public func read(
        start: [Int], count: [Int], as type: NativeType,
        into memory: UnsafeMutableRawBufferPointer
    ) throws(HDF5Error) {
        precondition(memory.count >= count.reduce(1, *) * type.size, "too little memory")
        try read(start, count, into: memory, type: type)
    }

    /// Reads a block as it is stored, decompressed but not converted.
    ///
    /// - Precondition: elements are numbers, opaque or fixed strings.
    public func readStored(
        start: [Int], count: [Int], into memory: UnsafeMutableRawBufferPointer
    ) throws(HDF5Error) {
        precondition(
            memory.count >= count.reduce(1, *) * elementType.size, "too little memory")
        precondition(elementType.kind != .variableString, "such elements are pointers")
        try read(start, count, into: memory, type: nil)
    }

    private func read(
        _ start: [Int], _ count: [Int], into memory: UnsafeMutableRawBufferPointer,
        type: NativeType?
    ) throws(HDF5Error) {
        precondition(
            zip(zip(start, count), shape).allSatisfy { $0.0 >= 0 && $0.1 >= 0 && $0.0 + $0.1 <= $1 }
                && start.count == shape.count && count.count == shape.count,
            "block \(start) + \(count) of \(shape)")
        guard !count.contains(0) else { return }
        let id = id
        try HDF5Library.locked { () throws(HDF5Error) in
            let fileSpace = try HDF5Library.check(.read, path, H5Dget_space(id))
            defer { H5Sclose(fileSpace) }
            let extents = count.map { hsize_t($0) }
            let memorySpace: hid_t
            if shape.isEmpty {
                memorySpace = try HDF5Library.check(.read, path, H5Scopy(fileSpace))
            } else {
                try HDF5Library.check(
                    .read, path,
                    H5Sselect_hyperslab(
                        fileSpace, H5S_SELECT_SET, start.map { hsize_t($0) }, nil, extents, nil))
                memorySpace = try HDF5Library.check(
                    .read, path, H5Screate_simple(Int32(count.count), extents, nil))
            }
            defer { H5Sclose(memorySpace) }
            let stored = type == nil ? try HDF5Library.check(.read, path, H5Dget_type(id)) : -1
            defer { if stored >= 0 { H5Tclose(stored) } }
            try HDF5Library.check(
                .read, path,
                H5Dread(
                    id, type?.id ?? stored, memorySpace, fileSpace, chdf5_default_plist(),
                    memory.baseAddress))
        }
    }

    /// Reads all elements in a type of the machine.
    ///
    /// - Parameters:
    ///   - type: in which type the values arrive.
    ///   - element: the same type in Swift.
    ///   - limit: the largest number of elements to ask memory for.
    /// - Returns: the elements, row-major.
    /// - Throws: ``HDF5Error`` if there are more, or they cannot be read.
    public func readAll<T>(
        as type: NativeType, _ element: T.Type, limit: Int
    ) throws(HDF5Error) -> [T] {
        precondition(MemoryLayout<T>.size == type.size)
        guard let count, count <= limit else { throw HDF5Error(.read, path, .tooLarge) }
        let bytes = count * type.size
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 16)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        try read(start: shape.map { _ in 0 }, count: shape, as: type, into: memory)
        return Array(memory.bindMemory(to: T.self))
    }

    /// Reads the chunk that begins at `origin` as it lies in the file.
    ///
    /// - Parameters:
    ///   - origin: first index along each dimension; of a chunk that was written.
    ///   - memory: at least ``chunkByteCount(at:)`` bytes.
    /// - Returns: bit i is set where filter i was skipped for this chunk; all bits for one at the edge
    ///   of a dataset whose writer left those as they are.
    /// - Throws: ``HDF5Error`` if the library cannot read it or `memory` is too small.
    public func readRawChunk(
        at origin: [Int], into memory: UnsafeMutableRawBufferPointer
    ) throws(HDF5Error) -> UInt32 {
        let id = id
        return try HDF5Library.locked { () throws(HDF5Error) -> UInt32 in
            var size: hsize_t = 0
            let at = origin.map { hsize_t($0) }
            // Again, in case that the file changed in between: the library would not check.
            try HDF5Library.check(.read, path, H5Dget_chunk_storage_size(id, at, &size))
            guard size <= hsize_t(memory.count) else { throw HDF5Error(.read, path, .tooLarge) }
            var skipped: UInt32 = 0
            try HDF5Library.check(
                .read, path,
                H5Dread_chunk(id, chdf5_default_plist(), at, &skipped, memory.baseAddress))
            return isPlainEdge(origin) ? .max : skipped
        }
    }

    /// Whether the chunk at `origin` reaches beyond the extent and is therefore stored without filters.
    private func isPlainEdge(_ origin: [Int]) -> Bool {
        guard storage.leavesEdgesPlain, let chunk = storage.chunkShape else { return false }
        return origin.indices.contains { chunk[$0] > shape[$0] - origin[$0] }
    }

    /// Converts elements in place from the type of the dataset into one of the machine.
    ///
    /// - Parameters:
    ///   - count: number of elements.
    ///   - type: what they become.
    ///   - memory: room for `count` elements of the larger of both types.
    /// - Throws: ``HDF5Error`` if the library has no such conversion.
    public func convert(
        _ count: Int, to type: NativeType, in memory: UnsafeMutableRawBufferPointer
    ) throws(HDF5Error) {
        precondition(memory.count >= count * max(type.size, elementType.size), "too little memory")
        let id = id
        try HDF5Library.locked { () throws(HDF5Error) in
            let stored = try HDF5Library.check(.read, path, H5Dget_type(id))
            defer { H5Tclose(stored) }
            try HDF5Library.check(
                .read, path,
                H5Tconvert(
                    stored, type.id, count, memory.baseAddress, nil, chdf5_default_plist()))
        }
    }
}
