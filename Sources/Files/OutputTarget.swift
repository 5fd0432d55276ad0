import Glibc
import Text

/// Where an output goes: the file that a path leads to, links followed.
struct OutputTarget {
    /// As the caller named it.
    let path: String
    let place: Place

    enum Place {
        /// Written beside and then given this name, which has no links; its folder exists. The status
        /// is that of an older file.
        case file(String, folder: String, older: FileStatus?)
        /// A device or pipe, written to as it is.
        case stream
        /// A descriptor of this process, as /dev/stdout is.
        case descriptor(Int32)
    }

    /// What an output may replace.
    enum Replaceable { case allButRuns, everything }

    init(_ path: String) throws(FileError) {
        self.path = path
        var next = path
        for _ in 0..<40 {
            let (folder, name) = divided(next)
            guard let realFolder = resolvedPath(folder) else {
                let code = errno
                throw FileError(
                    .write, path,
                    code == ENOENT || code == ENOTDIR ? .noSuchFolder(folder) : .system(code))
            }
            if name.isEmpty || name == "." || name == ".." {
                throw FileError(.write, path, .isFolder)
            }
            if let descriptor = Self.descriptor(folder: realFolder, name: name) {
                place = .descriptor(descriptor)
                return
            }
            let full = joined(realFolder, name)
            let status: FileStatus
            do { status = try FileStatus(of: full, followsLinks: false) } catch {
                guard error.isGone else {
                    throw FileError(
                        .write, path,
                        error.cause == .system(ENOTDIR) ? .noSuchFolder(folder) : error.cause)
                }
                place = .file(full, folder: realFolder, older: nil)
                return
            }
            switch status.kind {
            case .link:
                guard let target = linkTarget(full) else {
                    throw FileError(.write, path, code: errno)
                }
                next = target.utf8.first == UInt8(ascii: "/") ? target : joined(realFolder, target)
            case .regular:
                place = .file(full, folder: realFolder, older: status)
                return
            case .folder: throw FileError(.write, path, .isFolder)
            case .blockDevice: throw FileError(.write, path, .isBlockDevice)
            case .stream:
                place = .stream
                return
            }
        }
        throw FileError(.write, path, code: ELOOP)
    }

    /// The descriptor that `name` means in a folder of the process's own descriptors.
    private static func descriptor(folder: String, name: String) -> Int32? {
        let own = "/proc/\(getpid())/"
        return folder.hasPrefix(own) && folder.hasSuffix("/fd") ? Int32(name) : nil
    }

    /// Refuses to replace a file that the command reads, a run, and a file without write permission.
    func check(replacing replaceable: Replaceable) throws(FileError) {
        let older: FileStatus
        var readable = path
        switch place {
        case .stream: return
        case .file(_, _, nil): return
        case .file(let full, _, .some):
            // Asked again: another process may have put something else there.
            do { older = try FileStatus(of: full, followsLinks: false) } catch {
                if error.isGone { return }
                throw FileError(.write, path, error.cause)
            }
            // An existing file that is write-protected is so for a reason, though the folder would
            // let it be replaced.
            guard withSystemPath(full, { access($0, W_OK) }) == 0 else {
                throw FileError(.write, path, code: errno)
            }
            readable = full
        case .descriptor(let descriptor):
            guard let status = FileStatus(descriptor: descriptor) else {
                throw FileError(.write, path, code: EBADF)
            }
            guard status.kind == .regular else { return }
            older = status
            readable = "/proc/self/fd/\(descriptor)"
        }
        guard !InputFiles.contains(older) else { throw FileError(.write, path, .isInput) }
        guard replaceable == .allButRuns else { return }
        let isRun: Bool
        do { isRun = try holdsHDF5(readable) } catch { throw FileError(.write, path, error.cause) }
        if isRun { throw FileError(.write, path, .holdsRun) }
    }
}

/// The file that an output at `path` will be, symbolic links followed, also to a file that is not there
/// yet; `path` itself for devices, pipes and whatever cannot be found.
public func outputFile(of path: String) -> String {
    guard case .file(let file, _, _)? = (try? OutputTarget(path))?.place else { return path }
    return file
}

/// Whether the regular file at `path` has the signature of HDF5, at its beginning or behind a user
/// block of 512 bytes or a power of 2 times that.
///
/// - Throws: ``FileError`` if it cannot be read.
public func holdsHDF5(_ path: String) throws(FileError) -> Bool {
    let file = try OpenedFile(path)
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    var offset = 0
    while offset <= file.status.size - signature.count {
        if try file.bytes(at: offset, count: signature.count) == signature { return true }
        offset = offset == 0 ? 512 : offset * 2
    }
    return false
}

/// Where the symbolic link at `path` points; `nil` with errno if it cannot be read.
private func linkTarget(_ path: String) -> String? {
    var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = withSystemPath(path) { name in
        bytes.withUnsafeMutableBytes { buffer in
            buffer.baseAddress.map {
                readlink(name, $0.assumingMemoryBound(to: CChar.self), buffer.count)
            } ?? -1
        }
    }
    return count < 0 ? nil : decodeName(bytes[..<count])
}
