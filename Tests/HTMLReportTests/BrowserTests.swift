import Foundation
import Testing

/// The page in a real browser, headless.
struct BrowserTests {
    private static let browser = ["chromium", "chromium-browser", "google-chrome"].lazy
        .flatMap { name in ["/usr/bin/", "/usr/local/bin/", "/snap/bin/"].map { $0 + name } }
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// Loads the page with `script` at its end, which leaves its findings in the page's title.
    ///
    /// - Returns: the findings, and what the browser's console said.
    private func run(_ script: String) throws -> (findings: String, console: [Substring]) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lamina-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "report.html")
        let observer = """
            <script>
            const problems = [];
            addEventListener("error", (event) => problems.push(event.message));
            addEventListener("securitypolicyviolation", (event) => problems.push(event.violatedDirective));
            </script>
            """
        let tail = """
            <script>
            const column = (index) => Array.from(document.querySelectorAll("#overview-table tbody tr"))
              .filter((row) => !row.hidden).map((row) => row.cells[index].textContent).join(" ");
            const head = (text) => Array.from(document.querySelectorAll("#overview-table thead th"))
              .find((head) => head.textContent === text);
            let findings;
            try { findings = (() => { \(script) })(); } catch (error) { problems.push(String(error)); }
            document.title = "FINDINGS" + JSON.stringify([findings, problems]) + "END";
            </script></body>
            """
        let text = try page(of: runs)
            .replacingOccurrences(of: "<head>", with: "<head>" + observer)
            .replacingOccurrences(of: "</body>", with: tail)
        try Data(text.utf8).write(to: file)
        let output = folder.appending(path: "output"), errors = folder.appending(path: "errors")
        for url in [output, errors] { try Data().write(to: url) }
        let process = Process()
        process.executableURL = URL(filePath: try #require(Self.browser))
        process.arguments = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--user-data-dir=\(folder.path())profile", "--enable-logging=stderr", "--dump-dom",
            "--timeout=20000", file.absoluteString,
        ]
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        if ended.wait(timeout: .now() + 60) != .success { process.terminate() }
        let dump = String(decoding: try Data(contentsOf: output), as: UTF8.self)
        let start = try #require(dump.range(of: "<title>FINDINGS"), "the page did not run")
        let end = try #require(dump[start.upperBound...].range(of: "END</title>"))
        let console = String(decoding: try Data(contentsOf: errors), as: UTF8.self)
            .split(separator: "\n").filter { $0.contains("CONSOLE") }
        return (String(dump[start.upperBound..<end.lowerBound]), console)
    }

    @Test(.enabled(if: browser != nil, "no Chromium is installed; Scripts/setup --tests does"))
    func sortsFiltersAndHandsOutData() throws {
        let (findings, console) = try run(
            """
            const steps = [column(0)];
            head("width").firstChild.click();
            steps.push(column(1), head("width").getAttribute("aria-sort"));
            head("width").firstChild.click();
            steps.push(column(1));
            head("test accuracy").firstChild.click();
            steps.push(column(0));
            head("run").firstChild.click();
            head("run").firstChild.click();
            steps.push(column(0));
            const filter = document.getElementById("filter");
            filter.value = "HIDDEN 128";
            filter.dispatchEvent(new Event("input"));
            steps.push(column(0), document.getElementById("shown").textContent);
            document.getElementById("open-all").click();
            steps.push(document.querySelectorAll("details.run[open]").length);
            steps.push(lamina.csv(lamina.figureLines(lamina.figureData("run-1", 0))));
            steps.push(lamina.csv(lamina.figureLines(lamina.figureData("run-1", 1))));
            document.querySelector("button.csv").click();
            return steps.map((step) => String(step).trim());
            """)
        let expected: [Any] = [
            [
                "a b c d", "64 128 256 1,024", "ascending", "1,024 256 128 64", "b d a c",
                "d c b a", "d", "1 of 4 rows", "4",
                "series,x,y\na,1,0.5\na,2,0.25\na,3,0.33333334\nb,1,1\nb,2,\nb,3,2",
                "series,value,count,value (upper edge)\nc,0,3,1\nc,1,4,2",
            ], [String](),
        ]
        let found = try JSONSerialization.jsonObject(
            with: Data(
                findings.replacingOccurrences(of: "&lt;", with: "<")
                    .replacingOccurrences(of: "&amp;", with: "&").utf8))
        #expect(found as? NSArray == expected as NSArray)
        #expect(console.isEmpty)
    }
}
