import MigrationModel

/// Hardware of the host stays behind, unless QEMU can move its state or a virtio device takes over for the while.
///
/// `qemuMigrationSrcIsAllowedHostdev`; since 8.6.0 libvirt asks QEMU instead (blocked-reasons of `query-migrate`), which
/// moves the state of VFIO devices since 8.1 (hw/vfio/migration.c) and of vDPA devices since 8.0, where the driver can.
let devicePassthrough = Rule("device.passthrough", .blocker, "hardware of the host that the guest holds") { move in
  let devices = move.domain.hostDevices
  if move.nothingRuns != nil { return Answer(devices.map { elsewhere($0, move) }) }
  let staying = devices.filter { !$0.isFailover }
  let stateful = staying.filter { $0.migratesSince != nil }
  let others = devices.filter(\.isFailover).map { elsewhere($0, move) }
  let stuck = staying.filter { $0.migratesSince == nil }.map { staysBehind($0, move) }
  guard !stateful.isEmpty else { return Answer(stuck + others) }
  let movable = move.onMovers { libvirt, qemu in Answer(stateful.map { moved($0, libvirt, qemu, move) }) }
  return Answer(movable.issues + stuck + others)
}

extension HostDevice {
  fileprivate var text: String { "\(kind) \(address)" }

  /// First QEMU that can move the state of such a device, if the driver in the host's kernel can; nil: none can.
  fileprivate var migratesSince: Version? {
    switch kind {
    case "pci", "network pci", "mdev": Version(8, 1, 0)
    case "vdpa": Version(8, 0, 0)
    default: nil
    }
  }

  /// What `virsh nodedev-list --cap` calls such devices.
  fileprivate var capability: String {
    switch kind {
    case "usb": "usb_device"
    case "scsi": "scsi"
    case "scsi_host": "scsi_host"
    case "mdev": "mdev"
    case "vdpa": "vdpa"
    default: "pci"
    }
  }
}

extension Move {
  /// Goes on with the versions that decide what can move: the source's libvirt and the QEMU that runs the guest.
  fileprivate func onMovers(_ judge: (Version, Version?) -> Answer) -> Answer {
    onSource("libvirt's version", \.libvirt).answer(
      with: onSource("the version of the running QEMU", domain.runningQEMU), judge)
  }

  /// How a device is taken out of the way of a live move.
  fileprivate var unplug: [String] {
    [
      "Take it out for the move: "
        + source.virsh("detach-device --domain \(domain.name) --file device.xml --live"), shutDown,
    ]
  }

  fileprivate var shutDown: String { "Or shut \(domain.name) down and move it offline: --offline" }
}

/// libvirt's first version that asks QEMU for reasons against a migration before it begins one.
private let asksQEMU = Version(8, 6, 0)

private func versions(_ libvirt: Version, _ qemu: Version?) -> String {
  "libvirt \(libvirt), QEMU \(qemu.map { "\($0)" } ?? "unknown")"
}

private func moved(_ device: HostDevice, _ libvirt: Version, _ qemu: Version?, _ move: Move) -> Issue {
  let (here, there, needed) = (move.source.name, move.destination.name, device.migratesSince ?? Version(8, 1, 0))
  guard let qemu, qemu >= needed, libvirt >= asksQEMU else {
    return Issue(
      .blocker, device.text, source: versions(libvirt, qemu), destination: "libvirt \(asksQEMU), QEMU \(needed) needed",
      "\(move.domain.name) holds \(device.text) of \(here), whose state cannot be moved with \(versions(libvirt, qemu)).",
      remedy: move.unplug)
  }
  return Issue(
    .unknown, device.text, source: versions(libvirt, qemu), destination: "not looked up",
    "\(move.domain.name) holds \(device.text) of \(here): only QEMU knows whether its driver can move its state, and"
      + " nobody has looked for a like device on \(there).",
    remedy: [
      "Find its like: \(move.destination.virsh("nodedev-list --cap \(device.capability)"))",
      "Then --allow device.passthrough: libvirt asks QEMU and refuses before anything moves.",
    ] + move.unplug)
}

private func staysBehind(_ device: HostDevice, _ move: Move) -> Issue {
  let fate =
    device.kind == "usb"
    ? "libvirt does not refuse the move, but there the guest gets another device of that name, or none"
    : "the move is refused, or the guest finds other hardware in its place"
  return Issue(
    .blocker, device.text, source: "held by \(move.domain.name)", destination: "stays on \(move.source.name)",
    "\(move.domain.name) holds \(device.text) of \(move.source.name), which stays behind: \(fate).",
    remedy: move.unplug)
}

/// A device that is only defined, or that libvirt unplugs for the move: the destination needs one of its own.
private func elsewhere(_ device: HostDevice, _ move: Move) -> Issue {
  Issue(
    .warning, device.text, source: "defined for \(move.domain.name)", destination: "not looked up",
    "\(move.domain.name) needs \(device.text) of \(move.destination.name) too, and gets whatever is there at that"
      + " address, or does not start.",
    remedy: ["Compare: \(move.destination.virsh("nodedev-list --cap \(device.capability)"))"])
}

/// Devices that libvirt or QEMU refuses to move, all of them or up to some version.
///
/// `qemuMigrationSrcIsAllowed` (9.0.0 to 11.3.0); devices that QEMU marks unmigratable (`-only-migratable`) and migration
/// blockers of 9pfs, virtio-gpu and SEV. QEMU moves virtiofs since 8.2 (vhost-user-fs, internal migration), libvirt since
/// 10.5.0, as far as virtiofsd (1.11) lets it.
let deviceUnsupported = Rule("device.unsupported", .blocker, "devices that these versions cannot move") { move in
  if let reason = move.nothingRuns { return .notApplicable(reason) }
  let transient = move.domain.disks.filter(\.isTransient).map { refusal($0.target, .transientDisk, move) }
  let shares = move.domain.otherDevices.filter { $0.kind == virtiofs }
  let issues = move.domain.otherDevices.filter { $0.kind != virtiofs }.compactMap { device in
    Fate(of: device.kind).weight == .moves ? nil : refusal(device.text, Fate(of: device.kind), move)
  }
  guard !shares.isEmpty else { return Answer(transient + issues) }
  return Answer(transient + issues + virtiofsAnswer(shares, move).issues)
}

private let virtiofs = "filesystem virtiofs"

extension OtherDevice {
  fileprivate var text: String { name.isEmpty ? kind : "\(kind) \(name)" }
}

/// What becomes of a kind of device in a live move.
private struct Fate: Sendable {
  enum Weight { case moves, suffers, onlyQEMUKnows, never }
  var weight: Weight
  /// End of a sentence.
  var because: String
  /// It cannot be unplugged from a running guest.
  var isBuiltIn: Bool

  init(_ weight: Weight, _ because: String = "", isBuiltIn: Bool = false) {
    self.weight = weight
    self.because = because
    self.isBuiltIn = isBuiltIn
  }

  /// By the whole kind, else by its element.
  init(of kind: String) {
    let element = kind.prefix { $0 != " " }
    self =
      fates[kind] ?? fates[String(element)]
      ?? Fate(.onlyQEMUKnows, "this version knows nothing of such a device")
  }

  static let transientDisk = Fate(.never, "libvirt refuses to move a guest with a transient disk")
}

private let unmigratable = Fate(.never, "QEMU cannot save its state")
private let dependsOnQEMU = Fate(.onlyQEMUKnows, dependence)
private let builtInDependsOnQEMU = Fate(.onlyQEMUKnows, dependence, isBuiltIn: true)
private let dependence = "whether its state can be moved depends on QEMU's version and on what serves it"
private let cutConnections = Fate(.suffers, "connections that the guest has open through it are cut")
private let copiedMemory = Fate(.suffers, "its memory is copied, and guests that stay behind share it no longer")

private let fates: [String: Fate] = [
  "filesystem path": Fate(.onlyQEMUKnows, "QEMU refuses the move while the guest has it mounted"),
  "filesystem mtp": unmigratable,
  "shmem": Fate(.never, "libvirt only moves shared memory with role='master'"),
  "shmem ivshmem-plain master": copiedMemory,
  "shmem ivshmem-doorbell master": copiedMemory,
  "interface user slirp": cutConnections,
  "interface user passt": cutConnections,
  "disk vhostuser": dependsOnQEMU,
  "disk vhostvdpa": dependsOnQEMU,
  "disk nvme": Fate(.never, "it is a PCI device of the host, which stays behind"),
  "controller nvme": unmigratable,
  "iommu amd": builtInDependsOnQEMU,
  "input passthrough": unmigratable,
  "input evdev": Fate(.moves),
  "sound virtio": dependsOnQEMU,
  "crypto virtio": unmigratable,
  "video vhostuser": builtInDependsOnQEMU,
  "video accel3d": Fate(.never, "QEMU cannot move the state of the host's renderer", isBuiltIn: true),
  "launchSecurity": Fate(.never, "memory that is encrypted for one host cannot be moved", isBuiltIn: true),
  "memory": Fate(.moves),
  "memory sgx-epc": builtInDependsOnQEMU,
]

private func refusal(_ subject: String, _ fate: Fate, _ move: Move) -> Issue {
  func issue(_ severity: Severity, _ destination: String, _ remedy: [String]) -> Issue {
    Issue(
      severity, subject, source: "in use", destination: destination,
      "\(move.domain.name) on \(move.source.name) has \(subject): \(fate.because).", remedy: remedy)
  }
  let aside = fate.isBuiltIn ? [move.shutDown] : move.unplug
  switch fate.weight {
  case .never: return issue(.blocker, "refused", aside)
  case .onlyQEMUKnows:
    return issue(
      .unknown, "known only to QEMU",
      ["Try it: --allow device.unsupported; what QEMU cannot move it refuses, and the guest runs on."] + aside)
  case .moves, .suffers:
    return issue(.warning, "not the same", ["Tell those who use it.", move.shutDown])
  }
}

private func virtiofsAnswer(_ shares: [OtherDevice], _ move: Move) -> Answer {
  let (libvirtNeeded, qemuNeeded) = (Version(10, 5, 0), Version(8, 2, 0))
  return move.onMovers { libvirt, qemu in
    move.onDestination("libvirt's version", \.libvirt).answer { destination in
      let isNewEnough = min(libvirt, destination) >= libvirtNeeded && (qemu.map { $0 >= qemuNeeded } ?? false)
      return Answer(
        shares.map { share in
          var issue = refusal(
            share.text,
            isNewEnough
              ? Fate(
                .onlyQEMUKnows, "it moves if virtiofsd on both hosts is 1.11 or newer and shows the same directory")
              : Fate(.never, "virtiofs moves since libvirt \(libvirtNeeded) and QEMU \(qemuNeeded)"), move)
          issue.source = versions(libvirt, qemu)
          issue.destination = "libvirt \(destination)"
          return issue
        })
    }
  }
}
