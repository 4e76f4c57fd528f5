import MigrationModel
import Testing

@testable import Preflight

@Suite struct PortTests {
  @Test func aDroppedConnectionNamesTheAddressThePortAndTheFirewall() {
    let finding = move {
      $0.destination.qemuConf = .known(["migration_port_min": "50000", "migration_port_max": "50063"])
      $0.pair.migrationPort = .known(
        PortProbe(outcome: .dropped, address: "192.0.2.2", port: 50000, hadListener: true, message: "timed out"))
    }.findings("network.ports").first
    #expect(finding?.subject == "192.0.2.2 port 50000")
    #expect(
      finding?.message
        == "A connection from kvm1 to 192.0.2.2 port 50000 on kvm2 gets no answer, as from a firewall that drops"
        + " packets (timed out), so the guest has no way there.")
    #expect(
      finding?.remedy.first
        == "firewall-cmd --permanent --add-port=50000-50063/tcp && firewall-cmd --reload    # on kvm2, with firewalld")
    #expect(finding?.remedyText.contains("ufw allow proto tcp to any port 50000:50063") == true)
  }

  @Test func theFirewallIsOpenedForThePortsThatAreAskedFor() {
    let finding = move {
      $0.request.migrateURI = "tcp://192.0.2.2:49300"
      $0.pair.migrationPort = .known(
        PortProbe(outcome: .unreachable, address: "192.0.2.2", port: 49300, hadListener: false))
    }.findings("network.ports").first
    #expect(finding?.remedy.first?.hasPrefix("firewall-cmd --permanent --add-port=49300/tcp &&") == true)
  }

  @Test func theLastFreePortIsCounted() {
    func findings(taken: ClosedRange<Int>, moves: Int, copies: Bool) -> [Finding] {
      move {
        $0.destination.portsInUse = .known(Array(taken))
        $0.policy.parallelMoves = moves
        $0.request.copyStorage = copies ? .all : nil
      }.findings("network.ports")
    }
    #expect(findings(taken: 49152...49211, moves: 4, copies: false).isEmpty)
    #expect(findings(taken: 49152...49211, moves: 2, copies: true).isEmpty)
    let short = findings(taken: 49152...49212, moves: 2, copies: true).first
    #expect(short?.source == "4 needed")
    #expect(short?.destination == "3 of 64 free")
    #expect(short?.message.contains("needs 4 for 2 guests at once") == true)
  }

  @Test func everythingWrongIsSaidAtOnce() {
    let findings = move {
      $0.request.migrateURI = "tcp://[2001:db8::2]:22"
      $0.policy.parallelMoves = 2
      $0.pair.migrationPort = .known(
        PortProbe(outcome: .refused, address: "2001:db8::2", port: 22, hadListener: true))
    }.findings("network.ports")
    #expect(findings.map(\.subject) == ["port 22", "port 22", "2001:db8::2 port 22"])
  }

  @Test func aRangeThatMakesNoSenseHasNoFreePort() {
    let finding = move {
      $0.destination.qemuConf = .known(["migration_port_min": "50000", "migration_port_max": "49000"])
    }.findings("network.ports").first
    #expect(finding?.destination == "0 of 0 free")
  }
}

@Suite struct SSHStartupTests {
  @Test func theRemedyHasRoomForTheMoves() {
    let finding = move { $0.policy.parallelMoves = 60 }.findings("ssh.max-startups").first
    #expect(finding?.source == "120 connections at once")
    #expect(finding?.destination == "drops some from 10, all from 100")
    #expect(finding?.remedy.first?.hasSuffix("MaxStartups 130:30:250") == true)
  }

  @Test func anUnreadLimitIsNoReasonToStop() {
    #expect(move { $0.destination.sshd = .gap(gap) }.assessed().verdict == .warnings)
  }
}

@Suite struct PeerTests {
  @Test func theDaemonsOwnWordsAreRepeatedAndTheURIIsQuoted() {
    let finding = move {
      $0.request.mode = .p2p
      $0.destination.uri = "qemu+ssh://kvm2/system?keyfile=/k ey"
      $0.pair.peer = .known(PeerConnection(uuid: nil, message: "Cannot recv data:\nHost key verification failed."))
    }.findings("p2p.credentials").first
    #expect(
      finding?.message.contains("(Cannot recv data: Host key verification failed.), which a p2p move needs.") == true)
    #expect(finding?.remedyText.contains("virsh -c 'qemu+ssh://kvm2/system?keyfile=/k ey' uri") == true)
    #expect(finding?.remedyText.contains("leave --p2p out") == true)
    #expect(finding?.remedyText.contains("ssh-copy-id") == true)
  }

  @Test func anotherHostAtTheURIIsNamedByItsUUID() {
    let finding = move {
      $0.request.mode = .tunnelled
      $0.pair.peer = .known(PeerConnection(uuid: "bbbb"))
    }.findings("p2p.credentials").first
    #expect(finding?.source == "finds host UUID bbbb")
    #expect(finding?.destination == "aaaaaaaa-0000-0000-0000-000000000002")
  }
}

@Suite struct NetworkPathTests {
  @Test func theNarrowestPortIsNamed() {
    let links = { (uplink: Int) in
      Fact.known([
        Link(name: "br0", isBridge: true, isUp: true, mtu: 9000, forwardDelay: 0),
        Link(name: "bond0", isBridge: false, isUp: true, mtu: uplink, master: "br0"),
      ])
    }
    let finding = move {
      $0.source.links = links(9000)
      $0.destination.links = links(1500)
    }.findings("network.mtu").first
    #expect(finding?.subject == "bond0")
    #expect(finding?.source == "9000")
    #expect(finding?.destination == "1500 (bond0)")
    #expect(finding?.remedy.first?.hasPrefix("ip link set dev bond0 mtu 9000    # on kvm2") == true)
  }

  /// The transfer is slow or stalls over a bad way, but the guest stays where it is.
  @Test func anUnmeasuredWayIsNoReasonToStop() {
    #expect(move { $0.pair.pathMTU = .gap(gap) }.assessed().verdict == .warnings)
    #expect(move { $0.pair.pathMTU = .known(PathMTU(device: 1500, carried: nil)) }.assessed().verdict == .warnings)
  }

  @Test func spanningTreeDelaysTwice() {
    let finding = move {
      $0.destination.links = .known([
        Link(name: "br0", isBridge: true, isUp: true, mtu: 1500, forwardDelay: 1.5),
        Link(name: "eth1", isBridge: false, isUp: true, mtu: 1500, master: "br0"),
      ])
    }.findings("network.address").first
    #expect(finding?.source == "0 s")
    #expect(finding?.destination == "1.5 s")
    #expect(finding?.message.contains("web1 is not heard until 3 s after its port was made") == true)
  }

  @Test func everyDeviceThatIsWrongIsNamed() {
    let findings = move {
      $0.domain.interfaces = [
        Interface(source: .direct(device: "eth5", mode: "vepa")), Interface(source: .vhostUser("/run/v")),
        Interface(source: .direct(device: "eth5", mode: "vepa")),
      ]
      $0.destination.files["/run/v"] = .known(nil)
    }.findings("network.direct")
    #expect(findings.map(\.subject) == ["eth5", "/run/v"])
  }

  @Test func filterNamesAreQuotedInRemedies() {
    let finding = move { $0.domain.interfaces = [Interface(source: .bridge("br0"), filter: nastyName)] }
      .findings("network.filter").first
    #expect(finding?.message.contains(nastyName) == true)
    #expect(
      finding?.remedy.first
        == "virsh -c qemu+ssh://kvm1/system nwfilter-dumpxml --nwfilter \(nastyName.shellQuoted) > filter.xml")
  }
}

@Suite struct SecurityTests {
  @Test func anotherUserOnNFSSaysWhatBreaks() {
    let finding = move {
      $0.destination.securityModels = .known([
        SecurityModel(name: "dac", doi: "0", baseLabels: ["kvm": "+107:+108"])
      ])
    }.findings("security.model").first
    #expect(finding?.source == "+64055:+64055")
    #expect(finding?.destination == "+107:+108")
    #expect(finding?.message.contains("web1 loses it while it still runs on kvm1") == true)
    #expect(finding?.remedy.first?.hasPrefix("Set user = \"+64055\" and group = \"+64055\" in") == true)
  }

  @Test func everyCertificateThatIsBadIsNamed() {
    let findings = move {
      encrypted(&$0) { here, there in
        here.client = nil
        there.authority?.fingerprint = "CB"
        there.server?.isExpired = true
        there.server?.hasKey = false
        there.server?.names = ["a.example.org"]
      }
    }.findings("security.tls")
    #expect(
      findings.map(\.subject) == [
        "client-cert.pem on kvm1", "server-cert.pem on kvm2", "server-cert.pem on kvm2", "ca-cert.pem", "kvm2",
      ])
    #expect(findings.last?.remedy.first?.hasSuffix("--tls-destination a.example.org") == true)
    #expect(findings.last?.destination == "a.example.org")
  }

  @Test func pathsOfCertificatesAreQuoted() {
    let finding = move {
      encrypted(&$0) { _, there in
        there.directory = "/etc/\(nastyName)"
        there.server?.isTrusted = false
      }
    }.findings("security.tls").first
    #expect(finding?.remedyText.contains("-CAfile \("/etc/\(nastyName)/ca-cert.pem".shellQuoted) ") == true)
  }
}
