import MigrationModel
import Testing

@testable import Probes

@Suite struct RouteTests {
  @Test(arguments: [
    ("tcp://10.0.0.2", "10.0.0.2"), ("tcp://kvm2:49160", "kvm2"), ("tcp:kvm2", "kvm2"), ("tcp:kvm2:49152", "kvm2"),
    ("tcp://[2001:db8::1]:49152", "2001:db8::1"), ("rdma://kvm2/x", "kvm2"), ("unix:///run/x.sock", nil),
    ("tcp://", nil),
    ("nonsense", nil),
  ])
  func theHostOfAMigrateURI(_ uri: String, _ host: String?) {
    #expect(RouteQuestions.host(ofMigrateURI: uri) == host)
  }

  @Test func theMTUIsReadOrNotKnown() {
    #expect(RouteQuestions.parseMTU("9000 1500\n") == PathMTU(device: 9000, carried: 1500))
    #expect(RouteQuestions.parseMTU("1500 none\n") == PathMTU(device: 1500, carried: nil))
    for text in ["", "x 1", "1500", "-1 1500", "1500 many", "1500 1500 1500"] {
      #expect(RouteQuestions.parseMTU(text) == nil, "\(text)")
    }
  }

  @Test func aPeerAnswersWithItsUUIDOrSaysWhyNot() {
    #expect(RouteQuestions.parsePeer("answered\nabc\n") == PeerConnection(uuid: "abc"))
    #expect(RouteQuestions.parsePeer("failed\nerror: no\nkey\n") == PeerConnection(uuid: nil, message: "error: no key"))
    #expect(RouteQuestions.parsePeer("answered\n") == nil)
    #expect(RouteQuestions.parsePeer("") == nil)
  }

  @Test func theDaemonsCredentialsAreTriedWhereTheyMayMatter() {
    func asks(_ mode: MigrationRequest.Mode, _ uri: String, choosesMode: Bool) -> Bool {
      var request = MigrationRequest()
      request.mode = mode
      let host = HostFacts(name: "kvm2", uri: uri, gap: Gap(source: "s", reason: "r"))
      return RouteQuestions(to: host, request, choosesMode: choosesMode).sections.contains {
        $0.name == "virsh -c \(uri) capabilities"
      }
    }
    let (remote, local) = ("qemu+ssh://kvm2/system", "qemu:///system")
    #expect(asks(.auto, remote, choosesMode: true))
    #expect(!asks(.auto, remote, choosesMode: false))
    #expect(!asks(.auto, local, choosesMode: true))
    #expect(asks(.p2p, local, choosesMode: false))
    #expect(asks(.tunnelled, remote, choosesMode: false))
    #expect(!asks(.plain, remote, choosesMode: true))
    #expect(!asks(.offline, remote, choosesMode: true))
  }

  @Test func guestsOfOneProgramShareItsVersion() {
    let text = "u1 8:1\n8:1 = QEMU emulator version 7.2.22 (Debian)\nu2 8:1\nu3 8:2\n8:2 = cannot run\nnoise\n"
    #expect(RunningQEMUs.parse(text) == ["u1": Version(7, 2, 22), "u2": Version(7, 2, 22)])
  }

  @Test func theFirstFreePortOfTheRangeIsTaken() {
    var host = HostFacts(name: "h", uri: "", gap: Gap(source: "s", reason: "r"))
    #expect(PortListener(on: host) == nil)
    host.qemuConf = .known([:])
    host.portsInUse = .known([22, 49152, 49153])
    #expect(PortListener(on: host)?.port == 49154)
    host.qemuConf = .known(["migration_port_min": "49152", "migration_port_max": "49153"])
    #expect(PortListener(on: host) == nil)
    host.qemuConf = .known(["migration_port_min": "70000"])
    #expect(PortListener(on: host) == nil)
  }

  /// A real listener and real connections on this machine's loopback.
  @Test func aListenerIsReachedAndGoesWithItsShell() async throws {
    var host = HostFacts(name: "h", uri: "", gap: Gap(source: "s", reason: "r"))
    host.qemuConf = .known(["migration_port_min": "47801", "migration_port_max": "47899"])
    host.portsInUse = .known([])
    let listener = try #require(PortListener(on: host))
    @Sendable func probe(_ hadListener: Bool) async -> PortProbe.Outcome? {
      let reach = await Reach.fromHere.probe(
        "127.0.0.1", port: listener.port, hadListener: hadListener, timeout: .seconds(5))
      return reach.value?.outcome
    }
    let outcome = try await Door.local.open(timeout: .seconds(60)) { shell in
      let process = try #require(PortListener.process(await shell.ask([listener.start])[listener.start]))
      await shell.atExit(PortListener.stop(process))
      return await probe(true)
    }
    #expect(outcome == .open)
    #expect(await probe(false) == .refused)
  }

  @Test func whatTheServerSaysOfAConnectionIsUnderstood() {
    #expect(Reach.outcome(of: .refused("Channel opening failure: channel 43 error (2) Connection refused")) == .refused)
    #expect(Reach.outcome(of: .refused("... (2) No route to host")) == .unreachable)
    #expect(Reach.outcome(of: .refused("Channel opening failure: channel 44 error (2) open failed")) == .unreachable)
    #expect(Reach.outcome(of: .refused("Channel opening failure: channel 44 error (1) open failed")) == nil)
    #expect(Reach.words(of: .refused("Channel opening failure: channel 44 error (2) open failed")) == "open failed")
    #expect(Reach.outcome(of: .timedOut(.seconds(1))) == .dropped)
    #expect(Reach.outcome(of: .refused("administratively prohibited")) == nil)
    #expect(Reach.outcome(of: .closed) == nil)
  }
}
