import MigrationModel

/// What one process asks of another's move.
public enum Wish: Codable, Sendable, Equatable {
  case cancel
  case set(MoveSetting)
}

/// One wish that was asked once.
public struct RequestID: RawRepresentable, Sendable, Hashable {
  public var rawValue: Int64
  public init(rawValue: Int64) { self.rawValue = rawValue }
}

/// What the mover said to a wish.
public struct Answer: Sendable, Equatable {
  public var isAccepted: Bool
  /// One sentence without its end.
  public var text: String
  public init(isAccepted: Bool, text: String) {
    self.isAccepted = isAccepted
    self.text = text
  }
}
