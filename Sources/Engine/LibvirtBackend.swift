import Libvirt
import MigrationModel
import Synchronization
import Threads

/// A libvirt host as the engine reaches it.
public struct LibvirtHost: Sendable, Hashable {
  /// How results and errors name it.
  public var name: String
  public var uri: String
  public init(name: String, uri: String) {
    self.name = name
    self.uri = uri
  }
}

/// Moves a guest through libvirt. The blocking call has one connection to the source, watching has another, so that
/// statistics, events and an abort never wait for the call.
public final class LibvirtBackend: MigrationBackend {
  public let events: AsyncStream<Machine.Event>
  public let intent: Machine.Intent
  public let uuid: String

  private let post: AsyncStream<Machine.Event>.Continuation
  private let start: ContinuousClock.Instant
  private let request: MigrationRequest
  private let call: MigrationCall
  /// The guest through the connection that is blocked while it moves.
  private let mover: Domain
  let arriving: Connection
  let source: HostWatch
  private let destination: HostWatch
  private let isOver = Mutex(false)
  private let isAborted = Mutex(false)
  private let tail: Tail
  private let preparations: MovePreparations

  /// From one reading of the statistics to the next, at 11 Hz. Each is a command to the QEMU that is busy sending the guest:
  /// more of them make a short move longer.
  static let samplingInterval = Duration.milliseconds(90)
  /// How long a single abort is given before it is repeated.
  static let abortInterval = Duration.milliseconds(100)
  /// Within which a destination answers that is fit for post-copy.
  static let proofOfLife = Duration.seconds(2)
  /// How long the last events of a finished move are waited for.
  static let tailLimit = Duration.milliseconds(500)

  /// Registers for the events of both hosts and reads how the guest is. Throws LibvirtError, naming the host, and
  /// `GuestBusy` when another job runs; nothing was started then.
  /// - Parameter remedy: commands for a person, should the move end in a state that cannot be settled.
  public static func open(
    over connections: MoveConnections, _ request: MigrationRequest, remedy: [String] = [],
    since start: ContinuousClock.Instant
  ) async throws -> LibvirtBackend {
    try await blocking { try LibvirtBackend(connections, request, remedy, start) }
  }

  /// Connects to both hosts as well.
  public static func open(
    _ domain: String, from source: LibvirtHost, to destination: LibvirtHost, _ request: MigrationRequest,
    timeout: Duration, since start: ContinuousClock.Instant
  ) async throws -> LibvirtBackend {
    let connections = try await MoveConnections.open(domain, from: source, to: destination, timeout: timeout)
    return try await open(over: connections, request, since: start)
  }

  @available(*, noasync)
  private init(
    _ connections: MoveConnections, _ request: MigrationRequest, _ remedy: [String], _ start: ContinuousClock.Instant
  ) throws {
    let (mover, source, destination) = (connections.mover, connections.source, connections.destination)
    let state = try mover.status().state
    // An abort goes to whatever job the guest has: it must be ours.
    if state.isActive, !request.postcopyResume, try mover.isBusy() {
      throw GuestBusy(host: source.name, guest: mover.name)
    }
    call = MigrationCall(request, isActive: state.isActive, isPersistent: try mover.isPersistent())
    intent = Machine.Intent(
      sourceName: source.name, destinationName: destination.name,
      initialState: request.postcopyResume ? .running : state, leavesPaused: request.suspend,
      scope: call.scope(isActive: state.isActive), policy: ConvergencePolicy(request),
      needsDestination: !call.isPeerToPeer,
      handsOver: request.strictHandover && state == .running && !request.suspend,
      undefinesSource: call.flags.contains(.undefineSource),
      definesDestination: try call.flags.contains(.persistDestination) && !connections.isKnownThere(),
      resumesPostcopy: request.postcopyResume, remedy: remedy)
    (self.mover, arriving, uuid) = (mover, connections.arriving, mover.uuid)
    (self.request, self.start) = (request, start)
    let (events, post) = AsyncStream.makeStream(of: Machine.Event.self)
    let tail = Tail()
    (self.events, self.post, self.tail) = (events, post, tail)
    func watch(_ side: Side, _ host: LibvirtHost, _ connection: Connection) throws -> HostWatch {
      try HostWatch(
        host, uuid: mover.uuid, through: connection, timeout: connections.timeout,
        onEvent: { Self.forward($0, of: side, since: start, post, tail) }, onLoss: { post.yield(.lostSight(side)) })
    }
    self.source = try watch(.source, source, connections.watching)
    self.destination = try watch(.destination, destination, connections.arriving)
    preparations = MovePreparations(
      request, of: mover, from: self.source, to: self.destination, through: connections.arriving,
      timeout: connections.timeout)
  }

  deinit { post.finish() }

  /// Has `note` called before anything is made on the destination; what it throws keeps the move from beginning.
  public func beforeMaking(_ note: @escaping @Sendable (StorageLeftover) throws -> Void) {
    preparations.beforeMaking(note)
  }

  /// What was made for the move, or may have been, and may still be there.
  public var leftovers: [StorageLeftover] { preparations.leftovers }

  /// Moves the guest: one libvirt call on a thread of its own, sampled meanwhile from the watching connection.
  public func migrate() async {
    let sampler = Task { [source, post, start] in await sample(source, since: start, post) }
    defer { sampler.cancel() }
    let outcome = await steps()
    isOver.withLock { $0 = true }
    if outcome == .succeeded, intent.scope == .guest {
      await tail.wait(atMost: Self.tailLimit, forResume: intent.arrivalState != .paused)
    }
    post.yield(.callReturned(outcome, at: ContinuousClock.now - start))
    // A peer-to-peer move may go on without the call: it is sampled until the driver lets go.
    if outcome != .succeeded {
      while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
    }
  }

  /// What is needed first, then the call. An abort between them finds nothing to end, and is heeded here.
  private func steps() async -> CallOutcome {
    let isPrepared = request.postcopyResume || intent.scope != .guest
    for step in (isPrepared ? [] : [preparations.makeImages, preparations.limitDowntime]) + [runCall] {
      if isAborted.withLock({ $0 }) {
        let message = "ended before the migration had begun"
        return .failed(MigrationFailure(code: MigrationFailure.operationAborted, message: message))
      }
      let outcome = await outcome(step)
      guard outcome == .succeeded else { return outcome }
    }
    return .succeeded
  }

  public func abort() async {
    isAborted.withLock { $0 = true }
    repeat {
      // Refused before the job has begun and after it has ended; whoever asked looks at the hosts, not at this answer.
      try? await source.withGuest { guest in
        if try guest.jobStatistics().operation == Self.outgoingMigration { try guest.abortJob() }
      }
      try? await Task.sleep(for: Self.abortInterval)
    } while !isOver.withLock { $0 } && !Task.isCancelled
  }

  /// VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT: a backup or a save of the guest is not ours to end.
  private static let outgoingMigration: Int32 = 5

  public func exercise(_ control: Machine.Control) async -> String? {
    await refusal { [source, destination] in
      // There is no way back from post-copy: the other end must be there in this moment.
      if control == .startPostcopy { _ = try await destination.withGuest(within: Self.proofOfLife) { try $0.status() } }
      let host = control == .resumeDestination ? destination : source
      try await host.withGuest { guest in
        switch control {
        case .set(.bandwidth(let rate), _): try guest.setMaxSpeed(rate)
        case .set(.postcopyBandwidth(let rate), _): try guest.setMaxSpeed(rate, inPostcopy: true)
        case .set(.maxDowntime(let limit), _): try guest.setMaxDowntime(.milliseconds(limit))
        case .suspend, .fence: try guest.suspend()
        case .resumeDestination: try guest.resume()
        case .startPostcopy: try guest.startPostcopy()
        case .pausePostcopy: try guest.pausePostcopy()
        }
      }
    }
  }

  public func inspect() async -> Inspection {
    async let onSource = source.sighting()
    async let onDestination = destination.sighting()
    return Inspection(source: await onSource, destination: await onDestination)
  }

  public func repair(_ repair: Machine.Repair, seen: Inspection) async -> String? {
    guard await inspect().saysTheSame(as: seen) else { return "what the hosts say has changed since it was decided" }
    let undefines = call.flags.contains(.undefineSource) && seen.destination.isPersistent
    let persists = call.flags.contains(.persistDestination)
    let isOfDestination = [.resumeDestination, .removeDestination, .undefineDestination].contains(repair)
    let host = isOfDestination ? destination : source
    return await refusal {
      try await host.withGuest { guest in
        switch repair {
        case .resumeSource, .resumeDestination: try guest.resume()
        case .removeDestination: try guest.remove(undefining: persists)
        case .removeSource: try guest.remove(undefining: undefines)
        case .undefineSource, .undefineDestination: try guest.undefine()
        }
      }
    }
  }

  public func clear(hasMoved: Bool) async -> [String] {
    hasMoved ? [] : await preparations.takeBack()
  }

  private func runCall() async throws {
    try await blocking { [mover, arriving, destination, call] in
      if call.isPeerToPeer {
        try mover.migrate(toURI: destination.host.uri, call.flags, call.parameters)
      } else {
        _ = try mover.migrate(to: arriving, call.flags, call.parameters)
      }
    }
  }

  private static func forward(
    _ event: DomainEvent, of side: Side, since start: ContinuousClock.Instant,
    _ post: AsyncStream<Machine.Event>.Continuation, _ tail: Tail
  ) {
    switch event.kind {
    case .lifecycle(let lifecycle):
      let guest = GuestEvent(lifecycle)
      post.yield(.lifecycle(side, guest, at: event.received - start))
      if side == .destination, [.resumedAfterMigration, .resumed].contains(guest.kind) { tail.sawResume() }
    case .jobCompleted(let statistics) where side == .source && statistics.operation == outgoingMigration:
      post.yield(.completed(ProgressSample(statistics)))
      tail.sawStatistics()
    case .jobCompleted, .migrationIteration: break
    }
  }
}

/// The guest has a job already: a migration, a backup, a save.
struct GuestBusy: Error, CustomStringConvertible {
  var host, guest: String
  var description: String { "\(host): \(guest) has a job under way already; nothing was begun" }
}

/// Reads the job's statistics until cancelled. Before the job and after it libvirt answers that there is none, and while
/// the destination is prepared all figures are zero: neither says anything.
private func sample(
  _ source: HostWatch, since start: ContinuousClock.Instant, _ post: AsyncStream<Machine.Event>.Continuation
) async {
  var next = ContinuousClock.now
  while !Task.isCancelled {
    next = max(next.advanced(by: LibvirtBackend.samplingInterval), .now)
    let statistics = try? await source.withGuest { try $0.jobStatistics() }
    if let statistics, statistics.type == .unbounded, let total = statistics.dataTotal, total > .bytes(0) {
      post.yield(.sample(ProgressSample(statistics), at: ContinuousClock.now - start))
    }
    try? await Task.sleep(until: next)
  }
}

private func outcome(_ body: () async throws -> Void) async -> CallOutcome {
  do {
    try await body()
    return .succeeded
  } catch let error as LibvirtError {
    return .failed(MigrationFailure(error))
  } catch {
    return .failed(MigrationFailure(message: "\(error)"))
  }
}

/// What `body` threw, in words; nil when it did not.
private func refusal(_ body: () async throws -> Void) async -> String? {
  do {
    try await body()
    return nil
  } catch {
    return "\(error)"
  }
}

/// The last events of a move that succeeded: they come over other connections than the call's answer, and may be later.
private final class Tail: Sendable {
  private let seen = Mutex((resume: false, statistics: false))
  private let (stream, arrivals) = AsyncStream.makeStream(of: Void.self)

  func sawResume() { note { $0.resume = true } }
  func sawStatistics() { note { $0.statistics = true } }

  private func note(_ change: (inout (resume: Bool, statistics: Bool)) -> Void) {
    seen.withLock { change(&$0) }
    arrivals.yield()
  }

  /// Returns when the job's statistics, and the resume if one is to come, were seen; at the latest after `limit`.
  func wait(atMost limit: Duration, forResume: Bool) async {
    let timer = Task { [arrivals] in
      try await Task.sleep(for: limit)
      arrivals.finish()
    }
    defer { timer.cancel() }
    if isComplete(forResume) { return }
    for await _ in stream where isComplete(forResume) { return }
  }

  private func isComplete(_ forResume: Bool) -> Bool { seen.withLock { $0.statistics && ($0.resume || !forResume) } }
}
