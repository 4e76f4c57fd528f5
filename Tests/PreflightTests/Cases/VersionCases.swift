import MigrationModel

@testable import Preflight

let versionCases: [RuleCase] = [
  RuleCase("version.libvirt", .holds, "equal") { _ in },
  RuleCase("version.libvirt", .holds, "newer destination") { $0.destination.libvirt = .known(Version(11, 3, 0)) },
  RuleCase("version.libvirt", .warning, "older destination") { $0.source.libvirt = .known(Version(11, 3, 0)) },
  RuleCase("version.libvirt", .blocker, "an option that a side is too old for") { $0.request.compression = ["zstd"] },
  RuleCase("version.libvirt", .unknown, "not read") { $0.source.libvirt = .gap(gap) },

  RuleCase("version.qemu", .holds, "equal") { _ in },
  RuleCase("version.qemu", .blocker, "older destination") { $0.domain.runningQEMU = .known(Version(8, 0, 0)) },
  RuleCase("version.qemu", .blocker, "an option that QEMU is too old for") {
    $0.request.postcopy = true
    $0.request.parallel = true
  },
  RuleCase("version.qemu", .unknown, "running version not read") { $0.domain.runningQEMU = .gap(gap) },
  RuleCase("version.qemu", .unknown, "emulator not asked") { $0.destination.emulatorVersions = [:] },
  RuleCase("version.qemu", .notApplicable, "shut off") { $0.domain.state = .shutOff },

  RuleCase("machine.type", .holds, "offered") { _ in },
  RuleCase("machine.type", .holds, "an alias of the same type") { $0.domain.machine = "q35" },
  RuleCase("machine.type", .blocker, "not offered") { $0.domain.machine = "pc-q35-9.0" },
  RuleCase("machine.type", .blocker, "an alias of another type") {
    $0.domain.machine = "q35"
    var other = readyEmulator()
    other.machines = [.init(name: "q35", canonical: "pc-q35-9.0"), .init(name: "pc-q35-9.0")]
    $0.destination.emulators = .known([other])
  },
  RuleCase("machine.type", .unknown, "not read") { $0.destination.emulators = .gap(gap) },
  RuleCase("machine.type", .notApplicable, "names none") { $0.domain.machine = "" },

  RuleCase("emulator.present", .holds, "there") { _ in },
  RuleCase("emulator.present", .blocker, "another path") { $0.domain.emulator = "/opt/qemu" },
  RuleCase("emulator.present", .blocker, "no kvm") {
    var slow = readyEmulator()
    slow.virtType = "qemu"
    $0.destination.emulators = .known([slow])
  },
  RuleCase("emulator.present", .unknown, "not read") { $0.destination.emulators = .gap(gap) },
]
