import MigrationModel
import Testing

@testable import Preflight

@Suite struct GuestStateTests {
  /// State, and what a live and an offline move make of it; nil where the rule holds.
  private static let table: [(DomainState, live: Severity?, offline: Severity?)] = [
    (.noState, .unknown, .unknown), (.running, nil, .warning), (.blocked, nil, .warning), (.paused, nil, .warning),
    (.shuttingDown, .blocker, .blocker), (.shutOff, .blocker, nil), (.saved, .blocker, .blocker),
    (.crashed, .blocker, .blocker), (.suspended, .blocker, .blocker), (.unrecognised, .unknown, .unknown),
  ]

  @Test func everyStateHasItsRow() { #expect(Set(Self.table.map(\.0)) == Set(DomainState.allCases)) }

  @Test(arguments: DomainState.allCases)
  func everyStateHasItsAnswer(_ state: DomainState) throws {
    let row = try #require(Self.table.first { $0.0 == state })
    func severities(_ mode: MigrationRequest.Mode) -> [Severity] {
      move {
        $0.domain.state = state
        $0.domain.stateReason = ""
        $0.request.mode = mode
      }.findings("guest.state").map(\.severity)
    }
    #expect(severities(.plain) == (row.live.map { [$0] } ?? []))
    #expect(severities(.p2p) == (row.live.map { [$0] } ?? []))
    #expect(severities(.offline) == (row.offline.map { [$0] } ?? []))
  }

  @Test func aShutOffGuestMovesOfflineByItselfUnlessLiveIsAskedFor() {
    #expect(move { $0.domain.state = .shutOff }.answer("guest.state") == .holds)
    let live = move {
      $0.domain.state = .shutOff
      $0.request.live = true
    }
    #expect(live.findings("guest.state").map(\.severity) == [.blocker])
    #expect(live.findings("guest.state").first?.remedy.first == "Move its definition: --offline")
  }

  @Test(arguments: [
    (DomainState.paused, "I/O error", "domblkerror"), (.paused, "migration", "domstate --domain"),
    (.paused, "migrating", "domstate --domain"), (.paused, "post-copy failed", "domstate --domain"),
    (.running, "post-copy", "domstate --domain"), (.running, "post-copy failed", "domstate --domain"),
    (.paused, "saving", "domjobinfo"), (.paused, "dumping", "domjobinfo"), (.paused, "creating snapshot", "domjobinfo"),
    (.paused, "starting up", "domjobinfo"), (.paused, "crashed", "domjobinfo"), (.paused, "api error", "domjobinfo"),
  ])
  func aReasonThatForbidsTheMoveBlocks(_ state: DomainState, _ reason: String, _ remedy: String) {
    let finding = move {
      $0.domain.state = state
      $0.domain.stateReason = reason
    }.findings("guest.state").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.source == "\(state.rawValue) (\(reason))")
    #expect(finding?.message.contains("web1 (\(reason)) on kvm1") == true)
    #expect(finding?.remedyText.contains(remedy) == true)
  }

  @Test(arguments: ["user", "from snapshot", "watchdog", "", "unknown"])
  func aPauseOfAnotherKindMoves(_ reason: String) {
    let paused = move {
      $0.domain.state = .paused
      $0.domain.stateReason = reason
    }
    #expect(paused.answer("guest.state") == .holds)
  }

  @Test(arguments: ["migrated", "migration canceled", "unpaused"])
  func aRunningGuestWithAPastMoves(_ reason: String) {
    #expect(move { $0.domain.stateReason = reason }.answer("guest.state") == .holds)
  }

  @Test func aSavedGuestIsResumedFirst() {
    let finding = move {
      $0.domain.state = .saved
      $0.domain.name = nastyName
    }.findings("guest.state").first
    #expect(finding?.message.contains(nastyName) == true)
    #expect(finding?.remedyText.contains("start --domain \(nastyName.shellQuoted)") == true)
    #expect(finding?.remedyText.contains("managedsave-remove --domain \(nastyName.shellQuoted)") == true)
  }

  @Test func movingTheDefinitionOfARunningGuestWarnsOfStartingItTwice() {
    let finding = move { $0.request.mode = .offline }.findings("guest.state").first
    #expect(finding?.message.contains("started twice") == true)
    #expect(finding?.remedyText.contains("shutdown --domain web1") == true)
  }
}

@Suite struct GuestCollisionTests {
  private func findings(
    name: String = "web1", uuid: String = readyDomain().uuid, state: DomainState = .shutOff,
    _ change: (inout Move) -> Void = { _ in }
  ) -> [Finding] {
    move {
      $0.destination.domains = .known([DomainIdentity(name: name, uuid: uuid, state: state, isPersistent: true)])
      change(&$0)
    }.findings("guest.collision")
  }

  @Test func otherDomainsDoNotMatter() {
    #expect(readyMove().answer("guest.collision") == .holds)
    #expect(findings(name: "db1", uuid: "2").isEmpty)
  }

  @Test(arguments: [DomainState.shutOff, .running])
  func theNameWithAnotherUUIDBlocks(_ state: DomainState) {
    let finding = findings(uuid: "2222", state: state).first
    #expect(finding?.severity == .blocker)
    #expect(finding?.source == "web1, \(readyDomain().uuid)")
    #expect(finding?.destination == "web1, 2222, \(state.rawValue)")
    #expect(finding?.remedyText.contains("--dname NAME") == true)
    #expect(finding?.remedyText.contains("undefine --domain 2222") == true)
  }

  @Test func theNameOnTheDestinationCounts() {
    #expect(findings(uuid: "2222") { $0.request.destinationName = "web2" }.isEmpty)
    #expect(findings(name: "web2", uuid: "2222") { $0.request.destinationName = "web2" }.map(\.severity) == [.blocker])
  }

  @Test(arguments: DomainState.allCases.filter { $0 != .shutOff })
  func theGuestItselfInAnyOtherStateBlocks(_ state: DomainState) {
    let finding = findings(state: state).first
    #expect(finding?.severity == .blocker)
    #expect(finding?.message.contains("never run a guest twice") == true)
    #expect(finding?.remedyText.contains("undefine") == false)
  }

  @Test func theUUIDUnderAnotherNameBlocks() {
    #expect(findings(name: "old-web1", uuid: readyDomain().uuid.uppercased()).map(\.severity) == [.blocker])
  }

  @Test func aMereDefinitionOfTheGuestWarns() {
    let replaced = findings().first
    #expect(replaced?.severity == .warning)
    #expect(replaced?.message.contains("is replaced") == true)
    #expect(replaced?.remedyText.contains("dumpxml --inactive") == true)
    #expect(findings { $0.request.persistent = false }.first?.message.contains("stays") == true)
  }

  @Test func unreadDomainsAreUnknown() {
    #expect(move { $0.destination.domains = .gap(gap) }.findings("guest.collision").map(\.severity) == [.unknown])
  }
}

@Suite struct GuestBaggageTests {
  @Test func snapshotsAndCheckpointsAreTakenAlongByHand() {
    let findings = move {
      $0.domain.name = nastyName
      $0.domain.hasSnapshots = .known(true)
      $0.domain.hasCheckpoints = .known(true)
    }.findings("guest.snapshots")
    #expect(findings.map(\.subject) == ["snapshots", "checkpoints"])
    let domain = "--domain \(nastyName.shellQuoted)"
    #expect(
      ["list", "dumpxml", "delete", "create"].allSatisfy {
        findings[0].remedyText.contains("snapshot-\($0) \(domain)")
          && findings[1].remedyText.contains("checkpoint-\($0) \(domain)")
      })
    #expect(findings[0].remedy.last?.contains("qemu+ssh://kvm2/system") == true)
  }

  @Test func aReadFactDoesNotHideAnUnreadOne() {
    let findings = move {
      $0.domain.hasSnapshots = .gap(gap)
      $0.domain.hasCheckpoints = .gap(gap)
    }.findings("guest.snapshots")
    #expect(findings.map(\.severity) == [.unknown, .unknown])
  }

  @Test func everyJobIsNamedWithItsEnd() {
    let findings = move {
      $0.domain.job = .known("unbounded")
      $0.domain.blockJobs = .known(["vdb": "backup", "vda": "copy"])
    }.findings("guest.jobs")
    #expect(findings.map(\.subject) == ["job", "vda", "vdb"])
    #expect(findings.map { $0.remedy.last?.contains("domjobabort") } == [true, false, true])
    #expect(findings[1].remedyText.contains("blockjob --domain web1 --path vda --abort"))
  }

  @Test func anAgentThatDoesNotAnswerKeepsNobodyBack() {
    let assessment = move { $0.domain.agentIsConnected = false }.assessed()
    #expect(assessment.findings.map(\.rule) == ["guest.agent"])
    #expect(assessment.verdict == .ready)
  }

  @Test func aDefinitionThatIsLostIsNamedWithBothHosts() {
    let finding = move {
      $0.request.persistent = false
      $0.request.undefineSource = true
    }.findings("guest.persistence").first
    #expect(finding?.source == "persistent" && finding?.destination == "transient")
    #expect(finding?.message.contains("kvm1") == true && finding?.message.contains("kvm2") == true)
    #expect(finding?.remedyText.contains("--persistent") == true)
  }
}
