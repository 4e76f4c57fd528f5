import Libvirt
import MigrationModel
import Synchronization
import Threads

/// Both hosts of a move that is over or was broken off, to see where its guest is and to put right what is left.
public final class RecoveryHosts: Sendable {
  public let source: LibvirtHost
  public let destination: LibvirtHost
  public let uuid: String
  private let here: HostWatch
  private let there: HostWatch
  private let known: Mutex<MoveKnowledge>

  /// How often a guest is looked at before what is seen counts as steady, and how far apart.
  private static let looks = 4
  private static let pause = Duration.milliseconds(500)

  /// Connects to both hosts; throws LibvirtError that names the one that does not answer.
  /// - Parameter known: what the move's journal says of it.
  public static func open(
    uuid: String, source: LibvirtHost, destination: LibvirtHost, knowing known: MoveKnowledge, timeout: Duration
  ) async throws -> RecoveryHosts {
    async let here = connect(to: source, timeout)
    async let there = connect(to: destination, timeout)
    let connections = try await (here: here, there: there)
    return try await blocking {
      func watch(_ host: LibvirtHost, _ connection: Connection) throws -> HostWatch {
        try HostWatch(host, uuid: uuid, through: connection, timeout: timeout, onEvent: { _ in }, onLoss: {})
      }
      return RecoveryHosts(
        source, destination, uuid, try watch(source, connections.here), try watch(destination, connections.there),
        known)
    }
  }

  private init(
    _ source: LibvirtHost, _ destination: LibvirtHost, _ uuid: String, _ here: HostWatch, _ there: HostWatch,
    _ known: MoveKnowledge
  ) {
    (self.source, self.destination, self.uuid, self.here, self.there) = (source, destination, uuid, here, there)
    self.known = Mutex(known)
  }

  /// The UUID of a guest of that name, from whichever host knows it; throws LibvirtError for a host that does not
  /// answer, and `WhichGuest` when both know none or mean different ones.
  public static func uuid(
    of domain: String, source: LibvirtHost, destination: LibvirtHost, timeout: Duration
  ) async throws -> String {
    async let here = lookUpIfThere(domain, on: source, timeout)
    async let there = lookUpIfThere(domain, on: destination, timeout)
    switch try await (here, there) {
    case (let here?, let there?) where here != there:
      throw WhichGuest.different(name: domain, source: source.name, destination: destination.name)
    case (let uuid?, _), (_, let uuid?): return uuid
    case (nil, nil): throw WhichGuest.none(name: domain, source: source.name, destination: destination.name)
    }
  }

  public func inspect() async -> Inspection {
    async let onSource = here.sighting()
    async let onDestination = there.sighting()
    return Inspection(source: await onSource, destination: await onDestination)
  }

  /// What is to be done, seen the same way several times in a row; something that still changes is `wait`.
  public func steadyLook() async -> (seen: Inspection, recovery: Recovery) {
    var seen = await inspect()
    for _ in 1..<Self.looks {
      try? await Task.sleep(for: Self.pause)
      let next = await inspect()
      guard next.saysTheSame(as: seen) else { return (next, .wait("what the hosts say still changes")) }
      seen = next
    }
    return (seen, recovery(of: seen))
  }

  private func recovery(of seen: Inspection) -> Recovery {
    Engine.recovery(
      source: seen.source, destination: seen.destination, knowing: known.withLock { $0 })
  }

  /// Does the one safe thing, after it was seen once more that it still is; returns why it was not done, nil when it was.
  /// - Parameters:
  ///   - undefinesSource: the definition on the source goes with its copy, as the move would have taken it.
  ///   - definedDestination: a definition on the destination is the move's, and goes with what it left there.
  public func perform(_ recovery: Recovery, undefinesSource: Bool, definedDestination: Bool) async -> String? {
    let seen = await inspect()
    guard self.recovery(of: seen) == recovery else { return "what the hosts say has changed: look again" }
    let undefines = undefinesSource && seen.destination.isPersistent
    do {
      switch recovery {
      case .resumeSource: try await here.withGuest { try $0.resume() }
      case .pauseSource:
        try await here.withGuest { try $0.suspend() }
        known.withLock { $0.isFenced = true }
      case .removeSource: try await here.withGuest { try $0.remove(undefining: undefines) }
      case .resumeDestination: try await there.withGuest { try $0.resume() }
      case .removeDestination: try await there.withGuest { try $0.remove(undefining: definedDestination) }
      case .settled(.destination) where undefines && seen.source.isPersistent:
        try await here.withGuest { try $0.undefine() }
      case .settled, .wait, .resumePostcopy, .start, .unreachable, .person: break
      }
      return nil
    } catch {
      return "\(error)"
    }
  }
}

extension Domain {
  /// Ends its process, and its definition where it has one and that is to go.
  @available(*, noasync)
  func remove(undefining: Bool) throws {
    try destroy()
    if undefining, try isPersistent() { try undefine() }
  }
}

/// Both hosts answered, and a person has to say which guest is meant.
public enum WhichGuest: Error, CustomStringConvertible {
  case different(name: String, source: String, destination: String)
  case none(name: String, source: String, destination: String)

  public var description: String {
    switch self {
    case .different(let name, let source, let destination):
      "\(source) and \(destination) have different guests named “\(name)”: name it by its UUID"
    case .none(let name, let source, let destination): "neither \(source) nor \(destination) has a guest “\(name)”"
    }
  }
}

private func lookUpIfThere(_ domain: String, on host: LibvirtHost, _ timeout: Duration) async throws -> String? {
  do {
    return try await lookUp(domain, on: host, timeout).uuid
  } catch let error as LibvirtError where error.code == .noDomain {
    return nil
  }
}
