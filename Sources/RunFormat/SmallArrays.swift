import HDF5

extension RunWriter {
    /// Adds a vector of numbers that belongs to no layer.
    ///
    /// - Parameters:
    ///   - values: stored as float64.
    ///   - path: from the root, with a slash in front.
    /// - Throws: ``RunError`` if nothing can be written.
    public func add(_ values: [Double], at path: String) throws(RunError) {
        try whole(path, shape: [values.count], StorageOptions(.float64), doubles: values)
    }

    /// Adds a vector of texts, UTF-8 strings of one length.
    ///
    /// - Throws: ``RunError`` if nothing can be written.
    public func add(_ texts: [String], at path: String) throws(RunError) {
        let file = try openFile()
        try reading(self.path) { () throws(HDF5Error) in try file.write(texts: texts, at: path) }
    }

    /// Adds a group, to have attributes.
    ///
    /// - Throws: ``RunError`` if nothing can be written.
    public func addGroup(_ path: String) throws(RunError) {
        let file = try openFile()
        try reading(self.path) { () throws(HDF5Error) in
            if !file.contains(path) { try file.createGroup(path) }
        }
    }
}

extension RunFile {
    /// Whether there is an object at `path`.
    public func contains(_ path: String) -> Bool { file.contains(path) }

    /// The attributes of the object at `path`.
    ///
    /// - Throws: ``RunError`` if there is none.
    public func attributes(of path: String) throws(RunError) -> RunMetadata {
        RunMetadata(
            try reading(self.path) { () throws(HDF5Error) in try file.attributes(of: path) })
    }

    /// The vector of numbers at `path`.
    ///
    /// - Throws: ``RunError`` if there is none, or it is no vector of at most 16 million numbers.
    public func numbers(at path: String) throws(RunError) -> [Double] {
        try vector(try dataset(path))
    }

    /// The vector of texts at `path`.
    ///
    /// - Throws: ``RunError`` if there is none, or it is no vector of strings of one length with at
    ///   most 1 GiB.
    public func texts(at path: String) throws(RunError) -> [String] {
        try reading(self.path) { () throws(HDF5Error) in
            try HDF5Dataset(path, in: file).texts(limit: 1 << 30)
        }
    }
}
