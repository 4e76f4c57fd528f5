import MigrationModel

/// The clocks of both hosts against each other, from their offsets to the observer.
///
/// The difference is known to within the sum of both error bounds. Where the limit lies inside that band, the answer is
/// unknown for the blocking limit; for the warning limit only when the bound alone is larger than the limit, since a
/// measurement can hardly be finer than the network. kvmclock moves with the guest, and libvirt computes its own
/// downtime figure across both clocks (`qemuDomainJobDataUpdateDowntime`).
let clockSkew = Rule("clock.skew", .blocker, "the difference of both clocks, with its error bound") { move in
  if let reason = move.nothingRuns { return .notApplicable(reason) }
  return move.onBoth("the clock offset", \.clock) { source, destination in
    let skew = Skew(from: source, to: destination)
    let (warning, blocker) = (Double(move.policy.clockWarning), Double(move.policy.clockBlocker))
    if skew.size > blocker, skew.bound <= blocker || skew.least > blocker {
      return Answer([skew.issue(.blocker, limit: blocker, move)])
    }
    if skew.most > blocker { return Answer([skew.unknown(.blocker, limit: blocker, move)]) }
    if skew.size > warning, skew.bound <= warning || skew.least > warning {
      return Answer([skew.issue(.warning, limit: warning, move)])
    }
    return skew.bound > warning ? Answer([skew.unknown(.warning, limit: warning, move)]) : .holds
  }
}

/// How far the destination's clock is ahead of the source's. Nanoseconds; floating, since a file may hold any Int64.
private struct Skew {
  var offset: Double
  var bound: Double

  init(from source: ClockOffset, to destination: ClockOffset) {
    offset = Double(destination.offset) - Double(source.offset)
    bound = abs(Double(source.errorBound)) + abs(Double(destination.errorBound))
  }

  var size: Double { abs(offset) }
  var least: Double { max(0, size - bound) }
  var most: Double { size + bound }
  var text: String { "\(milliseconds(size)) ± \(milliseconds(bound))" }

  func issue(_ severity: Severity, limit: Double, _ move: Move) -> Issue {
    let direction = offset > 0 ? "ahead of" : "behind"
    return Issue(
      severity, "clock", source: side(move.source), destination: side(move.destination),
      "The clock of \(move.destination.name) is \(text) \(direction) that of \(move.source.name), more than the"
        + " \(milliseconds(limit)) that are allowed: the guest's time jumps and downtime figures are wrong by as much.",
      remedy: [
        "See which clock is wrong, on both: chronyc tracking    # or: timedatectl timesync-status",
        "Step it there: chronyc makestep    # then check again",
      ])
  }

  func unknown(_ worst: Severity, limit: Double, _ move: Move) -> Issue {
    Issue(
      .unknown, "clock", source: side(move.source), destination: side(move.destination),
      "The clocks of \(move.source.name) and \(move.destination.name) differ by \(text), which is too coarse to tell"
        + " whether it is within \(milliseconds(limit)).",
      remedy: ["Check again from a machine nearer to both hosts, or when the network is quieter."], worst: worst)
  }

  private func side(_ host: HostFacts) -> String {
    guard let clock = host.clock.value else { return "not read" }
    return "\(milliseconds(Double(clock.offset))) ± \(milliseconds(Double(clock.errorBound))) from here"
  }
}

/// Each host's clock is held by a time service, and what both services claim fits what was measured.
let clockSync = Rule("clock.sync", .warning, "a time service disciplines both clocks, and neither's claim is disproved")
{
  move in
  if let reason = move.nothingRuns { return .notApplicable(reason) }
  return move.onBoth("the time service's state", \.clockSync) { source, destination in
    let loose = [(move.source.name, source), (move.destination.name, destination)].filter { !$0.1.isSynchronised }
    var issues = loose.map { name, sync in
      Issue(
        .warning, "clock", source: source.text, destination: destination.text,
        "\(name): \(sync.service) says that the clock is not synchronised, so a small skew today is a large one later.",
        remedy: ["On \(name): timedatectl set-ntp true", "Then wait until it settles: chronyc waitsync 30 0.01"])
    }
    if issues.isEmpty, let here = source.reference, let there = destination.reference, here != there {
      issues.append(
        Issue(
          .info, "clock", source: source.text, destination: destination.text,
          "\(move.source.name) follows \(here) and \(move.destination.name) follows \(there)."))
    }
    guard loose.isEmpty, let claimed = source.farthest(from: destination) else { return Answer(issues) }
    let measured = move.onBoth("the clock offset", \.clock) { here, there in
      Answer(disproof(move, Skew(from: here, to: there), claimed: claimed, source, destination))
    }
    return Answer(measured.issues + issues)
  }
}

/// A difference, less its own bound, that cannot be when both services are as right as they say: one of them is wrong.
///
/// A millisecond is allowed for what neither measures, such as the time that the host takes to answer.
private func disproof(
  _ move: Move, _ skew: Skew, claimed: Double, _ source: ClockSync, _ destination: ClockSync
) -> [Issue] {
  guard skew.least > claimed + 1_000_000 else { return [] }
  return [
    Issue(
      .warning, "clock", source: source.text, destination: destination.text,
      "The time services of \(move.source.name) and \(move.destination.name) claim clocks that differ by"
        + " \(milliseconds(claimed)) at most, but \(skew.text) were measured: one of them is wrong.",
      remedy: [
        "See which, on both: chronyc -n sources -v; chronyc tracking    # or: timedatectl timesync-status",
        "Compare each with a third clock: chronyd -Q 'pool pool.ntp.org iburst'    # only measures",
      ])
  ]
}

extension ClockSync {
  /// How far apart the two clocks can be when both services are right; nil where one does not say. Nanoseconds.
  fileprivate func farthest(from other: ClockSync) -> Double? {
    guard let here = claim, let there = other.claim else { return nil }
    return here + there
  }

  /// How far from true time the service says that its clock is at most. Nanoseconds.
  private var claim: Double? {
    guard let offset, let errorBound else { return nil }
    return abs(Double(offset)) + abs(Double(errorBound))
  }

  /// Stratum 16 means "unsynchronised" (RFC 5905, figure 11).
  fileprivate var isSynchronised: Bool { synchronised && (stratum ?? 0) < 16 }

  fileprivate var text: String {
    let state = isSynchronised ? "synchronised" : "not synchronised"
    let claimed = offset.flatMap { offset in
      errorBound.map { "\(milliseconds(Double(offset))) ± \(milliseconds(Double($0))) from true time" }
    }
    let details = [reference, stratum.map { "stratum \($0)" }, claimed].compactMap { $0 }
    return ([service, state] + details).joined(separator: ", ")
  }
}
