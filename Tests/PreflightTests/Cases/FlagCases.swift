import MigrationModel

@testable import Preflight

let flagCases: [RuleCase] = [
  RuleCase("flags.legal", .holds, "no options") { $0.request = MigrationRequest() },
  RuleCase("flags.legal", .holds, "a usual set") {
    $0.request.mode = .p2p
    $0.request.live = true
    $0.request.persistent = true
    $0.request.undefineSource = true
    $0.request.autoConverge = true
    $0.request.parallel = true
    $0.request.parallelConnections = 4
  },
  RuleCase("flags.legal", .blocker, "two that exclude each other") {
    $0.request.mode = .tunnelled
    $0.request.parallel = true
  },
  RuleCase("flags.legal", .blocker, "one that needs another") { $0.request.zerocopy = true },
  RuleCase("flags.legal", .blocker, "illegal only for a guest that is off") {
    $0.request.copyStorage = .all
    $0.domain.state = .shutOff
  },
  RuleCase("flags.legal", .blocker, "a value out of range") {
    $0.request.copyStorage = .all
    $0.request.disksPort = 70000
  },
  RuleCase("flags.legal", .blocker, "a disk that the guest does not have") {
    $0.request.copyStorage = .all
    $0.request.migrateDisks = ["vdz"]
  },
  RuleCase("flags.legal", .warning, "one that does nothing") { $0.request.postcopyBandwidth = 10 },
  RuleCase("flags.legal", .info, "no limit") { $0.request.bandwidth = 0 },
]
