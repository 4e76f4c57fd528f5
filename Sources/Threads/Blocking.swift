import Synchronization

#if canImport(Glibc)
  @preconcurrency import Glibc
#endif

/// Runs a blocking C call on a thread of its own and waits for it without holding a thread of the cooperative pool.
///
/// On Linux the cooperative pool and Dispatch's queues share their threads (one a core), so one blocking call there
/// delays every timer, event and abort of the process. Throws what `body` throws.
/// Cancellation does not interrupt `body`: whoever calls it knows how to make the C call return.
public func blocking<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
  try await withCheckedThrowingContinuation { continuation in
    detachThread { continuation.resume(with: Result(catching: body)) }
  }
}

/// As `blocking`, but gives up waiting after `limit`, or when the task is cancelled: the call itself goes on on its thread, and its
/// result, when it comes at last, is let go. Throws `late()` or CancellationError then.
public func blocking<T: Sendable>(
  within limit: Duration, orThrow late: @escaping @Sendable () -> any Error, _ body: @escaping @Sendable () throws -> T
) async throws -> T {
  let answer = FirstAnswer<T>()
  detachThread { answer.give(Result(catching: body)) }
  let timer = Task {
    try await Task.sleep(for: limit)
    answer.give(.failure(late()))
  }
  defer { timer.cancel() }
  return try await withTaskCancellationHandler {
    try await withCheckedThrowingContinuation { answer.wait($0) }
  } onCancel: {
    answer.give(.failure(CancellationError()))
  }
}

/// Hands the first of several answers to the one who waits, whichever of the two comes first.
private final class FirstAnswer<T: Sendable>: Sendable {
  private enum State {
    case empty
    case waiting(CheckedContinuation<T, any Error>)
    case answered(Result<T, any Error>)
    case over
  }
  private let state = Mutex(State.empty)

  func give(_ result: Result<T, any Error>) {
    let waiter: CheckedContinuation<T, any Error>? = state.withLock { state in
      switch state {
      case .empty: state = .answered(result)
      case .waiting(let continuation):
        state = .over
        return continuation
      case .answered, .over: break
      }
      return nil
    }
    waiter?.resume(with: result)
  }

  func wait(_ continuation: CheckedContinuation<T, any Error>) {
    let result: Result<T, any Error>? = state.withLock { state in
      guard case .answered(let result) = state else {
        state = .waiting(continuation)
        return nil
      }
      state = .over
      return result
    }
    if let result { continuation.resume(with: result) }
  }
}

/// Starts `body` on a detached pthread; a process that cannot start a thread cannot go on, and traps.
public func detachThread(_ body: @escaping @Sendable () -> Void) {
  let context = Unmanaged.passRetained(ThreadBody(body))
  var thread = pthread_t()
  let status = pthread_create(
    &thread,
    nil,
    { argument in
      if let argument { Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run() }
      return nil
    },
    context.toOpaque())
  precondition(status == 0, "pthread_create failed with error \(status)")
  pthread_detach(thread)
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
