import Subprocess
import Testing

@testable import SSH

#if canImport(Glibc)
  import Glibc
#endif

/// Reaching a host and being let in, on a real sshd.
extension ServerTests {
  @Suite struct ConnectionTests {
    @Test func aClosedPortIsRefusedAtConnect() async throws {
      let configuration = SSHConfiguration(hostName: "127.0.0.1", port: try freePort(), user: "nobody")
      let error = try await failure { try await SSHSession.connect(configuration, timeout: .seconds(20)) }
      #expect(error.step == .connect)
      #expect(error.cause == .errno(ECONNREFUSED))
      #expect(error.host == "127.0.0.1:\(configuration.port)")
    }

    @Test func aPeerThatNeverSpeaksCostsTheTimeOut() async throws {
      let listener = try silentListener()
      defer { close(listener.descriptor) }
      let configuration = SSHConfiguration(hostName: "127.0.0.1", port: listener.port, user: "nobody")
      let error = try await failure { try await SSHSession.connect(configuration, timeout: .milliseconds(200)) }
      #expect(error.step == .keyExchange)
      #expect(error.cause == .timedOut(.milliseconds(200)))
    }

    @Test func aCancelledConnectReturnsThoughTheTimeOutIsFar() async throws {
      let listener = try silentListener()
      defer { close(listener.descriptor) }
      let configuration = SSHConfiguration(hostName: "127.0.0.1", port: listener.port, user: "nobody")
      let task = Task { try await failure { try await SSHSession.connect(configuration, timeout: .seconds(3600)) } }
      task.cancel()
      #expect(try await task.value.cause == .cancelled)
    }

    @Test func aNameWithoutAddressFailsAtLookup() async throws {
      let configuration = SSHConfiguration(hostName: "no-such-host.invalid", user: "nobody")
      let error = try await failure { try await SSHSession.connect(configuration, timeout: .seconds(30)) }
      #expect(error.step == .resolve)
    }

    @Test func aRefusedKeyListsWhatWasTriedAndWhatIsOffered() async throws {
      try await withServer { server in
        var configuration = try server.configuration()
        configuration.identityFiles = [try await makeKey("stranger", in: server.directory)]
        let error = try await failure { try await server.connect(configuration) }
        let problem = try #require(error.authenticationProblem)
        #expect(problem.tried == ["key file \(server.directory.path)/stranger"])
        #expect(problem.offered == ["publickey"])
        #expect("\(error)".contains("stranger"))
      }
    }

    /// As the server sees the network, and without a program there.
    @Test func aPortIsReachedThroughTheServer() async throws {
      let listener = try silentListener()
      defer { close(listener.descriptor) }
      try await withServer { server in
        let session = try await server.connect()
        try await session.reach("127.0.0.1", port: listener.port, timeout: .seconds(20))
        let closed = try freePort()
        let error = try await failure { try await session.reach("127.0.0.1", port: closed, timeout: .seconds(20)) }
        #expect(error.step == .connect)
        guard case .refused(let words) = error.cause else {
          Issue.record("\(error)")
          return
        }
        #expect(words.contains("Connection refused"))
        #expect(try await session.run("echo still", timeout: .seconds(20)).isSuccess)
        await session.close()
      }
    }

    @Test func theSecondKeyFileIsTriedAfterTheFirst() async throws {
      try await withServer { server in
        var configuration = try server.configuration()
        configuration.identityFiles.insert(try await makeKey("stranger", type: "ecdsa", in: server.directory), at: 0)
        configuration.identityFiles.insert("\(server.directory.path)/absent", at: 0)
        await (try server.connect(configuration)).close()
      }
    }

    @Test func anEncryptedKeyWithoutAgentIsNamed() async throws {
      try await withServer { server in
        var configuration = try server.configuration()
        configuration.identityFiles = [try await makeKey("locked", passphrase: "s3cret", in: server.directory)]
        let error = try await failure { try await server.connect(configuration) }
        #expect(error.authenticationProblem?.encrypted == ["\(server.directory.path)/locked"])
        #expect("\(error)".contains("locked is encrypted and no agent holds its key"))
        #expect("\(error)".contains("ssh-add"))
        #expect(!"\(error)".contains("s3cret"))
      }
    }

    @Test func aKeyFromTheAgentIsEnough() async throws {
      try await withAgent(["user"]) { server, configuration in
        await (try server.connect(configuration)).close()
      }
    }

    @Test func theNamedKeyIsOfferedBeforeAnAgentFullOfOthers() async throws {
      let strangers = (0..<8).map { "stranger\($0)" }
      try await withAgent(strangers + ["user"]) { server, configuration in
        var configuration = configuration
        configuration.identityFiles = ["\(server.directory.path)/user"]
        await (try server.connect(configuration)).close()
      }
    }

    @Test func identitiesOnlyKeepsOtherAgentKeysBack() async throws {
      try await withAgent(["user"]) { server, configuration in
        var configuration = configuration
        configuration.identitiesOnly = true
        configuration.identityFiles = [try await makeKey("stranger", in: server.directory)]
        let error = try await failure { try await server.connect(configuration) }
        #expect(error.authenticationProblem?.tried == ["key file \(server.directory.path)/stranger"])
      }
    }

    @Test func anEncryptedKeyThatTheAgentHoldsIsNoProblem() async throws {
      try await withAgent(["user"]) { server, configuration in
        var configuration = configuration
        try await tool("ssh-keygen", ["-q", "-p", "-N", "s3cret", "-f", "\(server.directory.path)/user"])
        configuration.identitiesOnly = true
        configuration.identityFiles = ["\(server.directory.path)/user"]
        await (try server.connect(configuration)).close()
      }
    }

    @Test func anAgentThatNeverAnswersEndsWithTheTimeOut() async throws {
      try await withServer { server in
        var configuration = try server.configuration()
        let path = "\(server.directory.path)/deaf"
        let descriptor = try deafAgent(path)
        defer { close(descriptor) }
        configuration.identityAgent = path
        let error = try await failure { try await SSHSession.connect(configuration, timeout: .seconds(3)) }
        #expect(error.step == .authentication)
        #expect(error.cause == .timedOut(.seconds(3)))
      }
    }

    @Test func anAbsentAgentLeavesTheFiles() async throws {
      try await withServer { server in
        var configuration = try server.configuration()
        configuration.identityAgent = "\(server.directory.path)/absent"
        await (try server.connect(configuration)).close()
      }
    }

    /// A server, a private agent with these keys ("user" is let in), and a configuration without key files.
    private func withAgent(
      _ keys: [String], _ body: (TestServer, SSHConfiguration) async throws -> Void
    ) async throws {
      try await withServer { server in
        let path = "\(server.directory.path)/agent"
        let process = try spawn(["/usr/bin/ssh-agent", "-D", "-a", path])
        defer { endAndReap(process) }
        try await until { access(path, F_OK) == 0 }
        for key in keys {
          let file = key == "user" ? "\(server.directory.path)/user" : try await makeKey(key, in: server.directory)
          try await tool("ssh-add", ["-q", file], environment: .inherit.updating(["SSH_AUTH_SOCK": path]))
        }
        var configuration = try server.configuration()
        configuration.identityFiles = []
        configuration.identityAgent = path
        try await body(server, configuration)
      }
    }
  }
}
