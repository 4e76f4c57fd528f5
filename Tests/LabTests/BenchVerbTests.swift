import BenchModel
import Foundation
import Testing
import Trials

/// `migrate bench compare` as a script calls it.
@Suite(.timeLimit(.minutes(2))) struct BenchVerbTests {
  @Test func theStatusSaysWhetherAnythingIsWorse() async throws {
    let (before, slower, faster) = (try written(100), try written(150), try written(60))
    defer { for file in [before, slower, faster] { try? FileManager.default.removeItem(atPath: file) } }
    for (after, status, verdict) in [(before, 0, "no difference shown"), (slower, 1, "worse"), (faster, 0, "better")]
      as [(_, Int32, _)]
    {
      let output = try await Tool().run("bench", "compare", before, after, "--output", "json")
      #expect(output.status == status, "\(output.text) \(output.complaints)")
      let rows = try #require(try output.document()["rows"] as? [[String: any Sendable]])
      #expect(
        rows.contains { $0["metric"] as? String == Metric.heartbeat.rawValue && $0["verdict"] as? String == verdict },
        "\(rows)")
    }
  }

  /// What nothing can be said of must not look like "nothing is worse".
  @Test func reportsWithNothingInCommonAreNoSuccess() async throws {
    let (before, other) = (try written(100), try written(100, scenario: "busy"))
    defer { for file in [before, other] { try? FileManager.default.removeItem(atPath: file) } }
    #expect(try await Tool().run("bench", "compare", before, other).status == 1)
  }

  @Test func aReportThatIsNotToBeBelievedIsNoSuccess() async throws {
    let (before, doubtful) = (try written(100), try written(60, problems: ["control of 20 ms: it reads more by 9 ms"]))
    defer { for file in [before, doubtful] { try? FileManager.default.removeItem(atPath: file) } }
    #expect(try await Tool().run("bench", "compare", before, doubtful).status == 1)
  }

  @Test func aReportOfALaterVersionIsNamed() async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "later-\(UUID().uuidString).json")
    try #"{"schema": "migrate.bench/2"}"#.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    let output = try await Tool().run("bench", "compare", file.path(), file.path())
    #expect(output.status == 64 && output.complaints.contains("holds “migrate.bench/2”; this migrate reads"))
  }

  @Test func whatCannotBeRunOrWrittenIsSaidBeforeAnything() async throws {
    let unwritable = try await Tool().run("bench", "run", "quick", "--report", "/proc/report")
    #expect(unwritable.status == 1 && unwritable.complaints.contains("the report cannot be written to /proc/report"))
    let twice = try await Tool().run("bench", "run", "quick", "quick")
    #expect(twice.status == 64 && twice.complaints.contains("two scenarios have one name"))
    let unknown = try await Tool().run("bench", "run", "no-such-set")
    #expect(unknown.status == 64 && unknown.complaints.contains("no-such-set"))
  }

  @Test(arguments: [
    ("/nonexistent/report.json", "/nonexistent/report.json"), ("/proc/version", "is no report of a bench"),
  ]) func whatIsNoReportIsNamed(path: String, words: String) async throws {
    let output = try await Tool().run("bench", "compare", path, path)
    #expect(output.status == 64 && output.complaints.contains(words), "\(output.complaints)")
  }

  /// A report of twelve moves, with so long a pause in each; returns its path.
  private func written(_ pause: Double, scenario: String = "idle", problems: [String] = []) throws -> String {
    var plain = Scenario(name: scenario, variants: [.init(name: "plain")])
    plain.tools = ["migrate"]
    let runs = (1...12).map { number in
      var run = Run(scenario: "\(scenario)/plain", tool: "migrate", repeat: number, from: "one", to: "two")
      (run.outcome, run.totalMs) = ("completed", 1000 + Double(number))
      run.downtime.heartbeatMs = pause + Double(number)
      return run
    }
    let report = BenchReport(
      environment: .init(
        date: "2026-01-02T03:04:05Z", migrate: "1.0", cpus: 2, accelerator: "tcg", site: "a test", seed: 1,
        collector: ""
      ), scenarios: [plain], controls: [], runs: runs, problems: problems)
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let file = FileManager.default.temporaryDirectory.appending(path: "report-\(UUID().uuidString).json")
    try encoder.encode(report).write(to: file)
    return file.path()
  }
}
