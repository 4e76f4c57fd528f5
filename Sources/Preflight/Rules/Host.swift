import MigrationModel

/// Two hosts with one UUID are one host to libvirt, which refuses "to migrate guest to the same host"
/// (qemu_migration_cookie.c).
let hostIdentity = Rule("host.identity", .blocker, "the host UUID of both libvirt daemons differs") { move in
  move.onBoth("the host UUID", \.uuid) { source, destination in
    guard source.lowercased() == destination.lowercased() else { return .holds }
    let (here, there) = (move.source.name, move.destination.name)
    return Answer([
      Issue(
        .blocker, "host UUID", source: source, destination: destination,
        "\(here) and \(there) have the same host UUID \(source), so libvirt takes them for one host and"
          + " refuses the move.",
        remedy: [
          "If they are one machine, choose another destination.",
          "On \(there), set host_uuid to the output of `uuidgen` in /etc/libvirt/libvirtd.conf"
            + " (modular daemons: /etc/libvirt/virtqemud.conf).",
          "systemctl restart libvirtd    # on \(there); modular daemons: virtqemud",
        ])
    ])
  }
}

/// The destination's host name goes into the URI that it hands back, unless something else decides that URI.
///
/// A name that starts with "localhost" is refused in `qemuMigrationDstPrepareDirect`; the same name on both hosts is
/// not, and then the source connects to itself.
let hostHostname = Rule("host.hostname", .blocker, "host names are distinct and not localhost") { move in
  move.onBoth("the host name", \.hostname) { source, destination in
    Answer(duplicateHostname(move, source, destination) + localHostnames(move, source, destination))
  }
}

private func duplicateHostname(_ move: Move, _ source: String, _ destination: String) -> [Issue] {
  guard source.lowercased() == destination.lowercased() else { return [] }
  return [
    Issue(
      move.hostnameMakesURI ? .blocker : .warning, "host name", source: source, destination: destination,
      "\(move.source.name) and \(move.destination.name) are both called \(source), so a migration URI made from that"
        + " name leads back to the source.",
      remedy: hostnameRemedy(move))
  ]
}

private func localHostnames(_ move: Move, _ source: String, _ destination: String) -> [Issue] {
  func issue(_ severity: Severity, _ host: String, _ name: String, _ consequence: String) -> Issue {
    Issue(
      severity, "host name", source: source, destination: destination,
      "\(host) calls itself \(name), \(consequence).", remedy: hostnameRemedy(move))
  }
  var issues: [Issue] = []
  if destination.isLocalhost {
    issues.append(
      issue(
        move.hostnameMakesURI ? .blocker : .warning, move.destination.name, destination,
        "and libvirt refuses to make a migration URI from such a name"))
  }
  if source.isLocalhost {
    issues.append(issue(.warning, move.source.name, source, "so nothing can migrate back to it by name"))
  }
  return issues
}

private func hostnameRemedy(_ move: Move) -> [String] {
  [
    "Give each host a name of its own that the other resolves: hostnamectl set-hostname NAME, then restart libvirtd.",
    "Or go around the name: \(move.migrateURIOption)",
  ]
}

/// The name that the destination hands back must lead from the source to the destination.
///
/// The name is qemu.conf's migration_host, else the destination's host name (`qemuMigrationDstPrepareDirect`), and QEMU
/// or libvirtd on the *source* resolves it; the URI by which this tool reached the destination proves nothing.
let uriResolves = Rule(
  "uri.resolves", .blocker, "the source resolves the name that the destination hands back to the destination"
) { move in
  if move.isOffline { return .notApplicable("only the definition moves: no data connection is made") }
  if move.request.migrateURI != nil { return .notApplicable("--migrateuri names the address") }
  if move.request.mode == .tunnelled { return .notApplicable("a tunnelled migration makes no connection of its own") }
  return move.onDestination("migration_host", \.migrationHost).answer { configured in
    guard let configured else {
      return move.onDestination("the host name", \.hostname).answer { resolution(of: $0, move) }
    }
    return resolution(of: configured, move)
  }
}

private func resolution(of name: String, _ move: Move) -> Answer {
  let resolved = move.onSource("what \(name) resolves to", move.pair.destinationResolvedOnSource)
  return resolved.answer(with: move.onDestination("the host's addresses", \.addresses)) { resolved, addresses in
    let own = Set(addresses.map { $0.lowercased() })
    let strangers = resolved.filter { !own.contains($0.lowercased()) }
    guard resolved.isEmpty || !strangers.isEmpty else { return .holds }
    let consequence =
      resolved.isEmpty
      ? "does not resolve \(name), the name that \(move.destination.name) hands back for the data connection"
      : "resolves \(name), the name that \(move.destination.name) hands back, to \(strangers.list), "
        + whose(strangers, move)
    return Answer([
      Issue(
        resolved.isEmpty || strangers.count == resolved.count ? .blocker : .warning, name,
        source: resolved.list, destination: addresses.list, "\(move.source.name) \(consequence).",
        remedy: [
          "Name the address: \(move.migrateURIOption)",
          "Or mend DNS or /etc/hosts on \(move.source.name): getent ahosts \(name.shellQuoted)",
          "Or set migration_host in /etc/libvirt/qemu.conf on \(move.destination.name) and restart libvirtd there.",
        ])
    ])
  }
}

private func whose(_ addresses: [String], _ move: Move) -> String {
  let own = Set(move.source.addresses.value ?? [])
  let pointsBack = addresses.contains { $0.hasPrefix("127.") || $0 == "::1" || own.contains($0) }
  return pointsBack ? "which leads back to \(move.source.name) itself" : "which \(move.destination.name) does not have"
}

extension Move {
  /// Nothing but its host name tells the source where the destination listens.
  fileprivate var hostnameMakesURI: Bool {
    if request.migrateURI != nil || request.mode == .tunnelled { return false }
    if case .known(.some) = destination.migrationHost { return false }
    return true
  }

  /// "--migrateuri tcp://ADDRESS" with the destination's first address where it is known, link-local ones left out.
  fileprivate var migrateURIOption: String {
    let address = destination.addresses.value?.first { !$0.hasPrefix("fe80:") } ?? "ADDRESS"
    let uri = "tcp://\(address.contains(":") ? "[\(address)]" : address)"
    return "--migrateuri \(uri.shellQuoted)"
  }
}

extension String {
  fileprivate var isLocalhost: Bool { lowercased().hasPrefix("localhost") }
}
