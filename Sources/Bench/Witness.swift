import Synchronization

/// A thread before all others that wakes up every millisecond and notes how late: what it is late by, the machine itself
/// stood still, as a virtual one does that is not given its CPUs.
final class Witness: Sendable {
  struct Wake: Sendable {
    /// When it was to wake up, by CLOCK_MONOTONIC, and how much later it did; in ns.
    var due: Int64
    var late: Int64
  }

  private let seen: Seen
  private let worker: Worker

  private final class Seen: Sendable { let wakes = Mutex<[Wake]>(roomy()) }

  init() {
    let seen = Seen()
    self.seen = seen
    worker = Worker { _, isStopping in
      var due = monotonicNow()
      while !isStopping.isSet {
        due += 1_000_000
        sleepUntil(due)
        let now = monotonicNow()
        seen.wakes.withLock { $0.append(Wake(due: due, late: now - due)) }
        due = max(due, now - 1_000_000)
      }
    }
  }

  /// How late each time from `start` on, in ns.
  func lateness(since start: Int64) -> [Int64] {
    seen.wakes.withLock { wakes in wakes[beginning(at: start, of: wakes, by: \.due)...].map(\.late) }
  }

  /// The longest within the stretch, in ns; 0 when there was none.
  func latest(in stretch: ClosedRange<Int64>) -> Int64 {
    seen.wakes.withLock { wakes in
      wakes.lazy.filter { stretch.overlaps($0.due...$0.due + max($0.late, 0)) }.map(\.late).max() ?? 0
    }
  }

  /// Drops what came before `start`.
  func forget(before start: Int64) {
    seen.wakes.withLock { $0.removeFirst(beginning(at: start, of: $0, by: \.due)) }
  }

  /// Returns when the thread has ended.
  func stop() async { await worker.stop() }
}
