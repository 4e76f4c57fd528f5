import MigrationModel

/// Options that nobody refuses and that do nothing, or not what one would think.
let pointlessCombinations: [Combination] = [
  Combination(
    "--offline with options of the transfer", .nobody,
    "an offline move transfers a definition and no memory, so that"
      + " options about speed, compression, encryption and ports do nothing", "Leave them out."
  ) { request, isOffline in isOffline && request.tunesTransfer },
  Combination(
    "--auto-converge without --live", .nobody, "a guest that is stopped first writes nothing that could be slowed down",
    "Leave --auto-converge out."
  ) { request, _ in request.autoConverge && request.live == false },
  Combination(
    "--on-stall without --deadline", .nobody, "without a deadline nothing is ever late", "Add --deadline SECONDS."
  ) { request, _ in request.onStall != .abort && request.deadline == nil },
  Combination("--postcopy-bandwidth without --postcopy", .nobody, "there is no post-copy to limit", "Add --postcopy.") {
    request, _ in request.postcopyBandwidth != nil && !request.postcopy
  },
  Combination("--disks-port without --copy-storage", .nobody, "no disks are copied", "Add --copy-storage-all or -inc.")
  {
    request, _ in request.disksPort != nil && request.copyStorage == nil && request.mode != .tunnelled
  },
  Combination("--disks-uri without --copy-storage", .nobody, "no disks are copied", "Add --copy-storage-all or -inc.") {
    request, _ in request.disksURI != nil && request.copyStorage == nil && request.mode != .tunnelled
  },
  Combination(
    "--xml without --persistent-xml", .nobody,
    "the changes last until the guest is next started on the destination, from"
      + " the definition that came along unchanged",
    "Give the inactive definition with the same changes: --persistent-xml FILE"
  ) { request, _ in request.destinationXML != nil && request.persistentXML == nil && request.persistent != false },
]

/// Values that no layer can make sense of, or that mean something else than they say.
func illegalValues(_ request: MigrationRequest) -> [Issue] {
  disks(request) + compression(request) + numbers(request) + names(request) + migrateURI(request)
    + otherURIs(request)
}

/// What post-copy puts at stake, to be known before it is begun; nothing where the move cannot begin anyway.
func risks(of request: MigrationRequest) -> [Issue] {
  guard request.postcopy, !request.postcopyResume else { return [] }
  let plain = Issue(
    .warning, "--postcopy --mode plain", source: "lets this process lead", destination: "ends the guest without it",
    "once the move has switched to post-copy, the guest is lost when this process or its connection dies: the"
      + " destination's libvirt then ends what the process was bringing in.", remedy: ["Use --p2p."])
  return (request.mode == .plain ? [plain] : []) + [
    Issue(
      .info, "--postcopy", source: "has a part of the memory", destination: "has the rest",
      "once the move has switched to post-copy, the guest is lost when either host, its libvirt in the moment of the"
        + " switch, or its QEMU dies before the end.",
      remedy: ["Leave --postcopy out where that is worse than a longer pause."])
  ]
}

/// Disks that the request names and the domain does not have ("disk target not found" comes only after Begin).
func unknownDisks(_ move: Move) -> [Issue] {
  let targets = Set(move.domain.disks.map(\.target))
  return move.request.migrateDisks.filter { !$0.isEmpty && !targets.contains($0) }.map { name in
    valueIssue(
      .blocker, "--migrate-disks", name, "\(move.domain.name) has no disk \(name); it has \(targets.sorted().list)",
      [move.source.virsh("domblklist --domain \(move.domain.name)")])
  }
}

func valueIssue(
  _ severity: Severity, _ option: String, _ value: String, _ sentence: String, _ remedy: [String]
) -> Issue {
  Issue(
    severity, "\(option) \(value.shellQuoted)", source: value.isEmpty ? "empty" : value,
    destination: severity == .blocker ? "refused" : "accepted", "\(option): \(sentence).", remedy: remedy)
}

private func disks(_ request: MigrationRequest) -> [Issue] {
  let names = request.migrateDisks
  let repeated = Set(names.filter { name in names.count(where: { $0 == name }) > 1 }).sorted()
  return repeated.map {
    valueIssue(
      .blocker, "--migrate-disks", $0, "\($0) is named twice, so another disk may be missing", ["Name each disk once."])
  }
    + (names.contains("")
      ? [valueIssue(.blocker, "--migrate-disks", "", "a disk without a name", ["Name targets such as vda,vdb."])] : [])
}

/// The methods of `qemuMigrationCompressMethod`.
private func compression(_ request: MigrationRequest) -> [Issue] {
  let (known, names) = (["mt", "xbzrle", "zlib", "zstd"], request.compression)
  let unknown = names.filter { !known.contains($0) }.map {
    valueIssue(
      .blocker, "--comp-methods", $0, "libvirt knows no compression method \($0)", ["Use one of \(known.list)."])
  }
  let repeated = Set(names.filter { name in names.count(where: { $0 == name }) > 1 }).sorted().map {
    valueIssue(
      .blocker, "--comp-methods", $0, "libvirt refuses the method \($0) given twice", ["Name each method once."])
  }
  return unknown + repeated
}

/// `virDomainDefParse` refuses names that are empty or have a slash or a newline in them.
private func names(_ request: MigrationRequest) -> [Issue] {
  var issues: [Issue] = []
  if let name = request.destinationName, !name.isDomainName {
    issues.append(
      valueIssue(
        .blocker, "--dname", name, "a domain's name cannot be empty or hold a slash or a newline",
        ["Give another name."]))
  }
  let texts = [
    ("--listen-address", request.listenAddress), ("--tls-destination", request.tlsDestination),
    ("--xml", request.destinationXML), ("--persistent-xml", request.persistentXML),
  ]
  return issues
    + texts.filter { $0.1?.allSatisfy(\.isWhitespace) ?? false }.map { option, _ in
      valueIssue(.blocker, option, "", "the value is empty", ["Give a value or leave \(option) out."])
    }
}

/// The schemes of `qemuMigrationDstPrepareDirect`.
private func migrateURI(_ request: MigrationRequest) -> [Issue] {
  guard let uri = request.migrateURI else { return [] }
  let example = ["Give an address of the destination: --migrateuri tcp://ADDRESS or tcp://ADDRESS:PORT"]
  func refuse(_ sentence: String) -> [Issue] { [valueIssue(.blocker, "--migrateuri", uri, sentence, example)] }
  guard let scheme = uri.scheme else { return refuse("\(uri) has no scheme") }
  guard ["tcp", "rdma", "unix"].contains(scheme) else {
    return refuse("libvirt knows no scheme \(scheme) for migration")
  }
  if scheme == "unix" { return uri.afterScheme.isEmpty ? refuse("\(uri) names no socket") : [] }
  if uri.hostAndPort.host.isEmpty { return refuse("\(uri) names no host") }
  guard let port = uri.hostAndPort.port, !(1...65535).contains(Int(port) ?? 0) else { return [] }
  return refuse("\(port) is no port")
}

private func otherURIs(_ request: MigrationRequest) -> [Issue] {
  var issues: [Issue] = []
  if let uri = request.disksURI {
    let example = ["Give --disks-uri tcp://ADDRESS:PORT or unix:///PATH"]
    if !["tcp", "unix"].contains(uri.scheme) {
      issues.append(valueIssue(.blocker, "--disks-uri", uri, "disks are copied over tcp or unix only", example))
    } else if uri.scheme == "unix", uri.afterScheme.isEmpty {
      issues.append(valueIssue(.blocker, "--disks-uri", uri, "\(uri) names no socket", example))
    } else if let port = uri.hostAndPort.port, uri.scheme == "tcp", !(1...65535).contains(Int(port) ?? 0) {
      issues.append(valueIssue(.blocker, "--disks-uri", uri, "\(port) is no port", example))
    }
  }
  if let uri = request.graphicsURI, !["spice", "vnc"].contains(uri.scheme) {
    issues.append(
      valueIssue(
        .warning, "--graphicsuri", uri, "libvirt relocates spice and vnc clients only and drops the others",
        ["Give --graphicsuri spice://HOST:PORT or vnc://HOST:PORT"]))
  }
  return issues
}

extension MigrationRequest {
  fileprivate var tunesTransfer: Bool {
    parallel || zerocopy || tls || autoConverge || !compression.isEmpty || bandwidth != nil || listenAddress != nil
  }
}

extension String {
  fileprivate var isDomainName: Bool { !isEmpty && !unicodeScalars.contains { $0 == "/" || $0 == "\n" } }

  /// What stands before the first colon of a URI; nil without one.
  var scheme: String? {
    guard let colon = firstIndex(of: ":"), colon != startIndex else { return nil }
    return String(self[..<colon])
  }

  /// What follows the scheme and its slashes.
  fileprivate var afterScheme: String {
    guard let colon = firstIndex(of: ":") else { return self }
    return String(self[index(after: colon)...].drop { $0 == "/" })
  }

  /// The authority's parts: "tcp://[::1]:49152/" is "::1" and "49152"; the port is nil when the URI has none.
  var hostAndPort: (host: String, port: String?) {
    let authority = afterScheme.prefix { $0 != "/" && $0 != "?" }
    if authority.first == "[", let end = authority.firstIndex(of: "]") {
      let rest = authority[authority.index(after: end)...]
      return (String(authority[..<end].dropFirst()), rest.first == ":" ? String(rest.dropFirst()) : nil)
    }
    let parts = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    return (parts.first ?? "", parts.count > 1 ? parts[1] : nil)
  }
}
