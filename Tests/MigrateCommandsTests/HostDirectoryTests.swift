import Foundation
import Probes
import SSH
import Testing

@testable import MigrateCommands

@Suite struct HostDirectoryTests {
  private func directory(_ yaml: String) throws -> HostDirectory {
    let file = FileManager.default.temporaryDirectory.appending(path: "migrate-\(UUID().uuidString).yaml")
    try Data(yaml.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try HostDirectory(contentsOf: file.path)
  }

  @Test func whatIsNotKnownHereIsForOthers() throws {
    let known = try directory(
      """
      hosts:
      - {name: kvm1, uri: "qemu+ssh://kvm1/system", ssh: "me@kvm1:2222", max_outgoing: 2, tags: [a]}
      policy: {anything: goes}
      ssh_config: /etc/migrate/ssh
      """)
    #expect(known.entries == [.init(name: "kvm1", uri: "qemu+ssh://kvm1/system", ssh: "me@kvm1:2222")])
    let shell = ShellAccess.ssh(try SSHDestination("me@kvm1:2222"), configFile: "/etc/migrate/ssh")
    #expect(try known.target("kvm1", ssh: nil).shell == shell)
    let asked = ShellAccess.ssh(try SSHDestination("other"), configFile: "/etc/migrate/ssh")
    #expect(try known.target("kvm1", ssh: "other").shell == asked)
  }

  @Test(arguments: ["", "# nothing yet\n", "policy: {}\n"]) func noHostsIsNoFault(yaml: String) throws {
    #expect(try directory(yaml).entries == [])
  }

  @Test(arguments: [
    ("hosts: [{name: a}]", "uri"), ("hosts: [{uri: 'qemu:///system'}]", "name"), ("hosts: 7", "hosts"),
    ("hosts: [", "cannot be read"),
    ("hosts: [{name: a, uri: 'qemu+ssh://x/system'}, {name: a, uri: 'qemu+ssh://y/system'}]", "more than one host “a”"),
  ])
  func aFaultNamesTheFileAndThePlace(yaml: String, words: String) {
    let failure = #expect(throws: CommandFailure.self) { try directory(yaml) }
    #expect(failure?.status == .usage)
    #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
    #expect(failure?.message.contains(".yaml") == true)
  }

  @Test func theUsersFileComesBeforeTheMachinesAndTheLabs() {
    let both = ["XDG_CONFIG_HOME": "/x", "HOME": "/h"]
    #expect(
      HostDirectory.places(both, lab: "/lab.yaml")
        == ["/x/migrate/config.yaml", "/etc/migrate/config.yaml", "/lab.yaml"])
    #expect(
      HostDirectory.places(["HOME": "/h"], lab: nil) == ["/h/.config/migrate/config.yaml", "/etc/migrate/config.yaml"])
    #expect(HostDirectory.places([:], lab: nil) == ["/etc/migrate/config.yaml"])
  }

  @Test func anEmptyVariableCountsAsUnset() throws {
    let home = FileManager.default.temporaryDirectory.appending(path: "migrate-\(UUID().uuidString)")
    let folder = home.appending(path: ".config/migrate")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: home) }
    try Data("hosts: [{name: mine, uri: 'qemu:///system'}]".utf8).write(to: folder.appending(path: "config.yaml"))
    let environment = ["XDG_CONFIG_HOME": "", "HOME": home.path]
    #expect(try HostDirectory.load(nil, environment: environment).entries.map(\.name) == ["mine"])
    #expect(try HostDirectory.load("/dev/null", environment: environment).entries == [])
  }

  @Test(
    arguments: [
      ("qemu:///system", nil, nil, nil, nil),
      ("test:///default", nil, nil, nil, nil),
      ("qemu+unix:///system?socket=/run/x/libvirt-sock", "unix", nil, nil, nil),
      ("qemu+ssh://kvm2/system", "ssh", nil, "kvm2", nil),
      ("qemu+ssh://me@kvm2:2222/system?keyfile=/k", "ssh", "me", "kvm2", 2222),
      ("qemu+ssh://me%40corp@kvm2/system", "ssh", "me@corp", "kvm2", nil),
      ("qemu+ssh://[2001:db8::7]:22/system", "ssh", nil, "2001:db8::7", 22),
      ("qemu+tls://kvm2/system", "tls", nil, "kvm2", nil),
    ] as [(String, String?, String?, String?, UInt16?)])
  func theWhereaboutsInAURI(uri: String, transport: String?, user: String?, host: String?, port: UInt16?) throws {
    let parts = try URIParts(uri)
    #expect(parts.transport == transport)
    #expect(parts.user == user)
    #expect(parts.host == host)
    #expect(parts.port == port)
  }

  @Test(arguments: [
    "", "kvm2", "qemu+ssh:/kvm2/system", "qemu+ssh://kvm 2/system", "qemu+ssh://kvm2", "+ssh://kvm2/system",
    "qemu+://kvm2/system", "qemu+ssh://kvm2:0/system", "qemu+ssh://kvm2:99999/system",
  ])
  func whatIsNoURI(text: String) {
    #expect(throws: CommandFailure.self) { try URIParts(text) }
  }

  /// A shell is where the guest's host is: over the URI's own login only where the URI itself uses SSH.
  @Test(arguments: [
    ("qemu:///system", nil), ("qemu+ssh://me@kvm2:2222/system", "me@kvm2:2222"),
    ("qemu+tls://me@kvm2:16514/system", "kvm2"), ("qemu+libssh2://[2001:db8::7]/system", "[2001:db8::7]"),
  ])
  func theShellIsTakenFromTheURI(uri: String, destination: String?) throws {
    let target = try HostDirectory().target(uri, ssh: nil)
    let expected: ShellAccess =
      if let destination { .ssh(try SSHDestination(destination), configFile: nil) } else { .local }
    #expect(target.shell == expected)
  }

  @Test(arguments: ["kvm9", "-oProxyCommand=x"]) func aNameThatIsNotConfiguredIsUsage(name: String) {
    let failure = #expect(throws: CommandFailure.self) { try HostDirectory().target(name, ssh: nil) }
    #expect(failure?.message.contains("neither a configured host (no hosts are configured)") == true)
    #expect(throws: CommandFailure.self) { try HostDirectory().target("qemu+ssh://\(name)/system", ssh: "-x") }
  }
}
