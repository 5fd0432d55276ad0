import Files
import Glibc

/// Bytes that this process may use: the memory of the machine, or less where a control group (of a
/// container, or of a job of Slurm) sets a limit.
public func availableMemory() -> Int {
    var least = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    if least <= 0 { least = .max }
    guard let text = try? readStart(of: "/proc/self/cgroup", 1 << 16) else { return least }
    for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
        let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { continue }
        let isOld = parts[1].split(separator: ",").contains("memory")
        guard isOld || parts[1].isEmpty else { continue }
        let root = isOld ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup"
        let name = isOld ? "memory.limit_in_bytes" : "memory.max"
        // A limit of a group holds for those below it.
        var group = String(parts[2])
        while true {
            if let bytes = try? readStart(of: "\(root)\(group)/\(name)", 64),
                let limit = Int(
                    String(decoding: bytes, as: UTF8.self).filter { $0.isNumber })
            {
                least = min(least, limit)
            }
            guard let slash = group.lastIndex(of: "/"), group != "/" else { break }
            group = String(group[..<slash])
        }
    }
    return least
}
