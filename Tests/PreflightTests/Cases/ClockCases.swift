import MigrationModel

@testable import Preflight

private let ms: Int64 = 1_000_000

private func skew(_ difference: Int64, _ bound: Int64 = 0) -> @Sendable (inout Move) -> Void {
  { $0.destination.clock = .known(ClockOffset(offset: difference * ms, errorBound: bound * ms)) }
}

/// Both services claim an offset and a bound; the clocks were measured to differ.
private func claims(
  _ offset: Int64?, _ bound: Int64?, measured: Int64, _ measuredBound: Int64 = 0
) -> @Sendable (inout Move) -> Void {
  { move in
    let sync = ClockSync(
      service: "chrony", synchronised: true, reference: "ntp.example", stratum: 3, offset: offset.map { $0 * ms },
      errorBound: bound.map { $0 * ms })
    move.source.clockSync = .known(sync)
    move.destination.clockSync = .known(sync)
    skew(measured, measuredBound)(&move)
  }
}

private let skewCases: [RuleCase] = [
  RuleCase("clock.skew", .holds, "10 ms", skew(10)),
  RuleCase("clock.skew", .warning, "11 ms", skew(11)),
  RuleCase("clock.skew", .warning, "500 ms", skew(500)),
  RuleCase("clock.skew", .blocker, "501 ms", skew(501)),
  RuleCase("clock.skew", .blocker, "501 ms behind", skew(-501)),
  RuleCase("clock.skew", .unknown, "the bound hides the limit", skew(490, 20)),
  RuleCase("clock.skew", .unknown, "not measured") { $0.source.clock = .gap(gap) },
  RuleCase("clock.skew", .notApplicable, "offline") { $0.request.mode = .offline },
]

private let syncCases: [RuleCase] = [
  RuleCase("clock.sync", .holds, "both are synchronised") { _ in },
  RuleCase("clock.sync", .warning, "one is not") {
    $0.source.clockSync = .known(ClockSync(service: "chrony", synchronised: false))
  },
  RuleCase("clock.sync", .warning, "stratum 16") {
    $0.destination.clockSync = .known(ClockSync(service: "ntpd", synchronised: true, stratum: 16))
  },
  RuleCase("clock.sync", .info, "another server") {
    $0.destination.clockSync = .known(ClockSync(service: "chrony", synchronised: true, reference: "other.example"))
  },
  RuleCase("clock.sync", .holds, "measured as far apart as claimed, and 1 ms", claims(1, 1, measured: 5)),
  RuleCase("clock.sync", .warning, "measured farther apart than claimed", claims(1, 1, measured: 6)),
  RuleCase("clock.sync", .warning, "measured farther apart the other way", claims(-1, 1, measured: -6)),
  RuleCase("clock.sync", .holds, "the measurement's own bound explains it", claims(1, 1, measured: 8, 3)),
  RuleCase("clock.sync", .holds, "no claim, no contradiction", claims(nil, 1, measured: 6)),
  RuleCase("clock.sync", .holds, "a claim without a bound", claims(1, nil, measured: 6)),
  RuleCase("clock.sync", .unknown, "claims and nothing measured") {
    claims(1, 1, measured: 0)(&$0)
    $0.destination.clock = .gap(gap)
  },
  RuleCase("clock.sync", .unknown, "a service not read") { $0.source.clockSync = .gap(gap) },
  RuleCase("clock.sync", .notApplicable, "shut off") { $0.domain.state = .shutOff },
]

let clockCases: [RuleCase] = skewCases + syncCases
