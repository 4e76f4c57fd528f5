import Testing

@testable import BenchModel

/// Runs of one scenario and tool with these total times.
private func runs(_ totals: [Double], _ scenario: String = "idle/plain", _ tool: String = "migrate") -> [Run] {
  totals.enumerated().map { Run.sample(scenario, tool, $0 + 1, total: $1) }
}

private let base: [Double] = [100, 101, 99, 102, 98, 103, 97, 104, 96, 100.5]

@Suite struct ComparisonTests {
  @Test func aRealShiftIsFoundWithItsDirection() throws {
    let slower = BenchComparison(report(runs(base)), report(runs(base.map { $0 * 1.2 })))
    let row = try #require(slower.rows.first)
    #expect(slower.rows.count == 1)
    #expect((row.scenario, row.tool, row.metric) == ("idle/plain", "migrate", .total))
    #expect(row.verdict == .worse)
    #expect(row.nA == 10 && row.nB == 10)
    #expect(abs((row.ratio ?? 0) - 1.2) < 1e-9 && row.ci95?.contains(1.2) == true && row.ci95?.contains(1) == false)
    #expect(abs(row.medianA - 100.25) < 1e-9 && abs(row.medianB - 120.3) < 1e-9)
    #expect(BenchComparison(report(runs(base.map { $0 * 1.2 })), report(runs(base))).rows.map(\.verdict) == [.better])
    #expect(slower.notes == [])
  }

  @Test func noiseIsNotFound() {
    let other: [Double] = [101, 99.5, 98.5, 102.5, 97.5, 103.5, 100, 96.5, 104.5, 99]
    #expect(BenchComparison(report(runs(base)), report(runs(other))).rows.map(\.verdict) == [.same])
  }

  /// Alone it would be shown; among many that show nothing it may be chance.
  @Test func chanceAmongManyRowsIsNotFound() throws {
    let (first, second): ([Double], [Double]) = ([1, 2, 3, 4, 5], [4.5, 6, 7, 8, 9])
    let alone = BenchComparison(report(runs(first)), report(runs(second)))
    #expect(alone.rows.map(\.verdict) == [.worse])
    let rest = (1...6).flatMap { runs(base, "s\($0)/v") }
    let among = BenchComparison(report(runs(first) + rest), report(runs(second) + rest))
    let row = try #require(among.rows.first)
    #expect(row.p == alone.rows.first?.p && row.pAdjusted > 0.05 && row.verdict == .same)
  }

  /// The test sees that the second spreads more to one side; the interval of the medians' ratio holds 1.
  @Test func anIntervalThatHoldsOneShowsNothing() throws {
    let first = [Double](repeating: 10, count: 12)
    let second = [Double](repeating: 10, count: 6) + [10.1, 10.2, 10.3, 10.4, 10.5, 10.6]
    let row = try #require(BenchComparison(report(runs(first)), report(runs(second))).rows.first)
    #expect(row.pAdjusted < 0.05 && row.ci95?.contains(1) == true)
    #expect(row.verdict == .same)
  }

  @Test func mediansOfZeroHaveNoRatioAndAreJudgedByTheTest() throws {
    func stalled(_ values: [Double]) -> [Run] {
      values.map { value in
        var run = Run.sample(total: 5)
        run.stalledMs = value
        return run
      }
    }
    let (none, some) = (report(stalled([0, 0, 0, 0, 0])), report(stalled([500, 510, 490, 505, 495])))
    let worse = try #require(BenchComparison(none, some).rows.first { $0.metric == .stalled })
    #expect(worse.ratio == nil && worse.ci95 == nil && worse.verdict == .worse)
    let better = try #require(BenchComparison(some, none).rows.first { $0.metric == .stalled })
    #expect(better.ratio == nil && better.ci95 == nil && better.verdict == .better)
    let same = try #require(BenchComparison(none, none).rows.first { $0.metric == .stalled })
    #expect(same.ratio == nil && same.verdict == .same)
  }

  @Test func figuresThatNobodyPaysForAreNotJudged() {
    let moved = runs(base).map { run in
      var run = run
      (run.downtime.qemuMs, run.downtime.heartbeatMs, run.cost.toolS) = (1, 2, 3)
      return run
    }
    #expect(BenchComparison(report(moved), report(moved)).rows.map(\.metric) == [.total, .heartbeat, .tool])
  }

  @Test func failedRunsAreLeftOut() throws {
    let failed = (1...5).map { Run.sample("idle/plain", "migrate", $0, total: 1, outcome: "failed") }
    let row = try #require(BenchComparison(report(runs(base)), report(runs(base) + failed)).rows.first)
    #expect(row.nB == 10 && row.verdict == .same)
  }
}

@Suite struct ComparisonNoteTests {
  @Test func rowsOfOneReportAloneAreNamed() {
    let first = report(runs(base) + runs(base, "busy/plain"))
    let second = report(runs(base) + runs(base, "idle/plain", "virsh"))
    let comparison = BenchComparison(first, second)
    #expect(comparison.rows.count == 1)
    #expect(comparison.notes == ["idle/plain by virsh is only in the second report"])
    #expect(comparison.losses == ["busy/plain by migrate is only in the first report"] && !comparison.showsNoLoss)
  }

  /// What was not completed has no figure that could be worse.
  @Test func fewerCompletedMovesAreALoss() {
    let late = (11...12).map { Run.sample("idle/plain", "migrate", $0, total: 1, outcome: "not-converged") }
    let comparison = BenchComparison(report(runs(base)), report(runs(base) + late))
    #expect(
      comparison.losses == [
        "idle/plain by migrate: 10 of 10 moves completed in the first report, 10 of 12 in the second"
      ])
    #expect(!comparison.showsNoLoss && comparison.rows.allSatisfy { $0.verdict == .same })
    #expect(BenchComparison(report(runs(base) + late), report(runs(base))).losses == [])
    #expect(BenchComparison(report(runs(base)), report(runs(base))).showsNoLoss)
  }

  @Test func tooFewRunsToTellAreSaidToBeSo() {
    let few = report(runs([1, 2, 3, 4]) + runs([1, 2, 3, 4], "busy/plain"))
    let comparison = BenchComparison(few, few)
    #expect(comparison.rows.count == 2 && !comparison.showsNoLoss)
    #expect(comparison.notes == ["2 of 2 figures have too few runs to show any difference among so many"])
  }

  @Test func tooFewValuesAreNamed() {
    let comparison = BenchComparison(report(runs(base)), report(runs([1, 2, 3])))
    #expect(comparison.rows.isEmpty)
    #expect(
      comparison.notes == [
        "idle/plain by migrate, total_ms: 10 completed values in the first report and 3 in the second; it takes 4 of each"
      ])
  }

  @Test func reportsThatAreNotOkAreNamed() {
    let bad = report(runs(base), problems: ["beats were lost", "another"])
    #expect(
      BenchComparison(bad, report(runs(base))).notes == ["the first report is not ok (2 problems): beats were lost"])
    #expect(
      BenchComparison(report(runs(base)), bad).notes == ["the second report is not ok (2 problems): beats were lost"])
  }

  private struct Change: Sendable {
    var line: String
    var make: @Sendable (inout BenchReport.Environment) -> Void
    init(_ line: String, _ make: @escaping @Sendable (inout BenchReport.Environment) -> Void) {
      (self.line, self.make) = (line, make)
    }
  }

  @Test(arguments: [
    Change("QEMU differs: 7.2.22 in the first report, x in the second") { $0.qemu = "x" },
    Change("libvirt differs: 9.0.0 in the first report, x in the second") { $0.libvirt = "x" },
    Change("CPU differs: Sample CPU in the first report, unknown in the second") { $0.cpu = nil },
    Change("kernel differs: 6.1.0 in the first report, x in the second") { $0.kernel = "x" },
    Change("accelerator differs: tcg in the first report, kvm in the second") { $0.accelerator = "kvm" },
  ])
  private func anotherMachineIsNamed(_ change: Change) {
    var other = report(runs(base))
    change.make(&other.environment)
    #expect(BenchComparison(report(runs(base)), other).notes == ["\(change.line); a difference may come from that"])
  }

  @Test func anotherBeatIsNamed() {
    var other = report(runs(base))
    other.scenarios[0].beatMs = 1
    #expect(
      BenchComparison(report(runs(base)), other).notes == [
        "the beat of scenario idle differs: 2.00 ms in the first report, 1.00 ms in the second; "
          + "a difference may come from that"
      ])
    other.scenarios[0].beatMs = 2
    #expect(BenchComparison(report(runs(base)), other).notes == [])
  }

  @Test func anotherGuestIsNamedAndMoreRepeatsAreNot() {
    var other = report(runs(base))
    other.scenarios[0].repeats = 50
    #expect(BenchComparison(report(runs(base)), other).notes == [])
    other.scenarios[0].guest = .init(memoryMib: 512)
    #expect(
      BenchComparison(report(runs(base)), other).notes == [
        "scenario idle is not the same in both reports; a difference may come from that"
      ])
  }
}
