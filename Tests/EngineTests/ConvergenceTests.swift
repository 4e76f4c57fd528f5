import Engine
import MigrationModel
import Testing

@testable import Engine

/// What ends a transfer, as a table of what was seen and asked.
@Suite struct ConvergenceTests {
  private static let abort = ConvergencePolicy(deadline: .seconds(10), onStall: .abort, hangTimeout: .seconds(5))

  private func view(
    after elapsed: Int, quiet: Int = 0, isInPostcopy: Bool = false, decided: Set<MigrationDecision.Action> = [],
    sample: ProgressSample? = ProgressSample()
  ) -> TransferView {
    TransferView(
      elapsed: .seconds(elapsed), quiet: .seconds(quiet), isInPostcopy: isInPostcopy, decided: decided, sample: sample)
  }

  @Test func nothingIsDoneBeforeALimitIsReached() {
    #expect(decide(view(after: 9, quiet: 4), Self.abort) == nil)
    #expect(decide(view(after: 1000, quiet: 1000), ConvergencePolicy()) == nil)
  }

  @Test(arguments: [
    (MigrationRequest.StallAction.abort, MigrationDecision.Action.abort), (.suspend, .suspend), (.postcopy, .postcopy),
  ])
  func theDeadlineDoesWhatWasAskedOnce(asked: MigrationRequest.StallAction, action: MigrationDecision.Action) {
    let policy = ConvergencePolicy(deadline: .seconds(10), onStall: asked)
    let decision = decide(view(after: 10), policy)
    #expect(decision?.action == action)
    #expect(decision?.inputs == ["elapsed_s": 10, "deadline_s": 10])
    #expect(decide(view(after: 11, decided: [action]), policy) == nil)
    #expect(decide(view(after: 11, sample: nil), policy)?.action == (asked == .abort ? .abort : nil))
  }

  @Test func aDecisionCarriesTheFiguresThatItWasMadeOn() {
    var sample = ProgressSample()
    sample.memory.remaining = .bytes(7)
    sample.memory.bandwidth = 5
    let inputs = decide(view(after: 10, sample: sample), Self.abort)?.inputs
    #expect(inputs == ["elapsed_s": 10, "deadline_s": 10, "remaining_bytes": 7, "bandwidth_bps": 5])
  }

  /// Pre-copy can still be undone; post-copy over a dead path loses the guest.
  @Test func postcopyIsNotBegunOverAPathThatMayBeDead() {
    let policy = ConvergencePolicy(deadline: .seconds(10), onStall: .postcopy)
    #expect(decide(view(after: 10, quiet: 1), policy)?.action == .abort)
    var waiting = view(after: 10)
    waiting.quiet = .milliseconds(300)
    #expect(decide(waiting, policy) == nil, "the next sign of life decides")
    var blind = view(after: 10)
    blind.seesDestination = false
    #expect(decide(blind, policy)?.action == .abort)
  }

  @Test func silenceCountsAsADeadPath() {
    #expect(decide(view(after: 6, quiet: 5), Self.abort)?.action == .abort)
    #expect(decide(view(after: 6, quiet: 5), Self.abort)?.inputs == ["quiet_s": 5, "limit_s": 5])
  }

  @Test func inPostcopyTheDeadlineIsMovedPastAndSilencePauses() {
    #expect(decide(view(after: 11, isInPostcopy: true), Self.abort) == nil)
    #expect(decide(view(after: 11, quiet: 5, isInPostcopy: true), Self.abort)?.action == .pausePostcopy)
  }
}
