import MigrationModel

/// The only interpreter of the machine's effects: moves one guest and returns how it ended, verified on both hosts.
///
/// Phases: prepare, transfer, stop, state, continue, confirm. After success the guest is on the destination alone; after
/// any failure it is on the source as it was, or the result says `needsAttention` and what was seen on either side.
/// - Parameters:
///   - cancellation: an element asks for the move to be aborted; the guest stays on the source if it is not too late.
///   - report: called in order, one call at a time, with the monotonic time since `start`.
public func drive(
  _ backend: some MigrationBackend, _ intent: Machine.Intent, since start: ContinuousClock.Instant,
  cancellation: AsyncStream<Void>, report: @Sendable (MigrationUpdate.Content, Duration) -> Void
) async -> MigrationResult {
  let (inbox, post) = AsyncStream.makeStream(of: Machine.Event.self)
  let now: @Sendable () -> Duration = { ContinuousClock.now - start }
  return await withTaskGroup(of: Void.self) { tasks in
    tasks.addTask { for await event in backend.events { post.yield(event) } }
    tasks.addTask { for await _ in cancellation { post.yield(.cancelRequested) } }
    post.yield(.started(at: now()))
    tasks.addTask { post.yield(.callReturned(await backend.migrate(), at: now())) }

    var machine = Machine(intent)
    for await event in inbox {
      for effect in machine.reduce(event) {
        switch effect {
        case .report(let content): report(content, now())
        case .abort: tasks.addTask { await backend.abort() }
        case .inspect(let pause):
          tasks.addTask {
            try? await Task.sleep(for: pause)
            post.yield(.inspected(await backend.inspect(), at: now()))
          }
        }
      }
      if case .finished(let result) = machine.state {
        tasks.cancelAll()
        return result
      }
    }
    preconditionFailure("the inbox ends only with the move")
  }
}
