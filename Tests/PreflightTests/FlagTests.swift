import MigrationModel
import Testing

@testable import Preflight

@Suite struct FlagTests {
  @Test(arguments: flagCombinations + pointlessFlags + nonsensicalFlags)
  func oneFindingForEachThingThatIsWrong(_ wrong: FlagCase) {
    let findings = assessRequest(wrong.request)
    #expect(findings.map(\.subject) == wrong.subjects)
    #expect(findings.allSatisfy { $0.severity == wrong.severity && $0.rule == "flags.legal" })
    #expect(findings.allSatisfy { !$0.remedy.isEmpty && $0.message.hasSuffix(".") && !$0.isOverridden })
  }

  @Test(arguments: legalFlags)
  func whatLibvirtAcceptsPasses(_ legal: FlagCase) { #expect(assessRequest(legal.request) == []) }

  /// What is legal and can still lose the guest is told before, and keeps nothing back.
  @Test func whatPostcopyPutsAtStakeIsTold() {
    var request = MigrationRequest()
    #expect(risks(of: request).isEmpty)
    request.postcopy = true
    request.mode = .p2p
    #expect(risks(of: request).map(\.severity) == [.info])
    request.mode = .plain
    #expect(risks(of: request).map(\.severity) == [.warning, .info])
    request.postcopyResume = true
    #expect(risks(of: request).isEmpty)
  }

  @Test func everyCombinationHasASentenceOfItsOwn() {
    let findings = (flagCombinations + pointlessFlags).flatMap { assessRequest($0.request) }
    let bySubject = Dictionary(grouping: findings, by: \.subject).mapValues { Set($0.map(\.message)) }
    #expect(bySubject.values.allSatisfy { $0.count == 1 })
    #expect(Set(bySubject.values.flatMap { $0 }).count == bySubject.count)
  }

  @Test func aFindingNamesTheLayerThatRefuses() {
    let finding = assessRequest(flagCombinations[0].request).first
    #expect(finding?.source == "asked for")
    #expect(finding?.destination == "refused by libvirt's client library")
    #expect(finding?.message == "--tunnelled --parallel: a tunnel is one stream; libvirt's client library refuses it.")
    #expect(finding?.remedy == ["Use --p2p instead of --tunnelled."])
  }

  @Test func severalWrongsAreAllReported() {
    var request = MigrationRequest()
    request.mode = .tunnelled
    request.tls = true
    request.parallel = true
    request.zerocopy = true
    #expect(
      assessRequest(request).map(\.subject) == [
        "--tunnelled --parallel", "--tunnelled --tls", "--zerocopy --tls",
      ])
  }

  @Test func aBlockerCanBeAllowed() {
    var request = flagCombinations[0].request
    request.allow = ["flags.legal"]
    #expect(assessRequest(request).map(\.severity) == [.warning])
    #expect(assessRequest(request).map(\.isOverridden) == [true])
  }

  @Test func theAssessmentHoldsTheSameFindings() {
    for wrong in flagCombinations where wrong.request.migrateDisks.isEmpty {
      let findings = move { $0.request = wrong.request }.findings("flags.legal")
      #expect(findings == assessRequest(wrong.request), "\(wrong.testDescription)")
    }
  }

  @Test func aGuestThatIsOffMakesTheMoveOffline() {
    let off = move {
      $0.domain.state = .shutOff
      $0.request.copyStorage = .all
    }
    #expect(off.findings("flags.legal").map(\.subject) == ["--offline --copy-storage"])
  }

  @Test func whatAnOfflineMoveOfATransientGuestNeedsIsKnownOfTheGuest() {
    let off = move {
      $0.domain.isPersistent = false
      $0.request.mode = .offline
    }
    #expect(off.findings("flags.legal").map(\.subject) == ["--offline without --persistent"])
    #expect(off.with { $0.request.persistent = true }.answer("flags.legal") == .holds)
  }

  @Test func aGuestThatIsOffHasNoDowntimeToLimit() {
    let off = move {
      $0.domain.state = .shutOff
      $0.request.maxDowntime = 50
      $0.request.deadline = 60
    }
    #expect(
      off.findings("flags.legal").map(\.subject) == ["--deadline without --live", "--max-downtime without --live"])
  }

  @Test func aDiskThatTheGuestDoesNotHaveBlocks() {
    let finding = move {
      $0.request.copyStorage = .all
      $0.request.migrateDisks = ["vda", nastyName]
    }.findings("flags.legal").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.source == nastyName)
    #expect(finding?.message.contains("has no disk \(nastyName); it has vda") == true)
    #expect(finding?.remedy == ["virsh -c qemu+ssh://kvm1/system domblklist --domain web1"])
  }
}
