import Glibc

/// What cannot be measured, and why.
public struct BenchError: Error, Sendable, Equatable, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }

  /// A system call that failed just now, with its cause.
  static func system(_ action: String) -> BenchError {
    BenchError("cannot \(action): \(String(cString: strerror(errno)))")
  }
}
