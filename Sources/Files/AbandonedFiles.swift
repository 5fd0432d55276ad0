import Glibc

/// Removes from the folder at `path` what ``ReplacedFile`` left behind when its process was killed
/// on a file system without nameless files.
///
/// A file is abandoned if it is of this machine, no process of its number is there, and nobody has
/// locked it: HDF5 locks what it writes, which tells of processes that cannot be seen from here.
public func removeAbandonedFiles(in path: String) {
    let start = "\(TemporaryName.prefix)\(hostName())-"
    for entry in (try? entries(of: path)) ?? [] where entry.kind == .regular {
        guard entry.name.hasPrefix(start), entry.name.hasSuffix(TemporaryName.suffix),
            let process = entry.name.dropFirst(start.count).split(separator: "-").first
                .flatMap({ pid_t($0) }),
            process > 0, kill(process, 0) != 0, errno == ESRCH
        else { continue }
        withSystemPath(joined(path, entry.name)) { name in
            let opened = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
            guard opened >= 0 else { return }
            defer { close(opened) }
            if flock(opened, LOCK_EX | LOCK_NB) == 0 { unlink(name) }
        }
    }
}
