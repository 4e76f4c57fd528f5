import MigrationModel
import SSH
import Subprocess

/// How the shell of a host is reached.
public enum ShellAccess: Sendable, Hashable {
  /// This machine: no SSH.
  case local
  /// `configFile` as for `ssh -F`; nil: the user's own.
  case ssh(SSHDestination, configFile: String?)
}

/// Opens one shell on a host for as long as `body` runs.
///
/// Throws what `body` throws, SSHError when the host cannot be reached, its key is not known or we are refused.
func withShell<Result: Sendable>(
  _ access: ShellAccess, timeout: Duration, atExit commands: String, body: @Sendable (Shell) async throws -> Result
) async throws -> Result {
  switch access {
  case .local: try await withLocalShell(atExit: commands, body: body)
  case .ssh(let destination, let configFile):
    try await withRemoteShell(destination, configFile, timeout: timeout, atExit: commands, body: body)
  }
}

private func withLocalShell<Result: Sendable>(
  atExit commands: String, body: @Sendable (Shell) async throws -> Result
) async throws -> Result {
  try await run(
    .path("/bin/sh"), arguments: ["-s"], input: .inputWriter, output: .sequence, error: .discarded
  ) { execution in
    let shell = Shell(LocalTransport(execution.standardInputWriter, execution.standardOutput), marker: newMarker())
    try await shell.begin(atExit: commands)
    return try await body(shell)
  }.closureResult
}

private func withRemoteShell<Result: Sendable>(
  _ destination: SSHDestination, _ configFile: String?, timeout: Duration, atExit commands: String,
  body: @Sendable (Shell) async throws -> Result
) async throws -> Result {
  let configuration = try await SSHConfiguration.resolve(destination, configFile: configFile)
  let session = try await SSHSession.connect(configuration, timeout: timeout)
  do {
    let shell = Shell(RemoteTransport(channel: try await session.openChannel(command: "sh -s")), marker: newMarker())
    try await shell.begin(atExit: commands)
    let result = try await body(shell)
    await session.close()
    return result
  } catch {
    await session.close()
    throw error
  }
}

private func newMarker() -> String {
  "migrate-" + String(UInt64.random(in: .min ... .max), radix: 16) + String(UInt64.random(in: .min ... .max), radix: 16)
}

private struct RemoteTransport: ShellTransport {
  let channel: SSHChannel
  func write(_ bytes: [UInt8]) async throws { try await channel.write(bytes) }
  func read() async throws -> [UInt8]? { try await channel.read() }
}

private actor LocalTransport: ShellTransport {
  private let writer: StandardInputWriter
  private var output: SubprocessOutputSequence.Iterator

  init(_ writer: StandardInputWriter, _ output: SubprocessOutputSequence) {
    self.writer = writer
    self.output = output.makeAsyncIterator()
  }

  func write(_ bytes: [UInt8]) async throws {
    var rest = bytes[...]
    while !rest.isEmpty { rest = rest.dropFirst(try await writer.write(Array(rest))) }
  }

  func read() async throws -> [UInt8]? {
    var iterator = output
    defer { output = iterator }
    return try await iterator.next(isolation: self)?.withUnsafeBytes { Array($0) }
  }
}
