import Glibc

/// CLOCK_MONOTONIC in ns: the one clock by which everything of a run is stamped.
func monotonicNow() -> Int64 { now(CLOCK_MONOTONIC) }

/// What to add to a stamp of CLOCK_REALTIME in ns to have one of CLOCK_MONOTONIC, as the clocks are now; it is as good as
/// the three looks at them are near each other, some hundred ns.
func realtimeToMonotonic() -> Int64 {
  let before = monotonicNow()
  let real = now(CLOCK_REALTIME)
  return (before + monotonicNow()) / 2 - real
}

private func now(_ clock: clockid_t) -> Int64 {
  var time = timespec()
  clock_gettime(clock, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// Lets the calling thread run before whatever else wants its core, so that it stamps what comes when it comes; returns
/// how it is scheduled, in words; threads and processes that it starts are as others. Without the privilege nothing
/// changes (`sched_setscheduler`, SCHED_RESET_ON_FORK).
func runFirst() -> String {
  var priority = sched_param()
  priority.sched_priority = 10
  let resetOnFork: Int32 = 0x4000_0000
  let status = sched_setscheduler(0, SCHED_FIFO | resetOnFork, &priority)
  return status == 0 ? "SCHED_FIFO 10" : "as any other thread: \(String(cString: strerror(errno)))"
}

/// Blocks the thread until CLOCK_MONOTONIC says so.
func sleepUntil(_ stamp: Int64) {
  var due = timespec(tv_sec: Int(stamp / 1_000_000_000), tv_nsec: Int(stamp % 1_000_000_000))
  while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nil) == EINTR {}
}
