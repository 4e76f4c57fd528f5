import MigrationModel

/// How often the machine is told the time, for decisions that no event brings about.
private let tickInterval = Duration.milliseconds(250)

/// The only interpreter of the machine's effects: moves one guest and returns how it ended, verified on both hosts.
///
/// Phases: prepare, transfer, stop, state, continue, confirm (with post-copy before it). After success the guest is on the
/// destination alone; after any failure it is on the source as it was, or the result says `needsAttention` and what was
/// seen on either side. Cancelling the task is a wish to cancel too: what has begun is aborted and verified, not left alone.
/// - Parameters:
///   - wishes: what is wanted of the move meanwhile.
///   - answer: told what became of a setting that was wished for; nil: it was taken.
///   - report: called in order, one call at a time, with the monotonic time since `start`; the result is the last.
public func drive(
  _ backend: some MigrationBackend, _ intent: Machine.Intent, since start: ContinuousClock.Instant,
  wishes: AsyncStream<MoveWish>, answer: @escaping @Sendable (Int64, String?) -> Void = { _, _ in },
  report: @escaping @Sendable (MigrationUpdate.Content, Duration) -> Void
) async -> MigrationResult {
  let (inbox, post) = AsyncStream.makeStream(of: Machine.Event.self)
  let move = Task {
    await withDiscardingTaskGroup { tasks in
      tasks.addTask { for await event in backend.events { post.yield(event) } }
      tasks.addTask { for await wish in wishes { post.yield(Machine.Event(wish)) } }
      tasks.addTask { await tick(every: tickInterval) { post.yield(.tick(at: ContinuousClock.now - start)) } }
      post.yield(.started(at: ContinuousClock.now - start))
      // Not one of the group: where the hypervisor never answers, the move ends without it.
      let call = Task { await backend.migrate() }
      defer {
        call.cancel()
        tasks.cancelAll()
      }
      return await interpret(inbox, Machine(intent)) { effect in
        switch effect {
        case .report(let content): report(content, ContinuousClock.now - start)
        case .answer(let id, let error): answer(id, error)
        case .abort: tasks.addTask { await backend.abort() }
        case .control(let control):
          tasks.addTask {
            let error = await backend.exercise(control)
            post.yield(.controlled(control, error: error, at: ContinuousClock.now - start))
          }
        case .inspect(let pause):
          tasks.addTask {
            try? await Task.sleep(for: pause)
            post.yield(.inspected(await backend.inspect(), at: ContinuousClock.now - start))
          }
        case .repair(let repair, let seen):
          tasks.addTask {
            let error = await backend.repair(repair, seen: seen)
            post.yield(.repaired(repair, error: error, at: ContinuousClock.now - start))
          }
        case .clear(let hasMoved):
          tasks.addTask {
            post.yield(.cleared(await backend.clear(hasMoved: hasMoved), at: ContinuousClock.now - start))
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

private func tick(every interval: Duration, _ body: @Sendable () -> Void) async {
  while !Task.isCancelled {
    try? await Task.sleep(for: interval)
    body()
  }
}

extension Machine.Event {
  fileprivate init(_ wish: MoveWish) {
    switch wish {
    case .cancel: self = .cancelRequested
    case .set(let setting, let id): self = .settingRequested(setting, id: id)
    }
  }
}
