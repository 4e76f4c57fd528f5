import MigrationModel
import Testing

@testable import Probes

/// What the answers about a host mean; texts are those of real hosts (Captures).
@Suite struct HostParserTests {
  @Test func cpuinfoTellsTheFirstProcessor() throws {
    let cpu = try #require(Parse.cpu(Captures.cpu))
    #expect(cpu.vendor == "AuthenticAMD")
    #expect(cpu.model == "AMD EPYC")
    #expect(cpu.flags.isSuperset(of: ["fpu", "svm", "avx512f"]))
    #expect([cpu.family, cpu.modelNumber, cpu.stepping] == [25, 17, 1])
    #expect(cpu.microcode == "0x1000065")
    #expect(Parse.cpu("vendor_id\t: GenuineIntel\nmodel name\t: Xeon : odd\nflags\t:\n")?.model == "Xeon : odd")
    #expect(Parse.cpu("processor\t: 0\n") == nil)
  }

  @Test func armCPUHasFlagsButNoFamily() {
    let cpu = Parse.cpu(Captures.armCPU)
    #expect(cpu?.flags == ["fp", "asimd", "evtstrm", "aes"])
    #expect(cpu?.vendor == "0x41")
    #expect(cpu?.family == nil && cpu?.microcode == nil)
  }

  @Test func meminfoCountsInKibibytes() {
    #expect(
      Parse.memory(Captures.memory) == HostMemory(total: .kibibytes(24_684_096), available: .kibibytes(23_939_340)))
    #expect(Parse.memory("MemTotal: 2048 kB\n") == nil)
    #expect(Parse.memory("MemTotal: 2048 MB\nMemAvailable: 1 kB\n") == nil)
    #expect(Parse.memory("MemTotal: 1 kB\nMemAvailable: 2 kB\n") == nil)
    #expect(Parse.memory("MemTotal: 18446744073709551615 kB\nMemAvailable: 18446744073709551615 kB\n") == nil)
  }

  @Test func hugePagesAreSortedByNodeAndSize() {
    #expect(
      Parse.hugePages(Captures.hugePages) == [
        HugePagePool(node: 0, size: .mebibytes(2), total: 0, free: 0),
        HugePagePool(node: 0, size: .mebibytes(1024), total: 4, free: 0),
        HugePagePool(node: 1, size: .mebibytes(2), total: 512, free: 500),
      ])
    #expect(Parse.hugePages("") == [])
    #expect(Parse.hugePages("0 2048 1\n") == nil)
    #expect(Parse.hugePages("0 2048 1 1\n0 2048 2 2\n") == nil)
  }

  @Test(arguments: [
    (Captures.ids, [0, 1, 2, 3, 8, 10, 11]), ("0\n", [0]), ("", nil), ("\n", nil), ("3-1\n", nil), ("0-2,1\n", nil),
    ("0-\n", nil), ("0-1-2\n", nil), ("0-4294967295\n", nil), ("-1\n", nil), ("0 1\n", nil), ("0-1,\n", nil),
  ])
  func idsAreAscendingAndBounded(text: String, expected: [Int]?) {
    #expect(Parse.ids(text) == expected)
  }

  @Test func loadIsThatOfFiveMinutes() {
    #expect(Parse.load(Captures.load) == 4.33)
    for text in ["", "1 nan 2 1/2 3", "1 inf 2 1/2 3", "1 -1 2 1/2 3", "1.0 2.0"] { #expect(Parse.load(text) == nil) }
  }

  @Test(arguments: [("Y\n", true), ("1\n", true), ("N\n", false), ("0\n", false), ("maybe\n", nil), ("", nil)])
  func nestedIsALetterOnIntelAndADigitOnAMD(text: String, expected: Bool?) {
    #expect(Parse.moduleFlag(text) == expected)
  }

  @Test func linksTellBridgesPortsTapsAndVLANs() {
    #expect(
      Parse.links(Captures.links) == [
        Link(name: "br0", isBridge: true, isUp: true, mtu: 1500, forwardDelay: 0),
        Link(name: "br1", isBridge: true, isUp: true, mtu: 9000, forwardDelay: 15),
        Link(name: "eth0", isBridge: false, isUp: true, mtu: 1500, master: "br0"),
        Link(name: "eth1.100", isBridge: false, isUp: false, mtu: 9000, master: "br1", vlan: 100),
        Link(name: "lo", isBridge: false, isUp: true, mtu: 65536),
        Link(name: "vnet0", isBridge: false, isUp: true, mtu: 1500, master: "br0", isTap: true),
      ])
    #expect(Parse.links("link 0x1 1 - - 0 / br$(x)\n")?.first?.name == "br$(x)")
    #expect(Parse.links("") == nil, "a host always has lo")
    for text in ["nonsense\n", "link 0x1 1 0 - 0 / br0\n", "link 1 1 - - 0 / a\n", "vlan 5000 a\n"] {
      #expect(Parse.links(text) == nil)
    }
  }

  @Test func addressesLeaveLoopbackAndLinkLocalOut() {
    #expect(Parse.addresses(Captures.addresses) == ["192.0.2.2", "fd00::2", "198.51.100.1"])
    #expect(Parse.addresses("Device \"x\" does not exist.\n") == [])
  }

  @Test func portsAreHexadecimal() {
    #expect(Parse.ports(Captures.ports) == [22, 2024, 49152])
    #expect(Parse.ports("") == [])
    for text in ["16\n", "00016\n", "00zz\n"] { #expect(Parse.ports(text) == nil) }
  }

  @Test func qemuConfIsWithoutQuotesAndTheFirstSettingStands() {
    #expect(
      Parse.qemuConf(Captures.qemuConf) == [
        "user": "root", "migration_host": "kvm1.example", "security_driver": "selinux,apparmor", "hugetlbfs_mount": "",
        "migration_port_min": "49152",
      ])
    #expect(Parse.qemuConf("") == [:])
    for text in ["user=?\n", "?=?\n", "user=\"a\n", "user=\"\n", "user=a\n", "vnc_password=\"x\"\n", "user=[ \"a\n"] {
      #expect(Parse.qemuConf(text) == nil, "\(text)")
    }
  }

  @Test func secretsHaveAValueWhereAFileHoldsIt() {
    #expect(
      Parse.secretValues(Captures.secrets) == [
        "2f1b1c0e-6a5e-4d55-9e57-0f3f2a6d1a01": true, "3f1b1c0e-6a5e-4d55-9e57-0f3f2a6d1a02": false,
      ])
    #expect(Parse.secretValues("notes.txt\nREADME\n") == [:])
  }

  @Test func daemonLimitsTellWhetherTheDaemonMayRaiseThem() {
    #expect(Parse.daemonLimits(Captures.daemonLimits) == DaemonLimits(lockedMemory: .mebibytes(8), canRaise: false))
    let root = Captures.daemonLimits.replacing("fe", with: "ff")
    #expect(Parse.daemonLimits(root)?.canRaise == true)
    let unlimited = "Max locked memory unlimited unlimited bytes\nCapEff:\t0000000000000000\n"
    #expect(Parse.daemonLimits(unlimited) == DaemonLimits(lockedMemory: nil, canRaise: false))
    #expect(Parse.daemonLimits("CapEff: 0\n") == nil)
    #expect(Parse.daemonLimits("Max locked memory much much bytes\nCapEff: 0\n") == nil)
  }

  @Test func sshdTellsItsLimitsInItsTitle() {
    #expect(Parse.sshdLimits(Captures.sshd) == SSHDLimits(begin: 10, full: 100))
    for text in ["", "0 of 10", "0 of 100-10", "x of 1-2", "0 of 1-2 more", "0 of 1--2", "0 of 1-99999999999999999999"]
    {
      #expect(Parse.sshdLimits(text) == nil)
    }
  }

  @Test func whatPrintsNothingIsNotThere() {
    let sections = [
      HostQuestions.nested, HostQuestions.sshd, HostQuestions.swtpm, HostQuestions.imageTool, HostQuestions.qemuConf,
    ]
    let answers = sections.map { ($0.name, Shell.Answer(text: "", status: 0)) }
    let gap = Gap(source: "x", reason: "y")
    var facts = HostFacts(name: "a", uri: "b", gap: gap)
    facts.fill(from: HostShell.Answers(Dictionary(uniqueKeysWithValues: answers)))
    #expect(facts.nested == .known(nil))
    #expect(facts.sshd == .known(nil))
    #expect(facts.swtpm == .known(nil))
    #expect(facts.imageTool == .known(nil))
    #expect(facts.qemuConf == .known([:]))
    #expect(facts.kernel == .gap(Gap(source: HostQuestions.kernel.name, reason: "was not asked")))
  }

  @Test func secretsLearnWhetherTheyHaveValues() {
    var facts = HostFacts(name: "a", uri: "b", gap: Gap(source: "x", reason: "y"))
    let uuids = ["2f1b1c0e-6a5e-4d55-9e57-0f3f2a6d1a01", "3f1b1c0e-6a5e-4d55-9e57-0f3f2a6d1a02", "e"]
    facts.secrets = .known(uuids.map { SecretIdentity(uuid: $0) })
    let answer = Shell.Answer(text: Captures.secrets, status: 0)
    facts.fill(from: HostShell.Answers([HostQuestions.secrets.name: answer]))
    #expect(facts.secrets.value?.map(\.hasValue) == [true, false, nil])
    facts.fill(from: HostShell.Answers([:], silence: "away"))
    #expect(facts.secrets.value?.map(\.hasValue) == [nil, nil, nil], "what is not seen is not absent")
  }
}
