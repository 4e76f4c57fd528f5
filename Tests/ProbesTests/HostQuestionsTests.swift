import Glibc
import MigrationModel
import Testing

@testable import Probes

/// The questions put to a real /bin/sh of this machine, and to files that stand where a host's would.
@Suite struct HostQuestionsTests {
  private func withShell<T: Sendable>(_ body: @Sendable @escaping (HostShell) async throws -> T) async throws -> T {
    try await Door.local.open(timeout: .seconds(60), body: body)
  }

  /// A host may lack what is optional, and this one may run no libvirt; the rest every Linux host answers.
  @Test func everyQuestionAboutThisHostIsAnsweredOrSaysWhyNot() async throws {
    let answers = try await withShell { await $0.ask(HostQuestions.all) }
    var facts = HostFacts(name: "here", uri: "test:///", gap: Gap(source: "x", reason: "was not asked"))
    facts.fill(from: answers)
    #expect(facts.cpu.value?.flags.isEmpty == false)
    #expect(facts.memory.value != nil)
    #expect(facts.kernel.value?.isEmpty == false)
    #expect(facts.hugePages.value != nil)
    #expect(facts.numaNodes.value?.first == 0)
    #expect(facts.cpusOnline.value?.isEmpty == false)
    #expect(facts.load.value != nil)
    #expect(facts.links.value?.contains { $0.name == "lo" && !$0.isBridge && !$0.isTap && $0.master == nil } == true)
    #expect(facts.portsInUse.value != nil)
    #expect(facts.nested.value != nil)
    #expect(facts.swtpm.value != nil)
    #expect(answers[HostQuestions.mounts].value?.isEmpty == false)
    for section in HostQuestions.all { if case .gap(let gap) = answers[section] { #expect(!gap.reason.isEmpty) } }
  }

  /// A question as a shell in namespaces of its own would answer it, after `preparation`. Needs root.
  private func ask(_ section: Shell.Section, after preparation: String, shell: String = "sh") async throws -> Fact<
    String
  > {
    guard geteuid() == 0 else { try Test.cancel("missing: root, for namespaces") }
    let script = "\(preparation)\n(\n\(section.script)\n)"
    let inside = Shell.Section(name: section.name, script: "exec unshare -mn \(shell) -c \(script.shellQuoted)")
    return try await withShell { await $0.ask([inside])[inside] }
  }

  private func libvirtFiles(_ files: [String: String], in directory: TemporaryDirectory) throws -> String {
    for (name, text) in files { try directory.write(name, text) }
    return "mkdir -p /etc/libvirt; mount --bind \(directory.path.shellQuoted) /etc/libvirt || exit 99"
  }

  static let conf = """
    #user = "commented"
     user= "root" # a secret remark
    migration_host = 'a;b'
    vnc_password="hidden"
    lock_manager = "lockd" ; spice_password = "hidden"
    security_driver = [ "selinux",
       "apparmor"
     ]
    remember_owner = 0
    userx = "no"

    """

  @Test(arguments: ["sh", "busybox sh", "bash"]) func settingsTravelAndPasswordsStay(shell: String) async throws {
    let directory = try TemporaryDirectory()
    let preparation = try libvirtFiles(["qemu.conf": Self.conf], in: directory)
    let answer = try await ask(HostQuestions.qemuConf, after: preparation, shell: shell)
    guard case .known(let text) = answer else {
      try Test.cancel("missing: \(shell): \(answer)")
    }
    #expect(!text.contains("hidden") && !text.contains("remark"))
    #expect(
      Parse.qemuConf(text) == [
        "user": "root", "migration_host": "a;b", "lock_manager": "lockd", "security_driver": "selinux,apparmor",
        "remember_owner": "0",
      ])
  }

  /// libvirt refuses or reads otherwise what stands here: a gap, and nothing of it travels.
  @Test(arguments: [
    "user = [ \"a\",\nvnc_password = \"hidden\"\n]\n", "user = [ \"a\",\nvnc_password = \"hidden\"\n",
    "user = \"\"\"a\nvnc_password = hidden\n\"\"\"\n", "x = 1; user = \"hidden\"\n", "user = \"hidden\n",
    "user = hidden\n",
  ])
  func whatIsWrittenOddlyIsAGap(text: String) async throws {
    let directory = try TemporaryDirectory()
    let preparation = try libvirtFiles(["qemu.conf": text], in: directory)
    let printed = try #require(try await ask(HostQuestions.qemuConf, after: preparation).value)
    #expect(!printed.contains("hidden"))
    #expect(Parse.qemuConf(printed) == nil, "\(printed)")
  }

  @Test func aMissingFileSetsNothingAndAHiddenOneIsAGap() async throws {
    let directory = try TemporaryDirectory()
    let preparation = try libvirtFiles([:], in: directory)
    #expect(try await ask(HostQuestions.qemuConf, after: preparation) == .known(""))
    #expect(try await ask(HostQuestions.secrets, after: preparation) == .known(""))
    chmod(directory.path, 0o700)
    for section in [HostQuestions.qemuConf, HostQuestions.secrets] {
      let asNobody = "setpriv --reuid=65534 --regid=65534 --clear-groups sh -c \(section.script.shellQuoted)"
      let hidden = Shell.Section(name: section.name, script: "exec \(asNobody)")
      #expect(try await ask(hidden, after: preparation).value == nil)
    }
  }

  @Test func secretsAreNamedAndNotRead() async throws {
    let directory = try TemporaryDirectory()
    let uuid = "2f1b1c0e-6a5e-4d55-9e57-0f3f2a6d1a01"
    try directory.write("\(uuid).xml", "<secret/>")
    try directory.write("\(uuid).base64", "aGlkZGVu")
    let bind = "mkdir -p /etc/libvirt; mount -t tmpfs none /etc/libvirt && mkdir /etc/libvirt/secrets &&"
    let answer = try await ask(
      HostQuestions.secrets, after: "\(bind) mount --bind \(directory.path.shellQuoted) /etc/libvirt/secrets || exit 99"
    )
    #expect(answer == .known("\(uuid).base64\n\(uuid).xml\n"))
  }

  /// A bridge with a tap and a VLAN as ports, in a network of its own.
  @Test(arguments: ["sh", "busybox sh", "bash"]) func linksTellWhatTheyAre(shell: String) async throws {
    let answer = try await ask(
      HostQuestions.links,
      after: """
        mount -t sysfs none /sys && ip link add br0 type bridge forward_delay 400 stp_state 1 && ip link set br0 up &&
        ip tuntap add vnet0 mode tap && ip link set vnet0 master br0 && ip link add eth0 type dummy &&
        ip link add eth0.7 link eth0 type vlan id 7 && ip link set eth0.7 master br0 || exit 99
        """, shell: shell)
    guard case .known(let text) = answer else {
      try Test.cancel("missing: \(shell), or bridges, taps and VLANs in this kernel: \(answer)")
    }
    let links = try #require(Parse.links(text))
    #expect(
      links.filter { ["br0", "vnet0", "eth0.7"].contains($0.name) } == [
        Link(name: "br0", isBridge: true, isUp: true, mtu: 1500, forwardDelay: 4),
        Link(name: "eth0.7", isBridge: false, isUp: false, mtu: 1500, master: "br0", vlan: 7),
        Link(name: "vnet0", isBridge: false, isUp: false, mtu: 1500, master: "br0", isTap: true),
      ])
  }

  @Test func hugePagesAreTakenWithoutNUMAToo() async throws {
    let directory = try TemporaryDirectory()
    let tree = """
      cd \(directory.path.shellQuoted) && mkdir -p devices/system/cpu kernel/mm/hugepages/hugepages-2048kB &&
      echo 7 >kernel/mm/hugepages/hugepages-2048kB/nr_hugepages &&
      echo 5 >kernel/mm/hugepages/hugepages-2048kB/free_hugepages && mount --bind . /sys || exit 99
      """
    #expect(try await ask(HostQuestions.hugePages, after: tree) == .known("0 2048 7 5\n"))
    #expect(try await ask(HostQuestions.numaNodes, after: tree) == .known("0\n"))
    #expect(try await ask(HostQuestions.nested, after: tree) == .known(""))
  }

  @Test func aDaemonIsBelievedOnlyUnderItsOwnName() async throws {
    let limits = HostQuestions.daemonLimits
    let stale = "mount -t tmpfs none /run && printf %s $$ >/run/libvirtd.pid || exit 99"
    #expect(try await ask(limits, after: stale).value == nil)
    let running = "\(stale); printf virtqemud >/proc/$$/comm; printf %s $$ >/run/virtqemud.pid; ulimit -l 64"
    let answer = try #require(try await ask(limits, after: running).value)
    #expect(Parse.daemonLimits(answer)?.lockedMemory == .kibibytes(64))
  }

  /// A process that calls itself as a listening sshd does, above the shell that is asked.
  @Test func sshdIsFoundAboveTheShell() async throws {
    let sshd = HostQuestions.sshd.script
    let title = "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups"
    let parent = "printf sshd >/proc/$$/comm; sh -c \(sshd.shellQuoted); true"
    let question = Shell.Section(
      name: "sshd",
      script: "exec bash -c 'exec -a \"$1\" \"$2\" -c \"$3\"' - \(title.shellQuoted) sh \(parent.shellQuoted)")
    let answer = try await withShell { await $0.ask([question])[question] }
    #expect(answer == .known("0 of 10-100\n"))
    let silent = Shell.Section(name: "sshd", script: "sh -c \(parent.shellQuoted)")
    let unknown = try await withShell { await $0.ask([silent])[silent] }
    #expect(unknown == .known("no sshd above this shell tells its MaxStartups\n"))
  }
}
