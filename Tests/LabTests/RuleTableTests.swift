import Foundation
import Preflight
import Testing

@testable import Lab

/// docs/preflight-rules.md is made from the catalogue, the cases of the unit tests and the breaks of the lab.
@Suite struct RuleTableTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let kinds = ["holds", "blocker", "warning", "info", "unknown", "notApplicable"]

  /// UPDATE_DOCS=1 in the environment writes the page anew.
  @Test func theDocumentedTableIsWhatTheTestsAre() throws {
    let page = Self.root.appending(path: "docs/preflight-rules.md")
    let now = try table()
    if ProcessInfo.processInfo.environment["UPDATE_DOCS"] == "1" {
      try now.write(to: page, atomically: true, encoding: .utf8)
    }
    let documented = try String(contentsOf: page, encoding: .utf8)
    #expect(documented == now, "docs/preflight-rules.md is not what the code is; UPDATE_DOCS=1 writes it anew")
  }

  private func table() throws -> String {
    let plan = LabPlan(name: "none", index: 0, hostCount: 2, stateRoot: "/none", cacheRoot: "/none")
    let breaks = try Bench(lab: Lab(plan: plan, life: .withOwner, lifelines: [])).breaks
    let cases = try unitCases()
    let rows = catalogue.map { rule in
      let counts = cases[rule.id] ?? [:]
      let fails = ["blocker", "warning", "info"].reduce(0) { $0 + (counts[$1] ?? 0) }
      let unit = [counts["holds"] ?? 0, fails, counts["unknown"] ?? 0, counts["notApplicable"] ?? 0]
      let numbers = unit.map { $0 == 0 ? "–" : "\($0)" }.joined(separator: " | ")
      return "| \(rule.id) | \(rule.weight.rawValue) | \(numbers) | \(labTest(of: rule.id, breaks)) |"
    }
    let broken = Set(breaks.map(\.rule)).count
    return """
      # The rules and their tests

      Generated from the catalogue, the unit tests' cases and the lab's breaks; a test fails when this page differs.
      What each rule compares stands in [preflight.md](preflight.md).

      \(catalogue.count) rules, \(cases.values.flatMap(\.values).reduce(0, +)) unit cases
      (`Tests/PreflightTests/Cases`), \(broken) rules really broken on a lab's hosts in \(breaks.count) ways
      (`Tests/LabTests/Breaks`). A dash: the rule cannot answer so, and `impossible` in `RuleCaseTests.swift` says why.

      | Rule | Severity | Holds | Fails | Unknown | Not applicable | Broken in the lab: what libvirt did when the finding was ignored, or why it cannot be broken |
      |---|---|---|---|---|---|---|
      \(rows.joined(separator: "\n"))

      """
  }

  private func labTest(of rule: String, _ breaks: [Break]) -> String {
    if let reason = Bench.unbreakable[rule] { return "*none*: \(reason)" }
    return breaks.filter { $0.rule == rule }.map { "\($0.what): \($0.outcome.words)" }.joined(separator: " · ")
  }

  /// How many cases of each expected answer there are, by rule: `RuleCase("rule.id", .kind, …)`.
  private func unitCases() throws -> [String: [String: Int]] {
    let directory = Self.root.appending(path: "Tests/PreflightTests/Cases")
    let pattern = /RuleCase\(\s*"([a-z0-9.-]+)",\s*\.([a-zA-Z]+)/
    var counts: [String: [String: Int]] = [:]
    for file in try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil) {
      for match in try String(contentsOf: file, encoding: .utf8).matches(of: pattern) {
        try #require(Self.kinds.contains(String(match.2)), "\(file.lastPathComponent): .\(match.2)")
        counts[String(match.1), default: [:]][String(match.2), default: 0] += 1
      }
    }
    return counts
  }
}

extension Break.Outcome {
  fileprivate var words: String {
    switch self {
    case .refuses(let words): "libvirt refuses, “\(words)”"
    case .moves(let words, _): "the guest moves; \(words)"
    case .doesNotStart(let words): "the definition moves and the guest does not start there, “\(words)”"
    case .shows(let words, _): words
    case .untried(let reason): "not tried: \(reason)"
    }
  }
}
