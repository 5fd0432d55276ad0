import HDF5
import LinearAlgebra

/// The elements of an open dataset, from wherever they are read fastest, as numbers.
struct StoredElements: Sendable {
    let dataset: HDF5Dataset
    let encoding: Encoding
    let source: any RowSource
    let scratch: ScratchMemory
    /// Whether blocks are decompressed rather than copied.
    let isDecoding: Bool
    /// Whether the elements lie in one piece in the file.
    let isContiguous: Bool

    init(_ dataset: HDF5Dataset, _ encoding: Encoding, chunkCacheBytes: Int = 16 << 20) {
        self.dataset = dataset
        self.encoding = encoding
        let scratch = ScratchMemory()
        self.scratch = scratch
        if let contiguous = ContiguousSource(dataset) {
            (source, isDecoding, isContiguous) = (contiguous, false, true)
        } else if let chunked = ChunkedSource(
            dataset, scratch: scratch, cacheBytes: chunkCacheBytes)
        {
            (source, isDecoding, isContiguous) = (chunked, chunked.isDecoding, false)
        } else {
            (source, isDecoding, isContiguous) = (LibrarySource(dataset: dataset), false, false)
        }
    }

    private var isBigEndian: Bool { dataset.elementType.isBigEndian }

    /// Reads a block into the rows of a matrix of floats.
    ///
    /// - Precondition: the encoding needs no `Double`.
    func read(
        _ start: [Int], _ count: [Int], _ order: BlockOrder,
        into target: UnsafeMutableBufferPointer<Float>
    ) throws(HDF5Error) {
        if encoding.word.isDirect(isBigEndian: isBigEndian, order) {
            return try readUnchanged(start, count, into: UnsafeMutableRawBufferPointer(target))
        }
        try withStored(start, count, order.count) { stored in
            encoding.word.decodeFloats(stored, isBigEndian: isBigEndian, into: target, order)
        }
    }

    /// Reads a block into the rows of a matrix of doubles.
    func read(
        _ start: [Int], _ count: [Int], _ order: BlockOrder,
        into target: UnsafeMutableBufferPointer<Double>
    ) throws(HDF5Error) {
        if encoding.word == .double, encoding.word.isDirect(isBigEndian: isBigEndian, order) {
            try readUnchanged(start, count, into: UnsafeMutableRawBufferPointer(target))
        } else {
            try withStored(start, count, order.count) { stored in
                encoding.word.decodeDoubles(stored, isBigEndian: isBigEndian, into: target, order)
            }
        }
        encoding.packing?.unpack(UnsafeMutableBufferPointer(rebasing: target[..<order.count]))
    }

    /// Whole numbers of one dimension, unpacked where they are packed; those beyond `Int` become the
    /// largest, and missing ones -1.
    func integers(_ range: Range<Int>) throws(HDF5Error) -> [Int] {
        if encoding.packing != nil {
            var values = [Double](repeating: 0, count: range.count)
            try values.withUnsafeMutableBufferPointer { target throws(HDF5Error) in
                try read(
                    [range.lowerBound], [range.count],
                    BlockOrder(outer: range.count, columns: 1, inner: 1), into: target)
            }
            return values.map { value in
                value.isNaN ? -1 : Int(exactly: value.rounded()) ?? (value < 0 ? .min : .max)
            }
        }
        let type = dataset.elementType
        var values: [Int] = []
        let bytes = range.count * max(8, type.size)
        try scratch.withBytes(bytes) { memory throws(HDF5Error) in
            try readUnchanged([range.lowerBound], [range.count], into: memory)
            let stored = UnsafeRawBufferPointer(memory)
            if let known = encoding.word.decodeIntegers(
                stored, isBigEndian: isBigEndian, count: range.count)
            {
                values = known
            } else {
                try dataset.convert(range.count, to: .int64, in: memory)
                values = Array(stored.bindMemory(to: Int.self).prefix(range.count))
            }
        }
        return values
    }

    private func withStored(
        _ start: [Int], _ count: [Int], _ elements: Int, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(HDF5Error) {
        let conversion = encoding.word.conversion
        let size = max(dataset.elementType.size, conversion?.size ?? 0)
        try scratch.withBytes(elements * size) { memory throws(HDF5Error) in
            try readUnchanged(start, count, into: memory)
            if let conversion { try dataset.convert(elements, to: conversion, in: memory) }
            body(UnsafeRawBufferPointer(memory))
        }
    }

    /// Reads a block, and fails if the file was changed since it was opened.
    private func readUnchanged(
        _ start: [Int], _ count: [Int], into memory: UnsafeMutableRawBufferPointer
    ) throws(HDF5Error) {
        guard !count.contains(0) else { return }
        do { try source.read(start: start, count: count, into: memory) } catch {
            // What a change makes of the bytes is not what is wrong with them.
            try dataset.file.checkUnchanged(dataset.path)
            throw error
        }
        try dataset.file.checkUnchanged(dataset.path)
    }
}
