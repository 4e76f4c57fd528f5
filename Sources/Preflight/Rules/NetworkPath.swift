import MigrationModel

/// Each device under a macvtap interface and each vhost-user socket is there on the destination.
///
/// macvtap takes a device as a whole: one that is a port of a bridge or bond is refused by the kernel with "busy"
/// (`netdev_rx_handler_register`). QEMU connects to a vhost-user socket when it starts.
let networkDirect = Rule("network.direct", .blocker, "devices under macvtap, and vhost-user sockets") { move in
  let sources = unique(move.domain.interfaces.map(\.source))
  return Answer(
    all: sources.map { source in
      switch source {
      case .direct(let device, _): directDevice(device, move)
      case .vhostUser(let path): vhostUserSocket(path, move)
      case .bridge, .network, .other: .notApplicable("neither")
      }
    }, ifNone: "\(move.domain.name) has no macvtap and no vhost-user interface")
}

private func directDevice(_ name: String, _ move: Move) -> Answer {
  move.onBoth("the list of network devices", \.links) { source, destination in
    let (here, there) = (source.first { $0.name == name }, destination.first { $0.name == name })
    guard let fault = directFault(there, on: move.destination.name) else { return .holds }
    return Answer([
      Issue(
        .blocker, name, source: here?.directText ?? "absent", destination: there?.directText ?? "absent",
        "The device \(name), which a macvtap interface of \(move.domain.name) is on, \(fault.words) on"
          + " \(move.destination.name).",
        remedy: fault.remedy + ["Or name another device in a destination XML: --xml FILE (and --persistent-xml FILE)"])
    ])
  }
}

private func directFault(_ link: Link?, on host: String) -> (words: String, remedy: [String])? {
  guard let link else {
    return ("does not exist", ["See which devices there are: ip -brief link    # on \(host)"])
  }
  if let master = link.master {
    return (
      "is a port of \(master)",
      ["ip link set dev \(link.name.shellQuoted) nomaster    # on \(host), if \(master) can do without it"]
    )
  }
  // libvirt sets it up by itself (`qemuInterfaceStartDevice`).
  return nil
}

extension Link {
  fileprivate var directText: String { "\(isUp ? "up" : "down")\(master.map { ", port of \($0)" } ?? "")" }
}

private func vhostUserSocket(_ path: String, _ move: Move) -> Answer {
  move.onDestination("the socket \(path)", move.destination.files[path]).answer { file in
    guard file?.kind != "other" else { return .holds }
    let state = file.map { "a \($0.kind) file" } ?? "absent"
    return Answer([
      Issue(
        .blocker, path, source: "vhost-user socket", destination: state,
        "The vhost-user socket \(path) of \(move.domain.name) is \(state) on \(move.destination.name), so QEMU does not"
          + " start there.",
        remedy: [
          "Let the switch on \(move.destination.name) make the port, under the same path; with Open vSwitch:"
            + " ovs-vsctl add-port BRIDGE PORT -- set Interface PORT type=dpdkvhostuser",
          "Or name its socket in a destination XML: --xml FILE (and the same in --persistent-xml FILE)",
        ])
    ])
  }
}

/// Packets of the size that the guest may send now get through on the destination, and full ones on the way there.
///
/// A bridge drops what does not fit through a port without telling anyone (`is_skb_forwardable`). A guest keeps the MTU
/// that it started with. What differs is judged, not what was lost before the move as well.
let networkMTU = Rule("network.mtu", .blocker, "MTU of bridges, uplinks and macvtap devices, and of the way") { move in
  Answer(all: [guestMTU(move), wayMTU(move)], ifNone: "no bridge, no macvtap, and no connection to measure")
}

private func guestMTU(_ move: Move) -> Answer {
  let segments = move.segments
  guard !segments.isEmpty else { return .notApplicable("\(move.domain.name) is on no device of the host") }
  return move.onBoth("the list of network devices", \.links) { source, destination in
    Answer(
      segments.compactMap { segment in
        guard let here = narrowest(segment.here, source), let there = narrowest(segment.there, destination) else {
          return nil  // network.bridge and network.direct say so
        }
        return mtuIssue(segment, here, there, move)
      })
  }
}

/// The device itself or the way out of it with the smallest MTU; nil when there is no such device.
private func narrowest(_ name: String, _ links: [Link]) -> Link? {
  guard var narrowest = links.first(where: { $0.name == name }) else { return nil }
  for link in links where link.mtu < narrowest.mtu && link.isWay(outOf: name) { narrowest = link }
  return narrowest
}

private func mtuIssue(_ segment: Segment, _ here: Link, _ there: Link, _ move: Move) -> Issue? {
  let wanted = min(segment.mtu ?? here.mtu, here.mtu)
  let (source, destination) = (move.source.name, move.destination.name)
  if there.mtu < wanted {
    return Issue(
      .blocker, there.name, source: "\(wanted)", destination: "\(there.mtu) (\(there.name))",
      "Packets of \(wanted) bytes pass \(segment.here) on \(source), and only \(there.mtu) pass \(there.name) on"
        + " \(destination): larger ones of \(move.domain.name) are lost there without a word.",
      remedy: [
        "ip link set dev \(there.name.shellQuoted) mtu \(wanted)    # on \(destination), and in its network"
          + " configuration; the switch behind it must carry them too",
        "Or lower the MTU inside \(move.domain.name) to \(there.mtu) before the move.",
      ])
  }
  guard there.mtu > here.mtu, segment.mtu == nil else { return nil }
  return Issue(
    .info, there.name, source: "\(here.mtu) (\(here.name))", destination: "\(there.mtu)",
    "Packets of \(there.mtu) bytes pass \(segment.there) on \(destination), and only \(here.mtu) on \(source):"
      + " \(move.domain.name) keeps its own MTU and may be sent larger ones than it takes.")
}

/// A full packet that does not arrive is sent again for ever, so a transfer over such a way stalls as soon as it begins.
private func wayMTU(_ move: Move) -> Answer {
  if let reason = move.noDataConnection { return .notApplicable(reason) }
  let way = move.onSource("the largest packet on the way to \(move.destination.name)", move.pair.pathMTU)
  return way.answer(worst: .warning) { way in
    let (source, destination) = (move.source.name, move.destination.name)
    let address = move.pair.migrationPort.value?.address ?? destination
    let trace = "See where it ends: tracepath -n \(address.shellQuoted)    # on \(source)"
    guard let carried = way.carried else {
      return Answer([
        Issue(
          .unknown, "way", source: "\(way.device)", destination: "no answer",
          "No echo came back from \(destination) to \(source), not even to a small packet, so it is not known whether"
            + " packets of \(way.device) bytes arrive.",
          remedy: ["Let \(destination) answer ICMP echo requests from \(source), or try a transfer.", trace],
          worst: .warning)
      ])
    }
    guard carried < way.device else { return .holds }
    return Answer([
      Issue(
        .warning, "way", source: "\(way.device)", destination: "\(carried) arrive",
        "\(source) sends packets of \(way.device) bytes and only \(carried) arrive at \(destination): the transfer"
          + " stalls where nothing tells the sender.",
        remedy: [
          trace, "Give both hosts and every switch between them the same MTU.",
          "Or lower the MTU of the device that leads to \(destination): ip link set dev DEVICE mtu \(carried)    # on"
            + " \(source)",
        ])
    ])
  }
}

/// The guest's bridge or device leads to the same network segment on both hosts, and the guest is heard at once.
///
/// A port of a bridge with spanning tree waits the forward delay twice, listening and learning, before it forwards
/// (IEEE 802.1D; `br_forward_delay_timer_expired`): a guest that arrives sooner stays silent until then.
let networkAddress = Rule("network.address", .warning, "uplinks, their VLANs, and spanning tree's delay") { move in
  let segments = move.segments
  guard !segments.isEmpty else { return .notApplicable("\(move.domain.name) is on no device of the host") }
  return move.onBoth("the list of network devices", \.links) { source, destination in
    let places = unique(segments.map { Segment(here: $0.here, there: $0.there, mtu: nil) })
    return Answer(places.flatMap { segmentIssues($0, source, destination, move) })
  }
}

private func segmentIssues(_ segment: Segment, _ source: [Link], _ destination: [Link], _ move: Move) -> [Issue] {
  guard let here = source.first(where: { $0.name == segment.here }),
    let there = destination.first(where: { $0.name == segment.there })
  else { return [] }  // network.bridge and network.direct say so
  return uplinkIssues(ways(outOf: here, source), ways(outOf: there, destination), there, move)
    + delayIssues(here, there, move)
}

/// The devices through which a bridge leads out of the host; of another device, itself.
private func ways(outOf link: Link, _ links: [Link]) -> [Link] {
  link.isBridge ? links.filter { $0.isWay(outOf: link.name) } : [link]
}

private func uplinkIssues(_ here: [Link], _ there: [Link], _ device: Link, _ move: Move) -> [Issue] {
  let (name, host) = (device.name, move.destination.name)
  guard let first = here.first else { return [] }
  if there.isEmpty {
    return [
      Issue(
        .warning, name, source: here.map(\.name).list, destination: "no uplink",
        "\(name) on \(host) has no uplink, and on \(move.source.name) it has: \(move.domain.name) reaches nobody outside"
          + " \(host).",
        remedy: [
          "ip link set dev UPLINK master \(name.shellQuoted)    # on \(host), such as \(first.name); and in its network"
            + " configuration"
        ])
    ]
  }
  let (tagsHere, tagsThere) = (tags(here), tags(there))
  guard tagsHere != tagsThere else { return [] }
  return [
    Issue(
      .warning, name, source: tagsHere.list, destination: tagsThere.list,
      "\(name) leads to \(tagsHere.list) on \(move.source.name) and to \(tagsThere.list) on \(host):"
        + " \(move.domain.name) may find itself in another network.",
      remedy: [
        "Compare them: ip -details link show master \(name.shellQuoted)    # on both hosts",
        "Give \(name) the same VLAN on both, unless the switch removes the tag for one of them.",
      ])
  ]
}

private func tags(_ links: [Link]) -> [String] {
  Set(links.map(\.vlan)).sorted { $0 ?? 0 < $1 ?? 0 }.map { $0.map { "VLAN \($0)" } ?? "untagged" }
}

private func delayIssues(_ here: Link, _ there: Link, _ move: Move) -> [Issue] {
  guard move.nothingRuns == nil, let delay = there.forwardDelay, delay > 0 else { return [] }
  let silence = seconds(2 * delay)
  return [
    Issue(
      .warning, there.name, source: here.forwardDelay.map(seconds) ?? "no bridge", destination: seconds(delay),
      "\(there.name) on \(move.destination.name) runs spanning tree with a forward delay of \(seconds(delay)):"
        + " \(move.domain.name) is not heard until \(silence) after its port was made.",
      remedy: [
        "ip link set dev \(there.name.shellQuoted) type bridge stp_state 0    # on \(move.destination.name), if no loop"
          + " can arise there",
        "Or shorten it: ip link set dev \(there.name.shellQuoted) type bridge forward_delay 200    # hundredths of a"
          + " second",
      ])
  ]
}

private func seconds(_ value: Double) -> String {
  let text = "\(value)"
  return "\(text.hasSuffix(".0") ? String(text.dropLast(2)) : text) s"
}

extension Link {
  /// A port of that bridge which is not a guest's.
  fileprivate func isWay(outOf bridge: String) -> Bool { !isTap && master == bridge }
}

/// What an interface is plugged into on either host.
private struct Segment: Hashable {
  var here: String
  var there: String
  /// The interface's own.
  var mtu: Int?
}

extension Move {
  /// Bridges, by themselves or behind a libvirt network in forward mode bridge, and macvtap devices.
  ///
  /// A network that cannot be read or that differs is the rule network.libvirt's.
  fileprivate var segments: [Segment] {
    unique(
      domain.interfaces.compactMap { interface in
        switch interface.source {
        case .bridge(let name), .direct(let name, _): Segment(here: name, there: name, mtu: interface.mtu)
        case .network(let name, _):
          if let here = source.bridge(of: name), let there = destination.bridge(of: name) {
            Segment(here: here, there: there, mtu: interface.mtu)
          } else {
            nil
          }
        case .vhostUser, .other: nil
        }
      })
  }
}

extension HostFacts {
  /// The bridge that a libvirt network in forward mode bridge hands out.
  fileprivate func bridge(of network: String) -> String? {
    networks.value?.first { $0.name == network && $0.forwardMode == "bridge" }?.bridge
  }
}

/// Each network filter that an interface names is defined on the destination; libvirt does not start the guest without
/// (`virNWFilterInstantiateFilter`).
let networkFilter = Rule("network.filter", .blocker, "the interfaces' network filters are defined") { move in
  let wanted = unique(move.domain.interfaces.compactMap(\.filter))
  guard !wanted.isEmpty else { return .notApplicable("\(move.domain.name) uses no network filter") }
  return move.onDestination("the list of network filters", \.filters).answer { defined in
    Answer(
      wanted.filter { !defined.contains($0) }.map { name in
        Issue(
          .blocker, name, source: "used", destination: "not defined",
          "The network filter \(name), which an interface of \(move.domain.name) uses, is not defined on"
            + " \(move.destination.name), and libvirt does not start a guest without it.",
          remedy: [
            "\(move.source.virsh("nwfilter-dumpxml --nwfilter \(name)")) > filter.xml",
            move.destination.virsh("nwfilter-define --file filter.xml"),
            "Do the same before with each filter that it refers to (<filterref>).",
          ])
      })
  }
}
