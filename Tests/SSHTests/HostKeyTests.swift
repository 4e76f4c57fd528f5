import Foundation
import Testing

@testable import SSH

/// The server's key against known_hosts files, on a real sshd.
extension ServerTests {
  @Suite struct HostKeyTests {
    @Test func anUnknownHostIsRefusedWithItsFingerprint() async throws {
      try await withServer { server in
        let error = try await refusal(server, known: "other.example \(try server.hostKey())")
        let problem = try #require(error.hostKeyProblem)
        #expect(problem.kind == .unknown)
        #expect(problem.keyType == "ssh-ed25519")
        let printed = try await tool("ssh-keygen", ["-lf", "\(server.directory.path)/host_ed25519.pub"])
        #expect(printed.split(separator: " ")[1] == problem.fingerprint)
        #expect("\(error)".contains("ssh-keyscan -p \(server.port) '127.0.0.1'"))
        #expect("\(error)".contains(problem.fingerprint))
      }
    }

    @Test func aMissingFileKnowsNobody() async throws {
      try await withServer { server in
        var configuration = try server.configuration()
        configuration.userKnownHostsFiles = ["\(server.directory.path)/absent"]
        let error = try await failure { try await server.connect(configuration) }
        #expect(error.hostKeyProblem?.kind == .unknown)
      }
    }

    @Test func aChangedKeyIsRefusedWithFileAndLine() async throws {
      try await withServer { server in
        let old = try await otherKey(in: server)
        let error = try await refusal(server, known: "# comment", "\(name(server)) \(old)")
        let problem = try #require(error.hostKeyProblem)
        #expect(problem.kind == .changed)
        #expect(problem.line == 2)
        #expect("\(error)".contains("ssh-keygen -R '[127.0.0.1]:\(server.port)' -f '\(try #require(problem.file))'"))
      }
    }

    @Test func aRevokedKeyIsRefusedThoughItIsKnown() async throws {
      try await withServer { server in
        let key = try server.hostKey()
        let error = try await refusal(server, known: "\(name(server)) \(key)", "@revoked * \(key)")
        #expect(error.hostKeyProblem?.kind == .revoked)
        #expect(error.hostKeyProblem?.line == 2)
      }
    }

    @Test func aKeyInRevokedHostKeysIsRefused() async throws {
      try await withServer { server in
        var configuration = try server.configuration()
        configuration.revokedHostKeys = try server.directory.write("revoked", "\(try server.hostKey()) gone\n")
        let error = try await failure { try await server.connect(configuration) }
        #expect(error.hostKeyProblem?.kind == .revoked)
        configuration.revokedHostKeys = try server.directory.write("revoked", "\(try await otherKey(in: server))\n")
        await (try server.connect(configuration)).close()
      }
    }

    @Test func aHashedEntryIsKnown() async throws {
      try await withServer { server in
        let file = try server.knownHosts("\(name(server)) \(try server.hostKey())")
        try await tool("ssh-keygen", ["-q", "-H", "-f", file])
        #expect(try String(contentsOfFile: file, encoding: .utf8).hasPrefix("|1|"))
        try await accepts(server, file: file)
      }
    }

    @Test func theGlobalFileCounts() async throws {
      try await withServer { server in
        var configuration = try server.configuration()
        configuration.globalKnownHostsFiles = configuration.userKnownHostsFiles
        configuration.userKnownHostsFiles = []
        await (try server.connect(configuration)).close()
      }
    }

    @Test func onlyAnotherTypeKnownIsRefusedAsSuch() async throws {
      try await withServer(hostKeys: ["ed25519"]) { server in
        let other = try await otherKey(in: server, type: "ecdsa")
        let error = try await refusal(server, known: "\(name(server)) \(other)")
        #expect(error.hostKeyProblem?.kind == .otherType(["ecdsa-sha2-nistp256"]))
        #expect("\(error)".contains("ecdsa-sha2-nistp256"))
      }
    }

    /// Of a server with three keys each one alone in known_hosts is enough.
    @Test(arguments: ["ed25519", "ecdsa", "rsa"])
    func aServerWithSeveralKeysIsAskedForTheKnownOne(_ type: String) async throws {
      try await withServer(hostKeys: ["ed25519", "ecdsa", "rsa"]) { server in
        try await accepts(server, file: server.knownHosts("\(name(server)) \(try server.hostKey(type))"))
      }
    }

    @Test func anAliasIsLookedUpInsteadOfNameAndPort() async throws {
      try await withServer { server in
        var configuration = try server.configuration()
        configuration.hostKeyAlias = "The-Alias"
        configuration.userKnownHostsFiles = [try server.knownHosts("the-alias \(try server.hostKey())")]
        await (try server.connect(configuration)).close()
        configuration.hostKeyAlias = "another"
        #expect(try await failure { try await server.connect(configuration) }.hostKeyProblem?.name == "another")
      }
    }

    private func name(_ server: TestServer) -> String { "[127.0.0.1]:\(server.port)" }

    private func otherKey(in server: TestServer, type: String = "ed25519") async throws -> String {
      try await makeKey("other_\(type)", type: type, in: server.directory)
      return try server.directory.read("other_\(type).pub").split(separator: " ").prefix(2).joined(separator: " ")
    }

    private func accepts(_ server: TestServer, file: String) async throws {
      var configuration = try server.configuration()
      configuration.userKnownHostsFiles = [file]
      await (try server.connect(configuration)).close()
    }

    private func refusal(_ server: TestServer, known lines: String...) async throws -> SSHError {
      var configuration = try server.configuration()
      configuration.userKnownHostsFiles = [
        try server.directory.write("known", lines.joined(separator: "\n") + "\n")
      ]
      return try await failure { try await server.connect(configuration) }
    }
  }
}

extension SSHError {
  var hostKeyProblem: HostKeyProblem? {
    if case .hostKey(let problem) = cause { problem } else { nil }
  }

  var authenticationProblem: AuthenticationProblem? {
    if case .authentication(let problem) = cause { problem } else { nil }
  }
}
