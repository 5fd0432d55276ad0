import Testing

@testable import Isolation

@Suite struct MemoryShareTests {
    /// Version 2: the group's limit and those above it, "max" being none.
    @Test func controlGroupsLimitTogether() {
        let files = [
            "/sys/fs/cgroup/user.slice/job/memory.max": "4294967296\n",
            "/sys/fs/cgroup/user.slice/memory.max": "max\n",
            "/sys/fs/cgroup/memory.max": "8589934592\n",
        ]
        let limits = MemoryShare.controlGroupLimits("0::/user.slice/job\n") { files[$0] }
        #expect(limits == [4_294_967_296, 8_589_934_592])
    }

    /// Version 1, and a container that sees its group's limit at the root only.
    @Test func theFirstVersionHasAHierarchyOfItsOwn() {
        let text = "5:cpu:/a\n4:cpuacct,memory:/docker/0123\n1:name=systemd:/a\n"
        let limits = MemoryShare.controlGroupLimits(text) {
            $0 == "/sys/fs/cgroup/memory/memory.limit_in_bytes" ? "1073741824" : nil
        }
        #expect(limits == [1_073_741_824])
    }

    @Test func whatIsNoGroupLimitsNothing() {
        #expect(MemoryShare.controlGroupLimits("", read: { _ in "1" }).isEmpty)
        #expect(MemoryShare.controlGroupLimits("nonsense\n0:x\n", read: { _ in "1" }).isEmpty)
    }

    /// Slurm counts in MiB; a job without a limit has 0.
    @Test func slurmLimits() {
        func limit(_ variables: [String: String]) -> Double? {
            MemoryShare.slurmLimit { variables[$0] }
        }
        #expect(limit([:]) == nil)
        #expect(limit(["SLURM_MEM_PER_NODE": "4096"]) == 4_294_967_296)
        #expect(limit(["SLURM_MEM_PER_NODE": "0"]) == nil)
        #expect(limit(["SLURM_MEM_PER_CPU": "2048", "SLURM_CPUS_ON_NODE": "4"]) == 8_589_934_592)
        #expect(limit(["SLURM_MEM_PER_CPU": "2048"]) == 2_147_483_648)
    }

    @Test func theMachineIsALimit() {
        #expect(MemoryShare.bytes > 1e6)
        #expect(MemoryShare.bytes < 1e18)
    }
}
