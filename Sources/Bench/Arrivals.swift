import Synchronization

/// Numbers whoever comes, in the order in which they first came.
final class Arrivals: Sendable {
  private let known = Mutex<[String]>([])

  /// nil for whoever comes when there are so many already.
  func position(of name: String, among count: Int) -> Int? {
    known.withLock { known in
      if let position = known.firstIndex(of: name) { return position }
      guard known.count < count else { return nil }
      known.append(name)
      return known.count - 1
    }
  }
}
