import CHDF5
import Text

extension HDF5File {
    /// Writes a vector of texts: UTF-8 strings of one length, padded with NUL, as h5py reads with
    /// `asstr()`.
    ///
    /// - Parameters:
    ///   - texts: without NUL characters.
    ///   - path: where the dataset will be; groups above it that are missing are created.
    /// - Throws: ``HDF5Error`` if the name is taken or nothing can be written.
    public func write(texts: [String], at path: String) throws(HDF5Error) {
        let size = max(1, texts.reduce(0) { max($0, $1.utf8.count) })
        var bytes = [UInt8](repeating: 0, count: size * texts.count)
        for (index, text) in texts.enumerated() {
            for (offset, byte) in text.utf8.enumerated() { bytes[index * size + offset] = byte }
        }
        let file = handle.id
        try HDF5Library.locked { () throws(HDF5Error) in
            let type = H5Tcopy(chdf5_c_string())
            defer { H5Tclose(type) }
            H5Tset_size(type, size)
            H5Tset_strpad(type, H5T_STR_NULLPAD)
            H5Tset_cset(type, H5T_CSET_UTF8)
            let space = H5Screate_simple(1, [hsize_t(texts.count)], nil)
            defer { H5Sclose(space) }
            let creation = H5Pcreate(chdf5_dataset_create())
            defer { H5Pclose(creation) }
            // No time of writing: same values, same bytes.
            H5Pset_obj_track_times(creation, false)
            let links = linkCreation()
            defer { H5Pclose(links) }
            let dataset = try writing(
                .createDataset, path,
                H5Dcreate2(
                    file, cName(path), type, space, links, creation, chdf5_default_plist()))
            defer { H5Dclose(dataset) }
            guard !texts.isEmpty else { return }
            try writing(
                .write, path,
                H5Dwrite(
                    dataset, type, chdf5_select_all(), chdf5_select_all(), chdf5_default_plist(),
                    bytes))
        }
    }
}

extension HDF5Dataset {
    /// The elements of a vector of strings of one length.
    ///
    /// - Parameter limit: bytes that may be read.
    /// - Returns: one text an element, without what it is padded with.
    /// - Throws: ``HDF5Error`` if it is something else, holds more, or cannot be read.
    public func texts(limit: Int) throws(HDF5Error) -> [String] {
        guard elementType.kind == .fixedString, shape.count == 1, elementType.size > 0 else {
            throw HDF5Error(.read, path, .wrongType)
        }
        let size = elementType.size
        let (bytes, overflows) = shape[0].multipliedReportingOverflow(by: size)
        guard !overflows, bytes <= limit else { throw HDF5Error(.read, path, .tooLarge) }
        var stored = [UInt8](repeating: 0, count: bytes)
        try stored.withUnsafeMutableBufferPointer { memory throws(HDF5Error) in
            try readStored(
                start: [0], count: shape, into: UnsafeMutableRawBufferPointer(memory))
        }
        return (0..<shape[0]).map { index in
            decodeName(stored[index * size..<(index + 1) * size].prefix { $0 != 0 })
        }
    }
}
