import Synchronization
import Threads

/// A thread that goes before others and works until it is told to stop.
final class Worker: Sendable {
  private let isStopping: Flag
  private let task: Task<Void, Never>

  /// - Parameter body: is given how its thread is scheduled, in words, and what says that it is to stop; it must look at
  ///   that often.
  init(_ body: @escaping @Sendable (String, Flag) -> Void) {
    let flag = Flag()
    isStopping = flag
    task = Task { try? await blocking { body(runFirst(), flag) } }
  }

  deinit { isStopping.set() }

  /// Returns when the thread has ended.
  func stop() async {
    isStopping.set()
    await task.value
  }

  final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .acquiring) }
    fileprivate func set() { value.store(true, ordering: .releasing) }
  }
}
