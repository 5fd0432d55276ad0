/// Values as bytes between two processes of the same program, bit for bit.
public struct WireWriter {
    /// What was written.
    public private(set) var bytes: [UInt8] = []

    /// Nothing yet.
    public init() {}

    /// Writes a number.
    public mutating func write(_ value: Int) { writeBits(UInt64(bitPattern: Int64(value))) }

    /// Writes a number, NaN with its bits.
    public mutating func write(_ value: Double) { writeBits(value.bitPattern) }

    /// Writes a truth value.
    public mutating func write(_ value: Bool) { bytes.append(value ? 1 : 0) }

    /// Writes a text.
    public mutating func write(_ value: String) {
        let text = value.utf8
        write(text.count)
        bytes.append(contentsOf: text)
    }

    /// Writes numbers.
    public mutating func write(_ values: [Double]) {
        write(values.count)
        values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    /// Writes whole numbers.
    public mutating func write(_ values: [Int]) {
        write(values.count)
        values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    /// Writes a list, its elements with `body`.
    public mutating func write<Element>(
        _ elements: [Element], _ body: (inout WireWriter, Element) -> Void
    ) {
        write(elements.count)
        for element in elements { body(&self, element) }
    }

    /// Writes a value that may not be there.
    public mutating func write<Wrapped>(
        _ value: Wrapped?, _ body: (inout WireWriter, Wrapped) -> Void
    ) {
        write(value != nil)
        if let value { body(&self, value) }
    }

    /// Writes a value in its own way.
    public mutating func write(_ value: some WireCodable) { value.write(to: &self) }

    private mutating func writeBits(_ bits: UInt64) {
        withUnsafeBytes(of: bits) { bytes.append(contentsOf: $0) }
    }
}

/// Reads what a ``WireWriter`` wrote, in the same order.
public struct WireReader {
    /// The bytes are not what was to be read: they are cut, or another program's.
    public struct Mismatch: Error {
        /// A mismatch.
        public init() {}
    }

    private let bytes: [UInt8]
    private var position = 0

    /// Starts at the first of `bytes`.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Reads a number.
    public mutating func integer() throws(Mismatch) -> Int {
        Int(Int64(bitPattern: try bits()))
    }

    /// Reads a number.
    public mutating func number() throws(Mismatch) -> Double { Double(bitPattern: try bits()) }

    /// Reads a truth value.
    public mutating func flag() throws(Mismatch) -> Bool { try take(1).first == 1 }

    /// Reads a text.
    public mutating func text() throws(Mismatch) -> String {
        String(decoding: try take(try integer()), as: UTF8.self)
    }

    /// Reads numbers.
    public mutating func numbers() throws(Mismatch) -> [Double] { try elements() }

    /// Reads whole numbers.
    public mutating func integers() throws(Mismatch) -> [Int] { try elements() }

    /// Reads a list, its elements with `body`.
    public mutating func list<Element>(
        _ body: (inout WireReader) throws(Mismatch) -> Element
    ) throws(Mismatch) -> [Element] {
        let count = try integer()
        // Every element has at least a byte.
        guard count >= 0, count <= bytes.count - position else { throw Mismatch() }
        var elements: [Element] = []
        elements.reserveCapacity(count)
        for _ in 0..<count { elements.append(try body(&self)) }
        return elements
    }

    /// Reads a value that may not be there.
    public mutating func optional<Wrapped>(
        _ body: (inout WireReader) throws(Mismatch) -> Wrapped
    ) throws(Mismatch) -> Wrapped? {
        try flag() ? try body(&self) : nil
    }

    /// Reads a value in its own way.
    public mutating func value<T: WireCodable>(_: T.Type = T.self) throws(Mismatch) -> T {
        try T(from: &self)
    }

    private mutating func take(_ count: Int) throws(Mismatch) -> ArraySlice<UInt8> {
        guard count >= 0, count <= bytes.count - position else { throw Mismatch() }
        defer { position += count }
        return bytes[position..<position + count]
    }

    private mutating func bits() throws(Mismatch) -> UInt64 {
        let slice = try take(8)
        return slice.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    }

    private mutating func elements<Element: BitwiseCopyable>() throws(Mismatch) -> [Element] {
        let count = try integer()
        let stride = MemoryLayout<Element>.stride
        guard count >= 0, count <= (bytes.count - position) / stride else { throw Mismatch() }
        let slice = try take(count * stride)
        return [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
            slice.withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
            initialized = count
        }
    }
}

/// What can go from one process to another of the same program.
public protocol WireCodable: SendableMetatype {
    /// Writes the value.
    func write(to writer: inout WireWriter)
    /// Reads a value that was written so.
    init(from reader: inout WireReader) throws(WireReader.Mismatch)
}

extension String: WireCodable {
    /// Writes the text.
    public func write(to writer: inout WireWriter) { writer.write(self) }

    /// Reads a text.
    public init(from reader: inout WireReader) throws(WireReader.Mismatch) {
        self = try reader.text()
    }
}
