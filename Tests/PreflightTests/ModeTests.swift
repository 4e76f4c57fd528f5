import MigrationModel
import Testing

@testable import Preflight

/// What is changed of a move whose source reaches its destination, and what the mode comes to.
private struct ModeCase: Sendable, CustomTestStringConvertible {
  var mode: MigrationRequest.Mode
  var because: String
  var change: @Sendable (inout Move) -> Void
  var testDescription: String { "\(mode.rawValue): \(because)" }

  init(_ mode: MigrationRequest.Mode, _ because: String, _ change: @escaping @Sendable (inout Move) -> Void) {
    self.mode = mode
    self.because = because
    self.change = change
  }
}

private let there = "aaaaaaaa-0000-0000-0000-000000000002"
private let foreignURI = "kvm2's URI means nothing to kvm1"

private let modeCases: [ModeCase] = [
  ModeCase(.p2p, "kvm1's own credentials open kvm2") { _ in },
  ModeCase(.p2p, "kvm1's own credentials open kvm2") {
    $0.pair.peer = .known(PeerConnection(uuid: there.uppercased()))
  },
  ModeCase(.p2p, "kvm1's own credentials open kvm2") { $0.destination.uri = "qemu+tls://kvm2/system" },
  ModeCase(.p2p, "kvm1's own credentials open kvm2") { $0.destination.uri = "qemu+tcp://[2001:db8::2]:16509/system" },
  ModeCase(.p2p, "kvm1's own credentials open kvm2") {
    $0.request.postcopy = true
    $0.request.copyStorage = .all
    $0.request.live = false
  },
  ModeCase(.p2p, "kvm1's own credentials open kvm2") { $0.domain.state = .paused },
  // Asked for.
  ModeCase(.plain, "it was asked for") { $0.request.mode = .plain },
  ModeCase(.tunnelled, "it was asked for") { $0.request.mode = .tunnelled },
  ModeCase(.offline, "it was asked for") { $0.request.mode = .offline },
  ModeCase(.p2p, "it was asked for") {
    $0.request.mode = .p2p
    $0.pair.peer = .known(nil)
    $0.domain.state = .shutOff
  },
  // A guest that does not run.
  ModeCase(.offline, "the guest does not run") { $0.domain.state = .shutOff },
  ModeCase(.plain, "a live move was asked for") {
    $0.domain.state = .shutOff
    $0.request.live = true
  },
  // What is not known.
  ModeCase(.plain, "kvm1's own credentials could not be tried on kvm2: nothing asked for it") {
    $0.pair.peer = .known(nil)
  },
  ModeCase(.plain, "kvm1's own credentials could not be tried on kvm2: cannot read this") { $0.pair.peer = .gap(gap) },
  ModeCase(.plain, "kvm2's identity could not be read") { $0.destination.uuid = .gap(gap) },
  // What was seen.
  ModeCase(.plain, "kvm1's own credentials do not open kvm2: Host key verification failed.") {
    $0.pair.peer = .known(PeerConnection(uuid: nil, message: "Host key\nverification failed."))
  },
  ModeCase(.plain, "kvm1's own credentials do not open kvm2") { $0.pair.peer = .known(PeerConnection(uuid: nil)) },
  ModeCase(.plain, "kvm1's own credentials do not open kvm2") {
    $0.pair.peer = .known(PeerConnection(uuid: ""))
    $0.destination.uuid = .known("")
  },
  ModeCase(.plain, "kvm2's URI leads kvm1 to another host") {
    $0.pair.peer = .known(PeerConnection(uuid: "aaaaaaaa-0000-0000-0000-000000000001"))
  },
  // Where the URIs lead.
  ModeCase(.plain, foreignURI) { $0.destination.uri = "qemu:///system" },
  ModeCase(.plain, foreignURI) { $0.destination.uri = "qemu+ssh://root@localhost:2222/system" },
  ModeCase(.plain, foreignURI) { $0.destination.uri = "qemu+unix:///system?socket=/run/kvm2.sock" },
  ModeCase(.plain, "kvm1's daemon is a user's own, whose credentials were not tried") {
    $0.source.uri = "qemu+ssh://kvm1/session"
  },
]

@Suite struct ModeTests {
  @Test(arguments: modeCases) private func everyChoiceSaysWhy(_ expected: ModeCase) {
    let move = reachable.with(expected.change)
    let choice = chosenMode(
      for: move.request, isActive: move.domain.isActive, over: (move.source, move.destination, move.pair))
    #expect(choice == ModeChoice(expected.mode, because: expected.because))
    #expect(choice.mode != .auto)
  }

  @Test func withoutPreflightTheClientLeads() {
    #expect(chosenMode(for: MigrationRequest(), isActive: true).mode == .plain)
    #expect(chosenMode(for: MigrationRequest(), isActive: false).mode == .offline)
  }

  @Test func rulesJudgeTheModeThatIsChosen() {
    #expect(reachable.assessed().passed.contains("p2p.credentials"))
    let alone = reachable.with { $0.pair.peer = .known(nil) }
    #expect(alone.assessed().notApplicable.contains("p2p.credentials"))
    let off = reachable.with {
      $0.domain.state = .shutOff
      $0.request.copyStorage = .all
    }
    #expect(off.assessed().findings.map(\.subject).contains("--offline --copy-storage"))
  }

  private var reachable: Move { readyMove().with { $0.pair.peer = .known(PeerConnection(uuid: there)) } }
}
