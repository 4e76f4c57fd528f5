import Engine
import MigrationModel
import Testing

private let intent = Machine.Intent(
  sourceName: "host1", destinationName: "host2", initialState: .running, leavesPaused: false)
private let started = GuestEvent(kind: .startedIncoming, event: "started", detail: "migrated")
private let suspended = GuestEvent(kind: .suspendedForMigration, event: "suspended", detail: "migrated")
private let resumed = GuestEvent(kind: .resumedAfterMigration, event: "resumed", detail: "migrated")
private let running = Sighting.present(.running, reason: "", isPersistent: true)
private let refused = CallOutcome.failed(MigrationFailure(code: 9, message: "host1: cannot migrate demo: no"))

/// Feeds a machine and keeps what it asked for.
private struct Run {
  var machine: Machine
  var effects: [Machine.Effect] = []

  init(_ events: [Machine.Event], _ intent: Machine.Intent = intent) {
    machine = Machine(intent)
    for event in events { feed(event) }
  }

  /// What is to be cleared is cleared at once.
  mutating func feed(_ event: Machine.Event) {
    let asked = machine.reduce(event)
    effects += asked
    if asked.contains(where: { if case .clear = $0 { true } else { false } }) { feed(.cleared([], at: .zero)) }
  }

  var phases: [MigrationPhase] {
    effects.compactMap { if case .report(.phase(let phase, _)) = $0 { phase } else { nil } }
  }
  var percents: [Double?] {
    effects.compactMap { if case .report(.progress(_, let percent)) = $0 { percent } else { nil } }
  }
  var result: MigrationResult? {
    if case .finished(let result) = machine.state { result } else { nil }
  }
}

private func sample(remaining: UInt64, of total: UInt64) -> ProgressSample {
  var sample = ProgressSample()
  sample.memory.total = .bytes(total)
  sample.memory.remaining = .bytes(remaining)
  return sample
}

private let moved: [Machine.Event] = [
  .started(at: .seconds(1)), .lifecycle(.destination, started, at: .seconds(2)),
  .sample(sample(remaining: 50, of: 100), at: .zero),
  .lifecycle(.source, suspended, at: .milliseconds(3000)), .lifecycle(.destination, resumed, at: .milliseconds(3040)),
  .callReturned(.succeeded, at: .seconds(4)),
]

@Suite struct MachineTests {
  @Test func aMoveThatSucceedsPassesEveryPhaseInOrder() {
    let run = Run(moved + [.inspected(Inspection(source: .absent, destination: running), at: .seconds(5))])
    #expect(run.phases == [.prepare, .transfer, .stop, .state, .continue, .confirm])
    #expect(run.result?.outcome == .completed)
    #expect(run.result?.runningOn == "host2")
    #expect(run.result?.definedOn == ["host2"])
    #expect(run.result?.elapsed == .seconds(4))
    #expect(run.result?.downtime.event == .milliseconds(40))
  }

  @Test func phasesStayInOrderWhenTheDestinationsEventOvertakesTheSources() {
    let run = Run([
      .started(at: .zero), .lifecycle(.destination, started, at: .zero),
      .lifecycle(.destination, resumed, at: .milliseconds(41)), .lifecycle(.source, suspended, at: .milliseconds(1)),
      .callReturned(.succeeded, at: .seconds(1)),
      .inspected(Inspection(source: .absent, destination: running), at: .seconds(1)),
    ])
    #expect(run.phases == [.prepare, .transfer, .stop, .state, .continue, .confirm])
    #expect(run.result?.downtime.event == .milliseconds(40))
  }

  @Test func aRefusalSkipsThePhasesThatWereNeverEntered() {
    let run = Run([
      .started(at: .zero), .callReturned(refused, at: .seconds(1)),
      .inspected(Inspection(source: running, destination: .absent), at: .seconds(1)),
      .inspected(Inspection(source: running, destination: .absent), at: .seconds(2)),
    ])
    #expect(run.phases == [.prepare, .confirm])
    #expect(run.result?.outcome == .rolledBack)
    #expect(run.result?.error?.code == 9)
    #expect(run.result?.downtime == Downtime())
  }

  @Test func percentNeverGoesBackwards() {
    let run = Run([
      .started(at: .zero), .sample(ProgressSample(), at: .zero), .sample(sample(remaining: 20, of: 100), at: .zero),
      .sample(sample(remaining: 60, of: 100), at: .zero), .sample(sample(remaining: 10, of: 100), at: .zero),
    ])
    #expect(run.percents == [nil, 80, 80, 90])
  }

  @Test func oneCancelIsOneAbortHoweverOftenItIsAsked() {
    let run = Run([.started(at: .zero), .cancelRequested, .cancelRequested])
    #expect(run.effects.filter { $0 == .abort }.count == 1)
  }

  @Test func aCancelThatWorkedIsCancelledAndNamesTheSource() {
    let aborted = CallOutcome.failed(MigrationFailure(code: 78, message: "canceled by client"))
    let run = Run([
      .started(at: .zero), .cancelRequested, .callReturned(aborted, at: .seconds(1)),
      .inspected(Inspection(source: running, destination: .absent), at: .seconds(1)),
      .inspected(Inspection(source: running, destination: .absent), at: .seconds(2)),
    ])
    #expect(run.result?.outcome == .cancelled)
    #expect(run.result?.runningOn == "host1")
  }

  /// A peer-to-peer move goes on in the source's daemon when the connection to it is lost.
  @Test func aCancelIsRepeatedForAJobThatOutlivesTheCall() {
    let incoming = Sighting.present(.paused, reason: "migrating", isPersistent: false)
    let run = Run([
      .started(at: .zero), .cancelRequested, .callReturned(refused, at: .zero),
      .inspected(Inspection(source: running, destination: incoming), at: .zero),
      .inspected(Inspection(source: running, destination: incoming), at: .seconds(1)),
      .inspected(Inspection(source: running, destination: .absent), at: .seconds(2)),
      .inspected(Inspection(source: running, destination: .absent), at: .seconds(3)),
    ])
    #expect(run.effects.filter { $0 == .abort }.count == 3)
    #expect(run.result?.outcome == .cancelled)
  }

  @Test func aCancelThatCameTooLateIsACompletedMove() {
    let run = Run(
      moved + [.cancelRequested, .inspected(Inspection(source: .absent, destination: running), at: .seconds(5))])
    #expect(run.result?.outcome == .completed)
  }

  @Test func aCallThatFailsAfterTheGuestHasMovedIsACompletedMove() {
    let run = Run([
      .started(at: .zero), .callReturned(refused, at: .seconds(1)),
      .inspected(Inspection(source: .absent, destination: running), at: .seconds(1)),
    ])
    #expect(run.result?.outcome == .completed)
  }

  @Test func aRollbackUnderWayIsLookedAtAgain() {
    let paused = Sighting.present(.paused, reason: "migrating", isPersistent: true)
    let run = Run([
      .started(at: .zero), .callReturned(refused, at: .zero),
      .inspected(Inspection(source: paused, destination: .absent), at: .zero),
      .inspected(Inspection(source: running, destination: .absent), at: .seconds(1)),
      .inspected(Inspection(source: running, destination: .absent), at: .seconds(2)),
    ])
    #expect(run.effects.filter { if case .inspect = $0 { true } else { false } }.count == 3)
    #expect(run.result?.outcome == .rolledBack)
  }

  /// Every pair of sightings that leaves a doubt about where the guest runs.
  @Test(arguments: [
    (running, running), (running, .unreachable("no route")), (.unreachable("no route"), running),
    (.present(.paused, reason: "I/O error", isPersistent: true), .absent),
    (.absent, .present(.paused, reason: "migrating", isPersistent: false)),
  ])
  func whatDoesNotSettleGoesToAPersonWithBothSightings(source: Sighting, destination: Sighting) throws {
    let seen = Inspection(source: source, destination: destination)
    var run = Run([
      .started(at: .zero), .lifecycle(.source, suspended, at: .zero), .callReturned(refused, at: .zero),
      .inspected(seen, at: .zero), .inspected(seen, at: .seconds(29)),
    ])
    #expect(run.result == nil, "it may still settle by itself")
    // However long one look takes: a host that does not answer uses up the patience in a few looks.
    run.feed(.inspected(seen, at: .seconds(31)))
    #expect(run.result?.outcome == .needsAttention)
    let message = try #require(run.result?.error?.message)
    #expect(message.contains("on host1 the guest is \(source)"))
    #expect(message.contains("on host2 it is \(destination)"))
  }

  @Test func aGuestThatWasPausedArrivesPaused() {
    let paused = Sighting.present(.paused, reason: "user", isPersistent: true)
    let run = Run(
      [
        .started(at: .zero), .callReturned(.succeeded, at: .zero),
        .inspected(Inspection(source: .absent, destination: paused), at: .zero),
      ],
      Machine.Intent(sourceName: "host1", destinationName: "host2", initialState: .paused, leavesPaused: false))
    #expect(run.result?.outcome == .completed)
  }

  private static let off = Sighting.present(.shutOff, reason: "", isPersistent: true)

  /// A move of the definition alone: what both hosts show at the end, and what that means.
  @Test(arguments: [
    (DomainState.shutOff, false, CallOutcome.succeeded, Sighting.absent, off, MigrationResult.Outcome.completed),
    (.shutOff, true, .succeeded, off, off, .completed),
    (.shutOff, false, .succeeded, off, off, .needsAttention),
    (.shutOff, false, refused, off, .absent, .rolledBack),
    (.shutOff, false, refused, off, off, .rolledBack),
    (.running, true, .succeeded, running, off, .completed),
    (.running, true, refused, running, .absent, .rolledBack),
    (.running, true, .succeeded, running, running, .needsAttention),
  ])
  func aDefinitionMovesOrIsCopied(
    state: DomainState, stays: Bool, call: CallOutcome, source: Sighting, destination: Sighting,
    outcome: MigrationResult.Outcome
  ) {
    let seen = Inspection(source: source, destination: destination)
    let run = Run(
      [
        .started(at: .zero), .callReturned(call, at: .zero), .inspected(seen, at: .zero),
        .inspected(seen, at: .seconds(1)), .inspected(seen, at: .seconds(32)),
      ],
      Machine.Intent(
        sourceName: "host1", destinationName: "host2", initialState: state, leavesPaused: false,
        scope: .definition(staysOnSource: stays)))
    #expect(run.result?.outcome == outcome)
  }

  @Test func nothingIsReportedAfterTheResult() {
    var run = Run(moved + [.inspected(Inspection(source: .absent, destination: running), at: .seconds(5))])
    let events: [Machine.Event] = [
      .sample(sample(remaining: 1, of: 2), at: .zero), .cancelRequested, .callReturned(refused, at: .zero),
      .inspected(Inspection(source: running, destination: running), at: .zero), .started(at: .zero),
    ]
    #expect(events.flatMap { run.machine.reduce($0) }.isEmpty)
  }
}
