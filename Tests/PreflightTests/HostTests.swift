import MigrationModel
import Testing

@testable import Preflight

@Suite struct HostTests {
  @Test func distinctUUIDsPass() { #expect(readyMove().answer("host.identity") == .holds) }

  @Test func oneUUIDOnBothBlocksWhateverItsCase() {
    let finding = move {
      $0.source.uuid = .known("ABCD")
      $0.destination.uuid = .known("abcd")
    }.findings("host.identity").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.source == "ABCD")
    #expect(finding?.destination == "abcd")
    #expect(finding?.remedyText.contains("host_uuid") == true)
  }

  @Test func oneNameOnBothBlocksWhenTheURIIsMadeOfIt() {
    let finding = move { $0.destination.hostname = .known("KVM1") }.findings("host.hostname").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.source == "kvm1")
    #expect(finding?.destination == "KVM1")
    #expect(finding?.remedyText.contains("--migrateuri tcp://192.0.2.2") == true)
  }

  @Test(
    arguments: [
      { $0.request.migrateURI = "tcp://192.0.2.2" }, { $0.request.mode = .tunnelled },
      { $0.destination.qemuConf = .known(["migration_host": "192.0.2.2"]) },
    ] as [@Sendable (inout Move) -> Void])
  func oneNameOnBothWarnsWhenTheURIIsMadeOtherwise(_ change: @Sendable (inout Move) -> Void) {
    let findings = move {
      $0.destination.hostname = .known("kvm1")
      change(&$0)
    }.findings("host.hostname")
    #expect(findings.map(\.severity) == [.warning])
  }

  @Test func localhostBlocksOnTheDestinationOnly() {
    let there = move { $0.destination.hostname = .known("localhost.localdomain") }.findings("host.hostname")
    #expect(there.map(\.severity) == [.blocker])
    #expect(there.first?.message.contains("kvm2 calls itself localhost.localdomain") == true)
    let here = move { $0.source.hostname = .known("localhost") }.findings("host.hostname")
    #expect(here.map(\.severity) == [.warning])
  }

  @Test func aNameThatLeadsToTheDestinationPasses() {
    #expect(readyMove().answer("uri.resolves") == .holds)
    #expect(
      move {
        $0.destination.addresses = .known(["192.0.2.2", "2001:DB8::1"])
        $0.pair.destinationResolvedOnSource = .known(["2001:db8::1", "192.0.2.2"])
      }.answer("uri.resolves") == .holds)
  }

  @Test func aNameThatDoesNotResolveBlocks() {
    let finding = move { $0.pair.destinationResolvedOnSource = .known([]) }.findings("uri.resolves").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.subject == "kvm2")
    #expect(finding?.message.contains("kvm1 does not resolve kvm2") == true)
    #expect(finding?.source == "none")
    #expect(finding?.destination == "192.0.2.2")
    #expect(finding?.remedy.first == "Name the address: --migrateuri tcp://192.0.2.2")
  }

  @Test(arguments: ["127.0.1.1", "::1", "192.0.2.1"])
  func aNameThatLeadsBackBlocks(_ address: String) {
    let finding = move { $0.pair.destinationResolvedOnSource = .known([address]) }.findings("uri.resolves").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.message.contains("back to kvm1 itself") == true)
  }

  @Test func aNameThatLeadsElsewhereBlocksAndOneThatAlsoDoesWarns() {
    let elsewhere = move { $0.pair.destinationResolvedOnSource = .known(["203.0.113.9"]) }.findings("uri.resolves")
    #expect(elsewhere.map(\.severity) == [.blocker])
    #expect(elsewhere.first?.message.contains("which kvm2 does not have") == true)
    let also = move { $0.pair.destinationResolvedOnSource = .known(["192.0.2.2", "203.0.113.9"]) }
    #expect(also.findings("uri.resolves").map(\.severity) == [.warning])
  }

  @Test func theConfiguredMigrationHostIsTheNameThatCounts() {
    let finding = move {
      $0.destination.qemuConf = .known(["migration_host": nastyName])
      $0.pair.destinationResolvedOnSource = .known([])
    }.findings("uri.resolves").first
    #expect(finding?.subject == nastyName)
    #expect(finding?.message.contains(nastyName) == true)
    #expect(finding?.remedyText.contains("getent ahosts \(nastyName.shellQuoted)") == true)
  }

  @Test func anIPv6AddressIsBracketedAndQuoted() {
    let finding = move {
      $0.destination.addresses = .known(["fe80::1", "2001:db8::2"])
      $0.pair.destinationResolvedOnSource = .known([])
    }.findings("uri.resolves").first
    #expect(finding?.remedy.first == "Name the address: --migrateuri 'tcp://[2001:db8::2]'")
  }

  @Test(
    arguments: [
      { $0.request.migrateURI = "tcp://192.0.2.2" }, { $0.request.mode = .tunnelled }, { $0.request.mode = .offline },
    ] as [@Sendable (inout Move) -> Void])
  func noNameIsHandedBack(_ change: @Sendable (inout Move) -> Void) {
    #expect(move { change(&$0) }.answer("uri.resolves")?.isNotApplicable == true)
  }
}
