@testable import Lab

extension Bench {
  private func ping(_ bytes: String...) -> Step {
    Step(command: ["ping", "-n", "-q", "-c", "2", "-i", "0.2", "-W", "0.5"] + bytes + [lab.plan.guestAddress(1)])
  }

  var networkBreaks: [Break] {
    [
      Break(
        rule: "network.bridge", what: "host2 has no br0", faults: [.bridgeMissing(on: two)], subject: "br0",
        source: "up", destination: "absent", outcome: .refuses("Cannot get interface MTU on 'br0'")),
      Break(
        rule: "network.libvirt", what: "host2's network is not active",
        make: [virsh(two, "net-destroy", "guests")], heal: [virsh(two, "net-start", "guests")], subject: "guests",
        source: "active", destination: "inactive", outcome: .refuses("network 'guests' is not active")),
      Break(
        rule: "network.direct", what: "host2 has no device for macvtap",
        make: [run(two, "ip", "link", "set", Self.device, "name", "other0")],
        heal: [
          run(two, "ip", "link", "set", "other0", "name", Self.device),
          run(two, "ip", "link", "set", Self.device, "up"),
        ], subject: Self.device, source: "up", destination: "absent", outcome: .refuses(Self.device)),
      Break(
        rule: "network.mtu", what: "host2's uplink takes 1400 bytes", faults: [.mtu(of: "guests", 1400, on: two)],
        destination: "1400",
        outcome: .moves(
          "large packets are lost without a word",
          [
            Look(step: ping(), says: "2 received"),
            Look(step: ping("-M", "do", "-s", "1472"), says: "0 received"),
          ])),
      Break(
        rule: "network.mtu", what: "packets of 1500 bytes do not arrive at host2",
        faults: [.mtu(of: "management", 1400, on: two)], severity: "warning", subject: "way",
        outcome: .untried("the hosts agree on smaller segments, and the lab has no router between that does not")),
      Break(
        rule: "network.address", what: "host2's bridge has no uplink", faults: [.uplinkUnplugged(on: two)],
        severity: "warning", subject: "br0", destination: "no uplink",
        outcome: .moves("nobody reaches the guest", [Look(step: ping(), says: "0 received")])),
      Break(
        rule: "network.filter", what: "host2 does not know the network filter",
        make: [virsh(two, "nwfilter-undefine", Self.filter)],
        heal: [
          virsh(
            two, "nwfilter-define", "/dev/stdin",
            input: "<filter name='\(Self.filter)'><rule action='accept' direction='inout'><all/></rule></filter>")
        ], subject: Self.filter, destination: "not defined",
        outcome: .refuses("referenced filter '\(Self.filter)' is missing")),
    ]
  }
}
