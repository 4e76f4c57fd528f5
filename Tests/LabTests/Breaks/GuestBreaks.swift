@testable import Lab

extension Bench {
  private func made(_ elements: [String] = [], devices: [String] = [], runs: Bool = true) -> Break.Guest {
    .made(
      GuestSpecification(name: "made", memory: 64, connection: .none, elements: elements, devices: devices), runs: runs)
  }

  private var secret: String { "7d1c9c5e-52f7-4a6e-8c0c-8e0f6f3a0b11" }
  private var memory: String { "\(LabPlan.localPath)/s.mem" }
  private var kernels: String { "\(lab.plan.cacheRoot)/kernel" }

  var deviceBreaks: [Break] {
    [
      Break(
        rule: "security.model", what: "host2's QEMU runs as nobody, and nobody gives it the files",
        faults: [.qemuSettings(["user": "\"nobody\"", "group": "\"nogroup\"", "dynamic_ownership": "0"], on: two)],
        destination: "65534",
        outcome: .refuses("ermission denied")),
      Break(
        rule: "security.tls", what: "no host has certificates", options: ["--tls"],
        faults: [one, two].map { .qemuSettings(["default_tls_x509_cert_dir": nil], on: $0) },
        outcome: .refuses("Unable to access credentials")),
      Break(
        rule: "device.unsupported", what: "the guest shares memory with a peer",
        guest: made(devices: [
          "<shmem name='lab' role='peer'><model type='ivshmem-plain'/><size unit='M'>4</size></shmem>"
        ]), outcome: .refuses("Migration is disabled when using feature 'peer mode'")),
      Break(
        rule: "device.paths", what: "host2 lacks the guest's kernel",
        faults: [.shadowed(path: kernels, by: LabPlan.localPath, on: two)], destination: "absent",
        outcome: .refuses("vmlinuz")),
      Break(
        rule: "device.graphics", what: "host2 lacks the address that VNC listens on",
        make: [run(two, "ip", "address", "delete", "\(Self.commonAddress)/32", "dev", "direct1")],
        heal: [run(two, "ip", "address", "add", "\(Self.commonAddress)/32", "dev", "direct1")],
        source: Self.commonAddress, outcome: .refuses("Failed to bind socket: Cannot assign requested address")),
      Break(
        rule: "device.secrets", what: "host2 does not know the secret of a disk",
        guest: made(
          devices: [
            "<disk type='network' device='disk'><driver name='qemu' type='raw'/>"
              + "<source protocol='iscsi' name='iqn.2020-01.example:disk/1'><host name='\(Self.commonAddress)'/>"
              + "<auth username='lab'><secret type='iscsi' uuid='\(secret)'/></auth></source>"
              + "<target dev='vda' bus='virtio'/></disk>"
          ], runs: false), subject: secret, destination: "not defined",
        outcome: .doesNotStart("ecret not found")),
    ]
  }

  var guestBreaks: [Break] {
    [
      Break(
        rule: "guest.state", what: "the guest is saved", guest: made(), make: [virsh(one, "managedsave", "made")],
        heal: [run(one, "rm", "/var/lib/libvirt/qemu/save/made.save")],
        outcome: .shows(
          "libvirt moves the definition and leaves the memory behind",
          [
            Look(
              step: virsh(one, "migrate", "made", two.uri, "--offline", "--persistent", "--undefinesource"), says: ""),
            Look(step: virsh(two, "dominfo", "made"), says: "Managed save:   no"),
            Look(step: run(one, "ls", "/var/lib/libvirt/qemu/save"), says: "made.save"),
          ])),
      Break(
        rule: "guest.snapshots", what: "the guest has a snapshot",
        make: [
          virsh(
            one, "snapshot-create-as", "web", "s", "--live", "--memspec", "\(memory),snapshot=external",
            "--diskspec", "vda,snapshot=no", "--diskspec", "sda,snapshot=no", "--diskspec", "sdb,snapshot=no")
        ], heal: [virsh(one, "snapshot-delete", "web", "s", "--metadata"), run(one, "rm", memory)],
        outcome: .refuses("snapshots")),
      Break(
        rule: "guest.jobs", what: "a disk is being copied",
        make: [
          virsh(
            one, "blockcopy", "web", "vda", "\(LabPlan.localPath)/copy.img", "--transient-job", "--wait", "--format",
            "raw")
        ], heal: [virsh(one, "blockjob", "web", "vda", "--abort"), run(one, "rm", "\(LabPlan.localPath)/copy.img")],
        subject: "vda", outcome: .refuses("block job")),
      Break(
        rule: "guest.agent", what: "no agent answers in the guest",
        guest: made(devices: [
          "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
        ]), severity: "info", outcome: .moves("as well as without an agent", [])),
      Break(
        rule: "guest.collision", what: "host2 has another guest of that name",
        make: [
          virsh(
            two, "define", "/dev/stdin",
            input: "<domain type='qemu'><name>web</name><memory>8192</memory><os><type>hvm</type></os></domain>")
        ],
        heal: [virsh(two, "undefine", "web")], subject: "web", outcome: .refuses("already exists with uuid")),
      Break(
        rule: "guest.persistence", what: "the definition is taken away here and not made there",
        options: ["--no-persistent", "--undefinesource"],
        outcome: .moves(
          "it is defined nowhere",
          [
            Look(step: run(two, "sh", "-c", "virsh dominfo web | grep Persistent"), says: "no"),
            Look(step: virsh(one, "dominfo", "web"), says: "failed to get domain"),
          ])),
      Break(
        rule: "flags.legal", what: "a tunnel and parallel connections exclude each other",
        options: ["--tunnelled", "--parallel"],
        outcome: .shows(
          "virsh with the same options is refused",
          [
            Look(
              step: virsh(one, "migrate", "web", two.uri, "--live", "--p2p", "--tunnelled", "--parallel"),
              says: "'VIR_MIGRATE_TUNNELLED' and 'VIR_MIGRATE_PARALLEL' are mutually exclusive")
          ])),
    ]
  }

  var breaks: [Break] {
    hostBreaks + resourceBreaks + storageBreaks + networkBreaks + deviceBreaks + guestBreaks
  }

  /// Rules that no lab can break, and why.
  static let unbreakable = [
    "version.libvirt": "all that can be asked for works in libvirt 9.0, and the lab has no older one",
    "cpu.passthrough": "needs a KVM guest: the lab emulates",
    "cpu.nested": "needs a KVM guest: the lab emulates",
    "cpu.tsc": "needs a KVM guest: the lab emulates",
    "storage.cache": "needs a QEMU older than 4.0: later ones drop their cache, and libvirt knows it",
    "memory.hugepages": "the kernel's pool of huge pages belongs to the whole machine, not to a host of the lab",
    "device.passthrough": "needs hardware to hand through",
    "device.tpm": "needs swtpm, without which libvirt defines no such guest: it is not among the lab's packages",
  ]
}
