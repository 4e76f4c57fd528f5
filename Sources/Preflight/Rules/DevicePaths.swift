import MigrationModel

/// QEMU opens files of the host beside the disks, and makes others in directories that must be there.
///
/// The destination starts QEMU with the same paths (`qemuProcessStart` in Prepare); an offline move transfers no files.
let devicePaths = Rule("device.paths", .blocker, "files and directories that devices and the boot need") { move in
  guard !move.domain.hostPaths.isEmpty else {
    return .notApplicable("\(move.domain.name) uses no files of the host beside its disks")
  }
  let answers = move.domain.hostPaths.map { answer(for: $0, move) }
  return Answer(answers.flatMap(\.issues) + move.domain.hostPaths.flatMap { leftBehind($0, move) })
}

private func answer(for path: HostPath, _ move: Move) -> Answer {
  let place = path.need == .file ? path.path : parent(of: path.path)
  return move.onDestination("the path \(place)", move.destination.files[place]).answer { found in
    switch (path.need, found?.kind) {
    case (.file, .some), (.directory, "directory"): .holds
    case (_, let kind): Answer([missing(path, place, kind, move)])
    }
  }
}

/// "/srv" of "/srv/log", "/" of "/log".
private func parent(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
  return String(path[..<slash])
}

private func missing(_ path: HostPath, _ place: String, _ kind: String?, _ move: Move) -> Issue {
  let there = move.destination.name
  let lack =
    path.need == .file
    ? "\(place), which \(path.use) of \(move.domain.name) needs, does not exist on \(there)"
    : "\(place), where \(path.path) for \(path.use) of \(move.domain.name) is to be made, is no directory on \(there)"
  return Issue(
    .blocker, place, source: "used by \(path.use)", destination: kind ?? "absent", "\(lack), so QEMU does not start.",
    remedy: [
      path.need == .file
        ? "Put the same file there on \(there), by package or by copy: \(place.shellQuoted)"
        : "On \(there): mkdir -p \(place.shellQuoted)",
      "Or name another path in the XML for \(there): --xml FILE",
    ])
}

/// UEFI variables are part of the live migration stream, but no part of a definition.
private func leftBehind(_ path: HostPath, _ move: Move) -> [Issue] {
  guard path.use == "nvram", move.nothingRuns != nil else { return [] }
  if case .known(.some)? = move.destination.files[path.path] { return [] }
  let (here, there) = (move.source.name, move.destination.name)
  return [
    Issue(
      .warning, path.path, source: "the guest's UEFI variables", destination: "fresh ones",
      "\(path.path) stays on \(here), so \(move.domain.name) starts on \(there) without its UEFI boot entries and keys.",
      remedy: ["Copy \(path.path.shellQuoted) from \(here) to \(there) before it is started there."])
  ]
}

/// QEMU ends at once when it cannot bind a graphics server's address and port (`vnc_display_open`, `qemu_spice_init`).
///
/// Addresses are compared with the destination's own; a port that libvirt chooses itself (autoport) is never taken.
let deviceGraphics = Rule("device.graphics", .blocker, "addresses and ports that graphics servers listen on") { move in
  let servers = move.domain.graphics.filter { $0.socket == nil }
  return Answer(
    all: servers.map { listening($0, move) } + servers.map { bound($0, move) },
    ifNone: "\(move.domain.name) has no graphics on the network")
}

extension Graphics {
  fileprivate enum Listening { case nowhere, everyHostHas, address(String), name(String) }

  fileprivate var listening: Listening {
    guard let listen, !listen.isEmpty else { return .nowhere }
    if ["0.0.0.0", "::", "::1", "localhost"].contains(listen) || listen.hasPrefix("127.") { return .everyHostHas }
    let isNumeric = listen.utf8.contains(UInt8(ascii: ":")) || listen.allSatisfy { $0 == "." || $0.isNumber }
    return isNumeric ? .address(listen.lowercased()) : .name(listen)
  }
}

private func listening(_ server: Graphics, _ move: Move) -> Answer {
  let (there, guest) = (move.destination.name, move.domain.name)
  func issue(_ severity: Severity, _ listen: String, _ value: String, _ message: String) -> Answer {
    Answer([
      Issue(
        severity, "\(server.type) \(listen)", source: listen, destination: value, message, remedy: otherGraphics(move))
    ])
  }
  switch server.listening {
  case .nowhere: return .notApplicable("\(server.type) names no address")
  case .everyHostHas: return .holds
  case .name(let name):
    return issue(
      .unknown, name, "not resolved",
      "\(server.type) of \(guest) listens on \(name): which address that is on \(there)"
        + " was not asked.")
  case .address(let address):
    return move.onDestination("the list of addresses", \.addresses).answer { addresses in
      addresses.contains(address)
        ? .holds
        : issue(
          .blocker, address, addresses.list,
          "\(server.type) of \(guest) listens on \(address), which \(there) does not have, so QEMU does not start.")
    }
  }
}

private func bound(_ server: Graphics, _ move: Move) -> Answer {
  guard !server.isAutoport, let port = server.port, port > 0 else { return .notApplicable("libvirt chooses the port") }
  let there = move.destination.name
  return move.onDestination("the list of ports in use", \.portsInUse).answer { ports in
    guard ports.contains(port) else { return .holds }
    return Answer([
      Issue(
        move.nothingRuns == nil ? .blocker : .warning, "\(server.type) port \(port)", source: "\(port)",
        destination: "in use",
        "\(server.type) of \(move.domain.name) has the fixed port \(port), on which something listens on \(there).",
        remedy: ["On \(there), see what it is: ss -ltnp 'sport = :\(port)'"] + otherGraphics(move))
    ])
  }
}

private func otherGraphics(_ move: Move) -> [String] {
  [
    "Move it with other graphics: --emit-xml FILE writes a destination XML, to be changed and passed with --xml FILE",
    "Or for good, from its next start: " + move.source.virsh("edit --domain \(move.domain.name)"),
  ]
}
