import Text

/// The string that stands for a path that ends with a zero byte; see ``Text/decodeName(_:)``.
public func pathText(cString: UnsafePointer<CChar>) -> String {
    var end = cString
    while end.pointee != 0 { end += 1 }
    return decodeName(
        UnsafeBufferPointer(start: cString, count: end - cString).lazy.map {
            UInt8(bitPattern: $0)
        })
}

/// Calls `body` with the path as C functions take it: every call to the system goes through here.
///
/// A path is bytes; those that are no UTF-8 stand in strings as ``Text/decodeName(_:)`` puts them.
///
/// A path with a zero byte, which no file can have, is handed on as the empty path: the system
/// answers "no such file" instead of opening the file that the first part names.
public func withSystemPath<R, E: Error>(
    _ path: String, _ body: (UnsafePointer<CChar>) throws(E) -> R
) throws(E) -> R {
    var bytes = encodeName(path)
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
