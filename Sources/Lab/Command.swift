import Glibc
import Subprocess

/// What a finished command said.
public struct CommandResult: Sendable, Equatable {
  /// The exit status; a signal counts as 128 plus its number, as in a shell.
  public let status: Int32
  public let output: String
  public let errorOutput: String

  public var isSuccess: Bool { status == 0 }
  /// The output without the white space around it.
  public var text: String { output.trimmed }
}

/// Runs `arguments` (a program and its arguments, no shell) and returns what it said, whatever its status.
///
/// Of this process's environment it sees the search path alone. It is ended when its task is cancelled.
/// Throws `LabError` of code `commandFailed` when the program cannot be started.
func execute(_ arguments: [String], input: String = "") async throws -> CommandResult {
  do {
    let result = try await Subprocess.run(
      .name(arguments[0]), arguments: Arguments(Array(arguments.dropFirst())), environment: plainEnvironment(),
      input: .string(input), output: .string(limit: 16 << 20), error: .string(limit: 1 << 20))
    return CommandResult(
      status: result.terminationStatus.shellStatus, output: result.standardOutput, errorOutput: result.standardError)
  } catch let error as SubprocessError {
    throw LabError(.commandFailed, "run \(arguments[0])", "\(error)")
  }
}

/// Runs `arguments` and returns what it said; throws `LabError` of code `commandFailed` with its last words otherwise.
@discardableResult
func executeOrThrow(_ arguments: [String], to action: String, host: String? = nil) async throws -> CommandResult {
  let result = try await execute(arguments)
  try result.check(action, host: host)
  return result
}

/// What every command of a lab sees, so that nobody's settings reach libvirt, ssh or a parser of their output.
func plainEnvironment(_ more: [String: String] = [:]) -> Environment {
  let values = ["PATH": searchPath(), "HOME": "/root", "LC_ALL": "C.UTF-8"]
  let all = values.merging(more) { _, new in new }
  return .custom(Dictionary(uniqueKeysWithValues: all.map { (Environment.Key(stringLiteral: $0), $1) }))
}

/// This process's, and after it where a system keeps what only root runs.
func searchPath() -> String {
  (getenv("PATH").map { String(cString: $0) + ":" } ?? "") + "/usr/sbin:/usr/bin:/sbin:/bin"
}

extension CommandResult {
  /// Throws `LabError` of code `commandFailed` with the command's last words unless it succeeded.
  public func check(_ action: String, host: String? = nil) throws {
    guard !isSuccess else { return }
    let words = errorOutput.trimmed.isEmpty ? text : errorOutput.trimmed
    throw LabError(.commandFailed, action, host: host, "status \(status): \(words)")
  }
}

extension TerminationStatus {
  var shellStatus: Int32 {
    switch self {
    case .exited(let code): code
    case .signaled(let signal): 128 + signal
    }
  }
}

extension String {
  var trimmed: String {
    var rest = self[...]
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
