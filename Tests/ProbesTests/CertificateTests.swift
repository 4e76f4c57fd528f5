import MigrationModel
import Testing

@testable import Probes

@Suite struct CertificateTests {
  @Test func certificatesTellNamesEndTrustAndKey() throws {
    let tls = try #require(Parse.tls(Captures.tls, directory: "/etc/pki/qemu"))
    #expect(
      tls.authority
        == TLSCredentials.Certificate(
          fingerprint: Captures.authorityFingerprint, names: ["lab CA"], notAfter: 1_797_861_602, isExpired: false))
    #expect(
      tls.server
        == TLSCredentials.Certificate(
          fingerprint: Captures.serverFingerprint, names: ["kvm1.example", "kvm1", "192.0.2.1", "2001:db8::1"],
          notAfter: 1_835_481_599, isExpired: false, isTrusted: true, hasKey: true))
    #expect(
      tls.client
        == TLSCredentials.Certificate(
          fingerprint: Captures.serverFingerprint, names: ["kvm1.example"], notAfter: 0, isExpired: true,
          isTrusted: false, hasKey: false))
  }

  @Test func nothingIsNoCertificates() {
    #expect(Parse.tls("", directory: "/a") == TLSCredentials(directory: "/a"))
  }

  @Test func withoutAnAuthorityTrustIsNotKnown() throws {
    let server = try #require(Captures.tls.firstRange(of: "certificate server"))
    let tls = Parse.tls(String(Captures.tls[server.lowerBound...]), directory: "/a")
    #expect(tls?.server != nil)
    #expect(tls?.server?.isTrusted == nil)
  }

  @Test(arguments: ["notAfter=", "Fingerprint=", "Certificate will", "key 1", "certificate ca"])
  func aCertificateThatLacksSomethingIsNotRead(mark: String) {
    #expect(Parse.tls(Captures.tls.replacing(mark, with: "?"), directory: "/a") == nil)
  }

  /// openssl of this machine, on certificates made here: one trusted, one of another authority whose key is missing.
  @Test func theSectionAsksOpenSSL() async throws {
    let directory = try TemporaryDirectory()
    let place = directory.path + "/it's here"
    let makeCertificates = Shell.Section(
      name: "make",
      script: """
        command -v openssl >/dev/null || exit 9
        mkdir -p \(place.shellQuoted) && cd \(place.shellQuoted) || exit
        authority() { openssl req -x509 -newkey rsa:2048 -nodes -keyout $1-key.pem -out $1-cert.pem -subj /CN=$1; }
        request() { openssl req -newkey rsa:2048 -nodes -keyout $1-key.pem -out $1.csr -subj /CN=kvm1; }
        printf 'subjectAltName=DNS:kvm1.example,IP:2001:db8::1\\n' >names
        authority ca && authority other && request server && request client &&
        openssl x509 -req -in server.csr -CA ca-cert.pem -CAkey ca-key.pem -set_serial 1 -extfile names -out server-cert.pem &&
        openssl x509 -req -in client.csr -CA other-cert.pem -CAkey other-key.pem -set_serial 2 -out client-cert.pem &&
        rm client-key.pem
        """)
    let section = HostQuestions.tls(directory: place)
    let absent = HostQuestions.tls(directory: place + "/nowhere")
    let answers = try await Door.local.open(timeout: .seconds(60)) {
      await $0.ask([makeCertificates, section, absent])
    }
    if case .gap(let gap) = answers[makeCertificates], gap.reason.hasSuffix("(status 9)") {
      try Test.cancel("missing: openssl")
    }
    var facts = HostFacts(name: "a", uri: "b", gap: Gap(source: "x", reason: "y"))
    facts.fillTLS(directory: place, from: answers)
    let tls = try #require(facts.tls.value ?? nil, "\(facts.tls)")
    #expect(tls.authority?.names == ["ca"])
    #expect(tls.server?.names == ["kvm1.example", "2001:db8::1"])
    #expect(tls.server?.isTrusted == true && tls.server?.hasKey == true && tls.server?.isExpired == false)
    #expect(tls.client?.isTrusted == false && tls.client?.hasKey == false)
    #expect((tls.server?.notAfter ?? 0) > 1_700_000_000)
    facts.fillTLS(directory: place + "/nowhere", from: answers)
    #expect(facts.tls == .known(TLSCredentials(directory: place + "/nowhere")))
  }
}
