import Foundation
import Lab
import Subprocess

extension Lab {
  /// Runs `body` while QEMU of every host has certificates for encrypted moves, from an authority of the lab's own.
  nonisolated(nonsending) func withCertificates<Result: Sendable>(
    while body: () async throws -> Result
  ) async throws -> Result {
    let directory = "\(plan.sharedDirectory)/pki"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let names = hosts.map { "DNS:\($0.name),IP:\($0.address)" }.joined(separator: ",")
    try await makeCertificates(in: directory, for: names)
    let setting = ["migrate_tls_x509_cert_dir": "\"\(LabPlan.sharedPath)/pki\""]
    return try await withFaults(hosts.map { .qemuSettings(setting, on: $0) }, while: body)
  }

  /// One certificate for all hosts, of servers and clients alike (`openssl-req`(1), `openssl-x509`(1)).
  private func makeCertificates(in directory: String, for names: String) async throws {
    let script = """
      set -e
      cd "$1"
      openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=lab -keyout ca-key.pem -out ca-cert.pem \\
        -addext keyUsage=critical,keyCertSign
      openssl req -newkey rsa:2048 -nodes -subj /CN=hosts -keyout server-key.pem -out request.pem
      printf 'subjectAltName=%s\\nkeyUsage=critical,digitalSignature,keyEncipherment\\n' "$2" >extensions
      echo extendedKeyUsage=serverAuth,clientAuth >>extensions
      openssl x509 -req -in request.pem -CA ca-cert.pem -CAkey ca-key.pem -CAcreateserial -days 2 \\
        -extfile extensions -out server-cert.pem
      cp server-cert.pem client-cert.pem
      cp server-key.pem client-key.pem
      """
    let result = try await Subprocess.run(
      .name("sh"), arguments: ["-c", script, "sh", directory, names], input: .none, output: .discarded,
      error: .string(limit: 1 << 16))
    guard result.terminationStatus.isSuccess else { throw CertificateFailure(words: result.standardError) }
  }
}

private struct CertificateFailure: Error, CustomStringConvertible {
  var words: String
  var description: String { "no certificates could be made: \(words)" }
}
