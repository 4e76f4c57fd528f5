import MigrationModel

/// What is wrong with a disk's target, in words.
extension DiskCopy {
  private var copies: String { "\(move.domain.name) copies disk \(disk.target)" }

  private func text(_ size: DiskSize) -> String { "\(size.capacity) (\(size.capacity.rawValue) bytes)" }

  /// Network storage can only be seen by its own tools; libvirt does not make it either.
  func unseen(_ target: String, _ size: DiskSize) -> Issue {
    Issue(
      .unknown, target, source: text(size), destination: "not seen",
      "\(copies) onto \(target), which libvirt does not make and preflight cannot see from \(there).",
      remedy: ["See on \(there) that it exists with exactly \(size.capacity.rawValue) bytes: qemu-img info URI"])
  }

  func noTarget(
    _ target: String, _ size: DiskSize, _ why: String, remedy: [String]? = nil
  ) -> CopyPlan {
    CopyPlan(issues: [
      Issue(
        .blocker, target, source: text(size), destination: "absent",
        "\(copies), and \(there) has no \(target) to copy it onto, nor can one be made: \(why).",
        remedy: remedy ?? create(target, size))
    ])
  }

  /// By hand, for what the engine does not make.
  func create(_ target: String, _ size: DiskSize) -> [String] {
    let bytes = "\(size.capacity.rawValue)"
    switch disk.source {
    case .block: return ["Make a device of exactly \(bytes) bytes on \(there) that \(target.shellQuoted) leads to."]
    case .volume(let pool, let volume): return [makeVolume(pool, volume, size)]
    case .none, .file, .directory, .network, .other: break
    }
    let create = "qemu-img create -f \(format.shellQuoted)"
    guard move.request.copyStorage == .incremental, let backing = disk.backingFiles.first else {
      return ["On \(there): \(create) \(target.shellQuoted) \(bytes)"]
    }
    return [
      "See the format of the backing file on \(move.source.name): qemu-img info -U \(target.shellQuoted)",
      "On \(there), with that format as FORMAT: \(create) -b \(backing.shellQuoted) -F FORMAT \(target.shellQuoted)"
        + " \(bytes)",
    ]
  }

  private func makeVolume(_ pool: String, _ volume: String, _ size: DiskSize) -> String {
    move.destination.virsh(
      "vol-create-as --pool \(pool) --name \(volume) --capacity \("\(size.capacity.rawValue)") --format \(format)")
  }

  func notIncremental(_ volume: String, _ size: DiskSize) -> Issue {
    Issue(
      .blocker, volume, source: text(size), destination: "a volume",
      "\(copies) onto volume \(volume) on \(there): \(MigrationRequest.noIncrementalVolume), even onto one that is there.",
      remedy: [
        "Copy all of it: --copy-storage-all",
        "Or give the destination's path of the volume with a destination XML: --xml FILE --persistent-xml FILE",
      ])
  }

  func noVolume(_ pool: String, _ volume: String, _ size: DiskSize) -> Issue {
    Issue(
      .blocker, "\(pool)/\(volume)", source: text(size), destination: "absent",
      "\(copies), and \(there) has no volume \(volume) in an active pool \(pool) to copy it onto.",
      remedy: [
        move.destination.virsh("pool-start --pool \(pool)"),
        "Or make the pool on \(there) as \(move.source.name) has it: "
          + move.source.virsh("pool-dumpxml --pool \(pool)"),
      ])
  }

  func otherSize(_ path: String, _ found: ByteCount, _ size: DiskSize) -> Issue {
    let resize = "qemu-img resize -f \(format.shellQuoted)"
    let shrink = found > size.capacity ? " --shrink" : ""
    return Issue(
      .blocker, path, source: text(size), destination: "\(found) (\(found.rawValue) bytes)",
      "\(copies) of \(size.capacity.rawValue) bytes onto \(path) on \(there), which has \(found.rawValue): QEMU copies"
        + " only onto a target of exactly the same size.",
      remedy: [
        "On \(there), when nothing else uses it: \(resize)\(shrink) \(path.shellQuoted) \(size.capacity.rawValue)",
        "For a block device: make a new one of exactly \(size.capacity.rawValue) bytes.",
      ])
  }

  /// Why a target that is there must not be written: it is the disk that is read. nil when it is another.
  ///
  /// Without a proof, two files that the hosts show alike in every respect are not taken for two.
  func itself(_ found: FileIdentity, _ path: String, _ size: DiskSize) -> CopyPlan? {
    if case .known(.same(let proof)) = move.pair.storage[path] {
      return CopyPlan(issues: [ontoItself(.blocker, path, "the same storage: \(proof)", size)])
    }
    let isProvenOther = if case .known(.different) = move.pair.storage[path] { true } else { false }
    guard !isProvenOther, found.kind == "regular", found == move.source.files[path]?.value ?? nil else { return nil }
    return CopyPlan(issues: [ontoItself(.unknown, path, "looks like the same file", size)])
  }

  private func ontoItself(_ severity: Severity, _ path: String, _ seen: String, _ size: DiskSize) -> Issue {
    let verb = severity == .blocker ? "is" : "may be"
    return Issue(
      severity, path, source: text(size), destination: seen,
      "\(copies) onto \(path) on \(there), which \(verb) the very file that it is copied from: both hosts"
        + " would write it.",
      remedy: [
        "Leave the disk out of the copy, since both hosts share it: --migrate-disks with the other disks only, or no"
          + " --copy-storage-all",
        "Or copy it elsewhere with a destination XML: --xml FILE --persistent-xml FILE",
        "See what is mounted, on both: findmnt --target \(path.shellQuoted)",
      ])
  }

  /// A device that holds an image which is not raw needs only as much as the image takes.
  func deviceFor(_ bytes: ByteCount, _ device: FileIdentity, _ path: String) -> [Issue] {
    let found = device.size
    if found.rawValue == 0 { return [unknownDevice(path, DiskSize(capacity: bytes, allocation: bytes))] }
    guard found < bytes else { return [] }
    return [
      Issue(
        .blocker, path, source: "\(bytes) allocated", destination: "\(found)",
        "\(copies), of which \(bytes) are allocated, onto the device \(path) on \(there), which holds \(found).",
        remedy: ["Make the device larger on \(there): at least \(bytes.rawValue) bytes for the \(format) image."])
    ]
  }

  func unknownDevice(_ path: String, _ size: DiskSize) -> Issue {
    Issue(
      .unknown, path, source: text(size), destination: "a device of unknown size",
      "\(copies) onto the device \(path) on \(there), whose size was not told.",
      remedy: ["See on \(there): blockdev --getsize64 \(path.shellQuoted)"])
  }
}
