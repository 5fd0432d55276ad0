public import CKernels
import Foundation

/// An instruction set for which there are kernels, and whether tests have to run them here.
///
/// What the machine has is asked of the system, not of the code under test: a kernel that is wrongly held for
/// unavailable must make a test fail, not disappear.
public struct TestedSet: Sendable, Hashable, CustomStringConvertible {
    /// The set.
    public let set: ckernels_set
    /// As processors' makers spell it.
    public let description: String
    /// Whether the processor has it, by /proc/cpuinfo.
    public let isHere: Bool

    /// All sets, the oldest first.
    public static let all: [TestedSet] = {
        var flags: Set<Substring> = []
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        if let line = text.split(separator: "\n").first(where: { $0.hasPrefix("flags") }) {
            flags = Set(line.split(separator: " "))
        }
        let hasAVX2 = flags.isSuperset(of: ["avx2", "fma"])
        return [
            TestedSet(set: CKERNELS_BASELINE, description: "baseline", isHere: true),
            TestedSet(set: CKERNELS_AVX2, description: "AVX2", isHere: hasAVX2),
            TestedSet(
                set: CKERNELS_AVX512, description: "AVX-512",
                isHere: hasAVX2 && flags.contains("avx512f")),
        ]
    }()

    /// Those that the machine has.
    public static let here = all.filter(\.isHere)

    /// Says which of the sets that kernels exist for ran, and which did not for want of a machine.
    ///
    /// - Parameters:
    ///   - kernels: what they compute.
    ///   - sets: for which of them there are kernels.
    public static func report(_ kernels: String, in sets: [TestedSet] = all) {
        for set in sets {
            print(
                set.isHere
                    ? "\(kernels): ran with \(set)"
                    : "\(kernels): not run: \(set) is not on this machine")
        }
    }
}
