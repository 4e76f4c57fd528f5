import BenchModel
import Libvirt
import Threads

/// What shows that the harness reads true, before anything is measured with it.
extension BenchGuest {
  /// The control where nothing happens: the noise in which every figure stands.
  func idleControl(for duration: Duration) async throws -> Control {
    let start = monotonicNow()
    try await beats(for: duration)
    let late = witness.lateness(since: start).map(milliseconds)
    return Control(idle: trace(since: start), late: late, scenario: scenario.name)
  }

  /// Stops the guest through QEMU's monitor, has it continue `asked` ms after the first command was sent, and reads the
  /// beats.
  ///
  /// What was asked is what was, but for the difference of the times that both commands take. QEMU's stamps say less: STOP
  /// is written when the devices have been stopped after the CPUs, and RESUME before they are started (`do_vm_stop`,
  /// `vm_prepare_start`, softmmu/cpus.c). What is known for sure is before and after each command, by the clock that stamps
  /// the beats. libvirt's own calls write the guest's status to the disk too, and take milliseconds.
  func stopControl(asked: Double) async throws -> Control {
    let side = side
    let domain = try await domain(on: side)
    let start = monotonicNow()
    try await beats(for: .milliseconds(100))
    let bounds = try await blocking {
      _ = runFirst()
      let called = monotonicNow()
      try domain.tellMonitor("stop")
      let stopped = monotonicNow()
      sleepUntil(called + Int64(asked * 1e6))
      let continued = monotonicNow()
      try domain.tellMonitor("cont")
      return Interval(low: milliseconds(continued - stopped), high: milliseconds(monotonicNow() - called))
    }
    try await beats(for: .milliseconds(200))
    let log = logs[side]
    _ = await waits(.seconds(2)) { log.stopped(since: start) != nil }
    let trace = trace(since: start)
    let late = trace.longestGap.map { witness.latest(in: $0.start...$0.end) } ?? 0
    return Control(
      asked: asked, bounds: bounds, stopped: log.stopped(since: start).map(milliseconds), read: trace,
      network: networkGap(since: start).map(milliseconds), late: milliseconds(late), scenario: scenario.name)
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
