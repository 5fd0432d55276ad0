import Files
import LinearAlgebra

extension LoadedDataset {
    /// A digest of everything that a training gets to see, in sixteen hexadecimal digits.
    ///
    /// Of all parts: samples in their order, classes or targets, scaling. The same on every machine.
    ///
    /// - Complexity: one pass over the stored samples.
    public var digest: String {
        var digest = Digest()
        for part in [train, validation, test] { part?.add(to: &digest) }
        return hexadecimal(digest.value)
    }
}

extension LabeledData {
    fileprivate func add(to digest: inout Digest) {
        // Lengths first, so that no value counts for another part.
        digest.add([count, inputCount, outputCount])
        switch inputs {
        case .images(let images): add(images.pixels, perRow: images.shape.count, to: &digest)
        case .table(let rows):
            add(rows.numbers, perRow: rows.numericColumns, to: &digest)
            add(rows.codes, perRow: rows.columns.count - rows.numericColumns, to: &digest)
        case .matrix(let rows): add(rows.elements, perRow: rows.columns, to: &digest)
        }
        digest.add(labels)
        if let targets { digest.add(targets.elements) }
        switch scaling {
        case .pixels(let scaling): digest.add(scaling.mean + scaling.deviation)
        case .columns(let scaling): digest.add(scaling.mean + scaling.deviation)
        }
        // Without it targets in another unit would be the same.
        if let targetScaling { digest.add(targetScaling.mean + targetScaling.deviation) }
    }

    /// Adds the rows of this part, of `width` values each.
    private func add<T: BitwiseCopyable>(
        _ values: [T], perRow width: Int, to digest: inout Digest
    ) {
        let bytes = width * MemoryLayout<T>.stride
        values.withUnsafeBytes { all in
            guard selection != nil else { return digest.update(all) }
            for index in 0..<count {
                let first = storedRow(index) * bytes
                digest.update(UnsafeRawBufferPointer(rebasing: all[first..<first + bytes]))
            }
        }
    }
}

extension Digest {
    /// Adds the memory of `values`.
    fileprivate mutating func add<T: BitwiseCopyable>(_ values: [T]) {
        values.withUnsafeBytes { update($0) }
    }
}
