import Threads

/// Writes texts in order from a thread of its own, so that a reader that pauses (a pager, Ctrl-S on a terminal) holds up
/// neither a move nor what watches over it.
///
/// What is not written yet is kept, however much it is. Nothing fails: a reader that goes away ends nothing.
final class OutputQueue: Sendable {
  private let texts: AsyncStream<String>.Continuation
  private let writer: Task<Void, Never>

  init(write: @escaping @Sendable (String) -> Void = printAtOnce) {
    let (stream, texts) = AsyncStream.makeStream(of: String.self)
    self.texts = texts
    writer = Task {
      for await text in stream { try? await blocking { write(text) } }
    }
  }

  /// Returns at once.
  func print(_ text: String) { texts.yield(text) }

  /// Returns when everything is written; what is printed later is lost.
  func drain() async {
    texts.finish()
    await writer.value
  }
}
