import MigrationModel
import Testing

@testable import Engine
@testable import Libvirt

@Suite struct MigrationCallTests {
  private func call(
    isActive: Bool = true, isPersistent: Bool = true, _ change: (inout MigrationRequest) -> Void = { _ in }
  ) -> MigrationCall {
    var request = MigrationRequest()
    change(&request)
    return MigrationCall(request, isActive: isActive, isPersistent: isPersistent)
  }

  @Test func aRunningDefinedGuestMovesLiveWithItsDefinition() {
    #expect(call().flags == [.live, .persistDestination, .undefineSource])
    #expect(!call().isPeerToPeer)
  }

  @Test func aTransientGuestLeavesNoDefinition() { #expect(call(isPersistent: false).flags == [.live]) }

  @Test func aGuestThatIsShutOffMovesOffline() {
    #expect(call(isActive: false).flags == [.offline, .persistDestination, .undefineSource])
  }

  @Test func anOfflineMoveLeavesTheDefinitionWhereItIsNeededOrWanted() {
    #expect(call().scope(isActive: true) == .guest)
    #expect(call(isActive: false).scope(isActive: false) == .definition(staysOnSource: false))
    let kept = call(isActive: false) { $0.undefineSource = false }
    #expect(kept.scope(isActive: false) == .definition(staysOnSource: true))
    let copied = call { $0.mode = .offline }
    #expect(copied.scope(isActive: true) == .definition(staysOnSource: true))
  }

  @Test func peerToPeerIsDrivenByTheSource() {
    let call = call { $0.mode = .p2p }
    #expect(call.isPeerToPeer)
    #expect(call.flags == [.live, .peer2peer, .persistDestination, .undefineSource])
  }

  @Test func tunnelledIsPeerToPeerToo() {
    #expect(call { $0.mode = .tunnelled }.flags.isSuperset(of: [.peer2peer, .tunnelled]))
  }

  @Test func whatIsAskedOverridesWhatTheGuestSuggests() {
    let call = call {
      $0.live = false
      $0.persistent = false
      $0.suspend = true
      $0.unsafe = true
    }
    #expect(call.flags == [.paused, .unsafe])
  }

  @Test func tuningIsPassedOnUnderLibvirtsNames() {
    let call = call {
      $0.autoConverge = true
      ($0.autoConvergeInitial, $0.autoConvergeIncrement) = (30, 7)
      $0.compression = ["mt", "xbzrle"]
      ($0.compressionLevel, $0.compressionThreads, $0.decompressionThreads) = (0, 3, 2)
      $0.compressionCache = 1 << 26
    }
    #expect(call.flags.isSuperset(of: [.autoConverge, .compressed]))
    #expect(
      call.parameters == [
        MigrateParameter(name: "auto_converge.initial", value: .int(30)),
        MigrateParameter(name: "auto_converge.increment", value: .int(7)),
        MigrateParameter(name: "compression.mt.level", value: .int(0)),
        MigrateParameter(name: "compression.mt.threads", value: .int(3)),
        MigrateParameter(name: "compression.mt.dthreads", value: .int(2)),
        MigrateParameter(name: "compression.xbzrle.cache", value: .unsigned(67_108_864)),
        .compression("mt"), .compression("xbzrle"),
      ])
  }

  @Test func limitsOfTheTransferAreNoParameters() {
    let call = call { ($0.maxDowntime, $0.deadline, $0.onStall, $0.hangTimeout) = (50, 60, .suspend, 0) }
    #expect(call == self.call())
  }

  @Test func parametersCarryTheirValues() {
    let call = call {
      $0.bandwidth = 7
      $0.migrateURI = "tcp://192.0.2.7:49152"
      $0.migrateDisks = ["vda", "vdb"]
    }
    #expect(
      call.parameters == [.uri("tcp://192.0.2.7:49152"), .bandwidth(7), .migrateDisk("vda"), .migrateDisk("vdb")])
  }
}

private let notFound = LibvirtError(
  code: .noDomain, message: "Domain not found", operation: "look up domain web1", host: "host1")

@Suite struct MigrationFailureTests {
  @Test func whatBothHostsSaidIsTakenApart() {
    var error = notFound
    error.message =
      "migration failed. Message from the source host: operation failed: job 'migration out' failed."
      + " Message from the destination host: internal error: QEMU unexpectedly closed the monitor"
    let failure = MigrationFailure(error)
    #expect(failure.source == "operation failed: job 'migration out' failed. ")
    #expect(failure.destination == "internal error: QEMU unexpectedly closed the monitor")
  }

  @Test func oneHostsWordsStayWhole() {
    let failure = MigrationFailure(notFound)
    #expect(failure.source == nil)
    #expect(failure.message.contains("Domain not found"))
  }
}
