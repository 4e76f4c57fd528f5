import MigrationModel

@testable import Preflight

/// The probe of a migration port came out that way.
private func probed(_ outcome: PortProbe.Outcome, hadListener: Bool = true, _ message: String = "") -> Fact<PortProbe> {
  .known(
    PortProbe(outcome: outcome, address: "192.0.2.2", port: 49152, hadListener: hadListener, message: message))
}

/// A range of two migration ports, of which the first is taken.
@Sendable private func oneFreePort(_ move: inout Move) {
  move.destination.qemuConf = .known(["migration_port_min": "50000", "migration_port_max": "50001"])
  move.destination.portsInUse = .known([22, 50000])
}

let connectionCases: [RuleCase] = portCases + sshCases + peerCases

private let portCases: [RuleCase] = [
  RuleCase("network.ports", .holds, "open and free") { _ in },
  RuleCase("network.ports", .holds, "refused where nothing listens") {
    $0.pair.migrationPort = probed(.refused, hadListener: false)
  },
  RuleCase("network.ports", .holds, "one free port is enough", oneFreePort),
  RuleCase("network.ports", .holds, "disks go to a port of their own") {
    oneFreePort(&$0)
    $0.request.copyStorage = .all
    $0.request.disksPort = 10809
  },
  RuleCase("network.ports", .holds, "disks go to a socket") {
    oneFreePort(&$0)
    $0.request.copyStorage = .all
    $0.request.disksURI = "unix:///run/nbd"
  },
  RuleCase("network.ports", .blocker, "refused although something listens") {
    $0.pair.migrationPort = probed(.refused)
  },
  RuleCase("network.ports", .blocker, "dropped") { $0.pair.migrationPort = probed(.dropped, hadListener: false) },
  RuleCase("network.ports", .blocker, "unreachable") {
    $0.pair.migrationPort = probed(.unreachable, "No route\nto host")
  },
  RuleCase("network.ports", .blocker, "no port is free") {
    $0.destination.portsInUse = .known(Array(49152...49215))
  },
  RuleCase("network.ports", .blocker, "two guests, one port") {
    oneFreePort(&$0)
    $0.policy.parallelMoves = 2
  },
  RuleCase("network.ports", .blocker, "disks need a second port") {
    oneFreePort(&$0)
    $0.request.copyStorage = .all
  },
  RuleCase("network.ports", .blocker, "the named port is in use") {
    $0.request.migrateURI = "tcp://192.0.2.2:22"
  },
  RuleCase("network.ports", .blocker, "the named disks port is in use") {
    $0.request.copyStorage = .all
    $0.request.disksURI = "tcp://192.0.2.2:16509"
  },
  RuleCase("network.ports", .blocker, "one named port for two guests") {
    $0.request.migrateURI = "tcp://192.0.2.2:49200"
    $0.policy.parallelMoves = 2
  },
  RuleCase("network.ports", .unknown, "not probed") { $0.pair.migrationPort = .gap(gap) },
  RuleCase("network.ports", .unknown, "ports in use not read") { $0.destination.portsInUse = .gap(gap) },
  RuleCase("network.ports", .unknown, "range not read") { $0.destination.qemuConf = .gap(gap) },
  RuleCase("network.ports", .notApplicable, "offline") { $0.request.mode = .offline },
  RuleCase("network.ports", .notApplicable, "shut off") { $0.domain.state = .shutOff },
  RuleCase("network.ports", .notApplicable, "tunnelled") { $0.request.mode = .tunnelled },
  RuleCase("network.ports", .notApplicable, "over a socket") { $0.request.migrateURI = "unix:///run/m" },
  RuleCase("network.ports", .notApplicable, "over RDMA") { $0.request.migrateURI = "rdma://192.0.2.2" },
]

private let sshCases: [RuleCase] = [
  RuleCase("ssh.max-startups", .holds, "one move") { _ in },
  RuleCase("ssh.max-startups", .holds, "four moves, two connections each") { $0.policy.parallelMoves = 4 },
  RuleCase("ssh.max-startups", .holds, "libvirt does not come through sshd") {
    $0.policy.parallelMoves = 9
    $0.destination.uri = "qemu+tls://kvm2/system"
  },
  RuleCase("ssh.max-startups", .warning, "five moves, two connections each") { $0.policy.parallelMoves = 5 },
  RuleCase("ssh.max-startups", .warning, "through libssh2") {
    $0.policy.parallelMoves = 5
    $0.destination.uri = "qemu+libssh2://kvm2/system"
  },
  RuleCase("ssh.max-startups", .warning, "four moves, with the source's daemon") {
    $0.policy.parallelMoves = 4
    $0.request.mode = .p2p
  },
  RuleCase("ssh.max-startups", .warning, "one move is too much") {
    $0.destination.sshd = .known(SSHDLimits(begin: 2, full: 2))
  },
  RuleCase("ssh.max-startups", .unknown, "not read") { $0.destination.sshd = .gap(gap) },
  RuleCase("ssh.max-startups", .notApplicable, "no sshd") { $0.destination.sshd = .known(nil) },
]

private let peerCases: [RuleCase] = [
  RuleCase("p2p.credentials", .holds, "the destination answers") {
    $0.request.mode = .p2p
    $0.pair.peer = .known(PeerConnection(uuid: "AAAAAAAA-0000-0000-0000-000000000002"))
  },
  RuleCase("p2p.credentials", .blocker, "nobody answers") {
    $0.request.mode = .p2p
    $0.pair.peer = .known(PeerConnection(uuid: nil, message: "Host key\nverification failed."))
  },
  RuleCase("p2p.credentials", .blocker, "nobody answers the tunnel") {
    $0.request.mode = .tunnelled
    $0.destination.uri = "qemu+tls://kvm2/system"
    $0.pair.peer = .known(PeerConnection(uuid: nil))
  },
  RuleCase("p2p.credentials", .blocker, "the source answers itself") {
    $0.request.mode = .p2p
    $0.pair.peer = .known(PeerConnection(uuid: "aaaaaaaa-0000-0000-0000-000000000001"))
  },
  RuleCase("p2p.credentials", .unknown, "not asked") { $0.request.mode = .p2p },
  RuleCase("p2p.credentials", .unknown, "not read") {
    $0.request.mode = .tunnelled
    $0.pair.peer = .gap(gap)
  },
  RuleCase("p2p.credentials", .unknown, "the destination's UUID not read") {
    $0.request.mode = .p2p
    $0.pair.peer = .known(PeerConnection(uuid: "aaaaaaaa-0000-0000-0000-000000000002"))
    $0.destination.uuid = .gap(gap)
  },
  RuleCase("p2p.credentials", .notApplicable, "the client leads") { _ in },
]
