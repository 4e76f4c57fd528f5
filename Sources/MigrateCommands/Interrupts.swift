import Engine
import Synchronization
import UnixSignals

/// SIGINT and SIGTERM as a wish to stop, told to everyone who listens, also to those who come later.
final class Interrupts: Sendable {
  private struct State {
    var isRaised = false
    var listeners: [AsyncStream<Void>.Continuation] = []
  }
  private let state = Mutex(State())

  /// Traps the signals before it returns, for the rest of the process's life.
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

  /// Each signal as a wish to cancel.
  func wishes() -> AsyncStream<MoveWish> {
    AsyncStream { continuation in
      let listener = Task {
        for await _ in stream() { continuation.yield(.cancel) }
      }
      continuation.onTermination = { _ in listener.cancel() }
    }
  }

  func raise() {
    let listeners = state.withLock { state in
      state.isRaised = true
      return state.listeners
    }
    for listener in listeners { listener.yield() }
  }

  /// Runs `body` until it ends or a signal comes; nil, with `body` cancelled, when the signal was first.
  ///
  /// After the signal `body` is waited for, so that it can clear up; a second signal ends the wait too.
  func unlessRaised<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) async throws -> T? {
    let (outcomes, post) = AsyncStream.makeStream(of: Result<T, any Error>?.self)
    let work = Task { try await body() }
    Task { post.yield(await work.result) }
    let listener = Task { [signals = stream()] in for await _ in signals { post.yield(nil) } }
    defer { listener.cancel() }
    var isInterrupted = false
    for await outcome in outcomes {
      if isInterrupted { return nil }
      if let outcome { return try outcome.get() }
      isInterrupted = true
      work.cancel()
    }
    return nil
  }
}
