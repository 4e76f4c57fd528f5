import Testing

@testable import SSH

/// Commands on a real sshd.
@Suite(.serialized) struct CommandTests {
  @Test func outputErrorAndStatusComeBack() async throws {
    try await withServer { server in
      let session = try await server.connect()
      let result = try await session.run("cat; echo problem >&2; exit 3", input: Array("héllo\n".utf8), timeout: .seconds(20))
      #expect(String(decoding: result.standardOutput, as: UTF8.self) == "héllo\n")
      #expect(String(decoding: result.standardError, as: UTF8.self) == "problem\n")
      #expect(result.exit == .status(3))
      await session.close()
    }
  }

  @Test func anExitBySignalNamesTheSignal() async throws {
    try await withServer { server in
      let session = try await server.connect()
      let result = try await session.run("kill -TERM $$", timeout: .seconds(20))
      #expect(result.exit == .signal("TERM"))
      await session.close()
    }
  }
}
