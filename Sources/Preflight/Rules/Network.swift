import MigrationModel

/// Each bridge that the guest is plugged into, by itself or through a libvirt network in forward mode bridge, is there on
/// the destination, is a bridge, and is up.
///
/// An Open vSwitch bridge is not one to /sys/class/net: what is no bridge on either host passes when it is up.
let networkBridge = Rule("network.bridge", .blocker, "each interface's bridge exists and is up") { move in
  let bridges = unique(move.domain.interfaces.compactMap { bridgeOnDestination($0, move) })
  guard !bridges.isEmpty else { return .notApplicable("\(move.domain.name) is on no bridge") }
  return move.onBoth("the list of network devices", \.links) { source, destination in
    Answer(
      bridges.compactMap { name in
        bridgeIssue(name, source.first { $0.name == name }, destination.first { $0.name == name }, move)
      })
  }
}

/// A network that cannot be read or is not defined there is the rule network.libvirt's.
private func bridgeOnDestination(_ interface: Interface, _ move: Move) -> String? {
  switch interface.source {
  case .bridge(let name): name
  case .network(let name, _):
    move.destination.networks.value?.first { $0.name == name && $0.forwardMode == "bridge" }?.bridge
  case .direct, .vhostUser, .other: nil
  }
}

private func bridgeIssue(_ name: String, _ here: Link?, _ there: Link?, _ move: Move) -> Issue? {
  let up = "ip link set dev \(name.shellQuoted) up    # on \(move.destination.name), and in its network configuration"
  let fault: (words: String, remedy: [String])? =
    if let there {
      if !there.isBridge && here?.isBridge ?? true {
        ("is not a bridge", ["Rename the device of that name on \(move.destination.name), then create the bridge."])
      } else if there.isBridge && here?.isBridge == false {
        (
          "is a Linux bridge, and another kind of switch on \(move.source.name),",
          ["Make it the same kind on both, as with Open vSwitch: ovs-vsctl show    # on \(move.source.name)"]
        )
      } else if there.isBridge && !there.isUp {
        ("is down", [up])
      } else {
        nil
      }
    } else {
      (
        "does not exist",
        [
          "ip link add name \(name.shellQuoted) type bridge    # on \(move.destination.name); give it an uplink too",
          up,
          "Or name its bridge in a destination XML: --xml FILE (and the same in --persistent-xml FILE)",
        ]
      )
    }
  return fault.map { fault in
    Issue(
      .blocker, name, source: here?.text ?? "absent", destination: there?.text ?? "absent",
      "The bridge \(name), which \(move.domain.name) is plugged into, \(fault.words) on \(move.destination.name).",
      remedy: fault.remedy)
  }
}

/// Each libvirt network that the guest uses is defined and active on the destination, and leads to the same place.
///
/// Under forward mode nat, route and the like the bridge is libvirt's own and private to the host: another name there
/// is only a warning.
let networkLibvirt = Rule("network.libvirt", .blocker, "each libvirt network: active, same mode, bridge, groups, VLANs")
{
  move in
  let wanted = unique(
    move.domain.interfaces.compactMap {
      if case .network(let name, let group) = $0.source { Attachment(network: name, portGroup: group) } else { nil }
    })
  guard !wanted.isEmpty else { return .notApplicable("\(move.domain.name) is on no libvirt network") }
  return move.onBoth("the list of libvirt networks", \.networks) { source, destination in
    Answer(
      wanted.flatMap { attachment in
        networkIssues(
          attachment, source.first { $0.name == attachment.network },
          destination.first { $0.name == attachment.network }, move)
      })
  }
}

private struct Attachment: Hashable {
  var network: String
  var portGroup: String?
}

private func networkIssues(
  _ attachment: Attachment, _ here: VirtualNetwork?, _ there: VirtualNetwork?, _ move: Move
) -> [Issue] {
  let name = attachment.network
  let start = move.destination.virsh("net-start --network \(name)")
  let keep = move.destination.virsh("net-autostart --network \(name)")
  let define =
    "\(move.source.virsh("net-dumpxml --network \(name)")) > network.xml; "
    + "\(move.destination.virsh("net-define --file network.xml"))"
  func issue(_ state: String, _ remedy: [String]) -> Issue {
    Issue(
      .blocker, name, source: here?.text ?? "absent", destination: there?.text ?? "absent",
      "The libvirt network \(name), which \(move.domain.name) is plugged into, is \(state) on"
        + " \(move.destination.name).",
      remedy: remedy)
  }
  guard let there else { return [issue("not defined", [define, start, keep])] }
  let inactive = there.isActive ? [] : [issue("not active", [start, keep])]
  return inactive + differences(attachment, here, there, move)
}

/// One issue for each thing in which the networks of that name differ.
private func differences(
  _ attachment: Attachment, _ here: VirtualNetwork?, _ there: VirtualNetwork, _ move: Move
) -> [Issue] {
  let name = attachment.network
  let edit = [
    "Compare them: " + move.source.virsh("net-dumpxml --network \(name)"),
    move.destination.virsh("net-edit --network \(name)"),
  ]
  func issue(_ severity: Severity, _ what: String, _ source: String, _ destination: String) -> Issue {
    Issue(
      severity, name, source: source, destination: destination,
      "The libvirt network \(name) has \(what) \(source) on \(move.source.name) and \(destination) on"
        + " \(move.destination.name).", remedy: edit)
  }
  var issues: [Issue] = []
  if let group = attachment.portGroup, there.portGroups[group] == nil {
    issues.append(issue(.blocker, "port group \(group):", "used", "absent"))
  }
  guard let here else { return issues }
  let groups = (
    here: attachment.portGroup ?? here.defaultPortGroup, there: attachment.portGroup ?? there.defaultPortGroup
  )
  let tags = (
    here: groups.here.flatMap { here.portGroups[$0] } ?? [], there: groups.there.flatMap { there.portGroups[$0] }
  )
  if let there = tags.there ?? (groups.there == nil ? [] : nil), tags.here.sorted() != there.sorted() {
    let name = groups.here ?? groups.there ?? ""
    issues.append(
      issue(.blocker, "VLANs of port group \(name)", tags.here.map(String.init).list, there.map(String.init).list))
  }
  if here.forwardMode != there.forwardMode {
    issues.append(issue(.blocker, "forward mode", here.forwardMode ?? "isolated", there.forwardMode ?? "isolated"))
  }
  if here.bridge != there.bridge {
    let isShared = [here.forwardMode, there.forwardMode].contains("bridge")
    issues.append(issue(isShared ? .blocker : .warning, "bridge", here.bridge ?? "none", there.bridge ?? "none"))
  }
  if here.vlans.sorted() != there.vlans.sorted() {
    issues.append(issue(.blocker, "VLANs", here.vlans.map(String.init).list, there.vlans.map(String.init).list))
  }
  return issues
}

/// Each element once, in the order of its first appearance.
func unique<Element: Hashable>(_ elements: [Element]) -> [Element] {
  var seen: Set<Element> = []
  return elements.filter { seen.insert($0).inserted }
}

extension Link {
  fileprivate var text: String { "\(isBridge ? "bridge" : "no bridge"), \(isUp ? "up" : "down")" }
}

extension VirtualNetwork {
  fileprivate var text: String {
    "\(forwardMode ?? "isolated")\(bridge.map { " on \($0)" } ?? ""), \(isActive ? "active" : "inactive")"
  }
}
