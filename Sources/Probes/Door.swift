import SSH
import Subprocess

/// How the shell of a host is reached.
public enum ShellAccess: Sendable, Hashable {
  /// This machine: no SSH.
  case local
  /// `configFile` as for `ssh -F`; nil: the user's own.
  case ssh(SSHDestination, configFile: String?)
}

/// The way to a host's shell, as far as it could be opened: a session that failed is not an error but a gap in every fact.
enum Door: Sendable {
  case local
  case session(SSHSession)
  case shut(reason: String)

  /// Connects and authenticates, which is what costs time and can be done for both hosts at once.
  static func reach(_ access: ShellAccess, timeout: Duration) async -> Door {
    guard case .ssh(let destination, let configFile) = access else { return .local }
    do {
      let configuration = try await SSHConfiguration.resolve(destination, configFile: configFile)
      return .session(try await SSHSession.connect(configuration, timeout: timeout))
    } catch {
      return .shut(reason: "\(error)")
    }
  }

  /// How the host behind this door connects to others.
  var reachOut: Reach {
    switch self {
    case .local: .fromHere
    case .session(let session): .through(session)
    case .shut(let reason): .impossible(reason: reason)
    }
  }

  func close() async {
    if case .session(let session) = self { await session.close() }
  }

  /// Runs `body` with a shell behind this door, and closes the door.
  func open<Result: Sendable>(
    timeout: Duration, body: @Sendable (HostShell) async throws -> Result
  ) async throws -> Result {
    switch self {
    case .local: return try await withLocalShell(timeout: timeout, body: body)
    case .shut(let reason): return try await body(HostShell(unreachable: reason))
    case .session(let session):
      do {
        let result = try await body(await remoteShell(on: session, timeout: timeout))
        await session.close()
        return result
      } catch {
        await session.close()
        throw error
      }
    }
  }
}

private func remoteShell(on session: SSHSession, timeout: Duration) async -> HostShell {
  do {
    let shell = Shell(RemoteTransport(channel: try await session.openChannel(command: "sh -s")), marker: newMarker())
    try await shell.begin()
    return HostShell(shell, timeout: timeout)
  } catch {
    return HostShell(unreachable: "\(error)")
  }
}

/// The shell ends when `body` has, also by a cancel: with whatever it still runs, but after its exit trap.
private func withLocalShell<Result: Sendable>(
  timeout: Duration, body: @Sendable (HostShell) async throws -> Result
) async throws -> Result {
  var options = PlatformOptions()
  options.createSession = true
  // Again and again: a shell that was reading obeys a signal only after the next command, which may be one that hangs.
  let ending = [TeardownStep](
    repeating: .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .milliseconds(200)), count: 10)
  options.teardownSequence = ending
  return try await run(
    .path("/bin/sh"), arguments: ["-s"], platformOptions: options, input: .inputWriter, output: .sequence,
    error: .discarded
  ) { execution in
    let input = execution.standardInputWriter
    let shell = Shell(LocalTransport(input, execution.standardOutput), marker: newMarker())
    do {
      try await shell.begin()
      let result = try await body(HostShell(shell, timeout: timeout, isObserver: true))
      // Both: a shell that reads sees only the end of its input, one that waits for a command only the signal.
      try await input.finish()
      await execution.teardown(using: ending)
      return result
    } catch {
      try? await input.finish()
      throw error
    }
  }.closureResult
}

private func newMarker() -> String { "migrate-\(randomHex())" }

/// 128 unpredictable bits.
func randomHex() -> String {
  (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 16) }.joined()
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
