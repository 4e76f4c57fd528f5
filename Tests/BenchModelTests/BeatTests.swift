import Testing

@testable import BenchModel

/// Beats of 2 ms, from a number on, each at the stamp in ms.
private func trace(_ beats: [(UInt64, Double)], period: Int64 = 2_000_000, boots: [UInt64] = []) -> BeatTrace {
  BeatTrace(
    beats.enumerated().map { index, beat in
      Beat(sequence: beat.0, boot: index < boots.count ? boots[index] : 1, stamp: Int64(beat.1 * 1e6))
    }, period: period)
}

@Suite struct BeatParseTests {
  private static let bytes: [UInt8] =
    Array("BEAT".utf8) + [0xd0, 0x07, 0, 0]
    + (1...7).flatMap { number in [UInt8(number), 0, 0, 0, 0, 0, 0, UInt8(number * 16)] }

  private static func number(_ value: UInt64) -> UInt64 { value | (value * 16) << 56 }

  @Test func readsEveryFieldFromItsPlace() throws {
    let beat = try #require(Beat(Self.bytes[...], stamp: 5, side: 1))
    #expect(
      beat
        == Beat(
          sequence: Self.number(1), uptime: Self.number(2), boot: Self.number(3), checked: Self.number(4),
          errors: Self.number(5), rewritten: Self.number(6), passes: Self.number(7), stamp: 5, side: 1))
  }

  @Test func readsASliceOfMore() throws {
    let buffer = [UInt8(0), 0, 0] + Self.bytes + [9]
    #expect(Beat(buffer[3..<67], stamp: 0, side: 0)?.sequence == Self.number(1))
  }

  @Test func refusesAnythingElse() {
    #expect(Beat(Self.bytes.dropLast(), stamp: 0, side: 0) == nil)
    #expect(Beat((Self.bytes + [0])[...], stamp: 0, side: 0) == nil)
    for index in 0..<4 {
      var wrong = Self.bytes
      wrong[index] ^= 1
      #expect(Beat(wrong[...], stamp: 0, side: 0) == nil)
    }
  }
}

@Suite struct BeatTraceTests {
  @Test func evenBeatsHaveNothingToComplain() {
    let even = trace([(5, 0), (6, 2), (7, 4)])
    #expect(even.complaints == [])
    #expect(even.lost == 0 && even.repeated == 0 && even.reordered == 0 && !even.hasRestarted)
    #expect(even.downtime == 0)
  }

  @Test func missingNumbersAreLost() {
    let beats = trace([(5, 0), (6, 2), (9, 8)])
    #expect(beats.lost == 2 && beats.repeated == 0 && beats.reordered == 0)
    #expect(beats.complaints == ["2 beats were lost"])
  }

  @Test func aNumberThatCameBeforeIsRepeatedAndNotLost() {
    let beats = trace([(5, 0), (6, 2), (6, 3), (7, 4)])
    #expect(beats.repeated == 1 && beats.lost == 0 && beats.reordered == 0)
    #expect(beats.complaints == ["1 beats came twice"])
  }

  @Test func aNumberAfterALaterOneIsReordered() {
    let beats = trace([(5, 0), (7, 2), (6, 3), (8, 4)])
    #expect(beats.reordered == 1 && beats.lost == 0 && beats.repeated == 0)
    #expect(beats.complaints == ["1 beats came after a later one"])
  }

  @Test func anotherBootIsARestart() {
    let beats = trace([(1, 0), (2, 2)], boots: [1, 2])
    #expect(beats.hasRestarted)
    #expect(beats.complaints == ["the guest's program started anew"])
  }

  @Test func noneAtAllIsAComplaint() {
    let none = trace([])
    #expect(none.complaints == ["no beat came"])
    #expect(none.lost == 0 && none.downtime == nil && none.longestGap == nil && none.pagesChecked == 0)
  }

  @Test func memoryThatWasHarmedIsAComplaint() {
    var beats = trace([(1, 0), (2, 2)]).beats
    (beats[0].errors, beats[1].errors, beats[0].checked, beats[1].checked) = (1, 3, 10, 25)
    let harmed = BeatTrace(beats, period: 2_000_000)
    #expect(harmed.memoryErrors == 3 && harmed.pagesChecked == 15)
    #expect(harmed.complaints == ["3 checks of the guest's memory failed"])
  }

  @Test func downtimeIsTheLongestGapLessThePeriod() {
    let beats = trace([(1, 0), (2, 2), (3, 52), (4, 54), (5, 60)])
    #expect(beats.longestGap == Gap(start: 2_000_000, length: 50_000_000))
    #expect(beats.longestGap?.end == 52_000_000)
    #expect(beats.downtime == 48_000_000)
  }

  @Test func stalledAddsWhatIsBeyondTheThreshold() {
    // Less the period: 0, 48, 20 and 21 ms.
    let beats = trace([(1, 0), (2, 2), (3, 52), (4, 74), (5, 97)])
    #expect(beats.stalled(beyond: 20_000_000) == 69_000_000)
    #expect(beats.stalled(beyond: 48_000_000) == 0)
  }

  @Test func throughputIsPagesOfFourKiBOverEachStep() {
    var beats = trace((0...10).map { (UInt64($0 + 1), 100 + Double($0) * 10) }).beats
    // 256 pages, a MiB, every 10 ms for 50 ms, then nothing.
    for index in beats.indices { beats[index].rewritten = UInt64(min(index, 5)) * 256 }
    let steps = BeatTrace(beats, period: 10_000_000).throughput(from: 60_000_000, step: 50_000_000)
    #expect(steps.map(\.time) == [40_000_000, 90_000_000])
    #expect(steps.map(\.mebibytesPerSecond) == [100, 0])
  }

  @Test func throughputWithoutAStepIsNone() {
    #expect(trace([(1, 0), (2, 2)]).throughput(from: 0, step: 0).isEmpty)
    #expect(trace([]).throughput(from: 0, step: 1).isEmpty)
  }
}
