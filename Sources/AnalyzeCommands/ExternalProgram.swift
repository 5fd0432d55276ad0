import Analysis
import ArgumentParser
import Files
import Glibc
import Report
import Text

/// `analyze-foo` on PATH, which is `analyze foo`: handed the run files and its options, it answers
/// with a `lamina.results/1` document on standard output.
struct ExternalProgram {
    /// What follows `analyze-`.
    let name: String
    let path: String

    private static let prefix = "analyze-"

    /// The programs on PATH, by name; of those with one name the first that could be run.
    static func all() -> [ExternalProgram] {
        var found: [String: ExternalProgram] = [:]
        for folder in folders {
            let names = ((try? entries(of: folder)) ?? []).map(\.name)
            for entry in names where entry.hasPrefix(prefix) {
                let name = String(entry.dropFirst(prefix.count))
                let program = ExternalProgram(name: name, path: "\(folder)/\(entry)")
                if isName(name), program.isExecutable, found[name] == nil { found[name] = program }
            }
        }
        return found.values.sorted { $0.name < $1.name }
    }

    /// The program called `name`, if there is one on PATH.
    ///
    /// - Throws: ``Failure`` if there are only files of its name that may not be run.
    static func named(_ name: String) throws -> ExternalProgram? {
        guard isName(name) else { return nil }
        let files = folders.map { ExternalProgram(name: name, path: "\($0)/\(prefix)\(name)") }
            .filter(\.isFile)
        if let program = files.first(where: \.isExecutable) { return program }
        guard let first = files.first else { return nil }
        throw Failure(
            message: "\(visible(first.path)) is not executable; make it so with chmod +x",
            code: Failure.inputOutput)
    }

    /// What a subcommand could be called: nothing with slashes or dots, no option.
    private static func isName(_ name: String) -> Bool {
        name.utf8.first.map { $0 != UInt8(ascii: "-") } ?? false
            && name.utf8.allSatisfy {
                $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                    || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20)
            }
    }

    /// Absolute ones only: the current folder may be a stranger's.
    private static var folders: [String] {
        guard let path = getenv("PATH") else { return [] }
        return pathText(cString: path).split(separator: ":").filter { $0.hasPrefix("/") }
            .map(String.init)
    }

    private var isFile: Bool { Files.isFile(path) }

    private var isExecutable: Bool { isFile && withSystemPath(path) { access($0, X_OK) } == 0 }
}

/// The words after `analyze foo`: what is for the program, and what is done with its answer.
struct ExternalCall {
    let program: ExternalProgram
    /// Run files and options of the program, in the order given.
    private(set) var arguments: [String] = []
    let output: OutputOptions

    /// - Throws: what the parser says of wrong output options; ``Failure`` for `--plot`.
    init(_ program: ExternalProgram, _ words: [String]) throws {
        self.program = program
        var own: [String] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            let option = word.split(separator: "=", maxSplits: 1).first.map(String.init) ?? word
            switch option {
            case "--":
                arguments += [word] + rest
                rest = []
            case "--plot":
                throw Failure(
                    message:
                        "--plot draws the figures of built-in metrics; \(program.path) answers "
                        + "with numbers alone", code: Failure.usage)
            case "--format", "--output", "-o":
                own.append(word)
                if option == word, let value = rest.popFirst() { own.append(value) }
            case "--quiet", "--verbose": own.append(word)
            default: arguments.append(word)
            }
        }
        output = try OutputOptions.parse(own)
    }

    /// Runs the program and prints its answer.
    ///
    /// - Throws: ``Failure`` or ``Ended`` with the exit code of the contract.
    func perform() throws {
        for argument in arguments { InputFiles.add(argument) }
        try output.checkTargets()
        // Help is not a document of results.
        if arguments.contains(where: { $0 == "--help" || $0 == "-h" }) { try replaceProcess() }
        let captured: Captured
        switch capture(program.path, arguments) {
        case .success(let ended): captured = ended
        case .failure(let failure):
            throw Failure(
                message: "\(visible(program.path)) cannot be run: \(failure.reason)",
                code: Failure.inputOutput)
        }
        let said = captured.errors.split(whereSeparator: \.isNewline).map { visible(String($0)) }
        let failure = failure(of: captured, lastWords: said.last)
        let results: [LayerResult]
        do { results = try JSON.results(in: captured.output) } catch {
            // A program that fails has rarely an answer, and its own words say why.
            throw failure
                ?? Failure(
                    message: "\(visible(program.path)): its answer is no \(JSON.schema) document: "
                        + visible(error.description), code: Failure.badData)
        }
        if !output.quiet { said.dropLast(failure == nil ? 0 : 1).forEach { Messages.say($0) } }
        var answer = FileAnswer()
        answer.results = results
        answer.failures = [failure].compactMap { $0 }
        try output.write { try $0.add(answer) }
        if failure != nil { throw Ended(code: Failure.partly) }
        for result in results where result.status == .failed {
            let place = "\(result.run): \(result.layer): \(result.reason ?? "it failed")"
            Messages.say(error: visible(place))
        }
        if results.contains(where: { $0.status == .failed }) { throw Ended(code: Failure.partly) }
    }

    private func failure(of captured: Captured, lastWords: String?) -> Failure? {
        guard captured.exitCode != 0 else { return nil }
        let how = captured.exitCode.map { "it ended with code \($0)" } ?? "a signal ended it"
        let code = captured.exitCode.map { Int32(truncatingIfNeeded: $0) } ?? Failure.partly
        let known = [Failure.usage, Failure.badData, Failure.bug, Failure.inputOutput]
        let words = lastWords.map { $0.hasPrefix("error: ") ? String($0.dropFirst(7)) : $0 }
        return Failure(
            message: ([visible(program.path), words ?? how] + (words == nil ? [] : [how]))
                .joined(separator: ": "),
            code: known.contains(code) ? code : Failure.partly)
    }

    private func replaceProcess() throws -> Never {
        var words = ([program.path] + arguments).map { word in withSystemPath(word) { strdup($0) } }
        words.append(nil)
        withSystemPath(program.path) { _ = execv($0, words) }
        throw Failure(
            message: "\(visible(program.path)) cannot be run: \(String(cString: strerror(errno)))",
            code: Failure.inputOutput)
    }
}
