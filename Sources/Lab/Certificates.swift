/// The certificates by which a lab's hosts and their callers know each other.
///
/// They name hosts by address, so labs with one index share them; the cache keeps them.
struct Certificates {
  let plan: LabPlan

  private var cache: String { "\(plan.cacheRoot)/certificates/\(plan.index)" }

  /// Where a host has what its libvirtd and its QEMU use, as seen from inside.
  static let hostPath = "/etc/libvirt/pki"

  /// Puts into the lab's directory what its hosts and its callers need; makes what no lab had before.
  ///
  /// Throws `LabError` of code `commandFailed` with the words of openssl.
  func fill() async throws {
    try Files.makeDirectory(cache, mode: 0o700)
    try await makeAuthority()
    try await make("client", names: "DNS:client")
    try copy("client", to: plan.pkiDirectory, authority: "cacert.pem", ["clientcert.pem"], ["clientkey.pem"])
    for host in plan.hosts {
      try await make(host.name, names: "DNS:\(host.name),IP:\(host.address)")
      // The names are QEMU's; libvirtd is told them.
      try copy(
        host.name, to: "\(host.stateDirectory)\(Self.hostPath)", authority: "ca-cert.pem",
        ["server-cert.pem", "client-cert.pem"], ["server-key.pem", "client-key.pem"])
    }
  }

  private func copy(
    _ name: String, to directory: String, authority: String, _ certificates: [String], _ keys: [String]
  ) throws {
    try Files.makeDirectory(directory, mode: 0o700)
    let copies =
      [("ca.pem", authority)] + certificates.map { ("\(name).pem", $0) } + keys.map { ("\(name).key", $0) }
    for (source, target) in copies {
      try Files.write(try Files.bytes("\(cache)/\(source)"), to: "\(directory)/\(target)")
    }
  }

  private func makeAuthority() async throws {
    guard !Files.exists("\(cache)/ca.pem") else { return }
    let extensions = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"]
    try await request("ca", subject: "/CN=lab \(plan.index)", extensions: extensions, signedBy: nil)
  }

  /// A certificate that serves as the server's and as the client's.
  private func make(_ name: String, names: String) async throws {
    guard !Files.exists("\(cache)/\(name).pem") else { return }
    let extensions = [
      "basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature,keyEncipherment",
      "extendedKeyUsage=serverAuth,clientAuth", "subjectAltName=\(names)",
    ]
    try await request(name, subject: "/CN=\(name)", extensions: extensions, signedBy: "ca")
  }

  /// A certificate that is there is whole and has its key: it comes last, under a name of its own until then.
  private func request(
    _ name: String, subject: String, extensions: [String], signedBy authority: String?
  ) async throws {
    let path = "\(cache)/\(name)"
    var words = [
      "openssl", "req", "-x509", "-config", "/dev/null", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
    ]
    words += ["-noenc", "-keyout", "\(path).key", "-out", "\(path).new", "-subj", subject, "-days", "36500"]
    words += extensions.flatMap { ["-addext", $0] }
    if let authority { words += ["-CA", "\(cache)/\(authority).pem", "-CAkey", "\(cache)/\(authority).key"] }
    try await executeOrThrow(words, to: "make the certificate \(name)")
    try Files.rename("\(path).new", to: "\(path).pem")
  }
}
