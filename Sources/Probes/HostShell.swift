import MigrationModel
import Synchronization

/// A host's shell as the probes see it: every question gets an answer, and what stands in the way is a gap.
///
/// Once the host has not answered in time, or was never reached, it is not asked again.
final class HostShell: Sendable {
  private let shell: Shell?
  private let timeout: Duration
  /// The host is this machine, whose clock is the one that others are measured by.
  private let isObserver: Bool
  private let silence: Mutex<String?>

  init(_ shell: Shell, timeout: Duration, isObserver: Bool = false) {
    self.shell = shell
    self.timeout = timeout
    self.isObserver = isObserver
    silence = Mutex(nil)
  }

  /// A host without a shell, and why.
  init(unreachable reason: String) {
    shell = nil
    timeout = .zero
    isObserver = false
    silence = Mutex(reason)
  }

  /// What the commands printed, by section; a gap where one failed, with the first line of what it said. A host that
  /// falls silent half-way has answered what it has answered.
  func ask(_ sections: [Shell.Section]) async -> Answers {
    guard !sections.isEmpty else { return Answers([:]) }
    let answers = Mutex<[String: Shell.Answer]>([:])
    let outcome = await converse { shell in
      try await shell.ask(sections) { section, answer in answers.withLock { $0[section.name] = answer } }
    }
    let heard = answers.withLock { $0 }
    return if case .failure(let silence) = outcome { Answers(heard, silence: silence.reason) } else { Answers(heard) }
  }

  /// How far the host's clock is ahead of this machine's.
  func clock() async -> Fact<ClockOffset> {
    if isObserver { return .known(ClockOffset(offset: 0, errorBound: 0)) }
    return switch await converse({ try await ClockProbe.measure($0) }) {
    case .success(let clock): clock
    case .failure(let silence): .gap(Gap(source: GuestQuestions.clock.name, reason: silence.reason))
    }
  }

  /// Asks the host nothing any more, for a reason.
  func leave(_ reason: String) { silence.withLock { $0 = reason } }

  /// Has `commands` run when the shell ends, however it ends.
  func atExit(_ commands: String) async { _ = await converse { try await $0.atExit(commands) } }

  private struct Silence: Error { var reason: String }

  /// A piece of the conversation, given up after the time-out; its failure ends the conversation.
  private func converse<T: Sendable>(
    _ piece: @escaping @Sendable (Shell) async throws -> T
  ) async -> Result<T, Silence> {
    if let reason = silence.withLock({ $0 }) { return .failure(Silence(reason: reason)) }
    guard let shell else { return .failure(Silence(reason: "was not reached")) }
    do {
      return .success(try await withDeadline(timeout) { try await piece(shell) })
    } catch {
      silence.withLock { $0 = "\(error)" }
      return .failure(Silence(reason: "\(error)"))
    }
  }

  struct Answers: Sendable {
    private let answers: [String: Shell.Answer]
    private let silence: String

    init(_ answers: [String: Shell.Answer], silence: String = "was not asked") {
      self.answers = answers
      self.silence = silence
    }

    /// The text that a section printed; a gap when it failed or nobody answered.
    subscript(section: Shell.Section) -> Fact<String> {
      guard let answer = answers[section.name] else { return .gap(Gap(source: section.name, reason: silence)) }
      return answer.status == 0
        ? .known(answer.text)
        : .gap(Gap(source: section.name, reason: "\(firstLine(answer.text)) (status \(answer.status))"))
    }

    /// The fact that `parse` reads from a section's text; a gap when it cannot.
    func fact<Value>(_ section: Shell.Section, _ parse: (String) -> Value?) -> Fact<Value> {
      switch self[section] {
      case .gap(let gap): .gap(gap)
      case .known(let text):
        parse(text).map { .known($0) }
          ?? .gap(Gap(source: section.name, reason: "printed what cannot be read: \(firstLine(text))"))
      }
    }
  }
}

/// Runs `body`, cancelled and given up after `limit`.
private func withDeadline<T: Sendable>(
  _ limit: Duration, _ body: @escaping @Sendable () async throws -> T
) async throws -> T {
  try await withThrowingTaskGroup(of: T?.self) { tasks in
    tasks.addTask { try await body() }
    tasks.addTask {
      try await Task.sleep(for: limit)
      return nil
    }
    defer { tasks.cancelAll() }
    guard let first = try await tasks.next(), let result = first else {
      throw ShellError(reason: "did not answer within \(limit.components.seconds) s")
    }
    return result
  }
}
