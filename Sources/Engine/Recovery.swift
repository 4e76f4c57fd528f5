import MigrationModel

/// The one thing to do about a guest whose move is over or was broken off, from what both hosts say of it.
///
/// Nothing is started or ended where the two sides do not fit a row that is known: then it is a person's.
public enum Recovery: Sendable, Equatable {
  /// Nothing is to be done: the guest is on this side alone.
  case settled(Side)
  /// A job still runs, or a daemon is clearing up: look again.
  case wait(String)
  /// The guest is nowhere else: let it go on where it was.
  case resumeSource(String)
  /// The guest runs on both: the source went on because the destination's word did not reach it in time.
  case pauseSource(String)
  /// The guest runs on the destination: its paused copy on the source goes.
  case removeSource(String)
  /// The source has let go of the guest, and what arrived has not run yet.
  case resumeDestination(String)
  /// The guest is on the source; what waits on the destination never ran.
  case removeDestination(String)
  /// Neither side has all of the memory: only going on with post-copy saves it.
  case resumePostcopy(String)
  /// The guest has no process on either side; starting it, on this one, is a person's choice.
  case start(Side, String)
  /// A host could not be asked, and the guest may run there: when it answers, the rest is seen.
  case unreachable(String)
  case person(String)
}

/// What is known of a move beside what its hosts say now.
public struct MoveKnowledge: Sendable, Equatable {
  /// The move itself paused the source, when the guest was seen running on the destination.
  public var isFenced: Bool
  /// The guest arrives paused, and runs only when the source has let go of it.
  public var handsOver: Bool
  /// The guest was seen running on the destination.
  public var ranThere: Bool
  /// Only its definition moved: no process says where it is.
  public var movesDefinition: Bool

  public init(
    isFenced: Bool = false, handsOver: Bool = false, ranThere: Bool = false, movesDefinition: Bool = false
  ) {
    self.isFenced = isFenced
    self.handsOver = handsOver
    self.ranThere = ranThere
    self.movesDefinition = movesDefinition
  }
}

/// The table: libvirt's states of a guest on either side, and what they mean together (qemuMigrationSrcRecover,
/// qemuMigrationDstRecover in src/qemu/qemu_process.c say how each side alone comes to be there).
public func recovery(
  source: Sighting, destination: Sighting, knowing known: MoveKnowledge = MoveKnowledge()
) -> Recovery {
  var (here, there) = (Standing(source), Standing(destination))
  if known.isFenced, here == .paused { here = .handedOver }
  if here == .unknown || there == .unknown {
    return .unreachable("one host could not be asked: try again when it answers")
  }
  if let action = inPostcopy(here, there, isBusy: source.isBusy || destination.isBusy) { return action }
  if source.isBusy || destination.isBusy { return .wait("a job is under way") }
  return atRest(here, there, source, destination, known)
}

/// Rows in which either side is in post-copy; nil for all others.
private func inPostcopy(_ here: Standing, _ there: Standing, isBusy: Bool) -> Recovery? {
  switch (here, there) {
  case (.postcopy, .postcopy) where isBusy: .wait("post-copy is under way")
  case (.postcopy, .postcopy), (.postcopyBroken, .postcopyBroken), (.postcopy, .postcopyBroken),
    (.postcopyBroken, .postcopy):
    .resumePostcopy("post-copy broke off: each host has a part of the memory")
  case (.postcopy, .runs) where isBusy: .wait("post-copy is ending")
  case (.postcopy, .runs), (.postcopyBroken, .runs):
    .removeSource("the guest has all of its memory on the destination; the source holds its paused copy")
  case (.gone, .postcopy), (.gone, .postcopyBroken):
    .person("the source died in post-copy with a part of the memory: what the guest still misses is lost")
  case (.postcopy, .gone), (.postcopyBroken, .gone):
    .person("the destination died in post-copy with the newest part of the memory: the guest is lost")
  case (.postcopy, _), (.postcopyBroken, _), (_, .postcopy), (_, .postcopyBroken):
    .person("the two hosts contradict each other")
  case (.unknown, _), (.gone, _), (.runs, _), (.paused, _), (.handedOver, _): nil
  }
}

/// Rows without a job and without post-copy.
private func atRest(
  _ here: Standing, _ there: Standing, _ source: Sighting, _ destination: Sighting, _ known: MoveKnowledge
) -> Recovery {
  switch (here, there) {
  case (.gone, .paused) where known.handsOver:
    return .resumeDestination("the source has let go of the guest, and it waits on the destination")
  case (.runs, .paused) where known.handsOver, (.handedOver, .paused) where known.handsOver:
    return .removeDestination("what waits on the destination never ran; the source has the guest")
  case (.gone, .runs), (.gone, .paused): return .settled(.destination)
  case (.runs, .gone), (.paused, .gone): return .settled(.source)
  case (.handedOver, .runs):
    return .removeSource("the guest runs on the destination; the source holds its paused copy")
  case (.handedOver, .gone) where known.ranThere || destination.hasRun:
    return .person(
      "the guest ran on the destination and is not there any more; the source's copy is from before. Destroy that copy"
        + " and start the guest anew, or resume it where what was done on the destination may be undone"
    )
  case (.handedOver, .gone):
    return .resumeSource("the destination has nothing; the source holds the guest, paused for the move")
  case (.handedOver, .handedOver), (.runs, .handedOver), (.paused, .handedOver):
    return .removeDestination("what waits on the destination never ran; the source has the guest")
  case (.gone, .handedOver):
    return .person("the source has no process any more, and what waits on the destination may be incomplete")
  case (.gone, .gone): return nowhere(source, destination, known)
  case (.runs, .runs) where source.reason == "migration canceled" && destination.reason == "migrated":
    return .pauseSource("it runs on both: libvirt undid on the source what the destination had completed")
  default: return .person("both hosts have the guest")
  }
}

/// No process anywhere: where the newest of the guest is, as far as that can be told.
private func nowhere(_ source: Sighting, _ destination: Sighting, _ known: MoveKnowledge) -> Recovery {
  if known.movesDefinition, source.isPersistent || destination.isPersistent {
    return .settled(source.isPersistent ? .source : .destination)
  }
  let ended = "neither host has a process of the guest"
  switch (source.isPersistent, destination.isPersistent) {
  case (true, false) where source.reason == "migrated" && !known.ranThere:
    return .person("\(ended), and it has left the source by a move: look for it on other hosts")
  case (true, false) where !known.ranThere: return .start(.source, ended)
  case (false, true): return .start(.destination, ended)
  case (true, true) where known.ranThere: return .start(.destination, "\(ended); it ran on the destination last")
  // A daemon that was started since knows no reason any more, and then either may have run last.
  case (true, true) where !destination.hasRun && (source.endedHere || destination.reason == "failed"):
    return .start(.source, ended)
  case (true, true), (true, false), (false, false):
    return .person("\(ended), and where it ran last cannot be told")
  }
}

/// How one host stands to the guest.
enum Standing {
  case unknown
  /// No process; perhaps a definition.
  case gone
  case runs
  /// Paused for reasons of its own.
  case paused
  /// Paused by a migration: on the source stopped to be moved, on the destination never started.
  case handedOver
  case postcopy
  case postcopyBroken

  init(_ sighting: Sighting) {
    switch sighting {
    case .unreachable: self = .unknown
    case .absent: self = .gone
    case .present(let state, _, _, _) where !state.isActive: self = .gone
    case .present(_, reason: "post-copy failed", _, _): self = .postcopyBroken
    case .present(_, reason: "post-copy", _, _): self = .postcopy
    case .present(.paused, reason: "migrating", _, _), .present(.paused, reason: "starting up", _, _):
      self = .handedOver
    case .present(.paused, _, _, _): self = .paused
    case .present: self = .runs
    }
  }
}

extension Sighting {
  /// It is off in a way that only a guest which ran can be: an arrival that failed is off as "failed".
  fileprivate var hasRun: Bool { endedHere || (Standing(self) == .gone && reason == "migrated") }

  /// Its process has ended on this host, and not by leaving it.
  fileprivate var endedHere: Bool {
    guard case .present(let state, let reason, _, _) = self, !state.isActive else { return false }
    return ["shutdown", "destroyed", "crashed", "saved"].contains(reason)
  }
}
