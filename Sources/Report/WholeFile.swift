import Files

/// Writes the file at `path` as a whole or not at all; see ``Files/ReplacedFile``.
///
/// - Parameters:
///   - path: where the file appears.
///   - isDurable: whether to wait until the file is on the disk, so that it survives a loss of
///     power; not needed for what can be computed again.
///   - body: writes the text.
/// - Throws: ``OutputError``, or what `body` throws.
public func writeFile(
    at path: String, isDurable: Bool = true, _ body: (TextOutput) throws -> Void
) throws {
    let file = try writing { () throws(FileError) in try ReplacedFile(path) }
    let output = TextOutput(descriptor: file.descriptor, name: path)
    try body(output)
    try output.finish()
    do { try file.commit(isDurable: isDurable) } catch { throw OutputError(error) }
}

/// Refuses a path that ``writeFile(at:isDurable:_:)`` could not write, before long work is done in
/// vain.
///
/// - Parameters:
///   - path: where the file is to appear.
///   - isSeekable: whether a device or pipe is refused.
/// - Throws: ``OutputError``.
public func checkWritable(_ path: String, isSeekable: Bool = false) throws(OutputError) {
    do { try checkReplaceable(path, isSeekable: isSeekable) } catch { throw OutputError(error) }
}

/// Runs `body`, turning its errors into those of outputs.
func writing<R: ~Copyable>(_ body: () throws(FileError) -> R) throws(OutputError) -> R {
    do { return try body() } catch { throw OutputError(error) }
}
