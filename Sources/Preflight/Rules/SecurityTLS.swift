import MigrationModel

/// With --tls both QEMUs load their certificates and the source believes the destination's; without, no side insists.
///
/// QEMU refuses to load a certificate that has ended or that its own authority did not sign, a client's too where there
/// is one (`qcrypto_tls_creds_x509_sanity_check`). The source always checks the server's name
/// (`qemuBuildTLSx509BackendProps`); the destination wants a client certificate unless migrate_tls_x509_verify, or
/// default_tls_x509_verify, is 0 (`virQEMUDriverConfigSetDefaults`).
let securityTLS = Rule(
  "security.tls", .blocker, "migration certificates: there, valid, for the right name; or not forced"
) {
  move in
  if move.request.mode == .tunnelled { return .notApplicable("a tunnelled migration does not use QEMU's TLS") }
  guard move.request.tls else { return forcedTLS(move) }
  if let reason = move.nothingRuns { return .notApplicable(reason) }
  return certificates(move)
}

/// `qemuMigrationSrcBegin` and `qemuMigrationDstPrepareDirect` look before anything else.
private func forcedTLS(_ move: Move) -> Answer {
  move.onBoth("migrate_tls_force in qemu.conf", \.qemuConf) { here, there in
    let key = "migrate_tls_force"
    let forcing = (here[key] == "1" ? [move.source.name] : []) + (there[key] == "1" ? [move.destination.name] : [])
    return Answer(
      forcing.map { host in
        Issue(
          .blocker, key, source: here[key] ?? "0", destination: there[key] ?? "0",
          "libvirt on \(host) migrates with TLS only (migrate_tls_force), and --tls is not asked for.",
          remedy: [
            "Add --tls.",
            "Or set migrate_tls_force = 0 in /etc/libvirt/qemu.conf on \(host), and restart libvirtd there.",
          ])
      })
  }
}

/// What each QEMU loads, whether they have one authority, and whether the name is right.
private func certificates(_ move: Move) -> Answer {
  let source = move.onSource("the list of migration certificates", move.source.tls.unwrapped())
  let destination = move.onDestination("the list of migration certificates", move.destination.tls.unwrapped())
  return source.answer(with: destination) { here, there in
    move.onDestination("what qemu.conf says of TLS", \.qemuConf).answer { conf in
      let loading = [
        Credential(move, here, .authority, here.authority, isSource: true),
        Credential(move, here, .client, here.client, isSource: true, isNeeded: verifiesClients(conf)),
        Credential(move, there, .authority, there.authority, isSource: false),
        Credential(move, there, .server, there.server, isSource: false),
      ].flatMap(\.issues)
      return Answer(
        all: [
          Answer(loading + authorityIssues(here.authority, there.authority, move)), naming(there.server, conf, move),
        ], ifNone: "no certificate")
    }
  }
}

private func verifiesClients(_ conf: [String: String]) -> Bool {
  (conf["migrate_tls_x509_verify"] ?? conf["default_tls_x509_verify"]) != "0"
}

private func authorityIssues(
  _ here: TLSCredentials.Certificate?, _ there: TLSCredentials.Certificate?, _ move: Move
) -> [Issue] {
  guard let here, let there, here.fingerprint != there.fingerprint else { return [] }
  return [
    Issue(
      .blocker, "ca-cert.pem", source: here.fingerprint, destination: there.fingerprint,
      "\(move.source.name) and \(move.destination.name) trust different authorities, so neither believes the other's"
        + " certificate.",
      remedy: ["Put the ca-cert.pem of one authority on both hosts, and certificates that it signed."])
  ]
}

/// A certificate that a side loads, with what tells whether it will.
private struct Credential {
  enum Role: String { case authority = "ca", server, client }
  var host: String
  var isSource: Bool
  var directory: String
  var role: Role
  var certificate: TLSCredentials.Certificate?
  /// QEMU or the other side does not do without.
  var isNeeded: Bool

  init(
    _ move: Move, _ credentials: TLSCredentials, _ role: Role, _ certificate: TLSCredentials.Certificate?,
    isSource: Bool, isNeeded: Bool = true
  ) {
    host = isSource ? move.source.name : move.destination.name
    self.isSource = isSource
    directory = credentials.directory
    self.role = role
    self.certificate = certificate
    self.isNeeded = isNeeded
  }

  var file: String { "\(role.rawValue)-cert.pem" }
  var path: String { "\(directory)/\(file)" }

  var issues: [Issue] {
    guard let certificate else {
      return isNeeded ? [issue("is missing", "absent", look: "ls -l \(directory.shellQuoted)")] : []
    }
    let expired =
      certificate.isExpired
      ? [issue("has expired", "expired", look: "openssl x509 -noout -enddate -in \(path.shellQuoted)")] : []
    return expired + (role == .authority ? [] : trustIssues(certificate) + keyIssues(certificate))
  }

  private func trustIssues(_ certificate: TLSCredentials.Certificate) -> [Issue] {
    let verify = "openssl verify -CAfile \("\(directory)/ca-cert.pem".shellQuoted) \(path.shellQuoted)"
    guard let isTrusted = certificate.isTrusted else {
      return [unknown("is signed by the ca-cert.pem beside it", verify)]
    }
    return isTrusted ? [] : [issue("is not signed by the ca-cert.pem beside it", "not trusted", look: verify)]
  }

  /// Without its key a client's certificate is not shown, which only matters where it is asked for.
  private func keyIssues(_ certificate: TLSCredentials.Certificate) -> [Issue] {
    guard isNeeded else { return [] }
    let key = "\(directory)/\(role.rawValue)-key.pem"
    let look = "ls -l \(key.shellQuoted)"
    guard let hasKey = certificate.hasKey else { return [unknown("has its key beside it", look)] }
    return hasKey ? [] : [issue("has no key \(key) beside it", "without key", look: look)]
  }

  private func issue(_ words: String, _ state: String, look: String) -> Issue {
    let use =
      switch role {
      case .client where isNeeded: ", and the destination asks for it (migrate_tls_x509_verify)"
      case .client: ", and QEMU does not load one like that even where nobody asks for it"
      case .authority, .server: ""
      }
    return Issue(
      .blocker, "\(file) on \(host)", source: isSource ? state : "-", destination: isSource ? "-" : state,
      "The certificate \(path) on \(host) \(words)\(use): no encrypted connection comes about.",
      remedy: [
        "\(look)    # on \(host)",
        "Put a good one there, signed by the authority of both hosts, with its key; QEMU reads it anew for each move.",
      ])
  }

  private func unknown(_ words: String, _ command: String) -> Issue {
    Issue(
      .unknown, "\(file) on \(host)", source: isSource ? "not read" : "-", destination: isSource ? "-" : "not read",
      "It could not be seen whether the certificate \(path) on \(host) \(words).",
      remedy: ["\(command)    # on \(host)"])
  }
}

/// The destination's certificate covers each name under which the source looks for it.
///
/// The name is --tls-destination, else the host of the migration URI: --migrateuri's, migration_host or the destination's
/// host name (`qemuMigrationSrcRun`); and for the disks that of --disks-uri.
private func naming(_ server: TLSCredentials.Certificate?, _ conf: [String: String], _ move: Move) -> Answer {
  guard let server else { return .notApplicable("there is no certificate") }
  func judge(_ names: [String]) -> Answer {
    Answer(unique(names).filter { !server.covers($0) }.map { nameIssue($0, server, move) })
  }
  if let name = move.request.tlsDestination { return judge([name]) }
  let disks = move.request.copyStorage == nil ? nil : move.request.disksURI?.hostAndPort.host
  let more = disks.map { $0.isEmpty ? [] : [$0] } ?? []
  if let host = move.request.migrateURI?.hostAndPort.host ?? conf["migration_host"] { return judge([host] + more) }
  return move.onDestination("the host name", \.hostname).answer { judge([$0] + more) }
}

private func nameIssue(_ name: String, _ server: TLSCredentials.Certificate, _ move: Move) -> Issue {
  let example = server.names.first { !$0.contains("*") } ?? "NAME"
  return Issue(
    .blocker, name, source: name, destination: server.names.list,
    "\(move.source.name) looks for \(move.destination.name) as \(name), and the certificate there is for"
      + " \(server.names.list): QEMU ends the connection.",
    remedy: [
      "If the certificate is the right one, say its name: --tls-destination \(example.shellQuoted)",
      "Or issue one for \(move.destination.name) with \(name) among its subject alternative names.",
    ])
}

extension TLSCredentials.Certificate {
  /// Names without regard to case; "*" stands for the first label of a name that has more than two.
  fileprivate func covers(_ name: String) -> Bool {
    let wanted = name.lowercased()
    let domain = wanted.firstIndex(of: ".").map { wanted[$0...] } ?? ""
    let isWild = !wanted.allSatisfy { $0.isNumber || $0 == "." } && domain.dropFirst().contains(".")
    return names.contains { own in
      let own = own.lowercased()
      return own == wanted || (isWild && own.first == "*" && own.dropFirst() == domain)
    }
  }
}
