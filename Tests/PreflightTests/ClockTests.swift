import MigrationModel
import Testing

@testable import Preflight

private let ms: Int64 = 1_000_000

@Suite struct ClockTests {
  private func skewed(_ here: Int64, _ hereBound: Int64, _ there: Int64, _ thereBound: Int64) -> Move {
    move {
      $0.source.clock = .known(ClockOffset(offset: here * ms, errorBound: hereBound * ms))
      $0.destination.clock = .known(ClockOffset(offset: there * ms, errorBound: thereBound * ms))
    }
  }

  @Test(
    arguments: [
      // difference, bound, severity, verdict
      (0, 0, nil, .ready), (10, 0, nil, .ready), (9, 2, nil, .ready), (11, 0, .warning, .warnings),
      (-11, 2, .warning, .warnings), (499, 1, .warning, .warnings), (500, 0, .warning, .warnings),
      (501, 0, .blocker, .blocked), (-501, 100, .blocker, .blocked), (3_600_000, 1000, .blocker, .blocked),
      (0, 11, .unknown, .warnings), (20, 15, .unknown, .warnings), (490, 20, .unknown, .inconclusive),
      (0, 600, .unknown, .inconclusive), (700, 600, .unknown, .inconclusive), (300, 50, .warning, .warnings),
    ] as [(Int64, Int64, Severity?, Verdict)])
  func theDifferenceIsJudgedWithItsBound(_ difference: Int64, _ bound: Int64, _ severity: Severity?, _ verdict: Verdict)
  {
    let assessment = skewed(1000, bound, 1000 + difference, 0).assessed()
    #expect(assessment.findings.map(\.severity) == (severity.map { [$0] } ?? []))
    #expect(assessment.verdict == verdict)
  }

  @Test func boundsAddUp() {
    #expect(skewed(0, 5, 0, 5).answer("clock.skew") == .holds)
    #expect(skewed(0, 6, 0, 5).findings("clock.skew").map(\.severity) == [.unknown])
  }

  @Test func theFindingSaysWhichWayAndHowSure() {
    let ahead = skewed(-500, 2, 250, 1).findings("clock.skew").first
    #expect(ahead?.message.contains("kvm2 is 750 ms ± 3 ms ahead of that of kvm1") == true)
    #expect(ahead?.source == "-500 ms ± 2 ms from here")
    #expect(ahead?.destination == "250 ms ± 1 ms from here")
    #expect(ahead?.remedyText.contains("chronyc makestep") == true)
    #expect(skewed(500, 2, -250, 1).findings("clock.skew").first?.message.contains("behind") == true)
  }

  @Test func thePolicySetsTheLimits() {
    let strict = skewed(0, 0, 5, 0).with { $0.policy = PreflightPolicy(clockWarning: ms, clockBlocker: 2 * ms) }
    #expect(strict.findings("clock.skew").map(\.severity) == [.blocker])
  }

  @Test func offsetsFromTheEndsOfTheRangeDoNotTrap() {
    let extreme = move {
      $0.source.clock = .known(ClockOffset(offset: .min, errorBound: .min))
      $0.destination.clock = .known(ClockOffset(offset: .max, errorBound: .max))
    }
    #expect(extreme.findings("clock.skew").map(\.severity) == [.unknown])
  }

  @Test func nothingRunsSoNoClockMatters() {
    for rule in ["clock.skew", "clock.sync"] {
      #expect(move { $0.request.mode = .offline }.answer(rule)?.isNotApplicable == true)
    }
  }

  @Test(arguments: [
    ClockSync(service: "chrony", synchronised: false), ClockSync(service: "ntpd", synchronised: true, stratum: 16),
  ])
  func anUndisciplinedClockWarns(_ sync: ClockSync) {
    let finding = move { $0.destination.clockSync = .known(sync) }.findings("clock.sync").first
    #expect(finding?.severity == .warning)
    #expect(finding?.message.hasPrefix("kvm2: \(sync.service)") == true)
    #expect(finding?.source == "chrony, synchronised, ntp.example, stratum 3")
    #expect(finding?.destination.hasPrefix("\(sync.service), not synchronised") == true)
    #expect(finding?.remedyText.contains("set-ntp true") == true)
  }

  @Test func twoServersAreOnlyWorthANote() {
    let assessment = move {
      $0.destination.clockSync = .known(ClockSync(service: "chrony", synchronised: true, reference: "other.example"))
    }.assessed()
    #expect(assessment.findings.map(\.severity) == [.info])
    #expect(assessment.verdict == .ready)
  }

  @Test func aDisprovedClaimShowsAllNumbers() {
    func sync(_ offset: Int64, _ bound: Int64) -> Fact<ClockSync> {
      .known(
        ClockSync(
          service: "chrony", synchronised: true, reference: "ntp.example", stratum: 3, offset: offset * ms,
          errorBound: bound * ms))
    }
    let finding = skewed(0, 1, 9, 1).with {
      $0.source.clockSync = sync(-1, 2)
      $0.destination.clockSync = sync(1, 1)
    }.findings("clock.sync").first
    #expect(finding?.severity == .warning)
    #expect(finding?.message.contains("differ by 5 ms at most, but 9 ms ± 2 ms were measured") == true)
    #expect(finding?.source == "chrony, synchronised, ntp.example, stratum 3, -1 ms ± 2 ms from true time")
    #expect(finding?.destination == "chrony, synchronised, ntp.example, stratum 3, 1 ms ± 1 ms from true time")
  }

  @Test func claimsFromTheEndsOfTheRangeDoNotTrap() {
    let sync = ClockSync(service: "chrony", synchronised: true, offset: .min, errorBound: .min)
    let extreme = move { ($0.source.clockSync, $0.destination.clockSync) = (.known(sync), .known(sync)) }
    #expect(extreme.answer("clock.sync") == .holds)
  }
}
