import Engine
import MigrationModel
import Testing

private let off = Sighting.present(.shutOff, reason: "shutdown", isPersistent: true)
private let running = Sighting.present(.running, reason: "booted", isPersistent: true)
private let moved = Sighting.present(.running, reason: "migrated", isPersistent: true)
private let failedArrival = Sighting.present(.shutOff, reason: "failed", isPersistent: true)
private let forgotten = Sighting.present(.shutOff, reason: "unknown", isPersistent: true)
private let crashed = Sighting.present(.shutOff, reason: "crashed", isPersistent: true)
private let leftBehind = Sighting.present(.shutOff, reason: "migrated", isPersistent: true)
private let undone = Sighting.present(.running, reason: "migration canceled", isPersistent: true)
private let paused = Sighting.present(.paused, reason: "user", isPersistent: true)
private let handedOver = Sighting.present(.paused, reason: "migrating", isPersistent: true)
private let incoming = Sighting.present(.paused, reason: "migrating", isPersistent: false)
private let postcopyOut = Sighting.present(.paused, reason: "post-copy", isPersistent: true)
private let postcopyIn = Sighting.present(.running, reason: "post-copy", isPersistent: false)
private let brokenOut = Sighting.present(.paused, reason: "post-copy failed", isPersistent: true, isBusy: true)
private let brokenIn = Sighting.present(.running, reason: "post-copy failed", isPersistent: false, isBusy: true)
private let silent = Sighting.unreachable("no route")

private func busy(_ sighting: Sighting) -> Sighting {
  guard case .present(let state, let reason, let isPersistent, _) = sighting else { return sighting }
  return .present(state, reason: reason, isPersistent: isPersistent, isBusy: true)
}

/// The table of recovery, a test a row.
@Suite struct RecoveryTests {
  enum Kind {
    case onSource, onDestination, wait, resumeSource, pauseSource, removeSource, resumeDestination, removeDestination,
      resumePostcopy,
      start, unreachable, person
  }

  @Test(arguments: [
    ("running here alone", running, Sighting.absent, Kind.onSource),
    ("running here, defined there", running, off, .onSource),
    ("paused here by its user", paused, .absent, .onSource),
    ("running there alone", .absent, moved, .onDestination),
    ("running there, defined here", off, moved, .onDestination),
    ("left paused there", .absent, paused, .onDestination),
    ("a peer-to-peer move goes on", busy(running), busy(incoming), .wait),
    ("a job runs here", busy(running), .absent, .wait),
    ("the destination still prepares", running, busy(incoming), .wait),
    ("paused to be moved, and nothing there", handedOver, .absent, .resumeSource),
    ("paused to be moved, running there", handedOver, moved, .removeSource),
    ("post-copy ended there, its source is left", postcopyOut, moved, .removeSource),
    ("post-copy ended there, its source says it failed", brokenOut, moved, .removeSource),
    ("a copy there that never ran", running, incoming, .removeDestination),
    ("both wait", handedOver, incoming, .removeDestination),
    ("its user paused it, a copy there that never ran", paused, incoming, .removeDestination),
    ("post-copy is under way", busy(postcopyOut), busy(postcopyIn), .wait),
    ("post-copy is not going on", postcopyOut, postcopyIn, .resumePostcopy),
    ("post-copy broke", brokenOut, brokenIn, .resumePostcopy),
    ("post-copy broke, told here first", brokenOut, busy(postcopyIn), .resumePostcopy),
    ("post-copy broke, told there first", busy(postcopyOut), brokenIn, .resumePostcopy),
    ("post-copy, the source is gone", off, brokenIn, .person),
    ("post-copy, the destination is gone", brokenOut, .absent, .person),
    ("no process anywhere", off, .absent, .start),
    ("no process, defined there", .absent, off, .start),
    ("off here and an arrival that failed there", off, failedArrival, .start),
    ("off on both, and it ran on both", off, off, .person),
    ("off on both, and no daemon knows why", forgotten, forgotten, .person),
    ("off here, only defined there", off, forgotten, .start),
    ("it has left the source by another move", leftBehind, .absent, .person),
    ("known nowhere", .absent, .absent, .person),
    ("paused to be moved, and what ran there has ended", handedOver, crashed, .person),
    ("paused to be moved, and an arrival that failed there", handedOver, failedArrival, .resumeSource),
    ("running twice", running, moved, .person),
    ("libvirt undid what was done", undone, moved, .pauseSource),
    ("running here, paused there", running, paused, .person),
    ("paused here, running there", paused, moved, .person),
    ("only an unfinished copy there", .absent, incoming, .person),
    ("the source is silent", silent, moved, .unreachable),
    ("the destination is silent", running, silent, .unreachable),
    ("running here, post-copy there", running, brokenIn, .person),
  ])
  func aRow(_ name: String, source: Sighting, destination: Sighting, kind: Kind) {
    #expect(Kind(recovery(source: source, destination: destination)) == kind, "\(name)")
  }

  @Test func aGuestThatRanThereIsNotTakenBackInTime() {
    let known = MoveKnowledge(ranThere: true)
    #expect(Kind(recovery(source: handedOver, destination: .absent, knowing: known)) == .person)
    #expect(
      recovery(source: off, destination: off, knowing: known)
        == .start(.destination, "neither host has a process of the guest; it ran on the destination last"))
  }

  @Test func aDefinitionThatMovedIsWhereItIs() {
    let known = MoveKnowledge(movesDefinition: true)
    #expect(Kind(recovery(source: off, destination: .absent, knowing: known)) == .onSource)
    #expect(Kind(recovery(source: off, destination: forgotten, knowing: known)) == .onSource)
    #expect(Kind(recovery(source: .absent, destination: off, knowing: known)) == .onDestination)
    #expect(Kind(recovery(source: .absent, destination: .absent, knowing: known)) == .person)
  }

  @Test func aHandedOverGuestWaitsForTheSourceToLetGo() {
    let known = MoveKnowledge(handsOver: true)
    #expect(Kind(recovery(source: .absent, destination: paused, knowing: known)) == .resumeDestination)
    #expect(Kind(recovery(source: running, destination: paused, knowing: known)) == .removeDestination)
    #expect(Kind(recovery(source: handedOver, destination: paused, knowing: known)) == .removeDestination)
  }

  /// What the move paused itself is not what a user paused.
  @Test(arguments: [
    (moved, Kind.removeSource), (.absent, .resumeSource), (silent, .unreachable), (running, .removeSource),
  ])
  func aFencedSource(destination: Sighting, kind: Kind) {
    #expect(Kind(recovery(source: paused, destination: destination, knowing: MoveKnowledge(isFenced: true))) == kind)
  }
}

extension RecoveryTests.Kind {
  init(_ recovery: Recovery) {
    self =
      switch recovery {
      case .settled(.source): .onSource
      case .settled(.destination): .onDestination
      case .wait: .wait
      case .resumeSource: .resumeSource
      case .pauseSource: .pauseSource
      case .removeSource: .removeSource
      case .resumeDestination: .resumeDestination
      case .removeDestination: .removeDestination
      case .resumePostcopy: .resumePostcopy
      case .start: .start
      case .unreachable: .unreachable
      case .person: .person
      }
  }
}
