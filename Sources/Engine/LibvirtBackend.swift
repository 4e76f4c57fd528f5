import DomainXML
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
  let destinationConnection: Connection
  let source: HostWatch
  private let destination: HostWatch
  private let isOver = Mutex(false)
  private let tail: Tail
  /// The downtime limit that the guest had, where it was changed for this move.
  private let downtimeBefore = Mutex<Duration?>(nil)
  private let images: Images

  /// From one reading of the statistics to the next, at 11 Hz. Each is a command to the QEMU that is busy sending the guest:
  /// more of them make a short move longer.
  static let samplingInterval = Duration.milliseconds(90)
  /// How long a single abort is given before it is repeated.
  static let abortInterval = Duration.milliseconds(100)
  /// How long the last events of a finished move are waited for.
  static let tailLimit = Duration.milliseconds(500)

  /// Connects to both hosts and registers for their events. Throws LibvirtError (no such domain: `.noDomain`), naming the
  /// host; nothing was started then.
  /// - Parameter remedy: commands for a person, should the move end in a state that cannot be settled.
  public static func open(
    _ domain: String, from source: LibvirtHost, to destination: LibvirtHost, _ request: MigrationRequest,
    remedy: [String] = [], timeout: Duration, since start: ContinuousClock.Instant
  ) async throws -> LibvirtBackend {
    async let mover = lookUp(domain, on: source, timeout)
    async let watched = connect(to: source, timeout)
    async let destinationConnection = connect(to: destination, timeout)
    let opened = try await (mover: mover, watched: watched, destination: destinationConnection)
    return try await blocking {
      try LibvirtBackend(
        opened.mover, opened.watched, opened.destination, source, destination, request, remedy, timeout, start)
    }
  }

  @available(*, noasync)
  private init(
    _ mover: Domain, _ watched: Connection, _ destinationConnection: Connection, _ source: LibvirtHost,
    _ destination: LibvirtHost, _ request: MigrationRequest, _ remedy: [String], _ timeout: Duration,
    _ start: ContinuousClock.Instant
  ) throws {
    let state = try mover.status().state
    call = MigrationCall(request, isActive: state.isActive, isPersistent: try mover.isPersistent())
    intent = Machine.Intent(
      sourceName: source.name, destinationName: destination.name,
      initialState: request.postcopyResume ? .running : state, leavesPaused: request.suspend,
      scope: call.scope(isActive: state.isActive), policy: ConvergencePolicy(request),
      needsDestination: !call.isPeerToPeer,
      undefinesSource: call.flags.contains(.undefineSource), resumesPostcopy: request.postcopyResume, remedy: remedy)
    images = Images(keeper: ImageKeeper(on: destinationConnection, id: String(mover.uuid.prefix(8))))
    (self.mover, self.destinationConnection) = (mover, destinationConnection)
    (self.request, self.start, uuid) = (request, start, mover.uuid)
    let (events, post) = AsyncStream.makeStream(of: Machine.Event.self)
    let tail = Tail()
    (self.events, self.post, self.tail) = (events, post, tail)
    func watch(_ side: Side, _ host: LibvirtHost, _ connection: Connection) throws -> HostWatch {
      try HostWatch(
        host, uuid: mover.uuid, through: connection, timeout: timeout,
        onEvent: { Self.forward($0, of: side, since: start, post, tail) }, onLoss: { post.yield(.lostSight(side)) })
    }
    self.source = try watch(.source, source, watched)
    self.destination = try watch(.destination, destination, destinationConnection)
  }

  deinit { post.finish() }

  /// Has `note` called before anything is made on the destination; what it throws keeps the move from beginning.
  public func beforeMaking(_ note: @escaping @Sendable (StorageLeftover) throws -> Void) {
    images.state.withLock { $0.note = note }
  }

  /// Moves the guest: one libvirt call on a thread of its own, sampled meanwhile from the watching connection.
  public func migrate() async {
    let sampler = Task { [source, post, start] in await sample(source, since: start, post) }
    var outcome = await makeImages()
    if outcome == .succeeded { outcome = await limitDowntime() }
    if outcome == .succeeded { outcome = await runCall() }
    isOver.withLock { $0 = true }
    if outcome == .succeeded, intent.scope == .guest {
      await tail.wait(atMost: Self.tailLimit, forResume: intent.arrivalState != .paused)
    }
    post.yield(.callReturned(outcome, at: ContinuousClock.now - start))
    // A peer-to-peer move may go on without the call: it is sampled until the driver lets go.
    if outcome != .succeeded {
      while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
    }
    sampler.cancel()
  }

  public func abort() async {
    repeat {
      // Refused before the job has begun and after it has ended; whoever asked looks at the hosts, not at this answer.
      try? await source.withGuest { try $0.abortJob() }
      try? await Task.sleep(for: Self.abortInterval)
    } while !isOver.withLock { $0 } && !Task.isCancelled
  }

  public func exercise(_ control: Machine.Control) async -> String? {
    await refusal { [source] in
      try await source.withGuest { guest in
        switch control {
        case .set(.bandwidth(let rate), _): try guest.setMaxSpeed(rate)
        case .set(.postcopyBandwidth(let rate), _): try guest.setMaxSpeed(rate, inPostcopy: true)
        case .set(.maxDowntime(let limit), _): try guest.setMaxDowntime(.milliseconds(limit))
        case .suspend, .fence: try guest.suspend()
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

  public func repair(_ repair: Machine.Repair) async -> String? {
    let undefines = call.flags.contains(.undefineSource)
    return await refusal { [source] in
      try await source.withGuest { guest in
        switch repair {
        case .resumeSource: try guest.resume()
        case .removeSource: try guest.remove(undefining: undefines)
        case .undefineSource: try guest.undefine()
        }
      }
    }
  }

  public func clear(hasMoved: Bool) async -> [String] {
    hasMoved ? [] : await restoreDowntime() + removeImages()
  }

  /// What the copied disks need and the destination does not have.
  private func makeImages() async -> CallOutcome {
    guard request.copyStorage != nil, intent.scope == .guest else { return .succeeded }
    return await outcome { [mover, request, images] in
      try await blocking {
        var guest = try DomainDescription(parsing: mover.xml()).facts
        guest.state = try mover.status().state
        if let xml = request.destinationXML { guest = guest.fitted(to: try DomainDescription(parsing: xml).facts) }
        let targets = guest.disks.filter(request.copies).map(\.target)
        let sizes = try Dictionary(uniqueKeysWithValues: targets.map { ($0, try mover.size(ofDisk: $0)) })
        let needed = try request.targetImages(of: guest, sizes)
        let made = try images.keeper.make(needed, willMake: images.state.withLock(\.note))
        images.state.withLock { $0.made = made }
      }
    }
  }

  private func removeImages() async -> [String] {
    let made = images.state.withLock(\.made)
    guard !made.isEmpty else { return [] }
    do {
      return try await blocking { [images, uuid] in images.keeper.remove(made, ofGuest: uuid).map(\.description) }
    } catch {
      return ["\(error)"]
    }
  }

  private func restoreDowntime() async -> [String] {
    guard let before = downtimeBefore.withLock({ $0 }) else { return [] }
    let refusal = await refusal { [source] in try await source.withGuest { try $0.setMaxDowntime(before) } }
    return refusal.map { ["the guest's downtime limit is still the move's: \($0)"] } ?? []
  }

  /// Set before the move begins: QEMU decides with it from the first pass on.
  private func limitDowntime() async -> CallOutcome {
    guard let limit = request.maxDowntime, intent.scope == .guest else { return .succeeded }
    return await outcome { [self] in
      let before = try await source.withGuest { guest in
        let before = try guest.maxDowntime()
        try guest.setMaxDowntime(.milliseconds(limit))
        return before
      }
      downtimeBefore.withLock { $0 = before }
    }
  }

  private func runCall() async -> CallOutcome {
    await outcome { [mover, destinationConnection, destination, call] in
      try await blocking {
        if call.isPeerToPeer {
          try mover.migrate(toURI: destination.host.uri, call.flags, call.parameters)
        } else {
          _ = try mover.migrate(to: destinationConnection, call.flags, call.parameters)
        }
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
      if side == .destination, guest.kind == .resumedAfterMigration { tail.sawResume() }
    case .jobCompleted(let statistics):
      post.yield(.completed(ProgressSample(statistics)))
      tail.sawStatistics()
    case .migrationIteration: break
    }
  }
}

/// The images that a move makes, and who is told beforehand.
private final class Images: Sendable {
  let keeper: ImageKeeper
  let state = Mutex(State())

  struct State: Sendable {
    var note: @Sendable (StorageLeftover) throws -> Void = { _ in }
    var made: [TargetImage] = []
  }

  init(keeper: ImageKeeper) { self.keeper = keeper }
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

func connect(to host: LibvirtHost, _ timeout: Duration) async throws -> Connection {
  try await blocking(within: timeout, orThrow: { Unanswered(host: host.name) }) {
    try Connection.open(host.uri, host: host.name)
  }
}

/// By name, or by UUID where it looks like one and no guest has such a name.
func lookUp(_ domain: String, on host: LibvirtHost, _ timeout: Duration) async throws -> Domain {
  try await blocking(within: timeout, orThrow: { Unanswered(host: host.name) }) {
    let connection = try Connection.open(host.uri, host: host.name)
    do {
      return try connection.domain(named: domain)
    } catch let error as LibvirtError where error.code == .noDomain {
      guard let found = try? connection.domain(uuid: domain) else { throw error }
      return found
    }
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
