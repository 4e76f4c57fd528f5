import MigrationModel
import Synchronization
import Testing

@testable import Probes

/// Hosts whose shells print what nobody asked for.
@Suite struct HostileShellTests {
  private let first = Shell.Section(name: "first", script: "echo one")
  private let second = Shell.Section(name: "second", script: "echo two")

  private func ask(_ sections: [Shell.Section], of host: any ShellTransport) async throws -> HostShell.Answers {
    let shell = Shell(host, marker: "m")
    try await shell.begin()
    return await HostShell(shell, timeout: .seconds(60)).ask(sections)
  }

  @Test func whatTheAccountPrintsWhenItStartsIsNoAnswer() async throws {
    let host = Recording(["Welcome\nto host", "1\n\nm 0\none", "\n\nm 0\n"])
    #expect(try await ask([first], of: host)[first] == .known("one\n"))
  }

  /// What looks like a marker within a line, or with another word, is none.
  @Test func onlyALineOfItsOwnEndsAnAnswer() async throws {
    let host = Recording(["\nm 0\nhm 0\nm0\n m 0\nmm 1\n", "\nm 0\n"])
    #expect(try await ask([first], of: host)[first] == .known("hm 0\nm0\n m 0\nmm 1\n"))
  }

  @Test func aShellThatEndsHalfWayHasAnsweredWhatItHasAnswered() async throws {
    let answers = try await ask([first, second], of: Recording(["\nm 0\none\n\nm 0\ntw"]))
    #expect(answers[first] == .known("one\n"))
    #expect(answers[second] == .gap(Gap(source: "second", reason: "the shell ended before it had answered")))
  }

  /// Such as a restricted or foreign shell that understands nothing of what it is told.
  @Test func aShellWithoutShFeaturesIsAGap() async throws {
    let answers = try await ask([first], of: Recording(["% Unknown command\n", "% Unknown command\n"]))
    #expect(answers[first].value == nil)
  }

  @Test func binaryNoiseIsAGap() async throws {
    var random = SystemRandomNumberGenerator()
    let noise = (0..<4096).map { _ in String(decoding: [UInt8.random(in: 0...255, using: &random)], as: UTF8.self) }
    #expect(try await ask([first], of: Recording(noise))[first].value == nil)
    let broken = try await ask([first, second], of: Recording(["\nm 0\none\n\nm zero\ntwo\n\nm 0\n"]))
    #expect(broken[first].value == nil && broken[second].value == nil)
  }

  /// 100 MB, with and without line ends: reading stops soon after the limit.
  @Test(arguments: [UInt8(ascii: "x"), UInt8(ascii: "\n")]) func aFloodIsCutOff(byte: UInt8) async throws {
    let flood = Flood(byte: byte, chunks: 1600)
    let answers = try await ask([first, second], of: flood)
    #expect(
      answers[first] == .gap(Gap(source: "first", reason: "the shell printed more than 4 MiB for the log-in"))
        || answers[first].value == nil)
    #expect(answers[second].value == nil)
    #expect(await flood.given << 16 <= Shell.limit + (1 << 17))
  }

  /// A real shell, and a real command that floods; the next question finds the conversation over.
  @Test(.timeLimit(.minutes(1))) func aRealFloodIsCutOff() async throws {
    let flood = Shell.Section(name: "flood", script: "head -c 100000000 /dev/zero")
    let answers = try await Door.local.open(timeout: .seconds(30)) { await $0.ask([flood, first]) }
    #expect(answers[flood] == .gap(Gap(source: "flood", reason: "the shell printed more than 4 MiB for flood")))
    #expect(answers[first].value == nil)
  }
}

/// A host that says what it is told to say, whatever it is asked.
private actor Recording: ShellTransport {
  private var parts: [String]
  init(_ parts: [String]) { self.parts = parts }
  func write(_ bytes: [UInt8]) {}
  func read() -> [UInt8]? { parts.isEmpty ? nil : Array(parts.removeFirst().utf8) }
}

/// A host that prints one byte over and over, 64 KiB at a time.
private actor Flood: ShellTransport {
  private let chunk: [UInt8]
  private let chunks: Int
  var given = 0
  init(byte: UInt8, chunks: Int) {
    chunk = [UInt8](repeating: byte, count: 1 << 16)
    self.chunks = chunks
  }
  func write(_ bytes: [UInt8]) {}
  func read() -> [UInt8]? {
    given += 1
    return given <= chunks ? chunk : nil
  }
}
