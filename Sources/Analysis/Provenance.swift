import Executable
import LinearAlgebra

/// What computed a result: with another version, or other instructions, it may differ.
public struct Provenance: Sendable, Hashable {
    /// The version of this package.
    public var programVersion: String
    /// The instruction set of the kernels.
    public var instructionSet: String

    /// The provenance that a stored result names, of whichever program computed it.
    public init(programVersion: String, instructionSet: String) {
        self.programVersion = programVersion
        self.instructionSet = instructionSet
    }

    /// This process.
    public static let current = Provenance(
        programVersion: Program.version, instructionSet: Processor.instructionSet)
}
