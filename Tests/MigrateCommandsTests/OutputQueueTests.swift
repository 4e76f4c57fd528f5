import Dispatch
import Synchronization
import Testing

@testable import MigrateCommands

@Suite(.timeLimit(.minutes(1))) struct OutputQueueTests {
  @Test func aReaderThatPausesHoldsUpNobody() async {
    let reader = DispatchSemaphore(value: 0)
    let written = Mutex<[String]>([])
    let queue = OutputQueue { text in
      reader.wait()
      written.withLock { $0.append(text) }
    }
    let texts = (1...100).map { "\($0)\n" }
    for text in texts { queue.print(text) }
    #expect(written.withLock { $0.isEmpty })
    for _ in texts { reader.signal() }
    await queue.drain()
    #expect(written.withLock { $0 } == texts)
  }
}
