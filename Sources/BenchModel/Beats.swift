/// One beat of a guest, as it came and when.
public struct Beat: Sendable, Equatable {
  /// From 1, one more each beat, for the life of the guest's program.
  public var sequence: UInt64
  /// The guest's own CLOCK_MONOTONIC in ns, which stands still while the guest does.
  public var uptime: UInt64
  /// New at every start of the program.
  public var boot: UInt64
  /// Of the guest's memory, since its start: pages checked, checks that failed, pages rewritten, full passes.
  public var checked: UInt64
  public var errors: UInt64
  public var rewritten: UInt64
  public var passes: UInt64
  /// CLOCK_MONOTONIC of whoever received it, in ns.
  public var stamp: Int64
  /// Which host's QEMU sent it, counted from 0.
  public var side: Int

  public init(
    sequence: UInt64, uptime: UInt64 = 0, boot: UInt64 = 0, checked: UInt64 = 0, errors: UInt64 = 0,
    rewritten: UInt64 = 0, passes: UInt64 = 0, stamp: Int64, side: Int = 0
  ) {
    self.sequence = sequence
    self.uptime = uptime
    self.boot = boot
    self.checked = checked
    self.errors = errors
    self.rewritten = rewritten
    self.passes = passes
    self.stamp = stamp
    self.side = side
  }

  /// How many bytes a beat has.
  public static let size = 64

  /// From the bytes that keeper.c describes; nil for anything else.
  public init?(_ bytes: ArraySlice<UInt8>, stamp: Int64, side: Int) {
    guard bytes.count == Self.size, bytes.prefix(4).elementsEqual("BEAT".utf8) else { return nil }
    let numbers = stride(from: bytes.startIndex + 8, to: bytes.endIndex, by: 8).map { start in
      bytes[start..<start + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    self.init(
      sequence: numbers[0], uptime: numbers[1], boot: numbers[2], checked: numbers[3], errors: numbers[4],
      rewritten: numbers[5], passes: numbers[6], stamp: stamp, side: side)
  }
}

/// A time without a beat, or without a packet.
public struct Gap: Sendable, Equatable {
  /// The stamp of what came before it, in ns.
  public var start: Int64
  /// In ns.
  public var length: Int64

  public init(start: Int64, length: Int64) { (self.start, self.length) = (start, length) }

  public var end: Int64 { start + length }
}

/// The times between neighbours.
public func gaps(between stamps: [Int64]) -> [Gap] {
  zip(stamps, stamps.dropFirst()).map { Gap(start: $0, length: $1 - $0) }
}

/// What a stretch of beats says, in the order in which they came.
public struct BeatTrace: Sendable, Equatable {
  public let beats: [Beat]
  /// From one beat to the next, in ns.
  public let period: Int64

  public init(_ beats: [Beat], period: Int64) { (self.beats, self.period) = (beats, period) }

  /// Numbers within the stretch that never came.
  public var lost: Int {
    let numbers = beats.map(\.sequence)
    guard let first = numbers.min(), let last = numbers.max() else { return 0 }
    return Int(last - first) + 1 - Set(numbers).count
  }

  /// Beats whose number had come before: two guests beat, or one went back in time.
  public var repeated: Int { beats.count - Set(beats.map(\.sequence)).count }

  /// Beats that came after a later one.
  public var reordered: Int {
    var (highest, count) = (UInt64(0), 0)
    for beat in beats {
      if beat.sequence < highest { count += 1 }
      highest = max(highest, beat.sequence)
    }
    return count
  }

  /// The program started anew within the stretch.
  public var hasRestarted: Bool { Set(beats.map(\.boot)).count > 1 }

  /// Checks of the guest's memory that failed since its start, and what was checked within the stretch.
  public var memoryErrors: UInt64 { beats.map(\.errors).max() ?? 0 }
  public var pagesChecked: UInt64 { (beats.last?.checked ?? 0) &- (beats.first?.checked ?? 0) }

  public var gaps: [Gap] { BenchModel.gaps(between: beats.map(\.stamp)) }
  public var longestGap: Gap? { gaps.max { $0.length < $1.length } }

  /// How long the users of the guest were without it: the longest time without a beat less the period, in ns, since a
  /// guest that is not stopped is silent that long too.
  public var downtime: Int64? { longestGap.map { $0.length - period } }

  /// How much the guest's own clock lost in the longest gap, in ns: it stands still from before QEMU stops the CPUs until
  /// just before they run again, and knows nothing of what the guest's program waits for then.
  public var clockLoss: Int64? {
    let pairs = zip(beats, beats.dropFirst())
    guard let (before, after) = pairs.max(by: { $0.1.stamp - $0.0.stamp < $1.1.stamp - $1.0.stamp }),
      after.uptime >= before.uptime
    else { return nil }
    return after.stamp - before.stamp - Int64(after.uptime - before.uptime)
  }

  /// All that the guest stood still for longer than `threshold` ns at a time, in ns: a post-copy's page faults, say, after
  /// the one long gap.
  public func stalled(beyond threshold: Int64) -> Int64 {
    gaps.map { $0.length - period }.filter { $0 > threshold }.reduce(0, +)
  }

  /// MiB a second that the guest rewrote, in steps of `step` ns from `start`: its work as its users feel it.
  public func throughput(from start: Int64, step: Int64) -> [(time: Int64, mebibytesPerSecond: Double)] {
    var result: [(Int64, Double)] = []
    guard var mark = beats.first, step > 0 else { return result }
    for beat in beats where beat.stamp - mark.stamp >= step {
      let pages = Double(beat.rewritten &- mark.rewritten)
      result.append((mark.stamp - start, pages / 256 / (Double(beat.stamp - mark.stamp) / 1e9)))
      mark = beat
    }
    return result
  }

  /// One line for each thing that no guest does that lives once, is heard, and has its memory.
  public var complaints: [String] {
    var lines: [String] = []
    if beats.isEmpty { lines.append("no beat came") }
    if lost > 0 { lines.append("\(lost) beats were lost") }
    if repeated > 0 { lines.append("\(repeated) beats came twice") }
    if reordered > 0 { lines.append("\(reordered) beats came after a later one") }
    if hasRestarted { lines.append("the guest's program started anew") }
    if memoryErrors > 0 { lines.append("\(memoryErrors) checks of the guest's memory failed") }
    return lines
  }
}
