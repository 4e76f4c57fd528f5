import SSH
import Testing

@testable import Probes

@Suite struct RelayTests {
  private func addresses(_ uri: String, ssh: String) throws -> [String]? {
    let shell = ShellAccess.ssh(try SSHDestination(ssh), configFile: nil)
    return LibvirtRelay.addresses(of: HostTarget(name: "kvm2", uri: uri, shell: shell)).map { [$0.remote, $0.local] }
  }

  @Test func aConnectionToTheSameAccountIsCarried() throws {
    #expect(try addresses("qemu+ssh://kvm2/system", ssh: "kvm2") == ["qemu:///system", "qemu+unix:///system"])
    #expect(try addresses("qemu+ssh://root@kvm2:2222/system", ssh: "root@kvm2:2222")?.first == "qemu:///system")
    #expect(
      try addresses("qemu+libssh2://[2001:db8::1]:22/session", ssh: "[2001:db8::1]:22")?.first == "qemu:///session")
    #expect(try addresses("qemu+ssh://kvm2/it's", ssh: "kvm2")?.first == "qemu:///it's")
  }

  @Test(arguments: [
    ("qemu+tcp://kvm2/system", "kvm2"), ("qemu+tls://kvm2/system", "kvm2"), ("qemu:///system", "kvm2"),
    ("qemu+ssh://kvm2/system?keyfile=/k", "kvm2"), ("qemu+ssh://root@kvm2/system", "kvm2"),
    ("qemu+ssh://kvm2/system", "kvm3"), ("qemu+ssh://kvm2:23/system", "kvm2"), ("qemu+ssh://kvm2", "kvm2"),
  ])
  func otherConnectionsAreLeftToLibvirt(_ uri: String, _ ssh: String) throws {
    #expect(try addresses(uri, ssh: ssh) == nil)
  }
}
