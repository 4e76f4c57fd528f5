import Testing

@testable import Bench

struct WitnessTests {
  @Test func everyMillisecondIsNotedUntilItIsForgotten() async throws {
    let witness = Witness()
    let start = monotonicNow()
    let isThere = await waits(.seconds(20)) { witness.lateness(since: start).count >= 20 }
    await witness.stop()
    let end = monotonicNow()
    #expect(isThere && witness.lateness(since: start).allSatisfy { $0 >= 0 })
    #expect(witness.latest(in: start...end) == witness.lateness(since: start).max())
    witness.forget(before: end)
    #expect(witness.lateness(since: start) == [] && witness.latest(in: start...end) == 0)
  }
}
