import Synchronization

/// A thing that happens once, seen by all threads.
final class Flag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool { value.load(ordering: .acquiring) }
  func set() { value.store(true, ordering: .releasing) }
  /// True for the one who sets it first.
  func setOnce() -> Bool { !value.exchange(true, ordering: .acquiringAndReleasing) }
}
