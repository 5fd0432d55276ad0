/// The bytes of a path as the kernel takes them.
///
/// A Swift string holds Unicode, a path holds any bytes but zero. A byte 0xNN that is no part of
/// UTF-8 stands in a string as the scalar U+10FFNN, the end of the private use area;
/// ``pathText(_:)`` makes such strings and this function takes them apart. Every byte sequence
/// survives the way there and back.
///
/// - Complexity: O(bytes).
public func pathBytes(_ path: String) -> [UInt8] {
    let text = Array(path.utf8)
    guard text.contains(0xF4) else { return text }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
        // U+10FF80 to U+10FFBF are F4 8F BE NN, U+10FFC0 to U+10FFFF are F4 8F BF NN.
        if text[index] == 0xF4, index + 3 < text.count, text[index + 1] == 0x8F,
            text[index + 2] >= 0xBE
        {
            bytes.append(text[index + 2] == 0xBE ? text[index + 3] : text[index + 3] | 0x40)
            index += 4
        } else {
            bytes.append(text[index])
            index += 1
        }
    }
    return bytes
}

/// The string that stands for a path of these bytes; see ``pathBytes(_:)``.
///
/// - Complexity: O(bytes).
public func pathText(_ bytes: some Sequence<UInt8>) -> String {
    let bytes = Array(bytes)
    // The usual case; a scalar that could be taken for a foreign byte begins with 0xF4.
    if !bytes.contains(0xF4), let text = String(validating: bytes, as: UTF8.self) { return text }
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
        let length = sequenceLength(in: bytes, at: index)
        if length > 0 {
            text += bytes[index..<index + length]
            index += length
        } else {
            let byte = bytes[index]
            text += [0xF4, 0x8F, byte < 0xC0 ? 0xBE : 0xBF, byte & 0xBF]
            index += 1
        }
    }
    return String(decoding: text, as: UTF8.self)
}

/// The string that stands for a path that ends with a zero byte.
public func pathText(cString: UnsafePointer<CChar>) -> String {
    var end = cString
    while end.pointee != 0 { end += 1 }
    return pathText(
        UnsafeBufferPointer(start: cString, count: end - cString).lazy.map {
            UInt8(bitPattern: $0)
        })
}

/// The length of the UTF-8 sequence (Unicode 16, table 3-7) at `index`; 0 if there is none, or if it
/// is one of the scalars that stand for foreign bytes.
private func sequenceLength(in bytes: [UInt8], at index: Int) -> Int {
    func isTail(_ distance: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
        index + distance < bytes.count && range ~= bytes[index + distance]
    }
    switch bytes[index] {
    case 0x00...0x7F: return 1
    case 0xC2...0xDF: return isTail(1) ? 2 : 0
    case 0xE0: return isTail(1, 0xA0...0xBF) && isTail(2) ? 3 : 0
    case 0xED: return isTail(1, 0x80...0x9F) && isTail(2) ? 3 : 0
    case 0xE1...0xEF: return isTail(1) && isTail(2) ? 3 : 0
    case 0xF0: return isTail(1, 0x90...0xBF) && isTail(2) && isTail(3) ? 4 : 0
    case 0xF1...0xF3: return isTail(1) && isTail(2) && isTail(3) ? 4 : 0
    case 0xF4:
        guard isTail(1, 0x80...0x8F), isTail(2), isTail(3) else { return 0 }
        return bytes[index + 1] == 0x8F && bytes[index + 2] >= 0xBE ? 0 : 4
    default: return 0
    }
}

/// Calls `body` with the path as C functions take it: every call to the system goes through here.
///
/// A path with a zero byte, which no file can have, is handed on as the empty path: the system
/// answers "no such file" instead of opening the file that the first part names.
public func withSystemPath<R, E: Error>(
    _ path: String, _ body: (UnsafePointer<CChar>) throws(E) -> R
) throws(E) -> R {
    var bytes = pathBytes(path)
    if bytes.contains(0) { bytes = [] }
    bytes.append(0)
    let characters = bytes.map { CChar(bitPattern: $0) }
    return try characters.withUnsafeBufferPointer { (buffer) throws(E) -> R in
        guard let base = buffer.baseAddress else { preconditionFailure("a path without its end") }
        return try body(base)
    }
}

/// The words of the command line, byte for byte; Swift's own list repairs what is no UTF-8.
public func processArguments() -> [String] {
    (0..<Int(CommandLine.argc)).compactMap { index in
        CommandLine.unsafeArgv[index].map { pathText(cString: $0) }
    }
}
