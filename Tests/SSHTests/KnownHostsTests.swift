import Testing

@testable import SSH

struct KnownHostsTests {
  private static let text =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFhmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZm"
  private static let other =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZm"

  @Test(arguments: [
    ("kvm1", "kvm1", 22, true), ("KVM1", "kvm1", 22, true), ("kvm1", "KVM1", 22, true), ("kvm2,kvm1", "kvm1", 22, true),
    ("kvm?", "kvm1", 22, true), ("kvm?", "kvm10", 22, false), ("*.example", "a.example", 22, true),
    ("*.example,!b.example", "b.example", 22, false), ("!b.example,*.example", "a.example", 22, true),
    ("!a.example", "b.example", 22, false), ("[kvm1]:2222", "kvm1", 2222, true), ("[kvm1]:2222", "kvm1", 22, false),
    ("[*]:2222", "kvm1", 2222, true), ("*", "kvm1", 2222, true), ("a*b*c", "axxbyyc", 22, true),
    ("a*b*c", "axxbyy", 22, false), ("10.0.0.*", "10.0.0.7", 22, true),
  ])
  func patternsMatchAsInOpenSSH(field: String, host: String, port: UInt16, matches: Bool) {
    #expect(HostKeyName(host: host, port: port, alias: nil).matches(field) == matches)
  }

  @Test func aHashedNameMatchesOnlyItself() async throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write("known", "[kvm1]:2222 \(Self.text)\n")
    try await tool("ssh-keygen", ["-q", "-H", "-f", file])
    let field = String(try #require(try directory.read("known").split(separator: " ").first))
    #expect(field.hasPrefix("|1|"))
    #expect(HostKeyName(host: "kvm1", port: 2222, alias: nil).matches(field))
    #expect(!HostKeyName(host: "kvm2", port: 2222, alias: nil).matches(field))
    #expect(!HostKeyName(host: "kvm1", port: 22, alias: nil).matches(field))
    #expect(try verdict("@revoked \(field) \(Self.text)", port: 2222) == .revoked(file: "f", line: 1))
  }

  @Test func aRevokedKeyIsRefusedWhereverItStands() throws {
    let revoked = KnownHosts.Verdict.revoked(file: "f", line: 1)
    #expect(try verdict("@revoked * \(Self.text)\nkvm1 \(Self.text)") == revoked)
    #expect(try verdict("@revoked kvm? \(Self.text)") == revoked)
    #expect(try verdict("@revoked kvm1 \(Self.text)\n[kvm1]:7 \(Self.text)", port: 7) == revoked)
    #expect(try verdict("@revoked kvm2 \(Self.text)\nkvm1 \(Self.text)") == .known)
    #expect(try verdict("@revoked kvm1 \(Self.other)\nkvm1 \(Self.text)") == .known)
  }

  @Test func theVerdictTellsUnknownFromChangedFromOtherType() throws {
    #expect(try verdict("") == .unknown)
    #expect(try verdict("kvm1 \(Self.other)") == .changed(file: "f", line: 1))
    #expect(try verdict("kvm1 \(Self.other)\nkvm1 \(Self.text)") == .known)
    let rsa = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQM="
    #expect(try verdict("\n# c\nkvm1 \(rsa)") == .otherType(["ssh-rsa"], file: "f", line: 3))
    #expect(try verdict("@cert-authority * \(Self.text)") == .unknown)
    #expect(try verdict("@unheard-of kvm1 \(Self.text)") == .unknown)
  }

  /// OpenSSH falls back to the bare name for a host on another port, to accept and not to refuse.
  @Test func theBareNameServesForAnotherPort() throws {
    #expect(try verdict("kvm1 \(Self.text)", port: 7) == .known)
    #expect(try verdict("kvm1 \(Self.other)", port: 7) == .unknown)
  }

  @Test func theKnownTypesAreAskedForFirst() {
    let configured = ["ssh-ed25519-cert-v01@openssh.com", "ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512"]
    let algorithms = ClientSession.hostKeyAlgorithms(configured, knownTypes: ["ssh-rsa"])
    #expect(algorithms == ["rsa-sha2-512", "ssh-ed25519", "ecdsa-sha2-nistp256"])
  }

  @Test(arguments: ["", "AAAA", "AAAAC3Nz*", "AAAAC3NzaC1lZDI1NTE5", "=AAAA"])
  func aBrokenKeyIsNoKey(_ text: String) {
    let key = PublicKey(base64: text)
    #expect(key == nil || key?.type == "ssh-ed25519")
    #expect(PublicKey(base64: "\(text)!") == nil)
  }

  private func verdict(_ text: String, port: UInt16 = 22) throws -> KnownHosts.Verdict {
    let key = try #require(PublicKey(file: Self.text[...]))
    return KnownHosts(files: [("f", text)]).verdict(on: key, for: HostKeyName(host: "kvm1", port: port, alias: nil))
  }
}
