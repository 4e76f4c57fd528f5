import MigrationModel

/// libvirt refuses to move a guest with snapshots, offline too (`qemuMigrationSrcIsAllowed`), and moves one with
/// checkpoints without them: what it knows of either stays on the source.
let guestSnapshots = Rule("guest.snapshots", .blocker, "snapshots and checkpoints that libvirt keeps of the guest") {
  move in
  let snapshots = move.onSource("whether \(move.domain.name) has snapshots", move.domain.hasSnapshots)
  let checkpoints = move.onSource("whether \(move.domain.name) has checkpoints", move.domain.hasCheckpoints)
  return snapshots.answer(with: checkpoints) { snapshots, checkpoints in
    Answer((snapshots ? [snapshotIssue(move)] : []) + (checkpoints ? [checkpointIssue(move)] : []))
  }
}

private func snapshotIssue(_ move: Move) -> Issue {
  let (name, source) = (move.domain.name, move.source)
  return Issue(
    .blocker, "snapshots", source: "kept for \(name)", destination: "refused by libvirt",
    "\(name) has snapshots on \(source.name), and libvirt moves no guest that has any.",
    remedy: [
      "List them, parents first: \(source.virsh("snapshot-list --domain \(name) --topological --name"))",
      "Keep what libvirt knows of each: "
        + source.virsh("snapshot-dumpxml --domain \(name) --security-info --snapshotname SNAPSHOT") + " > SNAPSHOT.xml",
      "Let it forget each, the data stays in the images: "
        + source.virsh("snapshot-delete --domain \(name) --metadata --snapshotname SNAPSHOT"),
      "After the move, parents first, the current one with --current: "
        + move.destination.virsh("snapshot-create --domain \(name) --redefine --xmlfile SNAPSHOT.xml"),
    ])
}

private func checkpointIssue(_ move: Move) -> Issue {
  let (name, source) = (move.domain.name, move.source)
  return Issue(
    .blocker, "checkpoints", source: "kept for \(name)", destination: "forgotten",
    "\(name) has checkpoints on \(source.name), which libvirt leaves behind, so that its next incremental backup on"
      + " \(move.destination.name) has nothing to start from.",
    remedy: [
      "List them, parents first: \(source.virsh("checkpoint-list --domain \(name) --topological --name"))",
      "Keep what libvirt knows of each: "
        + source.virsh("checkpoint-dumpxml --domain \(name) --security-info --checkpointname CHECKPOINT")
        + " > CHECKPOINT.xml",
      "Let it forget each, the bitmaps stay in the images: "
        + source.virsh("checkpoint-delete --domain \(name) --metadata --checkpointname CHECKPOINT"),
      "After the move, parents first: "
        + move.destination.virsh("checkpoint-create --domain \(name) --redefine --xmlfile CHECKPOINT.xml"),
      "Or go on and make a full backup afterwards: --allow guest.snapshots",
    ])
}

/// One job at a time: migration waits in vain for another (`virDomainObjBeginAsyncJob`) and refuses a guest with an
/// active block job (`qemuMigrationSrcIsAllowed`).
let guestJobs = Rule("guest.jobs", .blocker, "jobs that run on the guest or on its disks") { move in
  if let reason = move.nothingRuns { return .notApplicable(reason) }
  let job = move.onSource("the job of \(move.domain.name)", move.domain.job)
  return job.answer(with: move.onSource("the block jobs of \(move.domain.name)", move.domain.blockJobs)) { job, disks in
    Answer(
      (job.map { [jobIssue($0, move)] } ?? [])
        + disks.sorted { $0.key < $1.key }.map { blockJobIssue(disk: $0.key, kind: $0.value, move) })
  }
}

private func jobIssue(_ kind: String, _ move: Move) -> Issue {
  let (name, source) = (move.domain.name, move.source)
  return Issue(
    .blocker, "job", source: kind, destination: "not involved",
    "Another job (\(kind)) runs on \(name) on \(source.name), such as a backup, a save or a migration.",
    remedy: [
      "See what it is and wait for it: \(source.virsh("domjobinfo --domain \(name)"))",
      "Or end it: \(source.virsh("domjobabort --domain \(name)"))",
    ])
}

private func blockJobIssue(disk: String, kind: String, _ move: Move) -> Issue {
  let (name, source) = (move.domain.name, move.source)
  let end: ShellText =
    kind == "backup" ? "domjobabort --domain \(name)" : "blockjob --domain \(name) --path \(disk) --abort"
  return Issue(
    .blocker, disk, source: "block job: \(kind)", destination: "not involved",
    "A block job (\(kind)) runs on disk \(disk) of \(name) on \(source.name).",
    remedy: [
      "See how far it is and wait for it: \(source.virsh("blockjob --domain \(name) --path \(disk) --info"))",
      "Or end it: \(source.virsh(end))",
    ])
}

/// With an answering agent file systems can be frozen and the clock be set after the move.
///
/// The channel's `<target state=>` in the live XML.
let guestAgent = Rule("guest.agent", .info, "the guest agent answers") { move in
  if let reason = move.nothingRuns { return .notApplicable(reason) }
  guard let isConnected = move.domain.agentIsConnected else {
    return .notApplicable("\(move.domain.name) has no channel for a guest agent")
  }
  guard !isConnected else { return .holds }
  return Answer([
    Issue(
      .info, "guest agent", source: "channel, not connected", destination: "not involved",
      "No agent answers in \(move.domain.name), so after the move neither its clock can be set nor its addresses be asked"
        + " through it.",
      remedy: ["In the guest: systemctl enable --now qemu-guest-agent"])
  ])
}

/// Where the definition is afterwards: exactly one host should have it (libvirt, docs/migration.rst).
let guestPersistence = Rule("guest.persistence", .blocker, "where the guest is defined after the move") { move in
  guard move.domain.isPersistent else {
    return .notApplicable("\(move.domain.name) is transient, it has no definition on \(move.source.name)")
  }
  let persists = move.request.persistent ?? true
  switch (persists, undefines: move.request.undefineSource ?? persists) {
  case (true, true): return .holds
  case (false, _) where move.isOffline: return .notApplicable("libvirt refuses such an offline move (flags.legal)")
  case (false, true):
    return persistence(
      .blocker, destination: "transient",
      "Without --persistent \(move.domain.name) is only transient on \(move.destination.name), and --undefinesource takes"
        + " its definition from \(move.source.name): once it stops, it is defined nowhere.",
      ["Add --persistent, or leave --undefinesource out."], move)
  case (false, false):
    return persistence(
      .warning, destination: "transient",
      "\(move.domain.name) is only transient on \(move.destination.name), and its definition on \(move.source.name) can be"
        + " started while it runs there.", ["Add --persistent, and --undefinesource with it."], move)
  case (true, false):
    return persistence(
      .warning, destination: "defined too",
      "\(move.domain.name) is defined on both hosts then: started on \(move.source.name) while it runs on"
        + " \(move.destination.name), two guests write to its disks.",
      [
        "Add --undefinesource.",
        "Or after the move: \(move.source.virsh("undefine --keep-nvram --keep-tpm --domain \(move.domain.name)"))",
      ], move)
  }
}

private func persistence(
  _ severity: Severity, destination: String, _ message: String, _ remedy: [String], _ move: Move
) -> Answer {
  Answer([
    Issue(
      severity, move.domain.name, source: "persistent", destination: destination, message, remedy: remedy)
  ])
}
