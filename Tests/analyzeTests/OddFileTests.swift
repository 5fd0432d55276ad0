import CommandTesting
import Testing

/// Files of `Fixtures/layouts/hostile` through the built command.
@Suite struct OddFileTests {
    private func layout(_ name: String) -> String { "Fixtures/layouts/hostile/\(name).h5" }

    /// Labels that no output stands for would make every answer wrong: an accuracy of 0.
    @Test(arguments: [("from-1", "1 to 2"), ("negative", "-1 to 1")])
    func labelsThatNoOutputStandsForAreTold(name: String, range: String) throws {
        let outcome = try analyze("pca", layout("labels-\(name)"), "--accuracy", "--format", "json")
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(
            outcome.output.contains(
                "labels go from \(range), but the network's 2 outputs stand for 0 to 1"))
        #expect(!outcome.output.contains("reconstructionAccuracy"))
    }

    @Test func wordsWithoutATypeNeedOne() throws {
        let words = layout("words")
        let untyped = try analyze("variance", words, "--layer", "hidden")
        #expect(untyped.code == 65)
        #expect(untyped.errorLines.first?.contains("--dtype bfloat16") == true)
        let typed = try analyze("variance", words, "--layer", "hidden", "--dtype", "bfloat16")
        #expect(typed.code == 0, "\(typed.errors)")
        let both = try analyze("compare", words, words, "--layer", "hidden", "--dtype", "bfloat16")
        #expect(both.code == 0 && both.output.contains("hidden"), "\(both.errors)")
        let inspected = try analyze("inspect", words, "--dtype", "bfloat16")
        #expect(inspected.output.contains("bfloat16"), "\(inspected.output)")
        let wrong = try analyze("variance", words, "--dtype", "float7")
        #expect(wrong.code == 64)
        #expect(wrong.errors.contains("float8_e4m3fn"))
    }

    @Test func matricesThatArePassedOverAreTold() throws {
        let outcome = try analyze("variance", layout("bare-datasets"))
        #expect(outcome.code == 0)
        #expect(outcome.errors.contains("warning: \(layout("bare-datasets")): /layers/fc2"))
        #expect(try analyze("inspect", layout("bare-datasets")).output.contains("/layers/fc2"))
    }

    /// What messages print for a name, `--layer` takes.
    @Test(arguments: ["red\\u{1B}[31m", "caf\\xE9", "größe \\u{202E}gpj"])
    func namesAsPrintedAreTaken(name: String) throws {
        let file = "Fixtures/layouts/names.h5"
        let outcome = try analyze("variance", file, "--layer", name)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.contains(name))
    }

    @Test func framesAreSafeForATerminal() throws {
        let outcome = try analyze("inspect", layout("newer-layout"), "--verbose")
        #expect(outcome.output.contains("newer HDF5 library"))
    }
}
