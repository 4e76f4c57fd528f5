import Testing

@testable import BenchModel

/// Beats of 2 ms with one stop in the middle, so long that it reads as `read` ms.
private func stopped(reading read: Double) -> BeatTrace {
  let stamps = [0.0, 2, 4, 6 + read, 8 + read]
  return BeatTrace(
    stamps.enumerated().map { Beat(sequence: UInt64($0 + 1), stamp: Int64($1 * 1e6)) }, period: 2_000_000)
}

@Suite struct StopControlTests {
  /// What the machine did is told from what the harness did.
  @Test(arguments: [(0.9, 55.0, false), (1.1, 55.0, true), (0.0, 60.1, true)])
  func aControlIsDisturbedByALateMachineOrSlowCommands(late: Double, high: Double, isDisturbed: Bool) {
    let control = Control(
      asked: 50, bounds: Interval(low: 50, high: high), stopped: 50, read: stopped(reading: 51), network: nil,
      late: late,
      scenario: nil)
    #expect(control.isDisturbed == isDisturbed && control.lateMs == late && control.taken == 1)
  }

  @Test func aNoisyMachineIsNamedAsTheCause() {
    let beats = (0..<1000).map {
      Beat(sequence: UInt64($0) + 1, stamp: Int64($0) * 2_000_000 + Int64($0 / 50) * 5_000_000)
    }
    let control = Control(idle: BeatTrace(beats, period: 2_000_000), late: [0.1, 7.5], scenario: nil)
    #expect(control.lateP99Ms == 7.5 && control.lateMaxMs == 7.5 && control.complaints.count == 1)
    #expect(control.complaints[0].hasSuffix("the machine itself stood still for 7.50 ms (p99)"))
  }

  /// Surely stopped for 50 to 53 ms.
  private func control(reading read: Double, stamps: Double? = 51) -> Control {
    Control(
      asked: 49, bounds: Interval(low: 50, high: 53), stopped: stamps, read: stopped(reading: read), network: 54,
      scenario: "idle")
  }

  @Test(arguments: [(50, 0), (51.5, 0), (53, 0), (54.9, 1.9), (48.1, -1.9), (55, 2), (48, -2)] as [(Double, Double)])
  func passesWithinOneBeatOfWhatCanBe(_ read: Double, _ error: Double) {
    let control = control(reading: read)
    #expect(control.complaints == [])
    #expect(control.readMs == read && control.stoppedMs == 51 && control.askedMs == 49 && control.networkMs == 54)
    #expect(control.atLeastMs == 50 && control.atMostMs == 53)
    #expect(abs((control.errorMs ?? 99) - error) < 1e-9)
  }

  @Test(
    arguments: [(55.5, "more by 2.50 ms"), (47.25, "less by 2.75 ms")] as [(Double, String)])
  func failsBeyondOneBeat(_ read: Double, _ words: String) {
    #expect(control(reading: read).complaints == ["control of 49.0 ms: it reads \(words); a beat is 2.0 ms"])
  }

  @Test func missingStampsAreAComplaint() {
    let control = control(reading: 51, stamps: nil)
    #expect(control.complaints == ["control of 49.0 ms: QEMU's stamps of the stop did not come"])
  }

  @Test func lostBeatsAreAComplaint() {
    var beats = stopped(reading: 50).beats
    beats.remove(at: 1)
    let control = Control(
      asked: 50, bounds: Interval(low: 50, high: 50), stopped: 50, read: BeatTrace(beats, period: 2_000_000),
      network: nil, scenario: nil)
    #expect(control.lost == 1 && control.beats == 4)
    #expect(control.complaints == ["control of 50.0 ms: 1 beats were lost"])
  }
}

@Suite struct IdleControlTests {
  @Test func isWhatIsLongerThanThePeriod() {
    // Gaps of 2.001, 2.002 … 2.1 ms, and one that is too short.
    var stamps: [Int64] = [0]
    for step in 1...100 { stamps.append(stamps[step - 1] + 2_000_000 + Int64(step) * 1000) }
    stamps.append(stamps[100] + 1_000_000)
    let beats = stamps.enumerated().map { Beat(sequence: UInt64($0 + 1), stamp: $1) }
    let control = Control(idle: BeatTrace(beats, period: 2_000_000), scenario: "idle")
    #expect(control.kind == .none && control.scenario == "idle" && control.beatMs == 2 && control.beats == 102)
    #expect(control.p50Ms == 0.05 && control.p99Ms == 0.099 && control.p999Ms == 0.1 && control.maxMs == 0.1)
    #expect(control.complaints == [] && control.errorMs == nil)
  }

  @Test func saysWhichControlComplains() {
    let control = Control(idle: BeatTrace([], period: 2_000_000), scenario: nil)
    #expect(control.complaints == ["control without a move: no beat came"])
    #expect(control.p50Ms == nil && control.maxMs == nil)
  }
}

@Suite struct HundredthsTests {
  @Test(
    arguments: [
      (0, "0.00"), (1.005, "1.00"), (1.006, "1.01"), (-0.001, "0.00"), (-1.5, "-1.50"), (12.3, "12.30"),
      (99.999, "100.00"),
      (-0.25, "-0.25"), (1e20, "1e+20"),
    ] as [(Double, String)])
  func hasTwoDecimals(_ value: Double, _ text: String) { #expect(hundredths(value) == text) }
}

@Suite struct ControlLimitTests {
  @Test func boundsThatAreTooFarApartTellNothing() {
    func control(width: Double) -> Control {
      Control(
        asked: 50, bounds: Interval(low: 50, high: 50 + width), stopped: 51, read: stopped(reading: 51), network: nil,
        scenario: nil)
    }
    #expect(control(width: 10).complaints == [])
    #expect(control(width: 11).complaints == ["control of 50.0 ms: its calls took 11.00 ms, too long to tell anything"])
  }

  @Test func noiseOfMoreThanABeatIsTooMuch() {
    func idle(excess: Int64) -> Control {
      let beats = (0..<100).map { Beat(sequence: UInt64($0 + 1), stamp: Int64($0) * (2_000_000 + excess)) }
      return Control(idle: BeatTrace(beats, period: 2_000_000), scenario: nil)
    }
    #expect(idle(excess: 2_000_000).complaints == [])
    #expect(idle(excess: 2_100_000).complaints.count == 1)
  }
}
