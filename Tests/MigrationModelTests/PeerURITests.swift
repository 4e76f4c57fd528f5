import MigrationModel
import Testing

@Suite struct PeerURITests {
  @Test(arguments: [
    "qemu+ssh://kvm2/system", "qemu+ssh://root@kvm2:2222/system?keyfile=/k", "qemu+tls://kvm2/system",
    "qemu+tcp://192.0.2.2:16509/system", "qemu+tcp://[2001:db8::2]/system", "qemu://kvm2.example.org/system",
    "qemu+libssh2://kvm2/system", "qemu+ssh://localhost-7/system", "qemu+ssh://127.example.org/system",
    "QEMU+SSH://kvm2/system",
  ])
  func aHostIsNamed(uri: String) { #expect(isOpenToPeers(uri: uri)) }

  @Test(arguments: [
    "", "kvm2", "qemu:///system", "qemu+unix:///system?socket=/run/x", "qemu+unix://kvm2/system", "qemu+ssh:///system",
    "qemu+ssh://localhost/system", "qemu+ssh://root@LocalHost.:22/system", "qemu+ssh://localhost.localdomain/system",
    "qemu+tcp://127.0.0.1:16510/system", "qemu+tcp://127.1.2.3/system", "qemu+tcp://[::1]/system",
    "qemu+ext://kvm2/system?command=/bin/x", "test:///default", "xen+ssh://kvm2/system", "qemu+ssh://:22/system",
    "qemu+ssh://root@/system",
  ])
  func everyHostIsLedToItselfOrNowhere(uri: String) { #expect(!isOpenToPeers(uri: uri)) }
}
