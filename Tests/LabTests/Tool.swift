import Foundation
import Subprocess
import Testing

@testable import Lab

/// The built `migrate`, run as a user runs it.
struct Tool: Sendable {
  struct Output: Sendable {
    var status: Int32
    var text: String
    var complaints: String

    /// The lines of `--output jsonl`.
    func events() throws -> [[String: any Sendable]] {
      try text.split(separator: "\n").map { try Tool.object(String($0)) }
    }
    func document() throws -> [String: any Sendable] { try Tool.object(text) }
  }

  typealias Running = Execution<NoInput, SequenceOutput, StringOutput<UTF8>>

  var lab: Lab?

  /// Beside the test bundle.
  static let path = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    .appending(path: "migrate").path()

  func run(_ arguments: String...) async throws -> Output { try await run(arguments) }

  /// Runs to the end, or for as long as `react` lets it: it is shown every line of stdout as it comes.
  /// - Parameter inOwnGroup: the tool leads a process group of its own, as a shell's foreground job does.
  func run(
    _ arguments: [String], inOwnGroup: Bool = false,
    react: @escaping @Sendable (String, Running) async throws -> Void = { _, _ in }
  ) async throws -> Output {
    let takesNone = ["lab", "status", "watch", "cancel", "history"].contains(arguments.first ?? "")
    let configuration =
      takesNone || arguments.contains("--config") ? [] : ["--config", lab?.configurationPath ?? "/dev/null"]
    var options = PlatformOptions()
    if inOwnGroup { options.processGroupID = 0 }
    let result = try await Subprocess.run(
      .path(.init(Self.path)), arguments: Arguments(arguments + configuration), platformOptions: options, input: .none,
      output: .sequence,
      error: .string(limit: 1 << 20)
    ) { execution in
      var text = ""
      for try await line in execution.standardOutput.strings() {
        text += line + "\n"
        try await react(line, execution)
      }
      return text
    }
    return Output(
      status: result.terminationStatus.shellStatus, text: result.closureResult, complaints: result.standardError)
  }

  static func object(_ json: String) throws -> [String: any Sendable] {
    try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: any Sendable], "\(json)")
  }
}
