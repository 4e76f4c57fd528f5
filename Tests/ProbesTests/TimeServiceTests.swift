import MigrationModel
import Testing

@testable import Probes

@Suite struct TimeServiceTests {
  /// A negative correction is a clock that is ahead; the bound is root delay / 2 + root dispersion.
  @Test func chronyTellsOffsetAndBound() {
    let expected = ClockSync(
      service: "chrony", synchronised: true, reference: "ntp.example", stratum: 3, offset: 12_345,
      errorBound: 11_500_000)
    #expect(Parse.clockSync(Captures.chrony) == expected)
  }

  @Test func unsynchronisedChronyBelievesNothing() {
    let text = "chrony\n7F7F0101,,0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised\n"
    #expect(
      Parse.clockSync(text) == ClockSync(service: "chrony", synchronised: false, reference: "7F7F0101", stratum: 0))
    #expect(Parse.clockSync("chrony\n506 Cannot talk to daemon\n") == nil)
    #expect(Parse.clockSync(Captures.chrony.replacing("Normal", with: "Not synchron")) == nil)
    #expect(Parse.clockSync(Captures.chrony.replacing("-0.000012345", with: "nan")) == nil)
    #expect(Parse.clockSync(Captures.chrony.replacing("0.020000000", with: "1e300")) == nil)
  }

  @Test func ntpdCountsInMilliseconds() {
    let expected = ClockSync(
      service: "ntpd", synchronised: true, reference: "192.0.2.1", stratum: 3, offset: 123_456, errorBound: 32_225_000)
    #expect(Parse.clockSync(Captures.ntpd) == expected)
    #expect(Parse.clockSync("ntpd\nstratum=16, refid=INIT\n")?.synchronised == false)
    #expect(Parse.clockSync("ntpd\nleap=11, stratum=2\n")?.synchronised == false)
  }

  /// 15.777 ms to the reference, half of 33.8 ms to the server, 2.5 ms of jitter and the offset that is being corrected.
  @Test func timesyncdTellsOffsetAndBound() {
    let expected = ClockSync(
      service: "timesyncd", synchronised: true, reference: "time.example", stratum: 2, offset: 1_073_000,
      errorBound: 36_250_000)
    #expect(Parse.clockSync(Captures.timesyncd) == expected)
    let unheard = "kernel\nNTP=yes\nNTPSynchronized=no\n Server: n/a (n/a)\nPoll interval: 0 (min: 32s; max 34min 8s)\n"
    #expect(Parse.clockSync(unheard) == ClockSync(service: "timesyncd", synchronised: false))
  }

  @Test func longSpansAddUp() {
    let text = Captures.timesyncd.replacing("-1.073ms", with: "+2min 3.5s")
    #expect(Parse.clockSync(text)?.offset == -123_500_000_000)
    #expect(Parse.clockSync(Captures.timesyncd.replacing("-1.073ms", with: "+2 min"))?.offset == nil)
  }

  @Test func withoutTimesyncdOnlyTheKernelSpeaks() {
    #expect(
      Parse.clockSync("kernel\nNTP=no\nNTPSynchronized=yes\n") == ClockSync(service: "kernel", synchronised: true))
    #expect(Parse.clockSync("kernel\n") == nil)
    #expect(Parse.clockSync("") == nil)
  }
}
