import MigrationModel

/// Bytes to and from a `sh -s` on a host, however it was reached.
protocol ShellTransport: Sendable {
  func write(_ bytes: [UInt8]) async throws
  /// Next bytes that the shell printed; nil at its end.
  func read() async throws -> [UInt8]?
}

/// One POSIX shell on a host that stays open for the whole conversation, so that a host costs one exec request however
/// many questions are asked.
///
/// Commands arrive on its standard input; each runs in a subshell with /dev/null as its own input, and its output ends
/// with a line that carries this conversation's marker, which no output can guess.
actor Shell {
  /// A named piece of the conversation and the commands that answer it.
  struct Section: Sendable {
    let name: String
    let script: String
  }

  struct Answer: Sendable, Equatable {
    var text: String
    var status: Int
  }

  /// What one section may print, and what may stand before the first: bytes.
  static let limit = 4 << 20

  private let transport: any ShellTransport
  private let marker: [UInt8]
  private var received: [UInt8] = []
  private var isGreeted = false

  /// - Parameter marker: letters and digits, unpredictable.
  init(_ transport: any ShellTransport, marker: String) {
    self.transport = transport
    self.marker = Array(marker.utf8)
  }

  /// Asks all sections in one write and hands over each answer as it comes.
  ///
  /// Throws ShellError when the shell ends before the last one, or when an answer is over `limit`: what it says after
  /// that cannot be told apart any more.
  func ask(_ sections: [Section], answered: @Sendable (Section, Answer) -> Void) async throws {
    // At the same time: a shell whose answers nobody takes stops reading questions.
    let questions = sections.map(framed).joined()
    async let written: Void = tell(questions)
    if !isGreeted { _ = try await answer(to: "the log-in") }
    isGreeted = true
    for section in sections { answered(section, try await answer(to: section.name)) }
    try await written
  }

  /// Sets up the conversation: predictable language, path and permissions, and a first marker, before which stands
  /// whatever the account's own start-up files print.
  func begin() async throws {
    let greeting = Section(name: "greeting", script: ":")
    try await tell("LC_ALL=C; export LC_ALL; PATH=$PATH:/usr/sbin:/sbin; umask 077\n\(framed(greeting))")
  }

  /// Has `commands` run when the shell ends, by itself or by a signal, in place of those given before.
  ///
  /// A signal that comes while they run, or just before, neither ends them nor keeps them from running.
  func atExit(_ commands: String) async throws {
    let undisturbed = "trap '' HUP INT TERM PIPE; \(commands)"
    try await tell(
      "trap \("\(undisturbed); exit 1".shellQuoted) HUP INT TERM PIPE; trap \(undisturbed.shellQuoted) EXIT")
  }

  private func tell(_ commands: String) async throws { try await transport.write(Array("\(commands)\n".utf8)) }

  private func framed(_ section: Section) -> String {
    "(\n\(section.script)\n) </dev/null 2>&1; printf '\\n%s %d\\n' \(String(decoding: marker, as: UTF8.self)) \"$?\"\n"
  }

  /// All that is printed until the line with the marker.
  private func answer(to name: String) async throws -> Answer {
    let end = [UInt8(ascii: "\n")] + marker + [UInt8(ascii: " ")]
    var searched = 0
    while true {
      if let mark = position(of: end, from: searched),
        let lineEnd = received[(mark + end.count)...].firstIndex(of: UInt8(ascii: "\n"))
      {
        let text = String(decoding: received[..<mark], as: UTF8.self)
        let status = Int(String(decoding: received[(mark + end.count)..<lineEnd], as: UTF8.self))
        received.removeSubrange(...lineEnd)
        guard let status else { throw ShellError(reason: "broke off after \(name)") }
        return Answer(text: text, status: status)
      }
      guard received.count <= Self.limit else {
        throw ShellError(reason: "printed more than \(Self.limit >> 20) MiB for \(name)")
      }
      searched = max(0, received.count - end.count - 16)
      guard let bytes = try await transport.read() else { throw ShellError(reason: "ended before it had answered") }
      received += bytes
    }
  }

  private func position(of pattern: [UInt8], from start: Int) -> Int? {
    guard received.count >= pattern.count else { return nil }
    var index = start
    while let candidate = received[index...].firstIndex(of: pattern[0]), candidate + pattern.count <= received.count {
      if received[candidate..<(candidate + pattern.count)].elementsEqual(pattern) { return candidate }
      index = candidate + 1
    }
    return nil
  }
}

/// The shell on a host did not hold the conversation.
struct ShellError: Error, CustomStringConvertible {
  var reason: String
  var description: String { "the shell \(reason)" }
}
