import Datasets
import Foundation
import Testing

/// Gzipped bytes: `Fixtures/reference/datasets.py`.
@Suite struct IDXTests {
    static let plain = idx([2, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7])
    static let gzipped = bytes(
        hex: "1f8b08000000000002036360e06066606060826346266616563676003fd4821618000000")
    static let twoMembers = bytes(
        hex: """
            1f8b08000000000002036360e060666060606260000030bd03020a000000\
            1f8b080000000000020363606260606062606462666165630700fc5399720e000000
            """)

    @Test(arguments: [plain, gzipped, twoMembers])
    func imagesReadBack(content: [UInt8]) throws {
        try withTemporaryFolder { folder in
            try write(content, to: "\(folder)/images")
            let images = try IDX.images(at: "\(folder)/images")
            #expect(images.shape == ImageShape(channels: 1, height: 2, width: 2))
            #expect(images.count == 2)
            #expect(images.pixels == [0, 1, 2, 3, 4, 5, 6, 7])
        }
    }

    @Test func everyCutIsRefused() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/images"
            for content in [Self.plain, Self.gzipped] {
                for length in 0..<content.count {
                    try write(content[..<length], to: path)
                    #expect(throws: DatasetError.self, "\(length) bytes") {
                        try IDX.images(at: path)
                    }
                }
            }
            try write(Self.plain[..<20], to: path)
            #expect(throws: DatasetError.truncated(path: path, expected: 24, found: 20)) {
                try IDX.images(at: path)
            }
            try write(Self.gzipped.dropLast(3), to: path)
            #expect(
                throws: DatasetError.corruptGzip(
                    path: path, reason: "the file ends inside the stream")
            ) { try IDX.images(at: path) }
        }
    }

    /// Damage anywhere in the compressed data or its checksum is noticed.
    @Test func everyChangedByteOfTheStreamIsRefused() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/images"
            for index in 10..<Self.gzipped.count {
                var damaged = Self.gzipped
                damaged[index] ^= 0x55
                try write(damaged, to: path)
                #expect(throws: DatasetError.self, "byte \(index)") { try IDX.images(at: path) }
            }
        }
    }

    /// Dimensions whose product is 0, overflows or exceeds any file, alone and gzipped.
    @Test func sizesOfNoFileAreRefused() throws {
        let largest = Int(UInt32.max)
        try withTemporaryFolder { folder in
            let path = "\(folder)/images"
            for sizes in [
                [0, largest, largest], [0, 28, 0], [0, 0, largest], [largest, largest, largest],
                [largest, 1, 1], [1, 1 << 31, 2], [1 << 16, 1 << 16, 1 << 16], [1 << 31, 28, 28],
            ] {
                try write(idx(sizes, []), to: path)
                #expect(throws: DatasetError.self, "\(sizes)") { try IDX.images(at: path) }
            }
            // No image of a size that there is: nothing is wrong with the file.
            try write(idx([0, 28, 28], []), to: path)
            #expect(try IDX.images(at: path).count == 0)
        }
    }

    /// 4,194,304 images of 784 bytes, none of which takes room on the disk.
    @Test func moreThanAnySetHoldsIsRefused() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/images"
            try write(idx([1 << 22, 28, 28], []), to: path)
            #expect(truncate(path, 16 + (784 << 22)) == 0)
            #expect(throws: DatasetError.tooLarge(path: path, limit: 1 << 30)) {
                try IDX.images(at: path)
            }
        }
    }

    @Test func trailingBytesAreRefused() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/images"
            try write(Self.plain + [0], to: path)
            #expect(throws: DatasetError.trailingBytes(path: path, expected: 24)) {
                try IDX.images(at: path)
            }
            try write(Self.gzipped + [0], to: path)
            #expect(
                throws: DatasetError.corruptGzip(
                    path: path, reason: "bytes follow the end of the stream")
            ) { try IDX.images(at: path) }
        }
    }

    @Test func labelsAreNotImages() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/labels"
            try write(idx([3], [0, 1, 2]), to: path)
            #expect(try IDX.labels(at: path, classes: 3) == [0, 1, 2])
            #expect(
                throws: DatasetError.wrongMagic(
                    path: path, expected: "IDX images (0x00000803)", found: "0x00000801")
            ) { try IDX.images(at: path) }
            #expect(
                throws: DatasetError.wrongLabel(path: path, index: 2, label: 2, classes: 2)
            ) { try IDX.labels(at: path, classes: 2) }
        }
    }

    /// A claim of 2^96 or of 2^32 - 1 bytes must not be believed.
    @Test func claimsBeyondTheFileAreRefusedBeforeMemoryIsAskedFor() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/images"
            let most = 0xFFFF_FFFF
            try write(idx([most, most, most], []), to: path)
            #expect(
                throws: DatasetError.implausibleSize(path: path, claimed: .max, fileSize: 16)
            ) { try IDX.images(at: path) }
            try write(idx([most], []), to: path)
            #expect(
                throws: DatasetError.implausibleSize(path: path, claimed: 8 + most, fileSize: 8)
            ) { try IDX.labels(at: path, classes: 10) }
            try write(idx([2, 0, 28], []), to: path)
            #expect(
                throws: DatasetError.wrongCount(
                    path: path, what: "pixels in an image", expected: 1, found: 0)
            ) { try IDX.images(at: path) }
        }
    }

    @Test func theSystemsRefusalsAreNamed() throws {
        try withTemporaryFolder { folder in
            #expect(
                throws: DatasetError.unreadable(
                    path: "\(folder)/none",
                    reason: "cannot be opened, No such file or directory")
            ) { try IDX.images(at: "\(folder)/none") }
            #expect(
                throws: DatasetError.unreadable(path: folder, reason: "is not a regular file")
            ) { try IDX.images(at: folder) }
            let pipe = "\(folder)/pipe"
            try #require(mkfifo(pipe, 0o600) == 0)
            #expect(throws: DatasetError.unreadable(path: pipe, reason: "is not a regular file")) {
                try IDX.images(at: pipe)
            }
        }
    }
}

@Suite struct CIFAR10Tests {
    /// Two records: label, then 3072 bytes that count upwards (modulo 251).
    static func records(labels: [UInt8]) -> [UInt8] {
        labels.flatMap { label in
            [label] + (0..<3072).map { UInt8((Int(label) + $0) % 251) }
        }
    }

    @Test func filesAreJoined() throws {
        try withTemporaryFolder { folder in
            try write(Self.records(labels: [3, 9]), to: "\(folder)/a")
            try write(Self.records(labels: [0]), to: "\(folder)/b")
            let (images, labels) = try CIFAR10.read(["\(folder)/a", "\(folder)/b"])
            #expect(labels == [3, 9, 0])
            #expect(images.count == 3)
            #expect(Array(images.pixels[3072..<3075]) == [9, 10, 11])
        }
    }

    @Test func partsOfRecordsAndUnknownLabelsAreRefused() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/a"
            try write(Self.records(labels: [3, 9]).dropLast(), to: path)
            #expect(throws: DatasetError.truncated(path: path, expected: 6146, found: 6145)) {
                try CIFAR10.read([path])
            }
            try write([], to: path)
            #expect(throws: DatasetError.truncated(path: path, expected: 3073, found: 0)) {
                try CIFAR10.read([path])
            }
            try write(Self.records(labels: [3, 10]), to: path)
            #expect(
                throws: DatasetError.wrongLabel(path: path, index: 1, label: 10, classes: 10)
            ) { try CIFAR10.read([path]) }
        }
    }
}
