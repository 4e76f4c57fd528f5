import MigrationModel

/// The only interpreter of the machine's effects: moves one guest and returns how it ended, verified on both hosts.
///
/// Phases: prepare, transfer, stop, state, continue, confirm. After success the guest is on the destination alone; after
/// any failure it is on the source as it was, or the result says `needsAttention` and what was seen on either side.
/// Cancelling the task is `cancellation` too: what has begun is aborted and verified, not left alone.
/// - Parameters:
///   - cancellation: an element asks for the move to be aborted; the guest stays on the source if it is not too late.
///   - report: called in order, one call at a time, with the monotonic time since `start`; the result is the last.
public func drive(
  _ backend: some MigrationBackend, _ intent: Machine.Intent, since start: ContinuousClock.Instant,
  cancellation: AsyncStream<Void>, report: @escaping @Sendable (MigrationUpdate.Content, Duration) -> Void
) async -> MigrationResult {
  let (inbox, post) = AsyncStream.makeStream(of: Machine.Event.self)
  let move = Task {
    await withTaskGroup(of: Void.self) { tasks in
      tasks.addTask { for await event in backend.events { post.yield(event) } }
      tasks.addTask { for await _ in cancellation { post.yield(.cancelRequested) } }
      post.yield(.started(at: ContinuousClock.now - start))
      tasks.addTask { await backend.migrate() }
      defer { tasks.cancelAll() }
      return await interpret(inbox, Machine(intent)) { effect in
        switch effect {
        case .report(let content): report(content, ContinuousClock.now - start)
        case .abort: tasks.addTask { await backend.abort() }
        case .inspect(let pause):
          tasks.addTask {
            try? await Task.sleep(for: pause)
            post.yield(.inspected(await backend.inspect(), at: ContinuousClock.now - start))
          }
        }
      }
    }
  }
  return await withTaskCancellationHandler {
    await move.value
  } onCancel: {
    post.yield(.cancelRequested)
  }
}

/// Feeds the machine until it has finished.
private func interpret(
  _ inbox: AsyncStream<Machine.Event>, _ machine: Machine, perform: (Machine.Effect) -> Void
) async -> MigrationResult {
  var machine = machine
  for await event in inbox {
    for effect in machine.reduce(event) { perform(effect) }
    if case .finished(let result) = machine.state { return result }
  }
  preconditionFailure("the inbox never ends")
}
