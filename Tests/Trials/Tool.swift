import Foundation
import Lab
import Subprocess

/// The built `migrate`, run as a user runs it.
public struct Tool: Sendable {
  public struct Output: Sendable {
    /// The exit status; a signal counts as 128 plus its number, as in a shell.
    public var status: Int32
    public var text: String
    public var complaints: String
    /// It did not end within its limit, and was killed.
    public var wasEnded = false

    /// The lines of `--output jsonl`; throws `Unreadable` for a line that is no JSON object.
    public func events() throws -> [[String: any Sendable]] {
      try text.split(separator: "\n").map { try Tool.object(String($0)) }
    }
    public func document() throws -> [String: any Sendable] { try Tool.object(text) }
  }

  public struct Unreadable: Error, Sendable, CustomStringConvertible {
    public var description: String
  }

  public typealias Running = Execution<NoInput, SequenceOutput, StringOutput<UTF8>>

  public var lab: Lab?

  public init(lab: Lab? = nil) { self.lab = lab }

  /// Beside this program, or the test bundle.
  public static let path = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    .appending(path: "migrate").path()

  public func run(_ arguments: String...) async throws -> Output { try await run(arguments) }

  /// Runs to the end, or for as long as `react` lets it: it is shown every line of stdout as it comes.
  /// - Parameters:
  ///   - inOwnGroup: the tool leads a process group of its own, as a shell's foreground job does.
  ///   - limit: how long it may take; then it is killed.
  ///   - entering: words before the tool's own, as `nsenter` takes them; the first is found on the search path.
  public func run(
    _ arguments: [String], inOwnGroup: Bool = false, within limit: Duration = .seconds(600), entering: [String] = [],
    react: @escaping @Sendable (String, Running) async throws -> Void = { _, _ in }
  ) async throws -> Output {
    var options = PlatformOptions()
    if inOwnGroup { options.processGroupID = 0 }
    let words = entering + [Self.path] + arguments + configuration(for: arguments)
    let start = ContinuousClock.now
    let result = try await Subprocess.run(
      words[0].contains("/") ? .path(.init(words[0])) : .name(words[0]),
      arguments: Arguments(Array(words.dropFirst())), environment: .inherit.updating(["MIGRATE_JOURNAL": journal]),
      platformOptions: options, input: .none, output: .sequence,
      error: .string(limit: 1 << 20)
    ) { execution in
      let watchdog = Task {
        try await Task.sleep(for: limit)
        try execution.send(signal: .kill)
      }
      defer { watchdog.cancel() }
      var text = ""
      for try await line in execution.standardOutput.strings() {
        text += line + "\n"
        try await react(line, execution)
      }
      return text
    }
    return Output(
      status: result.terminationStatus.shellStatus, text: result.closureResult, complaints: result.standardError,
      wasEnded: ContinuousClock.now - start >= limit)
  }

  /// The lab's own, and not the machine's.
  public var journal: String { lab.map { "\($0.plan.directory)/journal.sqlite" } ?? "/nonexistent/journal.sqlite" }

  /// The lab's own, and none of the machine's.
  private func configuration(for arguments: [String]) -> [String] {
    let takesNone = ["bench", "lab", "status", "history", "watch", "cancel"].contains(arguments.first ?? "")
    return takesNone || arguments.contains("--config") ? [] : ["--config", lab?.configurationPath ?? "/dev/null"]
  }

  public static func object(_ json: String) throws -> [String: any Sendable] {
    guard let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: any Sendable] else {
      throw Unreadable(description: "this is no JSON object: \(json)")
    }
    return object
  }
}

extension TerminationStatus {
  fileprivate var shellStatus: Int32 {
    switch self {
    case .exited(let code): code
    case .signaled(let signal): 128 + signal
    }
  }
}
