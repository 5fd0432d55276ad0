import Isolation
public import RunFormat
import Text

extension RunFile {
    /// What `body` makes of the run at `path`, read under watch: a file that crashes the HDF5 library,
    /// or never ends, ends the process with one error line and exit code 65.
    ///
    /// - Throws: `RunError` if it is no run file that can be read, and what `body` throws.
    public static func reading<R>(
        _ path: String, _ body: (RunFile) throws(RunError) -> R
    ) throws(RunError) -> R {
        try Guard.whileReading(visible(path), at: path) { () throws(RunError) in
            let run = try Guard.readingStructure(of: path) { () throws(RunError) in
                try RunFile(path: path)
            }
            return try body(run)
        }
    }
}
