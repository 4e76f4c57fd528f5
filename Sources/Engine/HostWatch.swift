import Libvirt
import MigrationModel
import Synchronization
import Threads

/// One host as a move watches it: a connection that is opened again when it was lost, and the guest's events on it.
final class HostWatch: Sendable {
  let host: LibvirtHost
  private let uuid: String
  private let timeout: Duration
  private let onEvent: @Sendable (DomainEvent) -> Void
  private let onLoss: @Sendable () -> Void
  private let state: Mutex<State>
  private let opening = Mutex(())
  /// A host that is away is not asked more often for a connection: each may be a process and a login.
  private static let reopeningInterval = Duration.seconds(1)

  private struct State {
    var connection: Connection
    /// When opening it again last failed, and how.
    var failure: (at: ContinuousClock.Instant, error: any Error)?
    /// The guest on that connection, once it was found there.
    var guest: Domain?
    var forwarder: Task<Void, Never>?
  }

  /// Registers for events; throws LibvirtError.
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  init(
    _ host: LibvirtHost, uuid: String, through connection: Connection, timeout: Duration,
    onEvent: @escaping @Sendable (DomainEvent) -> Void, onLoss: @escaping @Sendable () -> Void
  ) throws {
    (self.host, self.uuid, self.timeout, self.onEvent, self.onLoss) = (host, uuid, timeout, onEvent, onLoss)
    state = Mutex(State(connection: connection))
    try state.withLock { $0.forwarder = try forward(from: $0.connection) }
  }

  /// What forwards events would else keep the connection open for as long as the process lives.
  deinit { state.withLock { $0.forwarder?.cancel() } }

  /// The connection, opened again if it was lost. Throws LibvirtError; may block as long as the network makes it.
  @available(*, noasync)
  private func connection() throws -> Connection {
    let current = state.withLock(\.connection)
    guard current.closeReason != nil else { return current }
    // One thread opens it, and the others wait for that.
    return try opening.withLock { _ in
      let (latest, failure) = state.withLock { ($0.connection, $0.failure) }
      if latest.closeReason == nil { return latest }
      if let failure, ContinuousClock.now - failure.at < Self.reopeningInterval { throw failure.error }
      do {
        let renewed = try Connection.open(host.uri, host: host.name)
        let forwarder = try forward(from: renewed)
        // The old forwarder ends with its connection, and tells of the loss if it has not yet.
        state.withLock { $0 = State(connection: renewed, forwarder: forwarder) }
        return renewed
      } catch {
        state.withLock { $0.failure = (.now, error) }
        throw error
      }
    }
  }

  /// The guest; libvirt's handle of it stays right while the connection lasts. Throws LibvirtError.
  @available(*, noasync)
  private func guest() throws -> Domain {
    let connection = try connection()
    if let known = state.withLock(\.guest), known.connection === connection { return known }
    let found = try connection.domain(uuid: uuid)
    state.withLock { $0.guest = found }
    return found
  }

  /// Does something with the guest on a thread of its own; throws `Unanswered` when the host takes too long.
  /// - Parameter limit: how long it may take, where that is less than any answer may.
  func withGuest<T: Sendable>(
    within limit: Duration? = nil, _ body: @escaping @Sendable (Domain) throws -> T
  ) async throws -> T {
    let limit = min(limit ?? timeout, timeout)
    return try await blocking(within: limit, orThrow: { [host] in Unanswered(host: host.name) }) { [self] in
      try body(try guest())
    }
  }

  /// Does something on the host on a thread of its own; throws `Unanswered` when it takes too long.
  func withConnection<T: Sendable>(
    within limit: Duration, _ body: @escaping @Sendable (Connection) throws -> T
  ) async throws -> T {
    try await blocking(within: limit, orThrow: { [host] in Unanswered(host: host.name) }) { [self] in
      try body(try connection())
    }
  }

  /// What the host says of the guest; a host that does not answer is a value.
  ///
  /// It is asked several questions, between which a guest may come or go: what they contradict is asked again.
  func sighting(attempts: Int = 3) async -> Sighting {
    do {
      return try await withGuest { try Sighting(of: $0) }
    } catch let error as LibvirtError where error.code == .noDomain {
      return .absent
    } catch let error as LibvirtError where attempts > 1 && error.code != .rpc {
      return await sighting(attempts: attempts - 1)
    } catch {
      return .unreachable("\(error)")
    }
  }

  private func forward(from connection: Connection) throws -> Task<Void, Never> {
    let stream = try connection.domainEvents()
    return Task { [uuid, onEvent, onLoss] in
      for await event in stream where event.uuid == uuid { onEvent(event) }
      if !Task.isCancelled { onLoss() }
    }
  }
}

extension Sighting {
  @available(*, noasync)
  fileprivate init(of domain: Domain) throws {
    let status = try domain.status()
    self = .present(
      status.state, reason: status.reason, isPersistent: try domain.isPersistent(),
      isBusy: status.state.isActive ? try domain.isBusy() : false)
  }
}

extension Domain {
  /// A host to which a guest is just coming has a job as well, and says so by refusing its statistics
  /// (`qemuDomainGetJobStatsInternal`).
  ///
  /// A driver that knows no jobs has none.
  @available(*, noasync)
  func isBusy() throws -> Bool {
    do {
      return ![.none, .completed, .failed, .cancelled].contains(try jobType())
    } catch let error as LibvirtError where [.operationInvalid, .operationUnsupported].contains(error.code) {
      return true
    } catch let error as LibvirtError where error.code == .noSupport {
      return false
    }
  }
}

/// A host did not answer in time.
struct Unanswered: Error, CustomStringConvertible {
  var host: String
  var description: String { "\(host): libvirt did not answer in time" }
}
