import Testing

@testable import SSH

struct DestinationTests {
  @Test(
    arguments: [
      ("kvm1", nil, "kvm1", nil), ("root@kvm1", "root", "kvm1", nil), ("kvm1:2222", nil, "kvm1", 2222),
      ("a@b@kvm1:22", "a@b", "kvm1", 22), ("[fe80::1%eth0]:22", nil, "fe80::1%eth0", 22), ("[::1]", nil, "::1", nil),
      ("::1", nil, "::1", nil), ("u@[::1]:7", "u", "::1", 7),
    ] as [(String, String?, String, UInt16?)])
  func aDestinationIsRead(text: String, user: String?, host: String, port: UInt16?) throws {
    let destination = try SSHDestination(text)
    #expect(destination.user == user)
    #expect(destination.host == host)
    #expect(destination.port == port)
    #expect(try SSHDestination("\(destination)") == destination)
  }

  @Test(arguments: [
    "", "@kvm1", "-oProxyCommand=id", "root@-x", "-l@kvm1", "kvm1:", "kvm1:0", "kvm1:65536", "kvm1:2x", "[::1",
    "[::1]x",
    "a b", "kvm1\n", "$(id)", "a;b", "kvm1`id`", "u$(id)@kvm1", "[]",
  ])
  func aMalformedDestinationIsRefused(_ text: String) {
    #expect(throws: SSHError.self) { try SSHDestination(text) }
    do { _ = try SSHDestination(text) } catch {
      guard case .malformedDestination = error.cause else {
        Issue.record("\(error)")
        return
      }
    }
  }
}
