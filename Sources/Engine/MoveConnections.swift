import Libvirt
import MigrationModel
import Threads

/// The connections of one move, and the guest on the source: what is known before the move is written down.
public struct MoveConnections: Sendable {
  public let source: LibvirtHost
  public let destination: LibvirtHost
  /// The guest, through the connection that is blocked while it moves.
  let mover: Domain
  /// To the source, for statistics, events and aborts meanwhile.
  let watching: Connection
  let arriving: Connection
  let timeout: Duration

  public var uuid: String { mover.uuid }
  /// The guest's own name, also where it was named by its UUID.
  public var name: String { mover.name }

  /// Throws LibvirtError.
  public func guestState() async throws -> DomainState { try await blocking { [mover] in try mover.status().state } }

  /// Whether the destination knows the guest already. Throws LibvirtError.
  @available(*, noasync)
  func isKnownThere() throws -> Bool {
    do { return try !arriving.domain(uuid: uuid).uuid.isEmpty } catch let error as LibvirtError
      where error.code == .noDomain
    { return false }
  }

  /// Connects to both hosts; throws LibvirtError (no such guest: `.noDomain`), naming the host.
  public static func open(
    _ domain: String, from source: LibvirtHost, to destination: LibvirtHost, timeout: Duration
  ) async throws -> MoveConnections {
    async let mover = lookUp(domain, on: source, timeout)
    async let watching = connect(to: source, timeout)
    async let arriving = connect(to: destination, timeout)
    let opened = try await (mover: mover, watching: watching, arriving: arriving)
    return MoveConnections(
      source: source, destination: destination, mover: opened.mover, watching: opened.watching,
      arriving: opened.arriving, timeout: timeout)
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
