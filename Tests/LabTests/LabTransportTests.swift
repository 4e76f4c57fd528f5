import Testing

@testable import Lab

/// The ways in which libvirt reaches a lab's hosts, from outside and from each other.
@Suite(.serialized) struct LabTransportTests {
  @Test func everyTransportReachesAHostFromOutsideAndFromAnother() async throws {
    try await withTestLab("ways") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      for uri in [two.uri, two.tlsURI, two.libsshURI] {
        let (outside, inside) = (
          try await execute(["virsh", "-c", uri, "hostname"]), try await lab.virsh(on: one, ["-c", uri, "hostname"])
        )
        #expect(outside.text == "host2", "\(uri): \(outside)")
        #expect(inside.text == "host2", "\(uri): \(inside)")
      }
    }
  }

  @Test func tlsWantsTheLabsCertificateAndTheHostsAddress() async throws {
    try await withTestLab("tls", hostCount: 1) { lab in
      let host = try lab.host(1)
      let stranger = try await Self.stranger(in: lab)
      let refused = try await execute([
        "virsh", "-c", "qemu+tls://\(host.address)/system?pkipath=\(stranger)", "hostname",
      ])
      #expect(!refused.isSuccess)
      let client = ["-CAfile", "\(lab.plan.pkiDirectory)/cacert.pem", "-verify_return_error", "-verify_ip"]
      for (address, isRight) in [(host.address, true), ("10.213.0.250", false)] {
        let seen = try await execute(["openssl", "s_client", "-connect", "\(host.address):16514"] + client + [address])
        #expect(seen.output.contains("Verification: OK") == isRight, "\(address)")
      }
    }
  }

  /// Every row moves the guest to the other host.
  @Test func guestsMoveByEveryTransport() async throws {
    try await withTestLab("carry") { lab in
      let address = lab.plan.guestAddress(1)
      let guest = GuestSpecification(
        name: "kept", memory: 128, address: address, keeper: .init(mebibytes: 8, mebibytesPerSecond: 1))
      var (here, there) = (try lab.host(1), try lab.host(2))
      try await lab.boot(guest, on: here)
      let watch = try KeeperWatch(address: address)
      let rows: [(options: [String], uri: (LabHost) -> String)] = [
        ([], \.uri), (["--tunnelled"], \.uri), (["--tls"], \.uri), ([], \.tlsURI), (["--tls"], \.tlsURI),
        ([], \.sshURI), ([], \.libsshURI),
      ]
      for (options, uri) in rows {
        let how = ["migrate", "--live", "--p2p", "--persistent", "--undefinesource"] + options
        let moved = try await lab.virsh(on: here, how + [guest.id, uri(there)])
        #expect(moved.isSuccess, "\(options) \(uri(there)): \(moved)")
        if moved.isSuccess { swap(&here, &there) }
      }
      #expect(here.number == 2, "an odd number of moves")
      #expect(try await KeeperClient(address: address).checkEverything().errors == 0)
      let seen = try await watch.stop()
      #expect(seen.complaints == [], "\(seen)")
    }
  }

  /// An encrypted move needs a certificate of the lab's authority; one that is not encrypted needs none.
  @Test func aWrongCertificateStopsAnEncryptedMove() async throws {
    try await withTestLab("wrong") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let guest = GuestSpecification(name: "g", memory: 64, connection: .none)
      try await lab.boot(guest, on: one)
      let stranger = try await Self.stranger(in: lab)
      let directory = "\(one.stateDirectory)\(Certificates.hostPath)"
      try Files.write(try Files.bytes("\(stranger)/clientcert.pem"), to: "\(directory)/client-cert.pem")
      try Files.write(try Files.bytes("\(stranger)/clientkey.pem"), to: "\(directory)/client-key.pem")
      let refused = try await lab.virsh(on: one, ["migrate", "--live", "--p2p", "--tls", guest.id, two.uri])
      #expect(!refused.isSuccess && refused.errorOutput.contains("certificate"), "\(refused)")
      #expect(try await lab.virsh(on: one, ["domstate", guest.id]).text == "running")
      try await lab.virsh(on: one, ["migrate", "--live", "--p2p", guest.id, two.uri]).check("migrate without TLS")
    }
  }

  /// A directory of client files that the lab's authority has not signed.
  private static func stranger(in lab: Lab) async throws -> String {
    let directory = "\(lab.plan.directory)/stranger"
    try Files.makeDirectory(directory)
    try Files.write(try Files.bytes("\(lab.plan.pkiDirectory)/cacert.pem"), to: "\(directory)/cacert.pem")
    let key = [
      "openssl", "req", "-x509", "-config", "/dev/null", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
    ]
    let files = ["-noenc", "-keyout", "\(directory)/clientkey.pem", "-out", "\(directory)/clientcert.pem"]
    try await executeOrThrow(key + files + ["-subj", "/CN=stranger"], to: "make a stranger's certificate")
    return directory
  }
}
