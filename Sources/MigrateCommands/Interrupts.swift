import Synchronization
import UnixSignals

/// SIGINT and SIGTERM as a wish to stop: trapped for as long as this lives, told to everyone who listens, also to those
/// who come later.
final class Interrupts: Sendable {
  private struct State {
    var isRaised = false
    var listeners: [AsyncStream<Void>.Continuation] = []
  }
  private let state = Mutex(State())

  /// Traps the signals before it returns.
  static func trap() async -> Interrupts {
    let interrupts = Interrupts()
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    Task { for await _ in signals { interrupts.raise() } }
    return interrupts
  }

  var isRaised: Bool { state.withLock(\.isRaised) }

  /// Yields once for each signal from now on, and at once when one has already come.
  func stream() -> AsyncStream<Void> {
    AsyncStream { continuation in
      let isRaised = state.withLock { state in
        state.listeners.append(continuation)
        return state.isRaised
      }
      if isRaised { continuation.yield() }
    }
  }

  private func raise() {
    let listeners = state.withLock { state in
      state.isRaised = true
      return state.listeners
    }
    for listener in listeners { listener.yield() }
  }

  /// Runs `body` until it ends or a signal comes; nil, with `body` cancelled, when the signal was first.
  func unlessRaised<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) async throws -> T? {
    let stream = stream()
    return try await withThrowingTaskGroup(of: T?.self) { tasks in
      tasks.addTask { try await body() }
      tasks.addTask {
        for await _ in stream { return nil }
        return nil
      }
      defer { tasks.cancelAll() }
      return try await tasks.next() ?? nil
    }
  }
}
