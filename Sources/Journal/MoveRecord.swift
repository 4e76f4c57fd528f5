import MigrationModel

/// A host as a move knew it.
public struct HostReference: Codable, Sendable, Hashable {
  public var name: String
  public var uri: String
  public init(name: String, uri: String) {
    self.name = name
    self.uri = uri
  }
}

/// What a move made on a host and must remove again if it fails. It is written down before the thing is made, so the
/// thing need not be there.
public enum Leftover: Codable, Sendable, Hashable {
  case image(TargetImage, on: HostReference)
  /// A transient storage pool, through which images are made.
  case pool(name: String, on: HostReference)
}

/// One move, as the journal has it.
public struct MoveRecord: Identifiable, Sendable, Equatable {
  public typealias ID = Int64

  public var id: ID
  /// The guest's name on the source.
  public var domain: String
  /// In lower case.
  public var uuid: String
  public var source: HostReference
  public var destination: HostReference
  public var request: MigrationRequest
  /// The process that moves the guest, or settles what was left; dead as soon as a result needs a person.
  public var owner: ProcessIdentity
  /// Seconds since 1970.
  public var startedAt: Double
  /// nil while the move is open.
  public var endedAt: Double?
  /// The last one that was reported.
  public var phase: MigrationPhase?
  /// The last one that was reported.
  public var percent: Double?
  public var leftovers: [Leftover]
  /// nil while the guest moves. An open move with a result needs a person.
  public var result: MigrationResult?

  public var isOpen: Bool { endedAt == nil }
}

/// A guest is not moved twice at a time.
public struct MoveInProgress: Error, Sendable, Equatable, CustomStringConvertible {
  public var record: MoveRecord
  public init(record: MoveRecord) { self.record = record }
  public var description: String {
    "\(record.domain) is already being moved from \(record.source.name) to \(record.destination.name), by process "
      + "\(record.owner.pid)"
  }
}

/// A move whose process is gone, or whose result needs a person: where the guest is must be seen on both hosts before it
/// is moved again.
public struct MoveInterrupted: Error, Sendable, Equatable, CustomStringConvertible {
  public var record: MoveRecord
  public var description: String {
    "the last move of \(record.domain), from \(record.source.name) to \(record.destination.name), "
      + (record.result == nil ? "was interrupted" : "needs a person")
  }
}
