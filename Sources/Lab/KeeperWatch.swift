/// Asks a guest's keeper at a steady pace from a thread of its own: shows whether the guest lives exactly once, and goes
/// on from the memory that it had.
///
/// A second answer to one request comes from a second guest: no network of a lab repeats a packet, and a keeper knows
/// what it has answered, also when it has moved in between.
public typealias KeeperWatch = SteadyProbe<KeeperWatchReport>

/// What a keeper's answers showed from the start to the stop.
public struct KeeperWatchReport: Codable, Sendable, Equatable {
  public var sent = 0
  /// Requests that were answered, however often.
  public var answered = 0
  /// Requests that were answered more than once: two guests live.
  public var answeredTwice = 0
  /// The keeper has started anew.
  public var bootIDChanged = false
  /// Answers whose counter was not above that of the one before: the guest went back in time, or two guests live.
  public var counterWentBack = 0
  /// The first and the latest answer, as they came.
  public var first: KeeperReport?
  public var last: KeeperReport?
  /// The worst that an answer said of the guest's memory.
  public var memoryErrors: UInt64 = 0
  public var firstBadPage: UInt64?
  /// The longest time between two answers, one after the other; nil before the second.
  public var longestGap: Duration?
  /// When that gap began, from the start of the watch.
  public var longestGapBegan: Duration?
  /// How long no answer had come at the stop.
  public var silence: Duration = .zero
  /// From the start to the stop.
  public var elapsed: Duration = .zero

  /// One line for everything that no guest that lives once with its memory intact does; an end of its answers is none.
  public var complaints: [String] {
    var lines: [String] = []
    if answered == 0 { lines.append("nothing of \(sent) requests was answered") }
    if answeredTwice > 0 { lines.append("\(answeredTwice) requests were answered twice: two guests live") }
    if bootIDChanged { lines.append("the guest started anew") }
    if counterWentBack > 0 { lines.append("the guest's counter went back \(counterWentBack) times") }
    if memoryErrors > 0 {
      lines.append(
        "\(memoryErrors) checks of its memory failed, first of page \(firstBadPage.map(String.init) ?? "?")")
    }
    return lines
  }
}

extension SteadyProbe where Report == KeeperWatchReport {
  /// Begins at once; throws `LabError` of code `systemCallFailed` when no socket is to be had.
  public convenience init(address: String, every interval: Duration = .milliseconds(10)) throws {
    let socket = try KeeperSocket(address: address)
    self.init { flag in
      var notes = KeeperNotes()
      let elapsed = try askSteadily(every: interval, until: flag) { number in
        if socket.send(sequence: UInt32(truncatingIfNeeded: number + 1)) { notes.report.sent += 1 }
      } receive: { deadline in
        try socket.receive(before: deadline)
      } note: { answer, time in
        notes.note(answer.report, to: answer.sequence, at: time)
      }
      notes.finish(at: elapsed)
      return notes.report
    }
  }
}

/// What a watch makes of the answers; pure: the time is told.
struct KeeperNotes {
  private(set) var answers: [UInt32: Int] = [:]
  private var gap = LongestGap()
  var report = KeeperWatchReport()

  mutating func note(_ answer: KeeperReport, to sequence: UInt32, at time: Duration) {
    answers[sequence, default: 0] += 1
    switch answers[sequence] {
    case 1: report.answered += 1
    case 2: report.answeredTwice += 1
    default: break
    }
    if let last = report.last {
      if answer.bootID != last.bootID { report.bootIDChanged = true }
      if answer.counter <= last.counter { report.counterWentBack += 1 }
    }
    report.memoryErrors = max(report.memoryErrors, answer.errors)
    report.firstBadPage = report.firstBadPage ?? answer.firstBadPage
    report.first = report.first ?? answer
    report.last = answer
    gap.note(answerAt: time)
    (report.longestGap, report.longestGapBegan) = (gap.length, gap.began)
  }

  mutating func finish(at time: Duration) {
    report.elapsed = time
    report.silence = time - (gap.last ?? .zero)
  }
}
