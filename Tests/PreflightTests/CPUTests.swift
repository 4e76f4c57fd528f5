import MigrationModel
import Testing

@testable import Preflight

@Suite struct MachineTests {
  private func machines(_ machines: [Emulator.Machine]) -> Fact<[Emulator]> {
    var emulator = readyEmulator()
    emulator.machines = machines
    return .known([emulator])
  }

  @Test func aCanonicalNameOrAnAliasOfTheSamePasses() {
    #expect(readyMove().answer("machine.type") == .holds)
    #expect(move { $0.domain.machine = "q35" }.answer("machine.type") == .holds)
  }

  @Test func anAbsentMachineTypeBlocksAndShowsTheNearOnes() {
    let finding = move { $0.domain.machine = "pc-q35-9.0" }.findings("machine.type").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.source == "used by web1")
    #expect(finding?.destination == "pc-q35-7.2")
    #expect(
      finding?.remedyText.contains("virsh -c qemu+ssh://kvm2/system domcapabilities --arch x86_64 --virttype kvm")
        == true)
  }

  @Test func anAliasOfAnotherMachineBlocks() {
    let finding = move {
      $0.domain.machine = "q35"
      $0.destination.emulators = machines([.init(name: "q35", canonical: "pc-q35-8.2")])
    }.findings("machine.type").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.source == "pc-q35-7.2")
    #expect(finding?.destination == "pc-q35-8.2")
    #expect(finding?.remedyText.contains("edit --domain web1") == true)
  }

  @Test func anAliasNeedsTheSourcesListToo() {
    let finding = move {
      $0.domain.machine = "q35"
      $0.source.emulators = .gap(gap)
    }.findings("machine.type").first
    #expect(finding?.severity == .unknown)
    #expect(finding?.source == "not read")
  }

  @Test func aDomainWithoutMachineAndAMissingEmulatorAreNotItsBusiness() {
    #expect(move { $0.domain.machine = "" }.answer("machine.type")?.isNotApplicable == true)
    #expect(move { $0.destination.emulators = .known([]) }.answer("machine.type")?.isNotApplicable == true)
  }
}

@Suite struct EmulatorTests {
  @Test func theSamePathAndTypePasses() {
    #expect(readyMove().answer("emulator.present") == .holds)
    #expect(move { $0.domain.emulator = nil }.answer("emulator.present") == .holds)
  }

  @Test func anotherPathBlocksAndNamesWhatIsThere() {
    let finding = move { $0.domain.emulator = "/opt/it's q/qemu" }.findings("emulator.present").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.subject == "/opt/it's q/qemu")
    #expect(finding?.destination == "/usr/bin/qemu-system-x86_64 (x86_64, kvm)")
    #expect(finding?.remedyText.contains("<emulator>/usr/bin/qemu-system-x86_64</emulator>") == true)
  }

  @Test func kvmNeverBecomesTCG() {
    var tcg = readyEmulator()
    tcg.virtType = "qemu"
    let finding = move { $0.destination.emulators = .known([tcg]) }.findings("emulator.present").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.source == "x86_64, kvm")
    #expect(finding?.destination == "/usr/bin/qemu-system-x86_64 (x86_64, qemu)")
    #expect(finding?.remedyText.contains("/dev/kvm") == true)
  }

  @Test func anotherArchitectureBlocks() {
    let finding = move { $0.domain.arch = "aarch64" }.findings("emulator.present").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.destination == "none")
    #expect(finding?.remedyText.contains("Install QEMU for aarch64 on kvm2") == true)
  }

  @Test func anUnreadListIsUnknown() {
    #expect(move { $0.destination.emulators = .gap(gap) }.findings("emulator.present").map(\.severity) == [.unknown])
  }
}

@Suite struct CPUFlagTests {
  private func host(_ flags: Set<String>, vendor: String = "GenuineIntel") -> Fact<HostCPU> {
    .known(HostCPU(vendor: vendor, model: "CPU", flags: flags))
  }

  @Test func moreFlagsThanTheSourcePass() {
    #expect(move { $0.destination.cpu = host(["fpu", "avx2", "vmx", "amx"]) }.answer("cpu.flags") == .holds)
  }

  @Test func aFlagThatTheGuestsModelDoesNotUseWarns() {
    let finding = move { $0.destination.cpu = host(["fpu"]) }.findings("cpu.flags").first
    #expect(finding?.severity == .warning)
    #expect(finding?.message.contains("kvm2 lacks avx2 and vmx, which kvm1 has") == true)
    #expect(finding?.source == "Xeon")
    #expect(finding?.destination == "CPU, lacks avx2 and vmx")
  }

  @Test(arguments: ["host-passthrough", "maximum"])
  func aLostFlagBlocksAGuestThatSeesAllOfThem(_ mode: String) {
    let finding = move {
      $0.domain.cpuMode = mode
      $0.destination.cpu = host(["fpu", "vmx"])
    }.findings("cpu.flags").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.message.contains("lacks avx2") == true)
    #expect(finding?.remedyText.contains("hypervisor-cpu-baseline") == true)
  }

  @Test func theHypervisorsNoBlocksAndNamesTheFlags() {
    let findings = move {
      $0.cpuComparison = .known(CPUComparison(isCompatible: false, missing: ["vmx", "avx2"], message: "no way"))
      $0.destination.cpu = host(["fpu"])
    }.findings("cpu.flags")
    #expect(findings.map(\.severity) == [.blocker])
    #expect(findings.first?.destination == "lacks avx2 and vmx")
    #expect(findings.first?.message.contains("(no way)") == true)
  }

  @Test func theHypervisorsNoBlocksEvenWithoutNames() {
    let finding = move { $0.cpuComparison = .known(CPUComparison(isCompatible: false)) }.findings("cpu.flags")
      .first
    #expect(finding?.severity == .blocker)
    #expect(finding?.destination == "incompatible")
  }

  @Test func nothingIsClaimedOfAGuestWhoseCPUWasNotCompared() {
    let lost = move { $0.destination.cpu = host(["fpu", "vmx"]) }
    #expect(lost.findings("cpu.flags").first?.message.contains("does not use it") == true)
    let unread = lost.with { $0.cpuComparison = .gap(gap) }.findings("cpu.flags")
    #expect(unread.map(\.severity) == [.unknown, .warning])
    #expect(unread.last?.message.contains("nothing says that web1 can do without") == true)
  }

  @Test func anotherVendorBlocks() {
    let finding = move { $0.destination.cpu = host([], vendor: "AuthenticAMD") }.findings("cpu.flags").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.source == "GenuineIntel")
    #expect(finding?.destination == "AuthenticAMD")
    #expect(finding?.remedyText.contains("GenuineIntel") == true)
  }

  @Test func anEmulatedGuestSeesOnlyTheComparison() {
    let emulated = move {
      $0.domain.virtType = "qemu"
      $0.destination.cpu = host([], vendor: "AuthenticAMD")
    }
    #expect(emulated.answer("cpu.flags") == .holds)
    let refused = emulated.with { $0.cpuComparison = .known(CPUComparison(isCompatible: false)) }
    #expect(refused.findings("cpu.flags").map(\.severity) == [.blocker])
  }

  @Test func eitherGapIsUnknown() {
    #expect(move { $0.cpuComparison = .gap(gap) }.findings("cpu.flags").map(\.severity) == [.unknown])
    #expect(move { $0.source.cpu = .gap(gap) }.findings("cpu.flags").map(\.severity) == [.unknown])
  }

  @Test func anOfflineMoveHasNoCPUToKeep() {
    #expect(move { $0.request.mode = .offline }.answer("cpu.flags")?.isNotApplicable == true)
    #expect(move { $0.domain.state = .shutOff }.answer("cpu.flags")?.isNotApplicable == true)
  }
}

@Suite struct CPUModelTests {
  @Test func everyDifferenceOfAPassedThroughCPUIsNamed() {
    let findings = move {
      $0.domain.cpuMode = "host-passthrough"
      $0.domain.cpuIsMigratable = false
      var cpu = HostCPU(vendor: "GenuineIntel", model: "Xeon", flags: [])
      (cpu.family, cpu.modelNumber, cpu.stepping, cpu.microcode) = (6, 79, 1, "0xb000040")
      $0.source.cpu = .known(cpu)
      (cpu.stepping, cpu.microcode) = (2, nil)
      $0.destination.cpu = .known(cpu)
      $0.destination.kernel = .known("6.12.1-amd64")
    }.findings("cpu.passthrough")
    #expect(findings.map(\.subject) == ["migratable", "CPU", "microcode", "kernel"])
    #expect(findings.map(\.severity) == [.blocker, .blocker, .warning, .warning])
    #expect(findings[1].source == "GenuineIntel Xeon, family 6, model 79, stepping 1")
    #expect(findings[1].destination == "GenuineIntel Xeon, family 6, model 79, stepping 2")
    #expect(findings[2].destination == "not told")
  }

  @Test func anUnreadKernelIsNoReasonToHoldTheGuestBack() {
    let move = move {
      $0.domain.cpuMode = "host-passthrough"
      $0.destination.kernel = .gap(gap)
    }
    #expect(move.findings("cpu.passthrough").map(\.blocks) == [false])
    #expect(move.assessed().verdict == .warnings)
  }

  @Test func invtscWithoutAFrequencyIsGivenTheSources() {
    let finding = move { $0.domain.cpuFeatures = ["invtsc"] }.findings("cpu.tsc").first
    #expect(finding?.message.contains("QEMU on kvm1 refuses to move it") == true)
    #expect(finding?.remedyText.contains("<timer name='tsc' frequency='2400000000'/>") == true)
  }
}
