import MigrationModel

/// How one guest's move is led, and why that way.
public struct ModeChoice: Sendable, Equatable {
  /// Never `.auto`.
  public var mode: MigrationRequest.Mode
  /// One clause: "kvm1's own credentials open kvm2".
  public var because: String

  public init(_ mode: MigrationRequest.Mode, because: String) {
    self.mode = mode
    self.because = because
  }
}

/// The mode that is asked for, or what `auto` comes to for one guest: offline where it is shut off; peer-to-peer where
/// the source was seen to reach this very destination with its own credentials, because such a move outlives this
/// process; else plain.
///
/// Total, and plain wherever a fact is missing. No option needs or excludes peer-to-peer: what a tunnel alone forbids is
/// asked for with `.tunnelled`. Repeating the choice for a request that already holds it changes nothing.
/// - Parameter route: both hosts as preflight saw them; nil without preflight.
public func chosenMode(
  for request: MigrationRequest, isActive: Bool,
  over route: (source: HostFacts, destination: HostFacts, pair: PairFacts)? = nil
) -> ModeChoice {
  guard request.mode == .auto else { return ModeChoice(request.mode, because: "it was asked for") }
  guard isActive else {
    return request.live == true
      ? ModeChoice(.plain, because: "a live move was asked for")
      : ModeChoice(.offline, because: "the guest does not run")
  }
  guard let route else { return ModeChoice(.plain, because: "the hosts were not looked at") }
  if let obstacle = peerObstacle(route.source, route.destination, route.pair) {
    return ModeChoice(.plain, because: obstacle)
  }
  return ModeChoice(.p2p, because: "\(route.source.name)'s own credentials open \(route.destination.name)")
}

/// Why the source's daemon cannot be trusted to lead; nil when it can.
private func peerObstacle(_ source: HostFacts, _ destination: HostFacts, _ pair: PairFacts) -> String? {
  let (here, there) = (source.name, destination.name)
  guard isOpenToPeers(uri: destination.uri) else { return "\(there)'s URI means nothing to \(here)" }
  // root's credentials were tried, and only the system's daemon runs as root.
  guard source.uri.isOfSystemDaemon else { return "\(here)'s daemon is a user's own, whose credentials were not tried" }
  let peer: Fact<PeerConnection> = pair.peer.unwrapped()
  switch peer {
  case .gap(let gap): return "\(here)'s own credentials could not be tried on \(there): \(gap.reason.oneLine)"
  case .known(let found):
    guard let uuid = found.uuid, !uuid.isEmpty else {
      let said = found.message.isEmpty ? "" : ": \(found.message.oneLine)"
      return "\(here)'s own credentials do not open \(there)\(said)"
    }
    guard let expected = destination.uuid.value else { return "\(there)'s identity could not be read" }
    return uuid.lowercased() == expected.lowercased() ? nil : "\(there)'s URI leads \(here) to another host"
  }
}

extension String {
  /// Of a libvirt URI: "qemu+ssh://kvm1/system?keyfile=/k".
  fileprivate var isOfSystemDaemon: Bool { prefix { $0 != "?" && $0 != "#" }.hasSuffix("/system") }
}
