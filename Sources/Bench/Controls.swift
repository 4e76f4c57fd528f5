import BenchModel
import Libvirt
import Threads

/// What shows that the harness reads true, before anything is measured with it.
extension BenchGuest {
  /// The control where nothing happens: the noise in which every figure stands.
  func idleControl(for duration: Duration) async throws -> Control {
    let start = monotonicNow()
    try await beats(for: duration)
    return Control(idle: trace(since: start), scenario: scenario.name)
  }

  /// Stops the guest for `asked` ms through libvirt, continues it, and reads the beats.
  ///
  /// What it is compared with is not what was asked, since a call takes its time, but QEMU's stamps of STOP and RESUME.
  func stopControl(asked: Double) async throws -> Control {
    let side = side
    let domain = try await domain(on: side)
    let start = monotonicNow()
    try await beats(for: .milliseconds(100))
    try await blocking {
      try domain.suspend()
      let due = monotonicNow() + Int64(asked * 1e6)
      sleepUntil(due)
      try domain.resume()
    }
    try await beats(for: .milliseconds(200))
    let log = logs[side]
    _ = await waits(.seconds(2)) { log.stopped(since: start) != nil }
    return Control(
      stopped: log.stopped(since: start).map(milliseconds), asked: asked, read: trace(since: start),
      network: networkGap(since: start).map(milliseconds), scenario: scenario.name)
  }
}

extension HostLog {
  /// How long this host's QEMU had stopped the guest by its own stamps, in ns; nil until both have come.
  func stopped(since start: Int64) -> Int64? {
    let notes = notes(since: start).filter { $0.teller == .qemu }
    guard let stop = notes.last(where: { $0.what == "STOP" }), let resume = notes.last(where: { $0.what == "RESUME" }),
      resume.stamp > stop.stamp
    else { return nil }
    return resume.stamp - stop.stamp
  }
}
