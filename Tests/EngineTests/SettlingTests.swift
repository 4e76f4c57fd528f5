import Engine
import MigrationModel
import Testing

private typealias Run = SettlingRun
private let intent = SettlingRun.intent
private let running = Sighting.present(.running, reason: "booted", isPersistent: true)
private let handedOver = Sighting.present(.paused, reason: "migrating", isPersistent: true)
private let moved = Sighting.present(.running, reason: "migrated", isPersistent: false)
private let refused = CallOutcome.failed(MigrationFailure(code: 38, message: "the connection was lost"))
private let suspended = GuestEvent(kind: .suspendedForMigration, event: "suspended", detail: "migrated")
private let inPostcopy = GuestEvent(kind: .resumedInPostcopy, event: "resumed", detail: "post-copy")

@Suite struct SettlingTests {
  @Test func aPausedSourceWithoutADestinationIsResumedOnceItIsSteady() {
    var run = Run(.callReturned(refused, at: .zero))
    run.look(handedOver, .absent, from: 0, to: 2)
    #expect(!run.repairs.contains(.resumeSource), "libvirt may still do it by itself")
    run.look(handedOver, .absent, from: 2, to: 3)
    #expect(run.repairs == [.resumeSource])
    run.feed(.repaired(.resumeSource, error: nil, at: .seconds(3)))
    run.look(running, .absent, from: 3, to: 5)
    #expect(run.result?.outcome == .rolledBack)
    #expect(run.decisions == [.resumeSource])
  }

  @Test func aPausedSourceWhoseGuestRunsOnTheDestinationIsRemoved() {
    var run = Run(.callReturned(refused, at: .zero))
    run.look(handedOver, moved, from: 0, to: 3)
    #expect(run.repairs.contains(.removeSource))
    run.feed(.repaired(.removeSource, error: nil, at: .seconds(3)))
    run.look(.absent, moved, from: 3, to: 4)
    #expect(run.result?.outcome == .completed)
  }

  @Test func aRepairThatIsRefusedIsNotTriedAgain() {
    var run = Run(.callReturned(refused, at: .zero))
    run.look(handedOver, moved, from: 0, to: 3)
    run.feed(.repaired(.removeSource, error: "no", at: .seconds(3)))
    run.look(handedOver, moved, from: 3, to: 40)
    #expect(run.repairs == [.removeSource])
    #expect(run.result?.outcome == .needsAttention)
    #expect(run.result?.error?.remedy == ["migrate recover web S D"])
  }

  /// The destination is silent, but it cannot have the guest: the source never let go of it.
  @Test func aSilentDestinationDoesNotMatterToAGuestThatNeverLeft() {
    var run = Run(.callReturned(refused, at: .zero))
    run.look(running, .unreachable("no route"), from: 0, to: 3)
    #expect(run.result?.outcome == .rolledBack)
    #expect(run.result?.error?.message.contains("host2 could not be asked: no route") == true)
  }

  @Test(arguments: [Machine.Event.lifecycle(.source, suspended, at: .zero), .lostSight(.source)])
  func aSilentDestinationMattersOnceTheGuestMayHaveLeft(event: Machine.Event) {
    var run = Run(event, .callReturned(refused, at: .zero))
    run.look(running, .unreachable("no route"), from: 0, to: 40)
    #expect(run.result?.outcome == .needsAttention)
  }

  @Test func anAbortThatTheSourceConfirmsMakesASilentDestinationHarmless() {
    let aborted = CallOutcome.failed(MigrationFailure(code: 78, message: "canceled by client"))
    var run = Run(.lifecycle(.source, suspended, at: .zero), .cancelRequested, .callReturned(aborted, at: .zero))
    run.look(running, .unreachable("no route"), from: 0, to: 3)
    #expect(run.result?.outcome == .cancelled)
  }

  /// libvirt lets the source go on when the destination's answer to Finish is lost, though the guest runs there.
  @Test func aSourceThatGoesOnBesideTheDestinationIsPausedAtOnceAndRemoved() {
    let resumed = GuestEvent(kind: .resumedAfterMigration, event: "resumed", detail: "migrated")
    let undone = Sighting.present(.running, reason: "migration canceled", isPersistent: true)
    let paused = Sighting.present(.paused, reason: "user", isPersistent: true)
    var run = Run(
      .lifecycle(.destination, resumed, at: .zero), .lifecycle(.source, resumed, at: .zero),
      .callReturned(refused, at: .zero))
    #expect(run.effects.contains(.control(.fence)))
    run.feed(.controlled(.fence, error: nil, at: .zero))
    run.look(undone, moved, from: 0, to: 1)
    #expect(run.effects.filter { $0 == .control(.fence) }.count > 1, "until it is seen to be paused")
    #expect(run.decisions == [.fence])
    run.feed(.controlled(.fence, error: nil, at: .seconds(1)))
    run.look(paused, moved, from: 1, to: 4)
    #expect(run.repairs.contains(.removeSource))
  }

  /// What a fence did is looked at once more: a look from before it shows a source that runs.
  @Test func nothingIsSettledWhileAFenceIsUnderWay() {
    let resumed = GuestEvent(kind: .resumedAfterMigration, event: "resumed", detail: "migrated")
    let paused = Sighting.present(.paused, reason: "user", isPersistent: true)
    var run = Run(
      .lifecycle(.destination, resumed, at: .zero), .lifecycle(.source, resumed, at: .zero),
      .callReturned(refused, at: .zero))
    run.look(running, .absent, from: 0, to: 1)
    #expect(run.result == nil)
    run.feed(.controlled(.fence, error: nil, at: .seconds(1)))
    run.feed(.inspected(Inspection(source: running, destination: .absent), at: .seconds(1)))
    #expect(run.result == nil, "that look may be older than the fence")
    run.look(paused, .absent, from: 1, to: 40)
    #expect(run.repairs.isEmpty, "the guest ran there: to let the source go on would undo what it did")
    #expect(run.result?.outcome == .needsAttention)
    #expect(!run.effects.contains(.clear(hasMoved: false)), "its images may hold what it wrote there")
  }

  @Test func aFenceThatIsRefusedEndsWithAPerson() {
    let resumed = GuestEvent(kind: .resumedAfterMigration, event: "resumed", detail: "migrated")
    let undone = Sighting.present(.running, reason: "migration canceled", isPersistent: true)
    var run = Run(
      .lifecycle(.destination, resumed, at: .zero), .lifecycle(.source, resumed, at: .zero),
      .callReturned(refused, at: .zero))
    for second in 0..<40 where run.result == nil {
      run.feed(.controlled(.fence, error: "no", at: .seconds(second)))
      run.look(undone, moved, from: second, to: second + 1)
    }
    #expect(run.result?.outcome == .needsAttention)
    #expect(run.decisions == [.fence, .refused])
  }

  /// A peer-to-peer job can be begun before the destination knows of it: nothing there is no proof that it is over.
  @Test func aJobWhoseCallWasLostIsWaitedForBeforeTheDestinationKnowsOfIt() {
    let busy = Sighting.present(.running, reason: "booted", isPersistent: true, isBusy: true)
    var run = Run(.cancelRequested, .callReturned(refused, at: .zero))
    run.look(busy, .absent, from: 0, to: 3)
    #expect(run.result == nil)
    #expect(run.effects.filter { $0 == .abort }.count > 1)
    run.look(.absent, moved, from: 3, to: 4)
    #expect(run.result?.outcome == .completed)
  }

  /// A backup that kept the move from beginning is another's: it is neither waited for nor ended.
  @Test func anothersJobIsNotOurs() {
    let busy = Sighting.present(.running, reason: "booted", isPersistent: true, isBusy: true)
    let locked = CallOutcome.failed(MigrationFailure(code: 68, message: "cannot acquire state change lock"))
    var run = Run(.callReturned(locked, at: .zero))
    run.look(busy, .absent, from: 0, to: 1)
    #expect(run.result?.outcome == .rolledBack)
  }

  @Test func aGuestThatLacksMemoryIsNotCompleted() {
    let broken = Sighting.present(.running, reason: "post-copy failed", isPersistent: false)
    var run = Run(.lifecycle(.destination, inPostcopy, at: .zero), .callReturned(refused, at: .zero))
    run.look(.absent, broken, from: 0, to: 40)
    #expect(run.result?.outcome == .needsAttention)
  }

  /// A daemon that is ended between the definition and the guest's start keeps the definition.
  @Test(arguments: [true, false]) func aDefinitionThatTheMoveMadeGoesWithIt(wasItsOwn: Bool) {
    var run = Run()
    run.machine = Machine(
      Machine.Intent(
        sourceName: "host1", destinationName: "host2", initialState: .running, leavesPaused: false,
        definesDestination: wasItsOwn))
    for event in [Machine.Event.started(at: .zero), .callReturned(refused, at: .zero)] { run.feed(event) }
    run.look(running, .present(.shutOff, reason: "daemon", isPersistent: true), from: 0, to: 3)
    #expect(run.repairs == (wasItsOwn ? [.undefineDestination] : []))
    if wasItsOwn { run.feed(.repaired(.undefineDestination, error: nil, at: .seconds(3))) }
    run.look(running, wasItsOwn ? .absent : .present(.shutOff, reason: "daemon", isPersistent: true), from: 3, to: 5)
    #expect(run.result?.outcome == .rolledBack)
  }

  /// libvirt hears of a dead QEMU a moment after the call has failed.
  @Test func aSourceThatDiesWithItsMoveIsNotCalledIntact() {
    var run = Run(.callReturned(refused, at: .zero))
    run.feed(.inspected(Inspection(source: running, destination: .absent), at: .zero))
    #expect(run.result == nil)
    run.look(.present(.shutOff, reason: "crashed", isPersistent: true), .absent, from: 1, to: 4)
    #expect(run.result?.outcome == .needsAttention)
  }

  @Test func anInterruptAfterADeadlineIsTheFirst() {
    var machine = Machine(
      Machine.Intent(
        sourceName: "host1", destinationName: "host2", initialState: .running, leavesPaused: false,
        policy: ConvergencePolicy(deadline: .seconds(1))))
    for event: Machine.Event in [.started(at: .zero), .tick(at: .seconds(1)), .cancelRequested] {
      _ = machine.reduce(event)
    }
    guard case .running = machine.state else {
      Issue.record("it gave up: \(machine.state)")
      return
    }
  }

  /// Arrived, but not yet let go on.
  @Test func aGuestThatIsHandedOverGoesOnWhenTheSourceHasLetGo() {
    let waits = Sighting.present(.paused, reason: "user", isPersistent: true)
    var machine = Machine(
      Machine.Intent(
        sourceName: "host1", destinationName: "host2", initialState: .running, leavesPaused: false, handsOver: true))
    let left = GuestEvent(kind: .leftSource, event: "stopped", detail: "migrated")
    let goesOn = GuestEvent(kind: .resumed, event: "resumed", detail: "unpaused")
    _ = machine.reduce(.started(at: .zero))
    _ = machine.reduce(.lifecycle(.source, suspended, at: .seconds(1)))
    #expect(machine.reduce(.lifecycle(.source, left, at: .seconds(2))).contains(.control(.resumeDestination)))
    _ = machine.reduce(.lifecycle(.destination, goesOn, at: .seconds(3)))
    _ = machine.reduce(.callReturned(.succeeded, at: .seconds(3)))
    _ = machine.reduce(.inspected(Inspection(source: .absent, destination: moved), at: .seconds(3)))
    guard case .clearing(let result) = machine.state else {
      Issue.record("not over: \(machine.state)")
      return
    }
    #expect(result.outcome == .completed)
    #expect(result.downtime.event == .seconds(2))

    var other = Machine(machine.intent)
    _ = other.reduce(.started(at: .zero))
    _ = other.reduce(.callReturned(.succeeded, at: .zero))
    let effects = other.reduce(.inspected(Inspection(source: .absent, destination: waits), at: .zero))
    #expect(
      effects.contains(.repair(.resumeDestination, seen: Inspection(source: .absent, destination: waits))),
      "the event was missed")
  }

  @Test func aDefinitionThatTheSourceStillHasGoesToo() {
    var machine = Machine(
      Machine.Intent(
        sourceName: "host1", destinationName: "host2", initialState: .running, leavesPaused: false,
        undefinesSource: true))
    let off = Sighting.present(.shutOff, reason: "crashed", isPersistent: true)
    let there = Sighting.present(.running, reason: "migrated", isPersistent: true)
    var effects: [Machine.Effect] = []
    for event: Machine.Event in [.started(at: .zero), .callReturned(refused, at: .zero)]
      + (0...30).map({ .inspected(Inspection(source: off, destination: there), at: .milliseconds(100 * $0)) })
    { effects += machine.reduce(event) }
    #expect(effects.count { if case .repair(.undefineSource, _) = $0 { true } else { false } } == 1)
    _ = machine.reduce(.repaired(.undefineSource, error: nil, at: .seconds(3)))
    let last = machine.reduce(.inspected(Inspection(source: .absent, destination: there), at: .seconds(3)))
    #expect(last == [.clear(hasMoved: true)])
  }

  @Test func aDestinationThatIsLostAfterItBeganToRunFencesTheSource() {
    let resumed = GuestEvent(kind: .resumedAfterMigration, event: "resumed", detail: "migrated")
    #expect(Run(.lifecycle(.destination, resumed, at: .zero), .lostSight(.destination)).decisions == [.fence])
    #expect(Run(.lostSight(.destination)).decisions.isEmpty)
  }

  @Test func aPlainMoveThatLosesItsDestinationIsAbortedAtOnce() {
    var machine = Machine(
      Machine.Intent(
        sourceName: "host1", destinationName: "host2", initialState: .running, leavesPaused: false,
        needsDestination: true))
    _ = machine.reduce(.started(at: .zero))
    #expect(machine.reduce(.lostSight(.destination)).contains(.abort))
    #expect(!machine.reduce(.lostSight(.destination)).contains(.abort))
  }

  @Test func aJobThatGoesOnWithoutTheCallIsWaitedForHoweverLong() {
    let incoming = Sighting.present(.paused, reason: "migrating", isPersistent: false, isBusy: true)
    let busy = Sighting.present(.running, reason: "booted", isPersistent: true, isBusy: true)
    var run = Run(.callReturned(refused, at: .zero))
    run.look(busy, incoming, from: 0, to: 50)
    #expect(run.result == nil)
    run.look(.absent, moved, from: 50, to: 51)
    #expect(run.result?.outcome == .completed)
  }

  @Test(arguments: [("shutdown", MigrationResult.Outcome.failed), ("crashed", .needsAttention)])
  func aGuestWhoseProcessEndedSaysHow(detail: String, outcome: MigrationResult.Outcome) {
    let ended = GuestEvent(kind: .ended, event: "stopped", detail: detail)
    var run = Run(.lifecycle(.source, ended, at: .zero), .callReturned(refused, at: .zero))
    run.look(.present(.shutOff, reason: detail, isPersistent: true), .absent, from: 0, to: 3)
    #expect(run.result?.outcome == outcome)
    #expect(run.result?.error?.message.contains("ended while it moved (\(detail))") == true)
    // Of a transient guest nothing is left.
    var transient = Run(.lifecycle(.source, ended, at: .zero), .callReturned(refused, at: .zero))
    transient.look(.absent, .absent, from: 0, to: 40)
    #expect(transient.result?.outcome == outcome)
  }

  @Test func aSilentDataPathIsAbortedAndTheResultSaysWhy() {
    let started = GuestEvent(kind: .startedIncoming, event: "started", detail: "migrated")
    var run = Run(.lifecycle(.destination, started, at: .seconds(1)), .tick(at: .seconds(5)))
    #expect(run.effects.filter { $0 == .abort }.isEmpty)
    run.feed(.tick(at: .seconds(6)))
    run.feed(.tick(at: .seconds(7)))
    #expect(run.effects.filter { $0 == .abort }.count == 1)
    run.feed(.callReturned(.failed(MigrationFailure(code: 78, message: "canceled by client")), at: .seconds(8)))
    run.look(running, .absent, from: 8, to: 9)
    #expect(run.result?.outcome == .rolledBack, "nobody wished for it")
    #expect(run.result?.error?.message.contains("nothing has arrived for 5 s") == true)
  }

  @Test func whatArrivesKeepsTheDataPathAlive() {
    var run = Run(.lifecycle(.destination, GuestEvent(kind: .startedIncoming, event: "", detail: ""), at: .zero))
    for second in 1...20 {
      var sample = ProgressSample()
      sample.memory.processed = .bytes(UInt64(second))
      run.feed(.sample(sample, at: .seconds(second)))
    }
    #expect(!run.effects.contains(.abort))
  }

  /// A guest that the deadline paused, and whose transfer failed all the same, goes on at the source.
  @Test func aGuestThatTheDeadlinePausedIsResumedWhenItStays() {
    let paused = Sighting.present(.paused, reason: "user", isPersistent: true)
    var run = Run(.sample(ProgressSample(), at: .seconds(59)), .tick(at: .seconds(60)))
    #expect(run.effects.contains(.control(.suspend)))
    run.feed(.controlled(.suspend, error: nil, at: .seconds(60)))
    run.feed(.callReturned(refused, at: .seconds(61)))
    run.look(paused, .absent, from: 61, to: 64)
    #expect(run.repairs.contains(.resumeSource))
  }

  @Test func aDeadlineWhoseMeansIsRefusedAborts() {
    var run = Run(
      .sample(ProgressSample(), at: .seconds(59)), .tick(at: .seconds(60)),
      .controlled(.suspend, error: "no", at: .seconds(60)))
    #expect(run.effects.contains(.abort))
    run.feed(.callReturned(.failed(MigrationFailure(code: 78, message: "canceled by client")), at: .seconds(61)))
    run.look(running, .absent, from: 61, to: 62)
    #expect(run.result?.outcome == .rolledBack)
  }

  @Test func whatCouldNotBeRemovedIsInTheResult() {
    var machine = Machine(intent)
    for event: Machine.Event in [
      .started(at: .zero), .callReturned(refused, at: .zero),
      .inspected(Inspection(source: running, destination: .absent), at: .zero),
      .inspected(Inspection(source: running, destination: .absent), at: .seconds(1)),
    ] { _ = machine.reduce(event) }
    let effects = machine.reduce(.cleared(["an image"], at: .zero))
    guard case .report(.result(let result))? = effects.last else {
      Issue.record("no result: \(effects)")
      return
    }
    #expect(result.error?.message.hasSuffix("left behind: an image") == true)
  }

  @Test func aSettingThatComesTooLateIsAnswered() {
    var run = Run(.callReturned(.succeeded, at: .zero))
    run.look(.absent, moved, from: 0, to: 1)
    #expect(run.machine.reduce(.settingRequested(.bandwidth(1), id: 9)) == [.answer(id: 9, error: "the move is over")])
  }
}
