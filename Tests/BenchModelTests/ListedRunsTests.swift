import Testing

@testable import BenchModel

struct ListedRunsTests {
  /// As the scenarios list them, whatever order was drawn, and each knows when it was made.
  @Test func runsStandAsTheScenariosListThem() {
    var both = Scenario.sample("a", "x", "y")
    both.tools = ["virsh", "migrate"]
    let made = [
      Run.sample("b/z", "migrate", 1), .sample("a/y", "migrate", 1), .sample("a/x", "virsh", 2),
      .sample("a/y", "virsh", 1),
      .sample("a/x", "virsh", 1), .sample("a/x", "migrate", 1), .sample("unknown", "migrate", 1),
    ]
    let report = BenchReport(
      environment: .sample, scenarios: [both, .sample("b", "z")], runs: made, isSummedUp: false)
    #expect(report.runs.map(\.order) == [3, 5, 6, 4, 2, 1, 7])
    #expect(report.runs.map(\.scenario) == ["a/x", "a/x", "a/x", "a/y", "a/y", "b/z", "unknown"])
    #expect(report.summary == [] && report.ratios == [])
  }
}
