import Testing

@testable import BenchModel

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// As the product writes and reads its payloads.
private func written(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.keyEncodingStrategy = .convertToSnakeCase
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}

private func read<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
  let decoder = JSONDecoder()
  decoder.keyDecodingStrategy = .convertFromSnakeCase
  return try decoder.decode(type, from: Data(text.utf8))
}

@Suite struct CodingTests {
  private static var full: BenchReport {
    var report = SampleSession.whole(repeats: 1, beats: 30, problems: ["a problem"])
    report.scenarios[0].guest = .init(memoryMib: 256, vcpus: 2, keptMib: 64, rateMibS: .max, pattern: "random")
    report.scenarios[1].guest = .init(rateMibS: .mebibytesPerSecond(20))
    (report.scenarios[0].linkMibS, report.scenarios[0].beatMs, report.scenarios[0].timeLimitS) = (100, 0.5, 60)
    report.scenarios[0].variants[0].maxDowntimeMs = 500
    report.scenarios[0].variants[0].act = .init(.postcopy, after: 5)
    var sample = Run.Timeline.Sample(tMs: 1)
    (sample.bandwidthBps, sample.iteration, sample.throttlePercent) = (5, 2, 20)
    report.runs[0].timeline?.samples.append(sample)
    (report.runs[0].outcome, report.runs[0].error) = ("failed", "it \"broke\"")
    return report
  }

  @Test func aReportSurvivesJSON() throws {
    #expect(try read(BenchReport.self, try written(Self.full)) == Self.full)
  }

  /// The fields that the contract names are enough; a figure that only a later version knows is passed over.
  @Test func whatIsNotThereIsNotMissed() throws {
    let text = """
      {"schema": "migrate.bench/1", "ok": true, "environment": {}, "summary": [{"metric": "later_ms"}],
       "controls": [{"kind": "stop-cont", "asked_ms": 50, "read_ms": 50.9, "beat_ms": 2, "beats": 1234, "lost": 0}],
       "runs": [{"scenario": "s", "tool": "virsh", "repeat": 1, "outcome": "completed", "total_ms": 5,
                 "downtime": {"heartbeat_ms": 3}, "beats_lost": 0, "memory_verified": true}]}
      """
    let report = try read(BenchReport.self, text)
    #expect(report.ok && report.summary == [] && report.scenarios == [])
    #expect(report.runs.map(\.downtime.heartbeatMs) == [3] && report.runs[0].counts)
  }

  @Test func namesAreSnakeCase() throws {
    let text = try written(Self.full)
    for name in [
      #""schema":"migrate.bench/1""#, #""beat_ms":2"#, #""p50_ms""#, #""p999_ms""#, #""t_ms""#, #""mib_s""#,
      #""beat_gaps_us""#, #""heartbeat_ms""#, #""source_qemu_s""#, #""work_during_mib_s""#, #""kind":"stop-cont""#,
      #""metric":"heartbeat_ms""#, #""rate_mib_s":"max""#, #""rate_mib_s":20"#, #""kept_mib""#, #""link_mib_s""#,
      #""dirty_rate_bps""#, #""throttle_percent""#, #""repeat":1"#,
    ] { #expect(text.contains(name), "\(name)") }
  }

  @Test func anIntervalIsTwoNumbers() throws {
    #expect(try written(Interval(low: 1.5, high: 2)) == "[1.5,2]")
    #expect(throws: (any Error).self) { try read(Interval.self, "[1]") }
  }

  @Test(arguments: ["\"fast\"", "1.5", "[]"])
  func aRateIsANumberOrMax(_ text: String) {
    #expect(throws: DecodingError.self) { try read(Scenario.Rate.self, text) }
  }

  @Test func aComparisonSurvivesJSON() throws {
    let runs = (1...5).map { Run.sample("s", "migrate", $0, total: Double($0)) }
    let comparison = BenchComparison(report(runs), report(runs, problems: ["p"]))
    let text = try written(comparison)
    #expect(try read(BenchComparison.self, text) == comparison)
    for name in [
      #""schema":"migrate.bench-compare/1""#, #""median_a":3"#, #""n_b":5"#, #""p_adjusted":0.99"#, #""ci95":["#,
      #""verdict":"no difference shown""#,
    ] { #expect(text.contains(name), "\(name)") }
  }
}
