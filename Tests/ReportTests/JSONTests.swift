import Analysis
import Foundation
import MetricCore
import Testing

@testable import Report

@Suite struct JSONTests {
    @Test func documentIsAsTheContractSays() {
        #expect(
            JSON.text(of: [everyKind]) == #"""
                {
                  "schema": "lamina.results/1",
                  "results": [
                    {
                      "run": "runs/a.h5",
                      "layer": "hidden",
                      "site": "pre",
                      "snapshot": null,
                      "metric": "dead",
                      "metricVersion": 2,
                      "programVersion": "9.1",
                      "instructionSet": "AVX9",
                      "status": "ok",
                      "reason": null,
                      "warnings": ["one \"quoted\"", "two"],
                      "samples": 60000,
                      "neurons": 512,
                      "nonFinite": 3,
                      "configuration": {
                        "rule": "never-active",
                        "threshold": null
                      },
                      "values": {
                        "count": 38,
                        "fraction": 0.1,
                        "share": null,
                        "converged": true,
                        "edges": [0.0, 0.5, null],
                        "indices": [4, 7],
                        "none": [],
                        "rows": [
                          [1.0, 2.0],
                          [3.0, 4e-05]
                        ],
                        "quantiles": {
                          "0.05": 1.5,
                          "deep": {
                            "x": 2.0
                          }
                        }
                      }
                    }
                  ]
                }

                """#)
    }

    @Test func noResultsMakeADocument() throws {
        let text = JSON.text(of: [])
        #expect(text == "{\n  \"schema\": \"lamina.results/1\",\n  \"results\": []\n}\n")
        #expect(try JSONSerialization.jsonObject(with: Data(text.utf8)) is [String: Any])
    }

    @Test func resultsAreSeparated() throws {
        let text = JSON.text(of: [everyKind, skipped, everyKind])
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let results = try #require(document["results"] as? [[String: Any]])
        #expect(results.count == 3)
        #expect(results[1]["reason"] as? String == "all values are \"equal\"")
        #expect(results[1]["site"] is NSNull)
        #expect((results[1]["values"] as? [String: Any])?.isEmpty == true)
    }

    @Test func textsSurviveAndSteerNothing() throws {
        let nasty = "a\"b\\c\n\t\r\u{0}\u{1B}[31m\u{7F}\u{9B}\u{202E}é漢😀/"
        var result = everyKind
        result.layer = nasty
        let text = JSON.text(of: [result])
        #expect(text.contains(#""a\"b\\c\n\t\r\u0000\u001b[31m\u007f\u009b\u202eé漢😀/""#))
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let results = try #require(document["results"] as? [[String: Any]])
        #expect(results[0]["layer"] as? String == nasty)
    }

    /// Tags and the scalars that stand for foreign bytes, as the pairs of RFC 8259, section 7.
    @Test func hiddenTextsBeyondTheBasicPlaneSurvive() throws {
        var result = everyKind
        result.layer = "a\u{E0041}\u{10FFE9}\u{200D}"
        let text = JSON.text(of: [result])
        #expect(text.contains(#""a\udb40\udc41\udbff\udfe9\u200d""#))
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let results = try #require(document["results"] as? [[String: Any]])
        #expect(results[0]["layer"] as? String == result.layer)
    }

    @Test func numbersReadBackToTheSameBits() throws {
        let numbers = [
            0.1, -0.0, 1 / 3, .pi, .leastNonzeroMagnitude, .leastNormalMagnitude,
            .greatestFiniteMagnitude, 1e16,
            1e22,
            9_007_199_254_740_992, -123_456.789e-30, 1.0000000000000002,
        ]
        let output = TextOutput()
        JSON.write(.numbers(numbers), to: output)
        let texts = output.text.dropFirst().dropLast(2).split(separator: ", ")
        #expect(
            texts.compactMap { strtod(String($0), nil).bitPattern } == numbers.map(\.bitPattern))
    }
}
