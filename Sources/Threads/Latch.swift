import Synchronization

/// A thing that happens once, seen by all threads.
public final class Latch: Sendable {
  private let value = Atomic(false)
  public init() {}

  public var isSet: Bool { value.load(ordering: .acquiring) }
  public func set() { value.store(true, ordering: .releasing) }
  /// True for the one who sets it first.
  public func setOnce() -> Bool { !value.exchange(true, ordering: .acquiringAndReleasing) }
}
