import Synchronization

/// A value behind a lock, with tasks that wait for a condition on it.
///
/// The session's thread and the callers meet only here: neither blocks the other for longer than one update.
final class Monitor<State: Sendable>: Sendable {
  private struct Contents {
    var state: State
    var waiters: [(inout State) -> Bool] = []
  }

  private let contents: Mutex<Contents>

  init(_ state: State) { contents = Mutex(Contents(state: state)) }

  /// Changes the state and resumes the tasks whose condition now holds.
  @discardableResult
  func update<Value: Sendable>(_ change: @Sendable (inout State) -> Value) -> Value {
    contents.withLock { contents in
      let value = change(&contents.state)
      contents.waiters = contents.waiters.filter { !$0(&contents.state) }
      return value
    }
  }

  /// Suspends until `attempt` gives a value; it may take what it needs out of the state.
  ///
  /// Not ended by cancellation: whoever cancels updates the state so that `attempt` succeeds.
  func wait<Value: Sendable>(_ attempt: @escaping @Sendable (inout State) -> Value?) async -> Value {
    await withCheckedContinuation { continuation in
      contents.withLock { contents in
        let isSatisfied: @Sendable (inout State) -> Bool = { state in
          guard let value = attempt(&state) else { return false }
          continuation.resume(returning: value)
          return true
        }
        if !isSatisfied(&contents.state) { contents.waiters.append(isSatisfied) }
      }
    }
  }
}
