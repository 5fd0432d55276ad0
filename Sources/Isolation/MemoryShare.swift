import Glibc

/// How much memory this process and those that it starts may take together.
public enum MemoryShare {
    /// The least of: the machine's memory, the limits of the control groups that the process is in
    /// (versions 1 and 2), the share of a Slurm job, and the process's own limits (`ulimit -v`).
    ///
    /// In bytes; what cannot be read limits nothing.
    public static let bytes: Double = {
        let pages = Double(sysconf(Int32(_SC_PHYS_PAGES)))
        let physical = pages * Double(sysconf(Int32(_SC_PAGESIZE)))
        return
            ([physical] + controlGroupLimits(text(of: "/proc/self/cgroup") ?? "", read: text)
            + [slurmLimit(variable), ownLimit(RLIMIT_AS), ownLimit(RLIMIT_DATA)].compactMap { $0 })
            .min() ?? physical
    }()

    /// ``bytes`` as a whole number.
    public static var byteCount: Int { bytes < 0x1p62 ? Int(bytes) : 1 << 62 }

    /// The limits of the groups that `groups`, the text of /proc/self/cgroup, names, and of those
    /// above them.
    static func controlGroupLimits(_ groups: String, read: (String) -> String?) -> [Double] {
        var limits: [Double] = []
        for line in groups.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let root: String
            let file: String
            if parts[1].isEmpty {
                (root, file) = ("/sys/fs/cgroup", "memory.max")
            } else if parts[1].split(separator: ",").contains("memory") {
                (root, file) = ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            } else {
                continue
            }
            // Inside a container the path may be that outside; then the root has the limit.
            var folders = parts[2].split(separator: "/").map(String.init)
            while true {
                let place = ([root] + folders + [file]).joined(separator: "/")
                // "max" is no number and no limit.
                if let limit = read(place).flatMap({ Double($0.filter { !$0.isWhitespace }) }) {
                    limits.append(limit)
                }
                if folders.popLast() == nil { break }
            }
        }
        return limits
    }

    /// What Slurm gives the job on this machine, in MB; 0 is all of the machine.
    static func slurmLimit(_ variable: (String) -> String?) -> Double? {
        func megabytes(_ name: String) -> Double? {
            variable(name).flatMap { Double($0) }.flatMap { $0 > 0 ? $0 * 0x1p20 : nil }
        }
        if let node = megabytes("SLURM_MEM_PER_NODE") { return node }
        guard let core = megabytes("SLURM_MEM_PER_CPU") else { return nil }
        return core * (variable("SLURM_CPUS_ON_NODE").flatMap { Double($0) } ?? 1)
    }

    private static func ownLimit(_ resource: __rlimit_resource) -> Double? {
        var limit = rlimit()
        guard getrlimit(Int32(resource.rawValue), &limit) == 0, limit.rlim_cur != .max
        else { return nil }
        return Double(limit.rlim_cur)
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    private static func text(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 14)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
}
