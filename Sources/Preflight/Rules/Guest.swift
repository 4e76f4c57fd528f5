import MigrationModel

/// Each state of libvirt's life cycle, with what a live and an offline move make of it.
///
/// From `qemuMigrationSrcIsAllowed` (I/O error), `virDomainObjCheckActive` and `qemuMigrationSrcBeginPhase`.
let guestState = Rule("guest.state", .blocker, "the guest's state allows the move that was asked for") { move in
  switch move.domain.state {
  case .running, .blocked: runningAnswer(move)
  case .paused: pausedAnswer(move)
  case .shutOff: shutOffAnswer(move)
  case .shuttingDown:
    stateBlocker(move, "is shutting down", ["Wait until it is off, then move it offline: --offline"])
  case .saved:
    stateBlocker(
      move, "has a saved memory image that would stay behind",
      [
        "Resume it from the image, then move it live: \(move.source.virsh("start --domain \(move.domain.name)"))",
        "Or throw its memory away: \(move.source.virsh("managedsave-remove --domain \(move.domain.name)"))",
      ])
  case .crashed:
    stateBlocker(
      move, "has crashed",
      [
        "Keep what is left for the post-mortem: "
          + move.source.virsh("dump --memory-only --domain \(move.domain.name) --file guest.core"),
        "Then \(move.source.virsh("destroy --domain \(move.domain.name)")) and move it offline: --offline",
      ])
  case .suspended:
    stateBlocker(
      move, "sleeps (suspended by its own operating system)",
      ["Wake it: \(move.source.virsh("dompmwakeup --domain \(move.domain.name)"))"])
  case .noState, .unrecognised: unclearAnswer(move)
  }
}

private func runningAnswer(_ move: Move) -> Answer {
  if move.domain.stateReason.lowercased().contains("post-copy") { return unsettledAnswer(move) }
  guard move.isOffline else { return .holds }
  let undefined = move.request.undefineSource == false ? "" : "; --undefinesource has no effect on a running guest"
  return Answer([
    stateIssue(
      .warning, move,
      "runs: an offline move copies its definition and leaves it running here, so that it can be started twice on one"
        + " disk\(undefined)",
      [
        "Move it live: leave out --offline",
        "Or shut it down first: \(move.source.virsh("shutdown --domain \(move.domain.name)"))",
      ])
  ])
}

private func pausedAnswer(_ move: Move) -> Answer {
  let (reason, name) = (move.domain.stateReason.lowercased(), move.domain.name)
  if reason.contains("i/o error") || reason.contains("ioerror") {
    return stateBlocker(
      move, "is paused for an I/O error on its storage",
      [
        "See which disk: \(move.source.virsh("domblkerror --domain \(name)"))",
        "Mend the storage (full, gone, read-only), then: \(move.source.virsh("resume --domain \(name)"))",
      ])
  }
  if reason.contains("post-copy") || reason.hasPrefix("migrat") { return unsettledAnswer(move) }
  if ["saving", "dump", "creating snapshot", "starting", "shutting down", "crash", "api error"].contains(
    where: reason.contains)
  {
    return stateBlocker(
      move, "is paused for another reason than a user's",
      [
        "See what is under way: \(move.source.virsh("domjobinfo --domain \(name)"))",
        "Then wait for it, or: \(move.source.virsh("resume --domain \(name)"))",
      ])
  }
  return runningAnswer(move)
}

/// A guest in post-copy has its memory on two hosts; one paused by a migration may run on the other host.
private func unsettledAnswer(_ move: Move) -> Answer {
  let look: ShellText = "domstate --domain \(move.domain.name) --reason"
  return stateBlocker(
    move, "is in a migration that has not been settled",
    [
      "Look at both sides: \(move.source.virsh(look)); \(move.destination.virsh(look))",
      "Resume it only where it runs on no other host; in post-copy neither start nor destroy it: --postcopy-resume",
    ])
}

private func shutOffAnswer(_ move: Move) -> Answer {
  guard !move.isOffline else { return .holds }
  return stateBlocker(
    move, "is shut off, and a live move was asked for",
    [
      "Move its definition: --offline",
      "Or start it first: \(move.source.virsh("start --domain \(move.domain.name)"))",
    ])
}

private func unclearAnswer(_ move: Move) -> Answer {
  let ask = move.source.virsh("domstate --reason --domain \(move.domain.name)")
  return Answer([stateIssue(.unknown, move, "is in a state that says nothing (\(move.domain.state.rawValue))", [ask])])
}

private func stateBlocker(_ move: Move, _ what: String, _ remedy: [String]) -> Answer {
  Answer([stateIssue(.blocker, move, what, remedy)])
}

private func stateIssue(_ severity: Severity, _ move: Move, _ what: String, _ remedy: [String]) -> Issue {
  let reason = move.domain.stateReason.isEmpty ? "" : " (\(move.domain.stateReason))"
  return Issue(
    severity, move.domain.name, source: move.domain.state.rawValue + reason, destination: "not involved",
    "\(move.domain.name)\(reason) on \(move.source.name) \(what).", remedy: remedy)
}

/// No other domain on the destination holds the guest's name or UUID, and the guest does not run there already.
///
/// An inactive definition of the same UUID and name is replaced (`virDomainObjListAdd`).
let guestCollision = Rule("guest.collision", .blocker, "domains of that name or UUID on the destination") { move in
  move.onDestination("the list of domains", \.domains).answer { domains in
    let name = move.nameOnDestination
    return Answer(domains.alike(name: name, uuid: move.domain.uuid).map { collision(with: $0, name, move) })
  }
}

private func collision(with other: DomainIdentity, _ name: String, _ move: Move) -> Issue {
  let there = move.destination.name
  func issue(_ severity: Severity, _ message: String, _ remedy: [String]) -> Issue {
    Issue(
      severity, other.name, source: "\(move.domain.name), \(move.domain.uuid)",
      destination: "\(other.name), \(other.uuid), \(other.state.rawValue)", message, remedy: remedy)
  }
  let remove = [
    "See what it is: \(move.destination.virsh("dominfo --domain \(other.uuid)"))",
    "If it is left over: \(move.destination.virsh("undefine --domain \(other.uuid)"))",
  ]
  if other.uuid.lowercased() != move.domain.uuid.lowercased() {
    return issue(
      .blocker, "\(there) has another domain called \(name), with UUID \(other.uuid).",
      ["Move it under another name: --dname NAME"] + remove)
  }
  if other.state != .shutOff {
    return issue(
      .blocker,
      "\(other.name) on \(there) has the UUID of \(move.domain.name) and is \(other.state.rawValue): never run a"
        + " guest twice on one disk.",
      ["Find out which of the two is the real one before anything else.", remove[0]])
  }
  if other.name != name {
    return issue(
      .blocker, "\(there) has the UUID of \(move.domain.name) already, under the name \(other.name).", remove)
  }
  let fate = move.request.persistent ?? move.domain.isPersistent ? "is replaced" : "stays and becomes the guest's own"
  return issue(
    .warning, "\(there) has a definition of \(name) already, which \(fate).",
    ["Keep a copy: \(move.destination.virsh("dumpxml --inactive --domain \(other.uuid)")) > before.xml"])
}
