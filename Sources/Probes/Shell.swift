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

  private let transport: any ShellTransport
  private let marker: String
  private var received: [UInt8] = []
  private var isGreeted = false

  /// - Parameter marker: letters and digits, unpredictable.
  init(_ transport: any ShellTransport, marker: String) {
    self.transport = transport
    self.marker = marker
  }

  /// Asks all sections in one write and returns their answers by name. Throws when the shell ends before the last one.
  func ask(_ sections: [Section]) async throws -> [String: Answer] {
    // At the same time: a shell whose answers nobody takes stops reading questions.
    let questions = sections.map(framed).joined()
    async let written: Void = tell(questions)
    if !isGreeted { _ = try await answer() }
    isGreeted = true
    var answers: [String: Answer] = [:]
    for section in sections { answers[section.name] = try await answer() }
    try await written
    return answers
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
    "(\n\(section.script)\n) </dev/null 2>&1; printf '\\n%s %d\\n' \(marker) \"$?\"\n"
  }

  private func answer() async throws -> Answer {
    var text: [UInt8] = []
    while true {
      let line = try await line()
      let words = line.split(separator: UInt8(ascii: " "))
      if words.count == 2, words[0].elementsEqual(marker.utf8),
        let status = Int(String(decoding: words[1], as: UTF8.self))
      {
        return Answer(text: String(decoding: text.dropLast(), as: UTF8.self), status: status)
      }
      text += line + [UInt8(ascii: "\n")]
    }
  }

  /// The next line without its end. Bounded: a host that never ends a line is not believed.
  private func line() async throws -> [UInt8] {
    var searched = 0
    while true {
      if let end = received[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { received.removeSubrange(...end) }
        return Array(received[..<end])
      }
      searched = received.count
      guard received.count < 4 << 20 else { throw ShellError(reason: "printed a line of more than 4 MiB") }
      guard let bytes = try await transport.read() else { throw ShellError(reason: "ended before it had answered") }
      received += bytes
    }
  }
}

/// The shell on a host did not hold the conversation.
struct ShellError: Error, CustomStringConvertible {
  var reason: String
  var description: String { "the shell \(reason)" }
}
