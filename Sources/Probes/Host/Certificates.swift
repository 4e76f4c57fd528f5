import Glibc
import MigrationModel

/// The certificates that QEMU migrates with: asked only where TLS is requested or forced.
extension HostQuestions {
  /// "NAME-cert.pem: OK" for each certificate that is trusted; then for each that is there "certificate NAME", "key 0|1"
  /// and openssl's own lines. No output when there is no such directory.
  ///
  /// Trust is that in the ca-cert.pem beside it alone, whatever else the host trusts, at any time: expiry is told apart
  /// (openssl-verification-options(1)). A file that cannot be read fails the whole.
  static func tls(directory: String) -> Shell.Section {
    Shell.Section(
      name: "openssl x509 in \(directory)",
      script: """
        directory=\(directory.shellQuoted)
        said=$(stat -- "$directory" 2>&1) || case $said in
          *": No such file or directory" | *": Not a directory") exit 0 ;;
          *) printf '%s\\n' "$said"; exit 1 ;;
        esac
        cd -- "$directory" || exit
        command -v openssl >/dev/null || { echo "openssl is missing"; exit 1; }
        SSL_CERT_DIR=/dev/null; export SSL_CERT_DIR
        files=; untrusted=
        for name in server client; do
          [ -e "$name-cert.pem" ] || continue
          files="$files $name-cert.pem"; untrusted="$untrusted -untrusted $name-cert.pem"
        done
        [ -z "$files" ] || [ ! -e ca-cert.pem ] || openssl verify -CAfile ca-cert.pem -no-CApath -partial_chain \\
          -no_check_time $untrusted $files 2>/dev/null
        for name in ca server client; do
          [ -e "$name-cert.pem" ] || continue
          key=0; [ -e "$name-key.pem" ] && key=1
          printf 'certificate %s\\nkey %s\\n' "$name" "$key"
          said=$(openssl x509 -in "$name-cert.pem" -noout -fingerprint -sha256 -enddate -subject \\
            -nameopt multiline,utf8 -ext subjectAltName -checkend 0 2>&1)
          status=$?
          printf '%s\\n' "$said"
          case $said in *"Certificate will"*) ;; *) exit "$status" ;; esac
        done
        """)
  }
}

extension Parse {
  /// Certificates as `HostQuestions.tls` prints them; nil when one of them lacks its fingerprint or its end.
  static func tls(_ text: String, directory: String) -> TLSCredentials? {
    var credentials = TLSCredentials(directory: directory)
    let lines = lines(text)
    let starts = lines.indices.filter { lines[$0].hasPrefix("certificate ") }
    let verified = lines[..<(starts.first ?? lines.endIndex)]
    guard verified.allSatisfy({ $0.hasSuffix("-cert.pem: OK") }) else { return nil }
    for (start, end) in zip(starts, starts.dropFirst() + [lines.endIndex]) {
      guard var certificate = certificate(lines[(start + 1)..<end]) else { return nil }
      let name = lines[start].dropFirst("certificate ".count)
      certificate.isTrusted = credentials.authority == nil ? nil : verified.contains("\(name)-cert.pem: OK")
      switch name {
      case "ca": credentials.authority = certificate.ofAuthority
      case "server": credentials.server = certificate
      case "client": credentials.client = certificate
      default: return nil
      }
    }
    return credentials
  }

  /// What `openssl x509` prints of one certificate, after the line "key".
  private static func certificate(_ lines: ArraySlice<Substring>) -> TLSCredentials.Certificate? {
    let lines = lines.map(trimmed)
    func after(_ prefix: String) -> Substring? {
      lines.first { $0.utf8.starts(with: prefix.utf8) }.map { Substring($0.utf8.dropFirst(prefix.utf8.count)) }
    }
    let fingerprint = lines.first { $0.contains("Fingerprint=") }.flatMap { pair($0, by: "=") }?.value
    guard let fingerprint, isFingerprint(fingerprint), let end = after("notAfter=").flatMap({ date($0) }),
      let key = after("key "), let checked = after("Certificate will "), ["expire", "not expire"].contains(checked)
    else { return nil }
    return TLSCredentials.Certificate(
      fingerprint: String(fingerprint), names: names(lines), notAfter: end, isExpired: checked == "expire",
      hasKey: key == "1")
  }

  private static func isFingerprint(_ text: Substring) -> Bool {
    text.utf8.count == 95 && text.utf8.split(separator: UInt8(ascii: ":")).allSatisfy { $0.count == 2 }
  }

  /// The line of alternative names, "DNS:a, IP Address:192.0.2.1", and the common name, "commonName = NAME", which counts
  /// only where no alternative name is a DNS name (gnutls, `gnutls_x509_crt_check_hostname2`); each once.
  private static func names(_ lines: [Substring]) -> [String] {
    let common = lines.compactMap { pair($0, by: "=") }.filter { $0.key == "commonName" }.map { String($0.value) }
    let alternative = lines.firstIndex { $0.hasPrefix("X509v3 Subject Alternative Name:") }
    let entries = alternative.flatMap { $0 + 1 < lines.count ? fields(lines[$0 + 1], by: ",") : nil } ?? []
    let hasNames = entries.contains { pair($0, by: ":")?.key == "DNS" }
    var seen: Set<String> = []
    return ((hasNames ? [] : common) + entries.compactMap(alternativeName)).filter {
      !$0.isEmpty && seen.insert($0).inserted
    }
  }

  private static func alternativeName(_ entry: Substring) -> String? {
    guard let (kind, name) = pair(entry, by: ":") else { return nil }
    switch kind {
    case "DNS": return String(name)
    case "IP Address": return canonicalAddress(String(name))
    default: return nil
    }
  }

  /// openssl writes IPv6 addresses at full length in capitals; others are compared as `inet_ntop` writes them.
  private static func canonicalAddress(_ text: String) -> String {
    var address = in6_addr()
    var written = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_pton(AF_INET6, text, &address) == 1,
      inet_ntop(AF_INET6, &address, &written, socklen_t(INET6_ADDRSTRLEN)) != nil
    else { return text }
    return String(decoding: written.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// "Dec  1 14:00:02 2026 GMT" (`ASN1_TIME_print`); seconds since 1970.
  private static func date(_ text: Substring) -> Int64? {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let words = words(text, atMost: 6)
    guard words.count == 5, words[4] == "GMT", let month = months.firstIndex(of: String(words[0])),
      let day = count(words[1], atMost: 31), let year = count(words[3], atMost: 9999), year >= 1
    else { return nil }
    let time = fields(words[2], by: ":").map { count($0, atMost: 60) }
    guard time.count == 3, let hour = time[0], let minute = time[1], let second = time[2] else { return nil }
    let days = daysSince1970(year: year, month: month + 1, day: day)
    return Int64(days) * 86400 + Int64(hour * 3600 + minute * 60 + second)
  }

  /// In the Gregorian calendar, counting years from March so that a leap day is the last of its year.
  private static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
  }
}

extension TLSCredentials.Certificate {
  /// An authority's key has no place beside it, and its own signature says nothing.
  fileprivate var ofAuthority: Self {
    var certificate = self
    certificate.isTrusted = nil
    certificate.hasKey = nil
    return certificate
  }
}
