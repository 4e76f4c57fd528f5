import Threads

/// A thread that goes before others and works until it is told to stop.
final class Worker: Sendable {
  private let isStopping = Latch()
  private let ended: AsyncStream<Void>

  /// - Parameter body: is given how its thread is scheduled, in words, and what says that it is to stop; it must look at
  ///   that often.
  init(_ body: @escaping @Sendable (String, Latch) -> Void) {
    let (ended, end) = AsyncStream.makeStream(of: Void.self)
    self.ended = ended
    // At once, however busy the threads are that tasks share: what comes meanwhile would be stamped late.
    detachThread { [isStopping] in
      body(runFirst(), isStopping)
      end.finish()
    }
  }

  deinit { isStopping.set() }

  /// Returns when the thread has ended.
  func stop() async {
    isStopping.set()
    for await _ in ended {}
  }
}
