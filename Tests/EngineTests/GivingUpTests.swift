import Engine
import MigrationModel
import Testing

private typealias Run = SettlingRun
private let intent = SettlingRun.intent
private let running = Sighting.present(.running, reason: "booted", isPersistent: true)
private let moved = Sighting.present(.running, reason: "migrated", isPersistent: false)
private let refused = CallOutcome.failed(MigrationFailure(code: 38, message: "the connection was lost"))
private let inPostcopy = GuestEvent(kind: .resumedInPostcopy, event: "resumed", detail: "post-copy")

/// Moves that nobody waits for any longer, and post-copy, which cannot be undone.
@Suite struct GivingUpTests {
  @Test func aSecondInterruptLeavesAtOnceAndSaysWhatIsSo() {
    var run = Run(.cancelRequested, .cancelRequested)
    guard case .running = run.machine.state else {
      Issue.record("a signal that comes twice is one: \(run.machine.state)")
      return
    }
    run.feed(.tick(at: .seconds(5)))
    run.feed(.cancelRequested)
    let busy = Sighting.present(.running, reason: "booted", isPersistent: true, isBusy: true)
    run.look(busy, .absent, from: 5, to: 6)
    #expect(run.result?.outcome == .needsAttention)
    #expect(run.result?.error?.message.contains("second interrupt") == true)
  }

  /// QEMU sends its last pages into a dead path and answers nobody.
  @Test func anAbortThatDoesNotComeThroughIsNotWaitedForForEver() {
    var run = Run(.cancelRequested, .tick(at: .seconds(59)))
    #expect(run.effects.allSatisfy { if case .inspect = $0 { false } else { true } })
    run.feed(.tick(at: .seconds(60)))
    run.look(.unreachable("no answer"), .unreachable("no route"), from: 60, to: 62)
    #expect(run.result?.outcome == .needsAttention)
    #expect(run.result?.error?.message.contains("has not come through for 60 s") == true)
  }

  /// Times count from the start of the command: a guest whose turn comes late is not late for its abort.
  @Test func anAbortBeforeTheFirstTickHasItsWholeTime() {
    var machine = Machine(intent)
    _ = machine.reduce(.started(at: .seconds(3600)))
    #expect(machine.reduce(.cancelRequested) == [.abort])
    _ = machine.reduce(.cancelRequested)
    _ = machine.reduce(.tick(at: .seconds(3601)))
    #expect(machine.state == .running(.prepare))
  }

  /// The call that was given up still runs: a job on the source is its own, and the source is not where the guest stays.
  @Test func whatWasGivenUpIsStillOurs() {
    var machine = Machine(
      Machine.Intent(
        sourceName: "host1", destinationName: "host2", initialState: .running, leavesPaused: false,
        needsDestination: true))
    for event in [Machine.Event.started(at: .zero), .cancelRequested, .tick(at: .seconds(60))] {
      _ = machine.reduce(event)
    }
    let busy = Sighting.present(.running, reason: "booted", isPersistent: true, isBusy: true)
    for second in 60..<64 {
      _ = machine.reduce(
        .inspected(Inspection(source: busy, destination: .unreachable("locked")), at: .seconds(second)))
    }
    guard case .finished(let result) = machine.state else {
      Issue.record("\(machine.state)")
      return
    }
    #expect(result.outcome == .needsAttention)
  }

  @Test func aGuestThatIsFoundSettledAfterGivingUpIsWhereItIs() {
    var run = Run(.cancelRequested, .tick(at: .seconds(60)))
    run.look(running, .absent, from: 60, to: 62)
    #expect(run.result?.outcome == .cancelled)
  }

  @Test func postcopyThatIsDeadAndCannotBePausedIsLookedAt() {
    var run = Run(.lifecycle(.destination, inPostcopy, at: .zero), .sample(ProgressSample(), at: .zero))
    run.feed(.tick(at: .seconds(5)))
    #expect(run.decisions == [.pausePostcopy])
    run.feed(.controlled(.pausePostcopy, error: "no domain", at: .seconds(5)))
    let source = Sighting.present(.shutOff, reason: "crashed", isPersistent: true)
    let destination = Sighting.present(.running, reason: "post-copy", isPersistent: false, isBusy: true)
    run.look(source, destination, from: 5, to: 8)
    #expect(run.result?.outcome == .needsAttention)
  }

  @Test func postcopyThatBrokeOffIsForRecover() {
    let source = Sighting.present(.paused, reason: "post-copy failed", isPersistent: true, isBusy: true)
    let destination = Sighting.present(.running, reason: "post-copy failed", isPersistent: false, isBusy: true)
    var run = Run(.lifecycle(.destination, inPostcopy, at: .zero), .callReturned(refused, at: .zero))
    run.look(source, destination, from: 0, to: 3)
    #expect(run.result?.outcome == .needsAttention)
    #expect(run.result?.error?.remedy == ["migrate recover web S D"])
    #expect(run.repairs.isEmpty)
  }

  /// QEMU sends on when the daemons have lost each other: while something arrives, it may end well.
  @Test func postcopyThatStillSendsIsWaitedFor() {
    let source = Sighting.present(.paused, reason: "post-copy failed", isPersistent: true, isBusy: true)
    let destination = Sighting.present(.running, reason: "post-copy", isPersistent: true, isBusy: true)
    var run = Run(.lifecycle(.destination, inPostcopy, at: .zero), .callReturned(refused, at: .zero))
    for second in 0..<60 {
      var sample = ProgressSample()
      sample.postcopyRequests = UInt64(second)
      run.feed(.sample(sample, at: .seconds(second)))
      run.look(source, destination, from: second, to: second + 1)
    }
    #expect(run.result == nil)
    run.look(.present(.shutOff, reason: "migrated", isPersistent: false), moved, from: 60, to: 61)
    #expect(run.result?.outcome == .completed)
  }

  @Test func postcopyCannotBeCancelled() {
    let run = Run(.lifecycle(.destination, inPostcopy, at: .zero), .cancelRequested)
    #expect(!run.effects.contains(.abort))
    #expect(run.decisions == [.refused])
  }
}
