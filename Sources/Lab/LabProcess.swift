import Glibc

/// A process of a lab as its init registered it: the start time tells it from a later process with the same id.
struct LabProcess: Sendable, Equatable {
  let id: pid_t
  let startTime: String

  init(id: pid_t, startTime: String) {
    self.id = id
    self.startTime = startTime
  }

  /// Reads the registration that an init wrote into `directory`; nil while there is none.
  init?(registeredIn directory: String) {
    guard let line = try? Files.read("\(directory)/process") else { return nil }
    let words = line.split(whereSeparator: \.isWhitespace)
    guard words.count == 2, let id = pid_t(words[0]) else { return nil }
    self.id = id
    self.startTime = String(words[1])
  }

  /// The process `id` as it is now; nil when there is none.
  init?(id: pid_t) {
    guard let stat = Self.stat(of: id) else { return nil }
    self.id = id
    self.startTime = stat.startTime
  }

  /// True until the process has ended; a zombie has.
  var isAlive: Bool {
    guard let stat = Self.stat(of: id) else { return false }
    return stat.startTime == startTime && stat.state != "Z" && stat.state != "X"
  }

  /// Kills the process and waits until it is gone: with the first process of a PID namespace goes all that is in it.
  ///
  /// Throws `LabError` of code `timedOut` when the kernel does not end it.
  func end() async throws {
    guard isAlive else { return }
    kill(id, SIGKILL)
    try await poll(for: .seconds(30), "end process \(id)") { !isAlive }
  }

  /// Fields 3 and 22 of proc(5)'s stat; the command in field 2 may hold spaces and parentheses.
  private static func stat(of id: pid_t) -> (state: String, startTime: String)? {
    guard let text = try? Files.read("/proc/\(id)/stat"), let end = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 19 else { return nil }
    return (String(fields[0]), String(fields[19]))
  }
}

/// Asks `isReady` again and again until it says yes.
///
/// Throws `LabError` of code `timedOut` after `limit`, what `isReady` throws, and when the task is cancelled.
func poll(
  for limit: Duration, every interval: Duration = .milliseconds(10), _ action: String, host: String? = nil,
  until isReady: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + limit
  while try await !isReady() {
    guard ContinuousClock.now < deadline else {
      throw LabError(.timedOut, action, host: host, "not within \(limit)")
    }
    try await Task.sleep(for: interval)
  }
}
