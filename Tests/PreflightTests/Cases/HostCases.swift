import MigrationModel

@testable import Preflight

let hostCases: [RuleCase] = [
  RuleCase("host.identity", .holds, "two UUIDs") { _ in },
  RuleCase("host.identity", .blocker, "one UUID") { $0.destination.uuid = $0.source.uuid },
  RuleCase("host.identity", .unknown, "no UUID read") { $0.destination.uuid = .gap(gap) },

  RuleCase("host.hostname", .holds, "two names") { _ in },
  RuleCase("host.hostname", .blocker, "one name") { $0.destination.hostname = $0.source.hostname },
  RuleCase("host.hostname", .blocker, "the destination is localhost") {
    $0.destination.hostname = .known("localhost.localdomain")
  },
  RuleCase("host.hostname", .warning, "the source is localhost") { $0.source.hostname = .known("localhost") },
  RuleCase("host.hostname", .warning, "one name that makes no URI") {
    $0.destination.hostname = $0.source.hostname
    $0.request.migrateURI = "tcp://192.0.2.2"
  },
  RuleCase("host.hostname", .unknown, "no name read") { $0.source.hostname = .gap(gap) },

  RuleCase("uri.resolves", .holds, "to the destination") { _ in },
  RuleCase("uri.resolves", .blocker, "to nothing") { $0.pair.destinationResolvedOnSource = .known([]) },
  RuleCase("uri.resolves", .blocker, "to the source") { $0.pair.destinationResolvedOnSource = .known(["127.0.1.1"]) },
  RuleCase("uri.resolves", .warning, "to the destination and elsewhere") {
    $0.pair.destinationResolvedOnSource = .known(["192.0.2.2", "203.0.113.9"])
  },
  RuleCase("uri.resolves", .unknown, "resolver not asked") { $0.pair.destinationResolvedOnSource = .gap(gap) },
  RuleCase("uri.resolves", .unknown, "qemu.conf not read") { $0.destination.qemuConf = .gap(gap) },
  RuleCase("uri.resolves", .notApplicable, "an address is given") { $0.request.migrateURI = "tcp://192.0.2.2" },
  RuleCase("uri.resolves", .notApplicable, "offline") { $0.request.mode = .offline },
]
