import Lab

/// All that one cell showed, as plain values: the verdict is a function of it alone.
struct FaultObservation: Sendable {
  var cell: FaultCell
  var isReached = false
  /// What was to be killed had ended before: nothing broke.
  var cameTooLate = false
  /// The guest ran on the destination before all of its memory was there, or was about to.
  var wasInPostcopy = false
  /// Post-copy was decided on before the fault was made.
  var postcopyCameFirst = false
  /// The tool did not end by itself.
  var isHung = false
  var exitCode: Int32 = -1
  var outcome: String?
  var message = ""
  /// Decisions and findings that the tool told before the end.
  var warnings: [String] = []
  var recovery: (command: String, exitCode: Int32, said: String)?
  var sightings: [Sighting] = []
  var watch: KeeperWatchReport?
  /// Every page was checked after the end; nil where no guest answers.
  var keeper: KeeperReport?
  /// Daemons that ended although nobody ended them.
  var crashes: [String] = []
  var leftovers: [String] = []
  var openEntries: Int?
  var seconds = 0.0

  /// What a host shows in the end.
  struct Sighting: Sendable, Equatable {
    var host: String
    var machines: Int
    /// libvirt's words; "absent" where it knows no such guest.
    var state: String
    var isDefined: Bool
  }

  /// No process of it is left, or one alone that lacks what post-copy had moved, or one that is from before the guest ran
  /// on the destination, where its QEMU was killed.
  var isLost: Bool {
    let left = sightings.filter { $0.machines > 0 }
    guard let last = left.first else { return true }
    if isStuckInPostcopy { return true }
    let ranThere = cell.fault == .destinationQEMU && cell.moment == .continue
    return left.count == 1
      && (last.state.contains("(post-copy") || (ranThere && last.host == "source" && last.state == "paused (user)"))
  }

  /// Each host has a part of its memory, and the network between them was broken meanwhile: a destination's QEMU that has
  /// met a page which it misses answers nobody, and cannot be told of another way to it.
  private var isStuckInPostcopy: Bool {
    wasInPostcopy && cell.fault.isOfTheNetwork && sightings.allSatisfy { $0.machines == 1 }
      && sightings.contains { $0.host == "source" && $0.state.contains("(post-copy failed)") }
  }

  /// The one host on which the guest runs, and nothing of it is on the other; nil otherwise.
  var home: String? {
    let there = sightings.filter { $0.machines > 0 }
    guard there.count == 1, there[0].machines == 1, there[0].state == "running" else { return nil }
    return there[0].host
  }
}

extension FaultObservation {
  /// What is wrong with the cell; empty when all holds that must.
  func complaints() -> [String] {
    guard isReached else { return ["the moment never came"] }
    return (isHung ? ["the tool did not end within \(FaultTrial.toolLimit)"] : []) + truth() + definitions() + remains()
  }

  /// The guest lives once, is the one that it was, and the tool said so.
  private func truth() -> [String] {
    if isLost { return lossComplaints() }
    var wrong: [String] = []
    if home == nil { wrong.append("the guest does not run once: \(summary)") }
    wrong += watch?.complaints ?? []
    if keeper == nil { wrong.append("the guest does not answer") }
    if let keeper, keeper.bootID != watch?.first?.bootID || keeper.errors > 0 {
      wrong.append("it is not the same guest")
    }
    if fault(claims: "completed", but: "source") { wrong.append("said completed, and the guest is on the source") }
    for word in ["rolled-back", "cancelled"] where fault(claims: word, but: "destination") {
      wrong.append("said \(word), and the guest is on the destination")
    }
    return wrong
  }

  private func fault(claims word: String, but place: String) -> Bool { outcome == word && home == place }

  /// Where the moments of a slow machine come late, post-copy may have begun before them. Until the destination runs,
  /// and has written down that it does, it needs both daemons and their connection: libvirt ends the one QEMU when that
  /// breaks, and never resumes the other.
  private var mayBeLost: Bool {
    let breaksPostcopy = [.sourceQEMU, .destinationQEMU].contains(cell.fault)
    let breaksSwitch =
      [.stop, .continue].contains(cell.moment) && [.sourceDaemon, .destinationDaemon].contains(cell.fault)
    return cell.mayLoseTheGuest || (wasInPostcopy && (breaksPostcopy || breaksSwitch))
      || (postcopyCameFirst && cell.fault.isOfTheNetwork)
  }

  /// The guest was seen running on the destination by the tool's last look, and its QEMU was killed there after it: the
  /// last moment of a move is also the first one after it.
  var endedAfterTheMove: Bool {
    cell.fault == .destinationQEMU && cell.moment == .continue && outcome == "completed"
      && sightings.contains { $0.host == "destination" && $0.state == "shut off (crashed)" }
  }

  private func lossComplaints() -> [String] {
    var wrong: [String] = []
    if !mayBeLost { wrong.append("the guest is lost, and this fault must not lose it") }
    if cell.fault != .toolKilled && exitCode != 4 && !endedAfterTheMove {
      wrong.append("the guest is lost, and the exit code is \(exitCode)")
    }
    if wasInPostcopy && warnings.isEmpty { wrong.append("nobody was told of post-copy's risk beforehand") }
    if sightings.allSatisfy({ !$0.isDefined }) { wrong.append("its definition is lost too") }
    return wrong
  }

  private func definitions() -> [String] {
    guard let home else { return [] }
    return sightings.compactMap { sighting in
      switch (sighting.host == home, sighting.isDefined) {
      case (true, false): "not defined where it runs (\(sighting.host))"
      case (false, true): "still defined on the \(sighting.host)"
      default: nil
      }
    }
  }

  /// The move of a guest that is lost stays open until a person has dealt with it.
  private func remains() -> [String] {
    // What is left of a guest that was lost in post-copy is told by its state.
    (isLost ? [] : leftovers.map { "left over: \($0)" })
      + (openEntries ?? 0 > 0 && !isLost ? ["\(openEntries ?? 0) open journal entries"] : [])
  }

  /// "source running (defined), destination absent".
  var summary: String {
    sightings.map { sighting in
      let count = sighting.machines > 1 ? " ×\(sighting.machines)" : ""
      let process = sighting.machines > 0 && sighting.state == "absent" ? " with a QEMU" : ""
      return "\(sighting.host) \(sighting.state)\(process)\(count)\(sighting.isDefined ? ", defined" : "")"
    }.joined(separator: "; ")
  }
}
