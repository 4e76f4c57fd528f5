import MigrationModel
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// Measures how far a host's clock is ahead of ours: several exchanges over the open shell, of which the one with the
/// smallest round trip tells most (RFC 5905, clock filter).
enum ClockProbe {
  static let exchanges = 8

  static func measure(_ shell: Shell) async throws -> Fact<ClockOffset> {
    var best: ClockOffset?
    for _ in 0..<exchanges {
      let answer = Mutex<Shell.Answer?>(nil)
      let sent = nanosecondsNow()
      try await shell.ask([GuestQuestions.clock]) { _, text in answer.withLock { $0 = text } }
      let received = nanosecondsNow()
      guard let answer = answer.withLock({ $0 }), let remote = Parse.nanoseconds(answer.text) else {
        return .gap(Gap(source: GuestQuestions.clock.name, reason: "printed no seconds with nanoseconds"))
      }
      let offset = offset(sent: sent, remote: remote, received: received)
      if offset.errorBound < best?.errorBound ?? .max { best = offset }
    }
    return best.map { .known($0) } ?? .gap(Gap(source: GuestQuestions.clock.name, reason: "was never asked"))
  }

  /// The remote stamp was taken somewhere between the two of ours: the middle is the guess, half the span its error.
  static func offset(sent: Int64, remote: Int64, received: Int64) -> ClockOffset {
    let half = (received - sent) / 2
    return ClockOffset(offset: remote - (sent + half), errorBound: abs(half) + 1)
  }

  /// CLOCK_REALTIME, the clock that `date` prints.
  private static func nanosecondsNow() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
