/// The moment at which an operation gives up, with the budget that it had.
struct Deadline: Sendable {
  let instant: ContinuousClock.Instant
  let budget: Duration

  init(after budget: Duration) {
    self.budget = budget
    instant = ContinuousClock.now.advanced(by: budget)
  }

  var hasPassed: Bool { ContinuousClock.now >= instant }

  /// What poll(2) may wait, rounded up so that a wait does not end early; 0 when passed.
  var milliseconds: Int32 { instant.millisecondsFromNow }
}

extension ContinuousClock.Instant {
  var millisecondsFromNow: Int32 {
    let left = ContinuousClock.now.duration(to: self)
    guard left > .zero else { return 0 }
    guard left < .seconds(86_400) else { return 86_400_000 }
    return Int32((left + .microseconds(999)) / .milliseconds(1))
  }
}
