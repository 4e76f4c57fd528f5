#if canImport(Glibc)
  import Glibc
#endif

/// A value behind a lock, with tasks that wait for a condition on it.
///
/// The session's thread and the callers meet only here: neither blocks the other for longer than one update. A pthread
/// mutex and not Synchronization's: the thread sanitizer does not see the latter on Linux and reports every access.
final class Monitor<State: Sendable>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var state: State
  private var waiters: [(inout State) -> Bool] = []

  init(_ state: State) {
    self.state = state
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// Changes the state and resumes the tasks whose condition now holds.
  @discardableResult
  func update<Value: Sendable>(_ change: (inout State) -> Value) -> Value {
    withLock {
      let value = change(&state)
      waiters = waiters.filter { !$0(&state) }
      return value
    }
  }

  /// Suspends until `attempt` gives a value; it may take what it needs out of the state.
  ///
  /// Not ended by cancellation: whoever cancels updates the state so that `attempt` succeeds.
  func wait<Value: Sendable>(_ attempt: @escaping @Sendable (inout State) -> Value?) async -> Value {
    await withCheckedContinuation { continuation in
      let isSatisfied: @Sendable (inout State) -> Bool = { state in
        guard let value = attempt(&state) else { return false }
        continuation.resume(returning: value)
        return true
      }
      withLock {
        if !isSatisfied(&state) { waiters.append(isSatisfied) }
      }
    }
  }

  private func withLock<Value>(_ body: () -> Value) -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }
}
