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

  private let post: AsyncStream<Machine.Event>.Continuation
  private let start: ContinuousClock.Instant
  private let call: MigrationCall
  /// The connection that is blocked while the guest moves.
  private let mover: Domain
  /// The connection that watches the source meanwhile.
  let watcher: Domain
  private let source: LibvirtHost
  private let destination: LibvirtHost
  let destinationConnection: Connection
  private let uuid: String
  private let timeout: Duration
  private let isOver = Mutex(false)
  private let tail: Tail
  private let forwarders: [Task<Void, Never>]

  /// From one reading of the statistics to the next, at 11 Hz. Each is a command to the QEMU that is busy sending the guest:
  /// more of them make a short move longer.
  static let samplingInterval = Duration.milliseconds(90)
  /// How long a single abort is given before it is repeated.
  static let abortInterval = Duration.milliseconds(100)
  /// How long the last events of a finished move are waited for.
  static let tailLimit = Duration.milliseconds(500)

  /// Connects to both hosts and registers for their events. Throws LibvirtError (no such domain: `.noDomain`), naming the
  /// host; nothing was started then.
  public static func open(
    _ domain: String, from source: LibvirtHost, to destination: LibvirtHost, _ request: MigrationRequest,
    timeout: Duration, since start: ContinuousClock.Instant
  ) async throws -> LibvirtBackend {
    async let mover = lookUp(domain, on: source, timeout)
    async let watcher = lookUp(domain, on: source, timeout)
    async let destinationConnection = connect(to: destination, timeout)
    let opened = try await (mover: mover, watcher: watcher, destination: destinationConnection)
    return try await blocking {
      try LibvirtBackend(
        opened.mover, opened.watcher, opened.destination, source, destination, request, timeout, start)
    }
  }

  @available(*, noasync)
  private init(
    _ mover: Domain, _ watcher: Domain, _ destinationConnection: Connection, _ source: LibvirtHost,
    _ destination: LibvirtHost, _ request: MigrationRequest, _ timeout: Duration, _ start: ContinuousClock.Instant
  ) throws {
    let state = try watcher.status().state
    call = MigrationCall(request, isActive: state.isActive, isPersistent: try watcher.isPersistent())
    intent = Machine.Intent(
      sourceName: source.name, destinationName: destination.name, initialState: state, leavesPaused: request.suspend,
      scope: call.scope(isActive: state.isActive))
    (self.mover, self.watcher, self.destinationConnection) = (mover, watcher, destinationConnection)
    (self.source, self.destination, self.timeout, self.start) = (source, destination, timeout, start)
    uuid = watcher.uuid
    let (events, post) = AsyncStream.makeStream(of: Machine.Event.self)
    let tail = Tail()
    (self.events, self.post, self.tail) = (events, post, tail)
    let streams = [
      (Side.source, try watcher.connection.domainEvents(of: watcher)),
      (Side.destination, try destinationConnection.domainEvents()),
    ]
    forwarders = streams.map { side, stream in
      Task { [uuid = watcher.uuid] in
        for await event in stream where event.uuid == uuid { Self.forward(event, of: side, since: start, post, tail) }
      }
    }
  }

  /// What forwards events would else keep the connections open for as long as the process lives.
  deinit {
    for forwarder in forwarders { forwarder.cancel() }
    post.finish()
  }

  /// Moves the guest: one libvirt call on a thread of its own, sampled meanwhile from the watching connection.
  public func migrate() async {
    let sampler = Task { await sample() }
    let outcome = await runCall()
    isOver.withLock { $0 = true }
    sampler.cancel()
    if outcome == .succeeded, intent.scope == .guest {
      await tail.wait(atMost: Self.tailLimit, forResume: intent.arrivalState != .paused)
    }
    post.yield(.callReturned(outcome, at: ContinuousClock.now - start))
  }

  public func abort() async {
    repeat {
      // Refused before the job has begun and after it has ended; whoever asked looks at the hosts, not at this answer.
      try? await abortOnce()
      try? await Task.sleep(for: Self.abortInterval)
    } while !isOver.withLock { $0 }
  }

  /// A Ctrl-C also ends the `ssh` that carries a connection, while the source's daemon goes on with a peer-to-peer move:
  /// a connection that was lost is opened again.
  private func abortOnce() async throws {
    try await blocking(within: timeout, orThrow: { [source] in Unanswered(host: source.name) }) {
      [watcher, source, uuid] in
      let isLost = watcher.connection.closeReason != nil
      let domain = isLost ? try Connection.open(source.uri, host: source.name).domain(uuid: uuid) : watcher
      try domain.abortJob()
    }
  }

  public func inspect() async -> Inspection {
    async let onSource = sight(source, through: watcher.connection)
    async let onDestination = sight(destination, through: destinationConnection)
    return Inspection(source: await onSource, destination: await onDestination)
  }

  private func runCall() async -> CallOutcome {
    do {
      try await blocking { [mover, destinationConnection, destination, call] in
        if call.isPeerToPeer {
          try mover.migrate(toURI: destination.uri, call.flags, call.parameters)
        } else {
          _ = try mover.migrate(to: destinationConnection, call.flags, call.parameters)
        }
      }
      return .succeeded
    } catch let error as LibvirtError {
      return .failed(MigrationFailure(error))
    } catch {
      return .failed(MigrationFailure(message: "\(error)"))
    }
  }

  /// Reads the job's statistics until the call is over. Before the job and after it libvirt answers that there is none,
  /// and while the destination is prepared all figures are zero: neither says anything.
  private func sample() async {
    var next = ContinuousClock.now
    while !Task.isCancelled {
      next = max(next.advanced(by: Self.samplingInterval), .now)
      let statistics = try? await blocking { [watcher] in try watcher.jobStatistics() }
      if let statistics, statistics.type == .unbounded, let total = statistics.dataTotal, total > .bytes(0) {
        post.yield(.sample(ProgressSample(statistics)))
      }
      try? await Task.sleep(until: next)
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
      if side == .destination, guest.kind == .resumedAfterMigration { tail.sawResume() }
    case .jobCompleted(let statistics):
      post.yield(.completed(ProgressSample(statistics)))
      tail.sawStatistics()
    case .migrationIteration: break
    }
  }

  /// What a host says of the guest; a connection that was lost is opened again.
  private func sight(_ host: LibvirtHost, through connection: Connection) async -> Sighting {
    do {
      return try await blocking(within: timeout, orThrow: { Unanswered(host: host.name) }) { [uuid] in
        do {
          return try Self.sighting(of: uuid, through: connection)
        } catch let error as LibvirtError where error.code != .noDomain {
          return try Self.sighting(of: uuid, through: Connection.open(host.uri, host: host.name))
        }
      }
    } catch {
      return .unreachable("\(error)")
    }
  }

  @available(*, noasync)
  private static func sighting(of uuid: String, through connection: Connection) throws -> Sighting {
    do {
      let domain = try connection.domain(uuid: uuid)
      let status = try domain.status()
      let isBusy = status.state.isActive ? try domain.jobType() != .none : false
      return .present(
        status.state, reason: status.reason, isPersistent: try domain.isPersistent(), isBusy: isBusy)
    } catch let error as LibvirtError where error.code == .noDomain {
      return .absent
    }
  }
}

/// A host did not answer in time.
struct Unanswered: Error, CustomStringConvertible {
  var host: String
  var description: String { "\(host): libvirt did not answer in time" }
}

private func connect(to host: LibvirtHost, _ timeout: Duration) async throws -> Connection {
  try await blocking(within: timeout, orThrow: { Unanswered(host: host.name) }) {
    try Connection.open(host.uri, host: host.name)
  }
}

private func lookUp(_ domain: String, on host: LibvirtHost, _ timeout: Duration) async throws -> Domain {
  try await blocking(within: timeout, orThrow: { Unanswered(host: host.name) }) {
    try Connection.open(host.uri, host: host.name).domain(named: domain)
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
