import MigrationModel

/// When a transfer is ended that does not end by itself.
public struct ConvergencePolicy: Sendable, Equatable {
  /// From the start of the move; nil: none.
  public var deadline: Duration?
  public var onStall: MigrationRequest.StallAction
  /// How long nothing may arrive before the data path counts as dead; nil: for ever.
  public var hangTimeout: Duration?

  public init(
    deadline: Duration? = nil, onStall: MigrationRequest.StallAction = .abort, hangTimeout: Duration? = nil
  ) {
    self.deadline = deadline
    self.onStall = onStall
    self.hangTimeout = hangTimeout
  }

  public init(_ request: MigrationRequest) {
    self.init(
      deadline: request.deadline.map { .seconds(Int64(clamping: $0)) }, onStall: request.onStall,
      hangTimeout: request.hangTimeout == 0 ? nil : .seconds(Int64(clamping: request.hangTimeout)))
  }
}

/// What is known of a transfer that is under way.
public struct TransferView: Sendable, Equatable {
  /// Since the start of the move.
  public var elapsed: Duration
  /// Since the last byte, pass or page request that was seen.
  public var quiet: Duration
  /// The connection to the destination has not been lost.
  public var seesDestination = true
  /// The guest runs on the destination already and its memory follows.
  public var isInPostcopy: Bool
  /// What was decided before.
  public var decided: Set<MigrationDecision.Action>
  public var sample: ProgressSample?
}

/// What is to be done about a transfer now; nil: nothing. A function of what was seen and what was asked, so that every
/// decision can be told with its numbers and be tried again from a record.
///
/// libvirt gives a hung data path no time limit of its own, and virsh ends a slow transfer by suspending or post-copy only.
public func decide(_ view: TransferView, _ policy: ConvergencePolicy) -> MigrationDecision? {
  hang(view, policy) ?? stall(view, policy)
}

private func hang(_ view: TransferView, _ policy: ConvergencePolicy) -> MigrationDecision? {
  guard let limit = policy.hangTimeout, view.quiet >= limit else { return nil }
  let inputs = ["quiet_s": seconds(view.quiet), "limit_s": seconds(limit)]
  let quiet = "nothing has arrived for \(Int(seconds(view.quiet))) s"
  if view.isInPostcopy {
    return once(
      .pausePostcopy, "\(quiet): the data path is taken for dead, and post-copy is paused until it is resumed", inputs,
      view)
  }
  return once(.abort, "\(quiet): the data path is taken for dead", inputs, view)
}

private func stall(_ view: TransferView, _ policy: ConvergencePolicy) -> MigrationDecision? {
  guard let deadline = policy.deadline, view.elapsed >= deadline, !view.isInPostcopy else { return nil }
  var inputs = ["elapsed_s": seconds(view.elapsed), "deadline_s": seconds(deadline)]
  inputs["remaining_bytes"] = view.sample?.memory.remaining.map { Double($0.rawValue) }
  inputs["dirty_rate_bps"] = view.sample?.memory.dirtyRate.map { Double($0) }
  inputs["bandwidth_bps"] = view.sample?.memory.bandwidth.map { Double($0) }
  // Nothing can be sped up before it has begun.
  guard policy.onStall == .abort || view.sample != nil else { return nil }
  let late = "not over after \(Int(seconds(deadline))) s"
  return switch policy.onStall {
  case .abort: once(.abort, "\(late), the deadline", inputs, view)
  case .suspend:
    once(.suspend, "\(late): paused, the guest dirties nothing more and the rest can be sent", inputs, view)
  case .postcopy where view.quiet >= livelyPath || !view.seesDestination:
    once(.abort, "\(late), and post-copy over a path that may be dead would lose the guest", inputs, view)
  // It is decided on at the next sign of life.
  case .postcopy where view.quiet >= justNow: nil
  case .postcopy:
    once(
      .postcopy,
      "\(late): the guest goes on at the destination before its memory is there, and is lost if either side dies"
        + " before the end", inputs, view)
  }
}

/// Within which something must have arrived for a path to be trusted with post-copy, from which there is no way back.
private let livelyPath = Duration.seconds(1)
private let justNow = Duration.milliseconds(200)

/// A decision that was made is not made again.
private func once(
  _ action: MigrationDecision.Action, _ because: String, _ inputs: [String: Double], _ view: TransferView
) -> MigrationDecision? {
  view.decided.contains(action) ? nil : MigrationDecision(action, because: because, inputs: inputs)
}

private func seconds(_ duration: Duration) -> Double { ((duration / .milliseconds(100)).rounded()) / 10 }
