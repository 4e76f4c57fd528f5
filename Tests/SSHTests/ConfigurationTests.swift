import Testing

@testable import SSH

#if canImport(Glibc)
  import Glibc
#endif

struct ConfigurationTests {
  @Test func whatSSHPrintsIsRead() throws {
    let configuration = try parse(
      """
      host kvm1
      user admin
      hostname 10.0.0.7
      port 2222
      addressfamily inet
      identitiesonly yes
      hostkeyalias alias
      identityfile ~/.ssh/id key
      identityfile %d/keys/%r@%h
      identityagent ${RUNTIME}/agent
      userknownhostsfile /home/me/known hosts /home/me/b
      globalknownhostsfile /etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2
      hostkeyalgorithms ssh-ed25519,rsa-sha2-512
      proxycommand nc -X %% %h %p %n
      """)
    #expect(configuration.label == "10.0.0.7:2222")
    #expect(configuration.user == "admin")
    #expect(configuration.addressFamily == .inet)
    #expect(configuration.identitiesOnly)
    #expect(configuration.hostKeyAlias == "alias")
    #expect(configuration.identityFiles == ["/home/me/.ssh/id key", "/home/me/keys/admin@10.0.0.7"])
    #expect(configuration.identityAgent == "/run/me/agent")
    #expect(configuration.userKnownHostsFiles == ["/home/me/known hosts", "/home/me/b"])
    #expect(configuration.globalKnownHostsFiles.count == 2)
    #expect(configuration.algorithms.hostKey == ["ssh-ed25519", "rsa-sha2-512"])
    #expect(configuration.proxy == .shell("nc -X % 10.0.0.7 2222 kvm1"))
  }

  @Test func aJumpBecomesAnArgumentVector() throws {
    let configuration = try parse("hostname fe80::1\nport 22\nuser u\nproxyjump c,a@b:2200", file: "/c onfig")
    let words = [
      "ssh", "-o", "BatchMode=yes", "-F", "/c onfig", "-l", "a", "-p", "2200", "-J", "c", "-W", "[fe80::1]:22", "--",
      "b",
    ]
    #expect(configuration.proxy == .program(words))
  }

  @Test func noneTurnsThingsOff() throws {
    let configuration = try parse(
      "identityagent none\nproxycommand none\nuserknownhostsfile none\nidentityfile none\nhostname h")
    #expect(configuration.identityAgent == nil)
    #expect(configuration.proxy == nil)
    #expect(configuration.userKnownHostsFiles == [])
    #expect(configuration.identityFiles == [])
  }

  @Test func withoutIdentityAgentTheEnvironmentNamesIt() throws {
    #expect(try parse("hostname h").identityAgent == "/run/auth")
    #expect(try parse("hostname h\nidentityagent $RUNTIME").identityAgent == "/run/me")
  }

  @Test(arguments: ["hostname $(id)", "hostname -x", "hostname h\nuser a;b", "hostname h\nport 0", "proxyjump -x"])
  func whatAShellOrAnOptionParserCouldReadIsRefused(_ output: String) throws {
    #expect(throws: SSHError.self) { try parse(output) }
  }

  /// The program ssh must answer, however busy the machine is with the other tests.
  private let patience = Duration.seconds(120)

  @Test func theFileOfTheUserDecides() async throws {
    let directory = try TemporaryDirectory()
    try directory.write("more", "Host kvm*\n  User included\n  IdentityFile \(directory.path)/key\n")
    let file = try directory.write(
      "config", "Include \(directory.path)/more\nHost kvm1\n  HostName 127.0.0.9\n  Port 2201\n  IdentitiesOnly yes\n")
    let configuration = try await SSHConfiguration.resolve(SSHDestination("kvm1"), configFile: file, timeout: patience)
    #expect(configuration.hostName == "127.0.0.9")
    #expect(configuration.port == 2201)
    #expect(configuration.user == "included")
    #expect(configuration.identityFiles == ["\(directory.path)/key"])
    #expect(configuration.identitiesOnly)
    let other = try await SSHConfiguration.resolve(SSHDestination("me@kvm1:7"), configFile: file, timeout: patience)
    #expect(other.user == "me")
    #expect(other.port == 7)
  }

  @Test func anErrorInTheFileIsReported() async throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write("config", "Host x\n  NoSuchKeyword 1\n")
    let error = try await failure {
      try await SSHConfiguration.resolve(SSHDestination("x"), configFile: file, timeout: patience)
    }
    #expect(error.step == .configuration)
    #expect("\(error)".lowercased().contains("nosuchkeyword"))
  }

  private func parse(_ output: String, file: String? = nil) throws -> SSHConfiguration {
    let context = ConfigurationContext(
      destination: try SSHDestination("kvm1"), configFile: file, home: "/home/me", localUser: "me", localUserID: "1000",
      environment: ["RUNTIME": "/run/me", "SSH_AUTH_SOCK": "/run/auth"])
    return try ConfigurationParser(context: context).parse(output)
  }
}
