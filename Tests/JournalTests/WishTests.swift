import Foundation
import MigrationModel
import Testing

@testable import Journal

@Suite(.timeLimit(.minutes(1))) struct WishTests {
  private let place: Place
  private let owner: Journal
  private let asker: Journal

  init() throws {
    place = try Place()
    owner = try Journal.open(at: place.path)
    asker = try Journal.open(at: place.path)
  }

  @Test func aWishIsAnsweredOnce() throws {
    let id = try owner.begin()
    let cancel = try asker.ask(.cancel, of: id, at: 1001)
    let limit = try asker.ask(.set(.bandwidth(64)), of: id, at: 1002)
    let pending = try owner.pendingWishes(of: id)
    #expect(pending.map(\.0) == [cancel, limit])
    #expect(pending.map(\.1) == [.cancel, .set(.bandwidth(64))])
    #expect(try asker.answer(to: limit) == nil)
    try owner.answer(limit, text: "64 MiB/s from now on", accepted: true)
    #expect(try asker.answer(to: limit) == Answer(isAccepted: true, text: "64 MiB/s from now on"))
    #expect(try owner.pendingWishes(of: id).map(\.0) == [cancel])
    try owner.answer(cancel, text: "too late", accepted: false)
    #expect(try asker.answer(to: cancel)?.isAccepted == false)
  }

  @Test func nothingIsAskedOfAMoveThatIsOver() throws {
    let id = try owner.begin()
    try owner.finish(id, MigrationResult(outcome: .needsAttention), at: 1008)
    #expect(throws: JournalError.notOpen(file: place.path, move: id)) { try asker.ask(.cancel, of: id, at: 1009) }
    #expect(throws: JournalError.notOpen(file: place.path, move: 77)) { try asker.ask(.cancel, of: 77, at: 1009) }
  }

  /// From before the stream, from another connection, and from the same one; the stream ends with the move.
  @Test func theOwnerHearsOfEachWishOnce() async throws {
    let id = try owner.begin()
    _ = try asker.ask(.set(.bandwidth(0)), of: id, at: 1001)
    var next: UInt64 = 1
    var heard: [Wish] = []
    for await (_, wish) in owner.wishes(of: id, every: .milliseconds(1)) {
      heard.append(wish)
      // What is not answered stays pending, and is not told again.
      if next > 20 {
        try owner.finish(id, completed, at: 1008)
      } else {
        _ = try (next.isMultiple(of: 2) ? owner : asker).ask(.set(.bandwidth(next)), of: id, at: 1001)
      }
      next += 1
    }
    #expect(heard == (0...20).map { .set(.bandwidth($0)) })
  }
}
