import Synchronization

/// Numbers whoever comes in the order in which they first came.
final class Arrivals: Sendable {
  private let known = Mutex<[String]>([])

  func position(of name: String) -> Int {
    known.withLock { known in
      if let position = known.firstIndex(of: name) { return position }
      known.append(name)
      return known.count - 1
    }
  }
}
