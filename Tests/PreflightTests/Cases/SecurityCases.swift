import MigrationModel

@testable import Preflight

let securityCases: [RuleCase] = modelCases + ownerCases + tlsCases

/// Both hosts have the drivers that are named, "none" and dac aside.
private func drivers(_ names: [String] = [], doi: String = "0", user: String = "+64055:+64055") -> Fact<[SecurityModel]>
{
  .known(
    names.map { SecurityModel(name: $0, doi: doi) }
      + [SecurityModel(name: "dac", doi: "0", baseLabels: ["kvm": user])])
}

private func labelled(_ move: inout Move, _ model: String, _ type: String, _ label: String? = nil) {
  move.domain.securityLabels = [SecurityLabel(model: model, type: type, label: label)]
}

private let modelCases: [RuleCase] = [
  RuleCase("security.model", .holds, "one driver on both") {
    labelled(&$0, "apparmor", "dynamic", "libvirt-1")
    $0.source.securityModels = drivers(["apparmor"])
    $0.destination.securityModels = drivers(["apparmor"])
  },
  RuleCase("security.model", .blocker, "the destination lacks a dynamic label's driver") {
    labelled(&$0, "apparmor", "dynamic", "libvirt-1")
    $0.source.securityModels = drivers(["apparmor"])
    $0.destination.securityModels = drivers(["selinux"])
  },
  RuleCase("security.model", .blocker, "another domain of interpretation for a static label") {
    labelled(&$0, "selinux", "static", "system_u:system_r:svirt_t:s0:c1,c2")
    $0.source.securityModels = drivers(["selinux"])
    $0.destination.securityModels = drivers(["selinux"], doi: "1")
  },
  RuleCase("security.model", .warning, "another domain of interpretation for a dynamic label") {
    labelled(&$0, "selinux", "dynamic")
    $0.source.securityModels = drivers(["selinux"])
    $0.destination.securityModels = drivers(["selinux"], doi: "1")
  },
  RuleCase("security.model", .warning, "a static label that only the host can judge") {
    labelled(&$0, "selinux", "static", "system_u:system_r:svirt_t:s0:c1,c2")
    $0.source.securityModels = drivers(["selinux"])
    $0.destination.securityModels = drivers(["selinux"])
  },
  RuleCase("security.model", .warning, "a static user by name") { labelled(&$0, "dac", "static", "qemu:qemu") },
  RuleCase("security.model", .holds, "a static user by number, whoever QEMU is else") {
    labelled(&$0, "dac", "static", "+107:+107")
    $0.destination.securityModels = drivers(user: "+1:+1")
  },
  RuleCase("security.model", .blocker, "an unconfined guest where none is taken") {
    labelled(&$0, "selinux", "none")
    $0.source.securityModels = drivers(["selinux"])
    $0.destination.securityModels = drivers(["selinux"])
    $0.destination.qemuConf = .known(["security_require_confined": "1"])
  },
  RuleCase("security.model", .holds, "an unconfined guest where it may be") {
    labelled(&$0, "none", "none")
    $0.destination.qemuConf = .known(["security_require_confined": "0"])
  },
  RuleCase("security.model", .unknown, "drivers not read") { $0.destination.securityModels = .gap(gap) },
  RuleCase("security.model", .notApplicable, "no label and no file") {
    $0.domain.disks = [Disk(target: "vda", source: .network(protocol: "rbd", name: "p/i"))]
    $0.source.securityModels = .gap(gap)
  },
]

private let ownerCases: [RuleCase] = [
  RuleCase("security.model", .holds, "one user") { _ in },
  RuleCase("security.model", .blocker, "another user on NFS") {
    $0.destination.securityModels = drivers(user: "+107:+107")
  },
  RuleCase("security.model", .blocker, "another user, and nobody changes owners") {
    $0.destination.securityModels = drivers(user: "+107:+107")
    $0.destination.files = [:]
    $0.source.qemuConf = .known(["dynamic_ownership": "0"])
  },
  RuleCase("security.model", .warning, "another user on a cluster file system") {
    $0.destination.securityModels = drivers(user: "+107:+107")
    var file = readyFile()
    file.fileSystem = "gfs2"
    $0.destination.files = ["/srv/web1.qcow2": .known(file)]
  },
  RuleCase("security.model", .warning, "another group of one user") {
    $0.destination.securityModels = drivers(user: "+64055:+107")
  },
  RuleCase("security.model", .blocker, "another user for a volume that is a file") {
    $0.domain.disks = [Disk(target: "vda", source: .volume(pool: "p", volume: "v"))]
    $0.destination.volumes = ["p/v": .known("/srv/web1.qcow2")]
    $0.destination.securityModels = drivers(user: "+107:+107")
  },
  RuleCase("security.model", .notApplicable, "another user, and the volume is a device") {
    $0.domain.disks = [Disk(target: "vda", source: .volume(pool: "p", volume: "v"))]
    $0.destination.volumes = ["p/v": .known("/dev/vg/v")]
    $0.destination.securityModels = drivers(user: "+107:+107")
  },
  RuleCase("security.model", .notApplicable, "another user, and the disk is copied") {
    $0.request.copyStorage = .all
    $0.destination.securityModels = drivers(user: "+107:+107")
  },
  RuleCase("security.model", .unknown, "another user, and dynamic_ownership not read") {
    $0.destination.securityModels = drivers(user: "+107:+107")
    $0.source.qemuConf = .gap(gap)
  },
]

private func certificate(
  _ fingerprint: String = "AA", _ names: [String] = [], isExpired: Bool = false, isTrusted: Bool? = true,
  hasKey: Bool? = true
) -> TLSCredentials.Certificate {
  TLSCredentials.Certificate(
    fingerprint: fingerprint, names: names, notAfter: 2_000_000_000, isExpired: isExpired, isTrusted: isTrusted,
    hasKey: hasKey)
}

/// --tls between hosts whose certificates are good, with something changed.
@Sendable func encrypted(
  _ move: inout Move,
  _ change: (_ source: inout TLSCredentials, _ destination: inout TLSCredentials) -> Void = { _, _ in }
) {
  let authority = certificate("CA", isTrusted: nil, hasKey: nil)
  var source = TLSCredentials(directory: "/etc/pki/qemu", authority: authority, client: certificate("C1", ["kvm1"]))
  var destination = TLSCredentials(
    directory: "/etc/pki/qemu", authority: authority, server: certificate("S2", ["kvm2", "*.example.org", "192.0.2.2"]))
  change(&source, &destination)
  move.request.tls = true
  move.source.tls = .known(source)
  move.destination.tls = .known(destination)
}

private let tlsCases: [RuleCase] = [
  RuleCase("security.tls", .holds, "nobody forces it") { $0.destination.qemuConf = .known(["migrate_tls_force": "0"]) },
  RuleCase("security.tls", .blocker, "the source forces it") {
    $0.source.qemuConf = .known(["migrate_tls_force": "1"])
  },
  RuleCase("security.tls", .blocker, "the destination forces it, offline too") {
    $0.destination.qemuConf = .known(["migrate_tls_force": "1"])
    $0.request.mode = .offline
  },
  RuleCase("security.tls", .unknown, "not known whether it is forced") { $0.source.qemuConf = .gap(gap) },
  RuleCase("security.tls", .holds, "good certificates") { encrypted(&$0) },
  RuleCase("security.tls", .blocker, "no authority on the source") {
    encrypted(&$0) { here, _ in here.authority = nil }
  },
  RuleCase("security.tls", .blocker, "an expired authority") {
    encrypted(&$0) { _, there in there.authority?.isExpired = true }
  },
  RuleCase("security.tls", .blocker, "two authorities") {
    encrypted(&$0) { _, there in there.authority?.fingerprint = "CB" }
  },
  RuleCase("security.tls", .blocker, "no server certificate") { encrypted(&$0) { _, there in there.server = nil } },
  RuleCase("security.tls", .blocker, "an expired server certificate") {
    encrypted(&$0) { _, there in there.server?.isExpired = true }
  },
  RuleCase("security.tls", .blocker, "an untrusted server certificate") {
    encrypted(&$0) { _, there in there.server?.isTrusted = false }
  },
  RuleCase("security.tls", .blocker, "no server key") { encrypted(&$0) { _, there in there.server?.hasKey = false } },
  RuleCase("security.tls", .blocker, "a client certificate is wanted by default") {
    encrypted(&$0) { here, _ in here.client = nil }
  },
  RuleCase("security.tls", .blocker, "no client key") { encrypted(&$0) { here, _ in here.client?.hasKey = false } },
  RuleCase("security.tls", .holds, "no client certificate, and none is wanted") {
    encrypted(&$0) { here, _ in here.client = nil }
    $0.destination.qemuConf = .known(["migrate_tls_x509_verify": "0", "default_tls_x509_verify": "1"])
  },
  RuleCase("security.tls", .holds, "no client key, and none is wanted by the default for all") {
    encrypted(&$0) { here, _ in here.client?.hasKey = false }
    $0.destination.qemuConf = .known(["default_tls_x509_verify": "0"])
  },
  RuleCase("security.tls", .blocker, "an expired client certificate that nobody wants") {
    encrypted(&$0) { here, _ in here.client?.isExpired = true }
    $0.destination.qemuConf = .known(["migrate_tls_x509_verify": "0"])
  },
  RuleCase("security.tls", .blocker, "the host name is not covered") {
    encrypted(&$0) { _, there in there.server?.names = ["other"] }
  },
  RuleCase("security.tls", .blocker, "migration_host is not covered") {
    encrypted(&$0)
    $0.destination.qemuConf = .known(["migration_host": "198.51.100.2"])
  },
  RuleCase("security.tls", .holds, "the migration URI's address is covered") {
    encrypted(&$0)
    $0.request.migrateURI = "tcp://192.0.2.2:49200"
    $0.destination.hostname = .gap(gap)
  },
  RuleCase("security.tls", .holds, "the name to look for is covered by a wildcard") {
    encrypted(&$0)
    $0.request.tlsDestination = "KVM2.example.org"
    $0.request.migrateURI = "tcp://198.51.100.2"
  },
  RuleCase("security.tls", .blocker, "a wildcard covers one label only") {
    encrypted(&$0)
    $0.request.tlsDestination = "kvm2.lab.example.org"
  },
  RuleCase("security.tls", .blocker, "the disks' address is not covered") {
    encrypted(&$0)
    $0.request.copyStorage = .all
    $0.request.disksURI = "tcp://198.51.100.2"
  },
  RuleCase("security.tls", .unknown, "certificates not asked for") { $0.request.tls = true },
  RuleCase("security.tls", .unknown, "certificates not read") {
    encrypted(&$0)
    $0.source.tls = .gap(gap)
  },
  RuleCase("security.tls", .unknown, "trust not seen") { encrypted(&$0) { _, there in there.server?.isTrusted = nil } },
  RuleCase("security.tls", .unknown, "key not seen") { encrypted(&$0) { _, there in there.server?.hasKey = nil } },
  RuleCase("security.tls", .unknown, "name not read") {
    encrypted(&$0)
    $0.destination.hostname = .gap(gap)
  },
  RuleCase("security.tls", .notApplicable, "tunnelled") { $0.request.mode = .tunnelled },
  RuleCase("security.tls", .notApplicable, "asked for, and nothing runs") {
    $0.request.tls = true
    $0.request.mode = .offline
  },
]
