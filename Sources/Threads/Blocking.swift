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
