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
  /// The guest has no process on either side; starting it is a person's choice.
  case startOnSource(String)
  case person(String)
}

/// The table: LIBVIRT's states of a guest on either side, and what they mean together (qemuMigrationSrcRecover,
/// qemuMigrationDstRecover in src/qemu/qemu_process.c say how each side alone comes to be there).
/// - Parameters:
///   - isFenced: the move itself paused the source, when the guest was seen running on the destination.
///   - handsOver: the guest arrives paused, and runs only when the source has let go of it.
public func recovery(
  source: Sighting, destination: Sighting, isFenced: Bool = false, handsOver: Bool = false
) -> Recovery {
  var (here, there) = (Standing(source), Standing(destination))
  if isFenced, here == .paused { here = .handedOver }
  switch (here, there) {
  case (.unknown, _), (_, .unknown):
    return .person("one host could not be asked: try again when it answers")
  case (.postcopyBroken, .postcopyBroken), (.postcopy, .postcopyBroken), (.postcopyBroken, .postcopy):
    return .resumePostcopy("post-copy broke off: each host has a part of the memory")
  case (.postcopy, .postcopy):
    return source.isBusy || destination.isBusy
      ? .wait("post-copy is under way")
      : .resumePostcopy("post-copy is not going on: each host has a part of the memory")
  case (.gone, .postcopyBroken), (.gone, .postcopy):
    return .person("the source died in post-copy with a part of the memory: what the guest still misses is lost")
  case (.postcopyBroken, .gone), (.postcopy, .gone):
    return .person("the destination died in post-copy with the newest part of the memory: the guest is lost")
  case (.postcopyBroken, .runs):
    return .removeSource("the guest has all of its memory on the destination; the source holds its paused copy")
  case (.postcopyBroken, _), (_, .postcopyBroken):
    return .person("the two hosts contradict each other")
  case _ where source.isBusy || destination.isBusy:
    return .wait("a job is under way")
  case (.gone, .paused) where handsOver:
    return .resumeDestination("the source has let go of the guest, and it waits on the destination")
  case (.runs, .paused) where handsOver, (.handedOver, .paused) where handsOver:
    return .removeDestination("what waits on the destination never ran; the source has the guest")
  case (.gone, .runs), (.gone, .paused):
    return .settled(.destination)
  case (.runs, .gone), (.paused, .gone):
    return .settled(.source)
  case (.handedOver, .runs), (.postcopy, .runs):
    return .removeSource("the guest runs on the destination; the source holds its paused copy")
  case (.handedOver, .gone):
    return .resumeSource("the destination has nothing; the source holds the guest, paused for the move")
  case (.handedOver, .handedOver), (.runs, .handedOver), (.paused, .handedOver):
    return .removeDestination("what waits on the destination never ran; the source has the guest")
  case (.gone, .handedOver):
    return .person("the source has no process any more, and what waits on the destination may be incomplete")
  case (.gone, .gone):
    return .startOnSource("neither host has a process of the guest")
  case (.runs, .runs) where source.reason == "migration canceled" && destination.reason == "migrated":
    return .pauseSource("it runs on both: libvirt undid on the source what the destination had completed")
  case (.runs, .runs), (.runs, .paused), (.paused, .runs), (.paused, .paused), (.handedOver, .paused):
    return .person("both hosts have the guest")
  case (.runs, .postcopy), (.paused, .postcopy), (.handedOver, .postcopy), (.postcopy, .paused),
    (.postcopy, .handedOver):
    return .person("the two hosts contradict each other")
  }
}

/// How one host stands to the guest.
private enum Standing {
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
