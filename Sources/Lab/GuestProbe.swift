/// Pings an address at a steady pace from a thread of its own and measures how long no answer came.
///
/// Raw ICMP (raw(7), RFC 792): needs root. What it sees includes the network's relearning of where a guest is.
public typealias GuestProbe = SteadyProbe<PingReport>

/// What pings saw from the start to the stop.
public struct PingReport: Codable, Sendable, Equatable {
  public var sent = 0
  public var received = 0
  /// The longest time between two answers, one after the other; nil before the second.
  public var longestGap: Duration?
  /// When that gap began, from the start of the probe.
  public var longestGapBegan: Duration?
  /// From the start to the stop.
  public var elapsed: Duration = .zero
}

extension SteadyProbe where Report == PingReport {
  /// Begins at once; throws `LabError` of code `systemCallFailed` when no raw socket is to be had.
  public convenience init(address: String, every interval: Duration = .milliseconds(5)) throws {
    let socket = try EchoSocket(address: address)
    self.init { flag in
      var report = PingReport()
      var gap = LongestGap()
      report.elapsed = try askSteadily(every: interval, until: flag) { number in
        if socket.send(sequence: UInt16(truncatingIfNeeded: number)) { report.sent += 1 }
      } receive: { deadline in
        try socket.receive(before: deadline) ? () : nil
      } note: { _, time in
        report.received += 1
        gap.note(answerAt: time)
      }
      (report.longestGap, report.longestGapBegan) = (gap.length, gap.began)
      return report
    }
  }
}
