internal import Glibc
internal import LinearAlgebra

/// What the executables of this package have in common.
public enum Program {
    /// The version of all of them, also in the results that they write.
    public static let version = "0.1.0"

    /// The version of the program and of what its numbers depend on, one a line.
    ///
    /// - Parameter hdf5Version: of the library that is loaded.
    /// - Returns: lines, the first of which is ``version``.
    public static func details(hdf5Version: String) -> String {
        let library = BLASLibrary.loaded
        return """
            \(version)
            OpenBLAS \(library.version), core \(library.core), \(library.threading), \
            1 thread a product
            HDF5 \(hdf5Version)
            kernels of its own for \(Processor.instructionSet)
            """
    }

    /// Starts the process again, from its first instruction, where OpenBLAS chose kernels for older
    /// processors than this one: it reads which core it is to take only while it is loaded.
    ///
    /// Arguments, files and environment stay as they are, but that OPENBLAS_CORETYPE is added. Where
    /// the environment has it nothing happens, which is what a user wants who set it, and what the
    /// process that is started again needs. To be called before anything is read, written or begun.
    public static func useBestCore() {
        let variable = "OPENBLAS_CORETYPE"
        guard getenv(variable) == nil,
            let core = BLASLibrary.loaded.betterCore(for: .current),
            let setting = strdup("\(variable)=\(core)")
        else { return }
        defer { free(setting) }
        // Not setenv: other threads may be reading the environment.
        var variables: [UnsafeMutablePointer<CChar>?] = []
        var next = environ
        while let variable = next.pointee {
            variables.append(variable)
            next += 1
        }
        variables += [setting, nil]
        let arguments = CommandLine.unsafeArgv
        // The link's target first, since the process is named after the last part of the path.
        if let path = realpath("/proc/self/exe", nil) {
            execve(path, arguments, variables)
            free(path)
        }
        execve("/proc/self/exe", arguments, variables)
        // Nothing is lost but speed.
    }
}
