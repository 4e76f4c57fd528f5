import MigrationModel

@testable import Preflight

let networkCases: [RuleCase] = bridgeCases + libvirtNetworkCases + directCases + mtuCases + segmentCases + filterCases

/// br0 with one uplink.
private func bridged(
  mtu: Int = 1500, uplink: Int = 1500, vlan: Int? = nil, delay: Double = 0, isUp: Bool = true
) -> Fact<[Link]> {
  .known([
    Link(name: "br0", isBridge: true, isUp: isUp, mtu: mtu, forwardDelay: delay),
    Link(name: "vnet0", isBridge: false, isUp: true, mtu: 1280, master: "br0", isTap: true),
    Link(name: "eth1", isBridge: false, isUp: true, mtu: uplink, master: "br0", vlan: vlan),
  ])
}

/// The guest has a macvtap interface on eth2; the hosts have `here` and `there` of it.
private func direct(_ move: inout Move, _ here: Link?, _ there: Link?) {
  move.domain.interfaces = [Interface(source: .direct(device: "eth2", mode: "bridge"))]
  move.source.links = .known(here.map { [$0] } ?? [])
  move.destination.links = .known(there.map { [$0] } ?? [])
}

private func eth2(isUp: Bool = true, mtu: Int = 1500, master: String? = nil, vlan: Int? = nil) -> Link {
  Link(name: "eth2", isBridge: false, isUp: isUp, mtu: mtu, master: master, vlan: vlan)
}

/// The guest has a vhost-user interface; the destination has that of its socket.
private func socket(_ move: inout Move, _ file: Fact<FileIdentity?>?) {
  move.domain.interfaces = [Interface(source: .vhostUser("/run/vhost0"))]
  move.destination.files["/run/vhost0"] = file
}

/// The guest is on br0 through the libvirt network "lan" on both hosts.
private func throughNetwork(_ move: inout Move) {
  let network = VirtualNetwork(name: "lan", isActive: true, forwardMode: "bridge", bridge: "br0")
  move.domain.interfaces = [Interface(source: .network(name: "lan", portGroup: nil))]
  move.source.networks = .known([network])
  move.destination.networks = .known([network])
}

private let bridgeCases: [RuleCase] = [
  RuleCase("network.bridge", .holds, "there and up") { _ in },
  RuleCase("network.bridge", .blocker, "absent") { $0.destination.links = .known([]) },
  RuleCase("network.bridge", .blocker, "down") { $0.destination.links = bridged(isUp: false) },
  RuleCase("network.bridge", .blocker, "no bridge") {
    $0.destination.links = .known([Link(name: "br0", isBridge: false, isUp: true, mtu: 1500)])
  },
  RuleCase("network.bridge", .unknown, "not read") { $0.source.links = .gap(gap) },
  RuleCase("network.bridge", .notApplicable, "no interface") { $0.domain.interfaces = [] },
]

private let libvirtNetworkCases: [RuleCase] = [
  RuleCase("network.libvirt", .holds, "the same") { _ in },
  RuleCase("network.libvirt", .blocker, "not defined") { $0.destination.networks = .known([]) },
  RuleCase("network.libvirt", .blocker, "not active") {
    $0.destination.networks = .known([
      VirtualNetwork(name: "default", isActive: false, forwardMode: "nat", bridge: "virbr0")
    ])
  },
  RuleCase("network.libvirt", .blocker, "another forward mode") {
    $0.destination.networks = .known([
      VirtualNetwork(name: "default", isActive: true, forwardMode: nil, bridge: "virbr0")
    ])
  },
  RuleCase("network.libvirt", .warning, "another bridge of libvirt's own") {
    $0.destination.networks = .known([
      VirtualNetwork(name: "default", isActive: true, forwardMode: "nat", bridge: "virbr1")
    ])
  },
  RuleCase("network.libvirt", .unknown, "not read") { $0.destination.networks = .gap(gap) },
  RuleCase("network.libvirt", .notApplicable, "no network") { $0.domain.interfaces = [] },
]

private let directCases: [RuleCase] = [
  RuleCase("network.direct", .holds, "the device is there and up") { direct(&$0, eth2(), eth2()) },
  RuleCase("network.direct", .blocker, "the device is absent") { direct(&$0, eth2(), nil) },
  RuleCase("network.direct", .holds, "the device is down, which libvirt mends") {
    direct(&$0, eth2(), eth2(isUp: false))
  },
  RuleCase("network.direct", .blocker, "the device is a bridge's") { direct(&$0, eth2(), eth2(master: "br0")) },
  RuleCase("network.direct", .holds, "the socket is there") { socket(&$0, .known(readyFile(kind: "other"))) },
  RuleCase("network.direct", .blocker, "the socket is absent") { socket(&$0, .known(nil)) },
  RuleCase("network.direct", .blocker, "the socket is a file") { socket(&$0, .known(readyFile())) },
  RuleCase("network.direct", .unknown, "the socket was not asked for") { socket(&$0, nil) },
  RuleCase("network.direct", .unknown, "the socket could not be read") { socket(&$0, .gap(gap)) },
  RuleCase("network.direct", .unknown, "devices not read") {
    direct(&$0, eth2(), eth2())
    $0.destination.links = .gap(gap)
  },
  RuleCase("network.direct", .notApplicable, "bridges only") { $0.destination.links = .gap(gap) },
]

private let mtuCases: [RuleCase] = [
  RuleCase("network.mtu", .holds, "equal") { _ in },
  RuleCase("network.mtu", .holds, "a guest's own small port does not count") { $0.destination.links = bridged() },
  RuleCase("network.mtu", .holds, "smaller there, and the interface smaller still") {
    $0.domain.interfaces = [Interface(source: .bridge("br0"), mtu: 1400)]
    $0.destination.links = bridged(mtu: 1450, uplink: 1450)
  },
  RuleCase("network.mtu", .holds, "what the source's uplink loses already") {
    $0.source.links = bridged(mtu: 9000, uplink: 1500)
  },
  RuleCase("network.mtu", .blocker, "a smaller bridge") { $0.destination.links = bridged(mtu: 1400) },
  RuleCase("network.mtu", .blocker, "a smaller uplink") {
    $0.source.links = bridged(mtu: 9000, uplink: 9000)
    $0.destination.links = bridged(mtu: 9000, uplink: 1500)
  },
  RuleCase("network.mtu", .blocker, "a smaller bridge behind a network") {
    throughNetwork(&$0)
    $0.destination.links = bridged(mtu: 1400)
  },
  RuleCase("network.mtu", .blocker, "a smaller device under macvtap") { direct(&$0, eth2(mtu: 9000), eth2()) },
  RuleCase("network.mtu", .blocker, "smaller than the interface's") {
    $0.domain.interfaces = [Interface(source: .bridge("br0"), mtu: 1450)]
    $0.destination.links = bridged(mtu: 1400, uplink: 1400)
  },
  RuleCase("network.mtu", .info, "larger") { $0.destination.links = bridged(mtu: 9000, uplink: 9000) },
  RuleCase("network.mtu", .warning, "the way carries less than the device sends") {
    $0.pair.pathMTU = .known(PathMTU(device: 9000, carried: 1500))
  },
  RuleCase("network.mtu", .unknown, "the way does not answer") {
    $0.pair.pathMTU = .known(PathMTU(device: 1500, carried: nil))
  },
  RuleCase("network.mtu", .unknown, "the way was not measured") { $0.pair.pathMTU = .gap(gap) },
  RuleCase("network.mtu", .unknown, "devices not read") { $0.source.links = .gap(gap) },
  RuleCase("network.mtu", .holds, "a tunnel has no way of its own") {
    $0.request.mode = .tunnelled
    $0.pair.pathMTU = .gap(gap)
  },
  RuleCase("network.mtu", .notApplicable, "no interface and offline") {
    $0.domain.interfaces = []
    $0.request.mode = .offline
  },
]

private let segmentCases: [RuleCase] = [
  RuleCase("network.address", .holds, "an uplink on both") { _ in },
  RuleCase("network.address", .holds, "an isolated bridge on both") {
    let bridge = Link(name: "br0", isBridge: true, isUp: true, mtu: 1500, forwardDelay: 0)
    $0.source.links = .known([bridge])
    $0.destination.links = .known([bridge])
  },
  RuleCase("network.address", .warning, "no uplink but a guest's port") {
    $0.destination.links = .known([
      Link(name: "br0", isBridge: true, isUp: true, mtu: 1500, forwardDelay: 0),
      Link(name: "vnet0", isBridge: false, isUp: true, mtu: 1500, master: "br0", isTap: true),
    ])
  },
  RuleCase("network.address", .warning, "another VLAN") {
    $0.source.links = bridged(vlan: 10)
    $0.destination.links = bridged(vlan: 20)
  },
  RuleCase("network.address", .warning, "a VLAN on one only") { $0.source.links = bridged(vlan: 10) },
  RuleCase("network.address", .warning, "another VLAN under macvtap") { direct(&$0, eth2(vlan: 10), eth2(vlan: 20)) },
  RuleCase("network.address", .warning, "another VLAN behind a network") {
    throughNetwork(&$0)
    $0.destination.links = bridged(vlan: 20)
  },
  RuleCase("network.address", .warning, "spanning tree") { $0.destination.links = bridged(delay: 15) },
  RuleCase("network.address", .holds, "spanning tree, and nothing runs") {
    $0.destination.links = bridged(delay: 15)
    $0.request.mode = .offline
  },
  RuleCase("network.address", .unknown, "not read") { $0.source.links = .gap(gap) },
  RuleCase("network.address", .notApplicable, "libvirt's own bridge") {
    $0.domain.interfaces = [Interface(source: .network(name: "default", portGroup: nil))]
  },
]

private let filterCases: [RuleCase] = [
  RuleCase("network.filter", .holds, "defined") {
    $0.domain.interfaces = [Interface(source: .bridge("br0"), filter: "clean-traffic")]
    $0.destination.filters = .known(["allow-arp", "clean-traffic"])
  },
  RuleCase("network.filter", .blocker, "not defined") {
    $0.domain.interfaces = [Interface(source: .bridge("br0"), filter: "clean-traffic")]
    $0.source.filters = .known(["clean-traffic"])
  },
  RuleCase("network.filter", .unknown, "not read") {
    $0.domain.interfaces = [Interface(source: .bridge("br0"), filter: "clean-traffic")]
    $0.destination.filters = .gap(gap)
  },
  RuleCase("network.filter", .notApplicable, "no filter") { $0.destination.filters = .gap(gap) },
]
