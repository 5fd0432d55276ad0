import CommandTesting
import Foundation
import Testing

/// Builds of OpenBLAS that a distribution may have chosen.
private let builds = ["openblas-pthread", "openblas-openmp", "openblas-serial"].flatMap { build in
    ["x86_64", "aarch64"].map { "/usr/lib/\($0)-linux-gnu/\(build)" }
}.filter { FileManager.default.fileExists(atPath: $0 + "/libopenblas.so.0") }

/// Products run beside one another on threads of ours, each of which must be all that they use.
@Suite struct OneThreadTests {
    /// Ends the process where OpenMP is asked for a team of threads, on whichever thread.
    private let noTeams = """
        #include <stdio.h>
        #include <unistd.h>
        void GOMP_parallel(void (*f)(void *), void *data, unsigned count, unsigned flags) {
            fprintf(stderr, "error: a team of %u\\n", count);
            _exit(99);
        }
        """

    @Test(arguments: builds)
    func productsStartNoTeam(build: String) throws {
        let folder = try TemporaryFolder()
        let environment = [
            "LD_LIBRARY_PATH": build, "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2",
        ]
        // Products of 128 x 784 by 784 x 256, for which OpenBLAS would use several threads.
        let outcome = try SharedLibrary(source: noTeams).run(
            train,
            [
                "mlp", "--dataset", "synthetic-digits", "--train-samples", "600",
                "--test-samples", "200", "--epochs", "1", "--hidden", "256", "--output",
                folder.path("run.h5"),
            ], environment: environment)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let version = try train("--version", "--verbose", environment: ["LD_LIBRARY_PATH": build])
        let threading = [
            "pthread": "pthreads", "openmp": "OpenMP", "serial": "no threads",
        ]
        let name = build.split(separator: "-").last.map(String.init) ?? ""
        #expect(version.output.contains(threading[name] ?? "?"), "\(version.output)")
    }
}
