import LinearAlgebra
@testable import RunFormat
import Testing

@Suite struct Values {
    @Test(arguments: [
        "f16", "f16_big", "f32_big", "f64", "f64_big", "bf16_words", "bf16_words_big",
        "bf16_opaque", "bf16_native",
    ])
    func areReadFromEveryFloat(_ name: String) async throws {
        let got = try await values("types.h5", "/types/\(name)")
        #expect(got == grid(12, 5))
        let run = try open("types.h5")
        let reader = try run.blocks(of: try run.dataset("types/\(name)"), as: .bare(.last))
        #expect(reader.isDouble == name.hasPrefix("f64"))
        if name.hasPrefix("bf16") {
            #expect(try run.dataset("types/\(name)").typeName.hasPrefix("bfloat16"))
        }
    }

    @Test(arguments: [
        ("int_u1", false), ("int_i1", false), ("int_i2", false),
        ("int_i4", true), ("int_i8", true),
    ])
    func areReadFromIntegers(_ name: String, isDouble: Bool) async throws {
        let run = try open("types.h5")
        let reader = try run.blocks(of: try run.dataset("types/\(name)"), as: .bare(.first))
        #expect(reader.isDouble == isDouble)
        let got = try await collect(reader).rows
        #expect(got == (0..<12).map { i in (0..<5).map { Double(i * 5 + $0) } })
    }

    @Test func ofHalfPrecisionAreDecodedInEveryClass() async throws {
        // IEEE 754-2008, 3.4: signed zeros, smallest and largest subnormal, smallest and largest
        // normal, infinities, a NaN, one.
        let half = try await values("types.h5", "/types/f16_special")[0]
        let expected: [Double] = [
            0, -0.0, 0x1p-24, 1023 * 0x1p-24, 0x1p-14, 65504, .infinity, -.infinity, .nan, 1,
        ]
        #expect(half.map { "\($0)" } == expected.map { "\($0)" })
        // A bfloat16 is the upper half of a binary32.
        let brain = try await values("types.h5", "/types/bf16_special")[0]
        let expectedBrain: [Double] = [
            0, -0.0, 0x1p-133, 0x1p-126, 255 * 0x1p120, .infinity, -.infinity, .nan, 1,
        ]
        #expect(brain.map { "\($0)" } == expectedBrain.map { "\($0)" })
    }

    /// All 65536 words, against the compiler's conversion.
    @Test func ofHalfPrecisionAreExact() {
        let wrong = (UInt16.min...UInt16.max).filter { word in
            let expected = Float(Float16(bitPattern: word))
            let got = halfValue(word)
            return expected.isNaN ? !got.isNaN : got.bitPattern != expected.bitPattern
        }
        #expect(wrong.isEmpty)
    }

    @Test(arguments: [
        "compact", "contiguous", "chunked", "split", "gzip", "gzip16", "growing",
    ])
    func areReadFromEveryStorage(_ name: String) async throws {
        #expect(try await values("storage.h5", "/storage/\(name)") == grid(200, 16))
    }

    @Test(arguments: [
        "deflate", "deflate_whole", "shuffle", "checksum", "columns", "columns_plain",
        "single_rows", "one_chunk", "double", "big_endian", "half", "skipped",
    ])
    func areReadFromEveryKindOfChunk(_ name: String) async throws {
        #expect(try await values("chunks.h5", name) == grid(200, 16))
    }

    @Test func ofManyChunksArriveInOrder() async throws {
        let run = try open("chunks.h5")
        let reader = try run.blocks(of: try run.dataset("long"), as: .activations)
        #expect(reader.blockCount > 4)
        var rows = 0
        while let (values, firstRow) = try await reader.next() {
            #expect(firstRow == rows)
            for row in 0..<values.rows {
                #expect(values[row, 8] == Double(firstRow + row) + 1)
            }
            rows += values.rows
        }
        #expect(rows == 5000)
    }

    @Test(arguments: ["four", "four_whole"])
    func ofConvolutionsAreReadFromChunks(_ name: String) async throws {
        // Element (n, c, h, w) is 60 n + 12 c + 3 h + w; rows are (n, h, w).
        var expected: [[Double]] = []
        for row in 0..<7 * 12 {
            expected.append((0..<5).map { Double(row / 12 * 60 + $0 * 12 + row % 12) })
        }
        #expect(try await values("chunks.h5", name) == expected)
    }

    /// Fletcher (1982), modulo 65,535; the words and sums are small enough to do by hand.
    @Test func areGuardedByFletchersChecksum() {
        func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { fletcher32($0) } }
        #expect(checksum([]) == 0)
        // Words 0x0102, 0x0304: sums 0x0102, 0x0406; second sum 0x0102 + 0x0406.
        #expect(checksum([1, 2, 3, 4]) == 0x0508_0406)
        // The odd byte is the upper half of a word.
        #expect(checksum([1, 2, 3]) == 0x0504_0402)
        // 0xFFFF is 0 modulo 65,535 but is not reduced to it.
        #expect(checksum([0xFF, 0xFF]) == 0xFFFF_FFFF)
    }

    @Test func ofWeightsHaveAColumnANeuron() async throws {
        let run = try open("metadata.h5")
        let weight = try #require(try run.layers()[0].weight)
        let whole = try await run.matrix(weight, as: .weights)
        // Stored as (4 neurons, 7 inputs) with element neuron + input / 8.
        #expect(whole.rows == 7 && whole.columns == 4)
        #expect(whole[5, 2] == 2 + 5.0 / 8)
        let conv = try open("conv.h5")
        let kernel = try #require(try conv.layers()[0].weight)
        let kernels = try await conv.matrix(kernel, as: .weights)
        #expect(kernels.rows == 18 && kernels.columns == 3)
        // Row (i, kh, kw) = (1, 2, 0) is 1 * 9 + 2 * 3; the element o * 100 + i * 10 + kh + kw / 8.
        #expect(kernels[15, 2] == 212)
    }

    @Test func ofConvolutionsHaveAColumnAChannel() async throws {
        let run = try open("conv.h5")
        let pre = try #require(try run.layers()[0].pre)
        #expect(pre.rows == 40 && pre.neurons == 3)
        let reader = try run.blocks(of: pre, as: .activations)
        #expect(reader.rowsPerSample == 8)
        let rows = try await collect(reader).rows
        var expected: [[Double]] = []
        for n in 0..<5 {
            for h in 0..<4 {
                for w in 0..<2 {
                    expected.append(
                        (0..<3).map { c in
                            Double(n * 100 + c * 10 + h) + Double(w) / 8
                        })
                }
            }
        }
        #expect(rows == expected)
        // The same values stored with the channels last.
        #expect(try await values("conv.h5", "channels_last", as: .bare(.last)) == expected)
        #expect(try await values("conv.h5", "tokens", as: .bare(.last)) == grid(24, 5))
        let labels = try #require(try run.labels())
        #expect(
            try labels.labels(rows: 6..<18, rowsPerSample: 8)
                == [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2])
    }

    @Test func ofKerasFilesAreReadByPath() async throws {
        #expect(
            try await values("keras2.h5", "/model_weights/dense/dense/kernel:0", as: .bare(.last))
                == grid(7, 4))
        #expect(
            try await values("keras3.weights.h5", "layers/conv2d/vars/0", as: .bare(.last))
                == grid(18, 5))
        #expect(try await values("bare.h5", "activations") == grid(9, 4))
    }

    @Test func ofVectorsAndHistoryAreReadWhole() throws {
        let run = try open("metadata.h5")
        #expect(try run.vector(try #require(try run.layers()[0].bias)) == [0, 1, 2, 3])
        let history = try run.history()
        #expect(history.map(\.name) == ["test_accuracy", "train_loss"])
        #expect(history.map(\.values) == [[0.5, 0.75, 0.875], [1, 0.5, 0.25]])
        let labels = try #require(try run.labels())
        #expect(labels.count == 20)
        #expect(try labels.read(8..<13) == [8, 9, 0, 1, 2])
    }
}

@Suite struct Blocks {
    /// Every block of a plan, put together, is the whole, in order, and none is too large.
    @Test(
        arguments: [
            ([60000, 2048], nil), ([60000, 2048], [1024, 2048]), ([1_000_000, 256], nil),
            ([60000, 512], [60000, 16]), ([10, 10_000_000], nil), ([7, 64, 300, 301], nil),
            ([10000, 512], [3000, 512]), ([1, 1], [1, 1]), ([5_000_000, 3], [1, 3]),
        ] as [([Int], [Int]?)])
    func coverTheWhole(shape: [Int], chunk: [Int]?) async throws {
        let layout = try #require(RowLayout(shape, as: .activations))
        let plan = BlockPlan(layout, valueSize: 4, chunk: chunk)
        var next = 0
        for index in 0..<plan.blockCount {
            let block = plan[index]
            #expect(block.firstRow == next)
            #expect(block.count.reduce(1, *) == block.rows * layout.columns)
            #expect(block.rows * layout.columns * 4 <= 16 << 20 || block.rows == 1)
            next += block.rows
        }
        #expect(next == layout.rows)
        if let chunk, chunk[0] * layout.columns * 4 <= 16 << 20, plan.blockCount > 1 {
            #expect(plan.blockRows % chunk[0] == 0)
        }
    }

    @Test(arguments: [64, 200, 1000, 4096])
    func ofAnySizeHoldTheSameRows(target: Int) {
        let layouts = [
            RowLayout([7, 3, 4, 5], as: .activations), RowLayout([7, 3, 4, 5], as: .weights),
            RowLayout([7, 3, 4, 5], as: .bare(.last)), RowLayout([30, 11], as: .weights),
            RowLayout([4, 6, 5], as: .bare(.last)),
        ]
        for layout in layouts.compactMap({ $0 }) {
            let plan = BlockPlan(
                layout, valueSize: 4, chunk: nil, target: target, limit: 2 * target)
            var seen: [[Int]] = []
            for index in 0..<plan.blockCount {
                let block = plan[index]
                #expect(block.firstRow == seen.count)
                // Decode element numbers through the same order as values.
                var numbers: [Float] = []
                forEachIndex(block.count) { offset in
                    let at = zip(block.start, offset).map { $0 + $1 }
                    numbers.append(Float(zip(at, layout.shape).reduce(0) { $0 * $1.1 + $1.0 }))
                }
                var rows = [Float](repeating: -1, count: numbers.count)
                rows.withUnsafeMutableBufferPointer { target in
                    numbers.withUnsafeBytes {
                        decode($0, Float.self, into: target, block.order) { $0 }
                    }
                }
                for row in 0..<block.rows {
                    seen.append(
                        (0..<layout.columns).map { Int(rows[row * layout.columns + $0]) })
                }
            }
            var expected: [[Int]] = []
            forEachIndex(layout.rowAxes.map { layout.shape[$0] }) { row in
                expected.append(
                    (0..<layout.columns).map { column in
                        var at = row
                        at.insert(column, at: layout.columnAxis)
                        return zip(at, layout.shape).reduce(0) { $0 * $1.1 + $1.0 }
                    })
            }
            #expect(seen == expected)
        }
    }

    @Test func keepWhatAConsumerHolds() async throws {
        let folder = try temporaryFolder()
        let path = folder + "/wide.h5"
        // 40 blocks, each one chunk; every one is kept while the rest is read.
        let writer = try RunWriter(path: path)
        let layer = try writer.addLayer("a", index: 0)
        let rows = try layer.addActivations(
            .post, sampleShape: [1 << 18], storage: RunStorage(compressionLevel: 1))
        for row in 0..<40 {
            try rows.append(Matrix<Float>(rows: 1, columns: 1 << 18, repeating: Float(row)))
        }
        try writer.commit()
        let run = try RunFile(path: path)
        let reader = try run.blocks(of: try run.dataset("layers/a/post"), as: .activations)
        var held: [RealMatrix] = []
        while let (values, _) = try await reader.next() { held.append(values) }
        #expect(held.count == 10 && reader.blockRows == 4)
        for (index, block) in held.enumerated() {
            for row in 0..<4 { #expect(block[row, 77] == Double(index * 4 + row)) }
        }
    }
}

/// Calls `body` with every index of an array of `shape`, in row-major order.
func forEachIndex(_ shape: [Int], _ body: ([Int]) -> Void) {
    var index = shape.map { _ in 0 }
    for _ in 0..<shape.reduce(1, *) {
        body(index)
        for axis in shape.indices.reversed() {
            index[axis] += 1
            if index[axis] < shape[axis] { break }
            index[axis] = 0
        }
    }
}
