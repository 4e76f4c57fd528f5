import Testing

@testable import SSH

/// Sessions through another process, as the configuration file says.
extension ServerTests {
  @Suite struct ProxyTests {
    @Test func aHostAliasLeadsToTheServer() async throws {
      try await reaches("target", "")
    }

    @Test func aProxyCommandCarriesTheSession() async throws {
      try await reaches("target", "ProxyCommand ssh -F CONFIG -o BatchMode=yes -W %h:%p jump")
    }

    @Test func aProxyJumpCarriesTheSession() async throws {
      try await reaches("target", "ProxyJump jump")
    }

    @Test func aProxyThatFailsIsQuoted() async throws {
      try await withFile("ProxyCommand sh -c 'echo no way through >&2; exit 1'") { _, file in
        let configuration = try await SSHConfiguration.resolve(SSHDestination("target"), configFile: file)
        let error = try await failure { try await SSHSession.connect(configuration, timeout: .seconds(30)) }
        #expect(error.step == .proxy)
        #expect("\(error)".contains("no way through"))
      }
    }

    @Test func aSilentProxyCostsTheTimeOutAndLeavesNothing() async throws {
      var configuration = SSHConfiguration(hostName: "h", user: "u")
      configuration.proxy = .program(["sleep", "1000"])
      let before = try resources()
      let error = try await failure { try await SSHSession.connect(configuration, timeout: .milliseconds(100)) }
      #expect(error.cause == .timedOut(.milliseconds(100)))
      try await until { try resources().isWithin(before) }
    }

    private func reaches(_ host: String, _ option: String) async throws {
      try await withFile(option) { server, file in
        let configuration = try await SSHConfiguration.resolve(SSHDestination(host), configFile: file)
        let session = try await server.connect(configuration)
        let result = try await session.run("cat", input: Array("through".utf8), timeout: .seconds(60))
        #expect(result.standardOutput == Array("through".utf8))
        await session.close()
      }
    }

    /// A file with the hosts `jump` and `target`, the second with one more option.
    private func withFile(_ option: String, _ body: (TestServer, String) async throws -> Void) async throws {
      try await withServer { server in
        let file = "\(server.directory.path)/config"
        let direct = try server.configuration()
        let host = """
            HostName 127.0.0.1
            Port \(server.port)
            User \(direct.user)
            IdentityFile \(direct.identityFiles[0])
            IdentityAgent none
            UserKnownHostsFile \(direct.userKnownHostsFiles[0])
            GlobalKnownHostsFile none
          """
        let last = option.replacing("CONFIG", with: file)
        try server.directory.write("config", "Host jump\n\(host)\nHost target\n\(host)\n  \(last)\n")
        try await body(server, file)
      }
    }
  }
}
