import Foundation
import Testing

@testable import MigrateCommands

@Suite(.timeLimit(.minutes(1))) struct InterruptsTests {
  private struct Failure: Error {}

  /// Sleeps until it is cancelled, and then until it is let go.
  private func stubbornWork(_ begun: AsyncStream<Void>.Continuation, _ release: AsyncStream<Void>) async {
    begun.yield()
    _ = try? await Task.sleep(for: .seconds(3600))
    await Task { for await _ in release { return } }.value
  }

  @Test func withoutASignalTheBodyDecides() async throws {
    #expect(try await Interrupts().unlessRaised { 7 } == 7)
    await #expect(throws: Failure.self) { try await Interrupts().unlessRaised { throw Failure() } }
  }

  @Test func aSignalCancelsTheBodyAndWaitsForIt() async throws {
    let interrupts = Interrupts()
    let (begun, begin) = AsyncStream.makeStream(of: Void.self)
    let (ended, end) = AsyncStream.makeStream(of: Bool.self)
    let run = Task {
      try await interrupts.unlessRaised {
        begin.yield()
        _ = try? await Task.sleep(for: .seconds(3600))
        end.yield(Task.isCancelled)
      }
    }
    for await _ in begun { break }
    interrupts.raise()
    #expect(try await run.value == nil)
    end.finish()
    #expect(await ended.reduce(into: []) { $0.append($1) } == [true])
  }

  @Test func aSecondSignalEndsTheWaitForABodyThatDoesNotEnd() async throws {
    let interrupts = Interrupts()
    let (begun, begin) = AsyncStream.makeStream(of: Void.self)
    let (release, letGo) = AsyncStream.makeStream(of: Void.self)
    let run = Task { try await interrupts.unlessRaised { await stubbornWork(begin, release) } }
    for await _ in begun { break }
    interrupts.raise()
    interrupts.raise()
    #expect(try await run.value == nil)
    letGo.yield()
  }

  @Test func whoComesLateHearsOfTheSignalToo() async {
    let interrupts = Interrupts()
    #expect(!interrupts.isRaised)
    interrupts.raise()
    #expect(interrupts.isRaised)
    for await _ in interrupts.stream() { return }
    Issue.record("the stream ended without a word")
  }

  /// Both guests are told of, so that the document is the array that two guests are always given.
  @Test func afterASignalNoFurtherGuestIsBegun() async throws {
    let interrupts = Interrupts()
    interrupts.raise()
    let words = [
      "-c", "test:///default", "test", "other", "test:///default", "--config", "/dev/null", "--output", "json",
    ]
    let arguments = try MoveArguments.parse(words)
    let printed = Printed()
    let writer = UpdateWriter(arguments.output, style: Style(isColoured: false), print: printed.add)
    let run = MoveRun(arguments, isUnchecked: true, interrupts, since: .now, to: writer) { nil }
    #expect(try await run.run() == .cancelled)
    #expect(printed.text.hasPrefix("["))
    #expect(printed.text.components(separatedBy: "\"outcome\" : \"cancelled\"").count == 3)
    #expect(printed.text.components(separatedBy: "not begun, because of the interrupt").count == 3)
  }
}
