import MigrationModel

/// Each guest that moves finds free ports on the destination, and the source reaches them.
///
/// QEMU listens on a port between qemu.conf's migration_port_min and migration_port_max, and its NBD server on another
/// one where disks are copied (`qemuMigrationDstPrepareDirect`, `qemuMigrationDstStartNBDServer`). A connection that
/// nobody answers hangs: libvirt has no timeout for it.
let networkPorts = Rule("network.ports", .blocker, "free migration ports, and whether the source reaches one") { move in
  if let reason = move.noDataConnection { return .notApplicable(reason) }
  return Answer(all: [freePorts(move), reachablePort(move)], ifNone: "no port is needed")
}

private func freePorts(_ move: Move) -> Answer {
  let conf = move.onDestination("the range of migration ports in qemu.conf", \.qemuConf)
  return conf.answer(with: move.onDestination("the list of ports in use", \.portsInUse)) { conf, used in
    let range = PortRange(conf)
    let taken = used.count { range.contains($0) }
    let (free, needed) = (max(0, range.count - taken), move.ports.fromRange * move.policy.parallelMoves)
    return Answer(
      (free < needed ? [tooFewPorts(move, range, free: free, needed: needed)] : [])
        + move.ports.fixed.flatMap { fixedPortIssues($0, used, move) })
  }
}

private func tooFewPorts(_ move: Move, _ range: PortRange, free: Int, needed: Int) -> Issue {
  let name = move.destination.name
  let guests = move.policy.parallelMoves > 1 ? " for \(move.policy.parallelMoves) guests at once" : ""
  return Issue(
    .blocker, "ports \(range)", source: "\(needed) needed", destination: "\(free) of \(range.count) free",
    "\(name) has \(free) of its migration ports \(range) free and needs \(needed)\(guests), so libvirt finds no unused"
      + " port.",
    remedy: [
      "See who holds them: ss -Hltnp 'sport >= \(range.first) and sport <= \(range.last)'    # on \(name)",
      "Widen migration_port_min to migration_port_max in /etc/libvirt/qemu.conf on \(name), and restart libvirtd there.",
      "Or let fewer guests move at once.",
    ])
}

private func fixedPortIssues(_ fixed: PortNeeds.Fixed, _ used: [Int], _ move: Move) -> [Issue] {
  let moves = move.policy.parallelMoves
  func issue(_ source: String, _ destination: String, _ sentence: String) -> Issue {
    Issue(
      .blocker, "port \(fixed.port)", source: source, destination: destination, sentence,
      remedy: [
        "See who holds it: ss -Hltnp 'sport = \(fixed.port)'    # on \(move.destination.name)",
        "Or leave the port out of \(fixed.option): libvirt then chooses a free one for each guest.",
      ])
  }
  let asked = "asked for by \(fixed.option)"
  var issues: [Issue] = []
  if used.contains(fixed.port) {
    issues.append(
      issue(asked, "in use", "Port \(fixed.port), \(asked), is in use on \(move.destination.name)."))
  }
  if moves > 1 {
    issues.append(
      issue(
        asked, "\(moves) guests at once",
        "Port \(fixed.port), \(asked), can be had by one guest, and \(moves) are to move to \(move.destination.name) at"
          + " once."))
  }
  return issues
}

private func reachablePort(_ move: Move) -> Answer {
  move.onSource("the way to a migration port of \(move.destination.name)", move.pair.migrationPort).answer { probe in
    if let asked = move.request.migrateURI?.hostAndPort.host, asked != probe.address {
      return Answer([otherWay(move, probe, asked)])
    }
    guard let fault = fault(of: probe) else { return .holds }
    let said = probe.message.isEmpty ? "" : " (\(probe.message.oneLine))"
    return Answer([
      Issue(
        .blocker, "\(probe.address) port \(probe.port)", source: "connects",
        destination: "\(probe.outcome.rawValue)\(probe.hadListener ? ", something listened" : "")",
        "A connection from \(move.source.name) to \(probe.address) port \(probe.port) on \(move.destination.name)"
          + " \(fault)\(said), so the guest has no way there.",
        remedy: openPort(move, probe))
    ])
  }
}

/// Facts from a file may have been gathered for another request.
private func otherWay(_ move: Move, _ probe: PortProbe, _ asked: String) -> Issue {
  Issue(
    .unknown, "way to \(asked)", source: "tried \(probe.address)", destination: "not tried",
    "The way from \(move.source.name) to \(asked), which --migrateuri names, was not tried: the facts are about"
      + " \(probe.address).", remedy: ["Check again with the hosts themselves, and with --migrateuri."])
}

/// What is wrong with the way, as the end of a sentence; a refusal where nothing listens came from the host itself.
private func fault(of probe: PortProbe) -> String? {
  switch probe.outcome {
  case .open: nil
  case .refused: probe.hadListener ? "is refused although something listened there: a firewall rejects it" : nil
  case .dropped: "gets no answer, as from a firewall that drops packets"
  case .unreachable: "is unreachable"
  }
}

private func openPort(_ move: Move, _ probe: PortProbe) -> [String] {
  let name = move.destination.name
  let range = move.destination.qemuConf.value.map(PortRange.init)
  let ports =
    move.ports.fixed.map { PortRange(first: $0.port, last: $0.port) }
    + (move.ports.fromRange > 0 ? [range ?? PortRange(first: probe.port, last: probe.port)] : [])
  let options = ports.map { "--add-port=\($0)/tcp" }.joined(separator: " ")
  return [
    "firewall-cmd --permanent \(options) && firewall-cmd --reload    # on \(name), with firewalld",
    "Or, with ufw: " + ports.map { "ufw allow proto tcp to any port \($0.first):\($0.last)" }.joined(separator: "; "),
    "Or, with nftables alone, accept tcp dport { \(ports.map(\.description).joined(separator: ", ")) } in the input"
      + " chain of \(name).",
    "See the way itself: ip route get \(probe.address.shellQuoted)    # on \(move.source.name); and firewalls between",
  ]
}

/// The TCP ports of the destination that one guest's move takes.
struct PortNeeds {
  struct Fixed {
    /// The option that names it.
    var option: String
    var port: Int
  }
  /// Ports that the request names.
  var fixed: [Fixed] = []
  /// How many libvirt takes from its range.
  var fromRange = 0
  var isEmpty: Bool { fixed.isEmpty && fromRange == 0 }

  fileprivate mutating func add(_ option: String, _ port: Int?) {
    if let port, port != 0 { fixed.append(Fixed(option: option, port: port)) } else { fromRange += 1 }
  }
}

extension Move {
  var ports: PortNeeds {
    var needs = PortNeeds()
    let uri = request.migrateURI
    if uri?.scheme != "unix", uri?.scheme != "rdma" { needs.add("--migrateuri", uri?.port) }
    guard domain.disks.contains(where: isCopied) else { return needs }
    switch request.disksURI {
    case .none: needs.add("--disks-port", request.disksPort)
    case .some(let uri): if uri.scheme != "unix" { needs.add("--disks-uri", uri.port) }
    }
    return needs
  }
}

extension String {
  /// The port that a URI names.
  fileprivate var port: Int? { hostAndPort.port.flatMap { Int($0) } }
}

/// Ports from `first` to `last`: "49152-49215".
private struct PortRange: CustomStringConvertible {
  var first: Int
  var last: Int

  init(first: Int, last: Int) {
    self.first = first
    self.last = last
  }

  /// As qemu.conf sets it, else libvirt's own (QEMU_MIGRATION_PORT_MIN and _MAX).
  init(_ conf: [String: String]) {
    func port(_ key: String) -> Int? { conf[key].flatMap { UInt16($0) }.map { Int($0) } }
    self.init(first: port("migration_port_min") ?? 49152, last: port("migration_port_max") ?? 49215)
  }

  var count: Int { max(0, last - first + 1) }
  func contains(_ port: Int) -> Bool { first <= port && port <= last }
  var description: String { first == last ? "\(first)" : "\(first)-\(last)" }
}

/// sshd on the destination lets all the connections in that the planned moves open at once.
///
/// From MaxStartups' first number of connections that have not authenticated yet sshd drops some at random
/// (sshd_config(5)); one is left to whoever else logs in. Each move opens the probe's, libvirt's own where the URI goes
/// over SSH, and one more from the source's daemon where the daemons talk to each other.
let sshMaxStartups = Rule("ssh.max-startups", .warning, "sshd's MaxStartups against the moves planned at once") {
  move in
  move.onDestination("MaxStartups of sshd", \.sshd).answer { limits in
    guard var limits else { return .notApplicable("\(move.destination.name) was not reached through sshd") }
    // From a file they may be any numbers.
    (limits.begin, limits.full) = (min(limits.begin, 1 << 20), min(limits.full, 1 << 20))
    let each = move.destination.usesSSH ? (move.isPeerToPeer ? 3 : 2) : 1
    let opened = each * move.policy.parallelMoves
    guard opened >= limits.begin else { return .holds }
    let (full, name) = (max(limits.full, opened * 2), move.destination.name)
    return Answer([
      Issue(
        .warning, "MaxStartups", source: "\(opened) connections at once",
        destination: "drops some from \(limits.begin), all from \(limits.full)",
        "\(move.policy.parallelMoves) moves at once open \(opened) connections to sshd on \(name), which from"
          + " \(limits.begin) that are not logged in yet drops some.",
        remedy: [
          "Put this line before any Match block in /etc/ssh/sshd_config on \(name): MaxStartups"
            + " \(opened + 10):30:\(full + 10)",
          "sshd -t && systemctl reload ssh    # on \(name); the unit is called sshd on some distributions",
          "Or let fewer guests move at once.",
        ])
    ])
  }
}

extension HostFacts {
  /// libvirt reaches the host through sshd: "qemu+ssh", "qemu+libssh", "qemu+libssh2".
  fileprivate var usesSSH: Bool { uri.scheme.map { $0.hasSuffix("ssh") || $0.hasSuffix("libssh2") } ?? false }
}

extension Move {
  fileprivate var isPeerToPeer: Bool { request.mode == .p2p || request.mode == .tunnelled }
}

/// The source's own daemon reaches the destination's, as the user that it runs as, and it is the right one.
///
/// In a peer-to-peer or tunnelled move the source's daemon opens the destination's URI itself
/// (`qemuMigrationSrcPerformPeer2Peer`), with its own known hosts, keys and certificates: that this tool gets there with
/// the user's proves nothing.
let p2pCredentials = Rule("p2p.credentials", .blocker, "whom the source's daemon finds at the destination's URI") {
  move in
  guard move.isPeerToPeer else { return .notApplicable("the daemons do not talk to each other") }
  let peer: Fact<PeerConnection> = move.pair.peer.unwrapped()
  let asked = move.onSource("whom its daemon finds at \(move.destination.uri)", peer)
  return asked.answer(with: move.onDestination("the host UUID", \.uuid)) { peer, uuid in
    guard let found = peer.uuid else { return Answer([unreachedPeer(move, peer.message.oneLine)]) }
    return Answer(found.lowercased() == uuid.lowercased() ? [] : [wrongPeer(move, found, uuid)])
  }
}

private func unreachedPeer(_ move: Move, _ message: String) -> Issue {
  let said = message.isEmpty ? "" : " (\(message))"
  let log = "virsh -c \(move.destination.uri.shellQuoted) uri    # on \(move.source.name), as the daemon's user (root)"
  return Issue(
    .blocker, move.destination.uri, source: "cannot connect", destination: "not reached",
    "The daemon on \(move.source.name) cannot open \(move.destination.uri)\(said), which a \(move.request.mode.rawValue)"
      + " move needs.",
    remedy: [
      "See it for yourself: \(log)",
      move.destination.usesSSH
        ? "Give that user on \(move.source.name) a key that \(move.destination.name) accepts (ssh-copy-id), and its host"
          + " key in that user's known_hosts."
        : "Mend what the transport of that URI needs on \(move.source.name): certificates in /etc/pki/libvirt, or the"
          + " SASL login.",
      "Or let the client lead the move: leave --\(move.request.mode.rawValue) out.",
    ])
}

private func wrongPeer(_ move: Move, _ found: String, _ uuid: String) -> Issue {
  Issue(
    .blocker, move.destination.uri, source: "finds host UUID \(found)", destination: uuid,
    "From \(move.source.name), \(move.destination.uri) leads to the host with UUID \(found), which is not"
      + " \(move.destination.name).",
    remedy: [
      "Mend DNS or /etc/hosts on \(move.source.name), or name the destination by an address that is the same from"
        + " everywhere.",
      "See it for yourself: virsh -c \(move.destination.uri.shellQuoted) capabilities    # on \(move.source.name)",
      "Or let the client lead the move: leave --\(move.request.mode.rawValue) out.",
    ])
}
