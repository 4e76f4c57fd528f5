import Engine
import MigrationModel
import Synchronization
import Testing

private let intent = Machine.Intent(
  sourceName: "host1", destinationName: "host2", initialState: .running, leavesPaused: false)
private let running = Sighting.present(.running, reason: "", isPersistent: true)

/// Hosts between which nothing moves until it is aborted, or whose call is over at once.
private final class Rehearsal: MigrationBackend {
  let events: AsyncStream<Machine.Event>
  private let post: AsyncStream<Machine.Event>.Continuation
  private let isAborted = AsyncStream.makeStream(of: Void.self)
  private let seenBefore: [Machine.Event]
  private let outcome: CallOutcome

  init(seenBefore: [Machine.Event] = [], _ outcome: CallOutcome) {
    (events, post) = AsyncStream.makeStream(of: Machine.Event.self)
    (self.seenBefore, self.outcome) = (seenBefore, outcome)
  }

  func migrate() async {
    if outcome != .succeeded { for await _ in isAborted.stream { break } }
    for event in seenBefore { post.yield(event) }
    post.yield(.callReturned(outcome, at: .seconds(1)))
  }

  func abort() async { isAborted.continuation.yield() }

  func exercise(_ control: Machine.Control) async -> String? { nil }
  func repair(_ repair: Machine.Repair, seen: Inspection) async -> String? { nil }
  func clear(hasMoved: Bool) async -> [String] { hasMoved ? [] : ["an image"] }

  func inspect() async -> Inspection {
    outcome == .succeeded
      ? Inspection(source: .absent, destination: running) : Inspection(source: running, destination: .absent)
  }
}

private let aborted = CallOutcome.failed(MigrationFailure(code: 78, message: "canceled by client"))

@Suite(.timeLimit(.minutes(1))) struct DriverTests {
  private let told = Told()

  private func drive(_ backend: Rehearsal, wishes: AsyncStream<MoveWish> = AsyncStream { _ in }) async
    -> MigrationResult
  {
    await Engine.drive(backend, intent, since: .now, wishes: wishes) { [told] content, _ in
      told.contents.withLock { $0.append(content) }
    }
  }

  private func expectResultLast(_ result: MigrationResult, sourceLocation: SourceLocation = #_sourceLocation) {
    let contents = told.contents.withLock { $0 }
    #expect(contents.last == .result(result), sourceLocation: sourceLocation)
    let results = contents.filter { if case .result = $0 { true } else { false } }
    #expect(results.count == 1, sourceLocation: sourceLocation)
  }

  @Test func whatWasSeenBeforeTheCallWasOverIsToldBeforeItsEnd() async {
    let resumed = GuestEvent(kind: .resumedAfterMigration, event: "resumed", detail: "migrated")
    let result = await drive(Rehearsal(seenBefore: [.lifecycle(.destination, resumed, at: .zero)], .succeeded))
    #expect(result.outcome == .completed)
    let phases = told.contents.withLock { $0 }.compactMap { if case .phase(let phase, _) = $0 { phase } else { nil } }
    #expect(phases == [.prepare, .transfer, .stop, .state, .continue, .confirm])
    expectResultLast(result)
  }

  @Test func aCancellationAbortsAndIsVerified() async {
    let result = await drive(Rehearsal(aborted), wishes: AsyncStream { $0.yield(.cancel) })
    #expect(result.outcome == .cancelled)
    #expect(result.runningOn == "host1")
    #expect(result.error?.message.contains("left behind: an image") == true)
    expectResultLast(result)
  }

  @Test func aSettingIsAnsweredAndTold() async {
    let wishes: [MoveWish] = [.set(.bandwidth(7), id: 3), .cancel]
    let stream = AsyncStream { continuation in for wish in wishes { continuation.yield(wish) } }
    let result = await Engine.drive(
      Rehearsal(aborted), intent, since: .now, wishes: stream,
      answer: { [told] id, error in told.answers.withLock { $0[id] = .some(error) } },
      report: { [told] content, _ in told.contents.withLock { $0.append(content) } })
    expectResultLast(result)
    #expect(told.answers.withLock { $0 } == [3: nil])
  }

  @Test func aTaskThatIsCancelledStillEndsItsMoveProperly() async {
    let move = Task { await drive(Rehearsal(aborted)) }
    move.cancel()
    let result = await move.value
    #expect(result.outcome == .cancelled)
    #expect(result.runningOn == "host1")
    expectResultLast(result)
  }
}

/// What was reported, in order.
private final class Told: Sendable {
  let contents = Mutex<[MigrationUpdate.Content]>([])
  /// What became of each setting; nil: it was taken.
  let answers = Mutex<[Int64: String?]>([:])
}
