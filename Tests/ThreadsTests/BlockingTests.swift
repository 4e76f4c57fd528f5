import Dispatch
import Testing
import Threads

@Suite struct BlockingTests {
  private struct Late: Error {}

  @Test func aCallGivesItsValueOrItsError() async throws {
    #expect(try await blocking { 7 } == 7)
    await #expect(throws: Late.self) { try await blocking { throw Late() } }
  }

  /// More blocked calls than the pool has threads: were they on it, they could not all be under way.
  @Test func blockedCallsDoNotHoldThePool() async throws {
    let count = 64
    let release = DispatchSemaphore(value: 0)
    let (entered, enter) = AsyncStream.makeStream(of: Void.self)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for _ in 0..<count {
        tasks.addTask {
          try await blocking {
            enter.yield()
            release.wait()
          }
        }
      }
      var underWay = entered.makeAsyncIterator()
      for _ in 0..<count { await underWay.next() }
      for _ in 0..<count { release.signal() }
      try await tasks.waitForAll()
    }
  }

  @Test func aCallThatTakesTooLongIsGivenUp() async {
    let release = DispatchSemaphore(value: 0)
    defer { release.signal() }
    await #expect(throws: Late.self) {
      try await blocking(within: .milliseconds(1), orThrow: { Late() }) { release.wait() }
    }
  }

  @Test func aCancelledCallerDoesNotWait() async {
    let release = DispatchSemaphore(value: 0)
    defer { release.signal() }
    let task = Task { try await blocking(within: .seconds(3600), orThrow: { Late() }) { release.wait() } }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}
