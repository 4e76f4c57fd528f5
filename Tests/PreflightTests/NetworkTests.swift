import MigrationModel
import Testing

@testable import Preflight

@Suite struct BridgeTests {
  private func link(_ name: String = "br0", isBridge: Bool = true, isUp: Bool = true) -> Link {
    Link(name: name, isBridge: isBridge, isUp: isUp, mtu: 1500)
  }

  @Test func aBridgeThatIsUpPasses() { #expect(readyMove().answer("network.bridge") == .holds) }

  @Test func anAbsentBridgeBlocks() {
    let finding = move { $0.destination.links = .known([]) }.findings("network.bridge").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.subject == "br0")
    #expect(finding?.source == "bridge, up")
    #expect(finding?.destination == "absent")
    #expect(finding?.message == "The bridge br0, which web1 is plugged into, does not exist on kvm2.")
    #expect(finding?.remedyText.contains("ip link add name br0 type bridge") == true)
  }

  /// libvirt does not look whether the bridge of an active network is there.
  @Test func theBridgeBehindANetworkMustBeThereToo() {
    let network = VirtualNetwork(name: "guests", isActive: true, forwardMode: "bridge", bridge: "br0")
    let finding = move {
      $0.domain.interfaces = [Interface(source: .network(name: "guests", portGroup: nil))]
      $0.source.networks = .known([network])
      $0.destination.networks = .known([network])
      $0.destination.links = .known([])
    }.findings("network.bridge").first
    #expect(finding?.subject == "br0")
  }

  @Test func aBridgeThatIsDownBlocks() {
    let finding = move { $0.destination.links = .known([link(isUp: false)]) }.findings("network.bridge").first
    #expect(finding?.destination == "bridge, down")
    #expect(finding?.remedyText.hasPrefix("ip link set dev br0 up") == true)
  }

  @Test func aDeviceThatIsNoBridgeBlocks() {
    let finding = move { $0.destination.links = .known([link(isBridge: false)]) }.findings("network.bridge").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.destination == "no bridge, up")
  }

  @Test func anOpenVSwitchBridgeIsNoBridgeOnEitherHost() {
    let both = move {
      $0.source.links = .known([link(isBridge: false)])
      $0.destination.links = .known([link(isBridge: false)])
    }
    #expect(both.answer("network.bridge") == .holds)
    let down = both.with { $0.destination.links = .known([link(isBridge: false, isUp: false)]) }
    #expect(down.answer("network.bridge") == .holds, "it forwards whether or not its own port is up")
    let linux = both.with { $0.destination.links = .known([link(isBridge: true)]) }
    #expect(linux.findings("network.bridge").map(\.severity) == [.blocker])
  }

  @Test func aBridgeUsedTwiceIsReportedOnce() {
    let twice = move {
      $0.domain.interfaces = [Interface(source: .bridge("br7")), Interface(source: .bridge("br7"))]
    }
    #expect(twice.findings("network.bridge").map(\.subject) == ["br7"])
  }

  @Test func namesAreLiteralInMessagesAndQuotedInRemedies() {
    let finding = move { $0.domain.interfaces = [Interface(source: .bridge(nastyName))] }.findings("network.bridge")
      .first
    #expect(finding?.message.contains(nastyName) == true)
    #expect(finding?.remedyText.contains("name \(nastyName.shellQuoted) type bridge") == true)
    #expect(finding?.remedyText.contains("dev \(nastyName.shellQuoted) up") == true)
  }

  @Test func unreadDevicesAreUnknown() {
    #expect(move { $0.destination.links = .gap(gap) }.findings("network.bridge").map(\.severity) == [.unknown])
  }

  @Test func noBridgeNoQuestion() {
    let other = [
      [], [Interface(source: .other("user"))], [Interface(source: .network(name: "default", portGroup: nil))],
    ]
    for interfaces in other {
      #expect(move { $0.domain.interfaces = interfaces }.answer("network.bridge")?.isNotApplicable == true)
    }
  }
}

@Suite struct LibvirtNetworkTests {
  private func networks(_ change: (inout VirtualNetwork) -> Void) -> Fact<[VirtualNetwork]> {
    var network = VirtualNetwork(name: "default", isActive: true, forwardMode: "nat", bridge: "virbr0")
    change(&network)
    return .known([network])
  }

  private func findings(
    here: (inout VirtualNetwork) -> Void = { _ in }, there: (inout VirtualNetwork) -> Void
  ) -> [Finding] {
    move {
      $0.source.networks = networks(here)
      $0.destination.networks = networks(there)
    }.findings("network.libvirt")
  }

  @Test func theSameNetworkPasses() { #expect(readyMove().answer("network.libvirt") == .holds) }

  @Test func anUndefinedNetworkBlocks() {
    let finding = move { $0.destination.networks = .known([]) }.findings("network.libvirt").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.source == "nat on virbr0, active")
    #expect(finding?.destination == "absent")
    #expect(finding?.remedyText.contains("net-define --file network.xml") == true)
    #expect(finding?.remedyText.contains("net-start --network default") == true)
  }

  @Test func anInactiveNetworkBlocks() {
    let found = findings { $0.isActive = false }
    #expect(found.map(\.severity) == [.blocker])
    #expect(found.first?.destination == "nat on virbr0, inactive")
    #expect(found.first?.remedy.first == "virsh -c qemu+ssh://kvm2/system net-start --network default")
  }

  @Test func anotherForwardModeBlocks() {
    let found = findings { $0.forwardMode = nil }
    #expect(found.map(\.severity) == [.blocker])
    #expect(found.first?.source == "nat")
    #expect(found.first?.destination == "isolated")
    #expect(found.first?.remedyText.contains("net-edit --network default") == true)
  }

  @Test func anotherBridgeBlocksUnderForwardModeBridgeOnly() {
    #expect(findings { $0.bridge = "virbr1" }.map(\.severity) == [.warning])
    let bridged = findings(
      here: { $0.forwardMode = "bridge" },
      there: {
        $0.forwardMode = "bridge"
        $0.bridge = "br1"
      })
    #expect(bridged.map(\.severity) == [.blocker])
    #expect(bridged.first?.source == "virbr0")
    #expect(bridged.first?.destination == "br1")
  }

  @Test func otherVLANsBlockWhateverTheirOrder() {
    let found = findings(here: { $0.vlans = [10, 20] }, there: { $0.vlans = [10] })
    #expect(found.map(\.severity) == [.blocker])
    #expect(found.first?.source == "10 and 20")
    #expect(found.first?.destination == "10")
    #expect(findings(here: { $0.vlans = [10, 20] }, there: { $0.vlans = [20, 10] }).isEmpty)
  }

  @Test func aMissingPortGroupBlocks() {
    let wanting = move {
      $0.domain.interfaces = [Interface(source: .network(name: "default", portGroup: "dmz"))]
    }
    #expect(wanting.findings("network.libvirt").map(\.severity) == [.blocker])
    #expect(wanting.findings("network.libvirt").first?.message.contains("port group dmz") == true)
    let there = wanting.with { $0.destination.networks = networks { $0.portGroups = ["dmz": []] } }
    #expect(there.answer("network.libvirt") == .holds)
  }

  @Test(arguments: ["dmz", nil] as [String?]) func vlansOfPortGroupsAreCompared(group: String?) {
    func tags(_ tags: [Int]) -> Fact<[VirtualNetwork]> {
      networks {
        $0.portGroups = ["dmz": tags]
        $0.defaultPortGroup = "dmz"
      }
    }
    let same = move {
      $0.domain.interfaces = [Interface(source: .network(name: "default", portGroup: group))]
      $0.source.networks = tags([10, 11])
      $0.destination.networks = tags([11, 10])
    }
    #expect(same.answer("network.libvirt") == .holds)
    let other = same.with { $0.destination.networks = tags([20]) }.findings("network.libvirt")
    #expect(other.map(\.severity) == [.blocker])
    #expect(other.first?.message.contains("VLANs of port group dmz 10 and 11 on kvm1 and 20 on kvm2") == true)
    let none = same.with { $0.destination.networks = networks { _ in } }.findings("network.libvirt")
    #expect(none.map(\.severity) == [.blocker])
  }

  @Test func aNetworkOnlyTheDestinationHasIsFine() {
    #expect(move { $0.source.networks = .known([]) }.answer("network.libvirt") == .holds)
  }

  @Test func namesAreLiteralInMessagesAndQuotedInRemedies() {
    let finding = move { $0.domain.interfaces = [Interface(source: .network(name: nastyName, portGroup: nil))] }
      .findings("network.libvirt").first
    #expect(finding?.message.contains(nastyName) == true)
    #expect(finding?.remedyText.contains("net-start --network \(nastyName.shellQuoted)") == true)
  }

  @Test func unreadNetworksAreUnknownAndNoneAreNoQuestion() {
    #expect(move { $0.source.networks = .gap(gap) }.findings("network.libvirt").map(\.severity) == [.unknown])
    #expect(move { $0.domain.interfaces = [] }.answer("network.libvirt")?.isNotApplicable == true)
  }
}

@Suite struct MemoryTests {
  @Test func overheadFollowsItsFormula() {
    var domain = readyDomain()
    domain.memory = .mebibytes(512 * 10)
    domain.vcpus = 4
    #expect(memoryOverhead(of: domain) == .mebibytes(10 + 32 + 88))
    domain.vcpus = -1
    #expect(memoryOverhead(of: domain) == .mebibytes(98))
  }

  @Test func whatJustFitsPassesAndOneByteMoreBlocks() {
    let need = ByteCount.mebibytes(1024 + 2 + 16 + 88)
    func answer(_ available: ByteCount) -> Answer? {
      move { $0.destination.memory = .known(HostMemory(total: .mebibytes(4096), available: available)) }.answer(
        "memory.free")
    }
    #expect(answer(need) == .holds)
    #expect(answer(.bytes(need.rawValue - 1))?.issues.map(\.severity) == [.blocker])
  }

  @Test func tooLittleBlocksWithBothNumbers() {
    let finding = move {
      $0.destination.memory = .known(HostMemory(total: .mebibytes(2048), available: .mebibytes(512)))
    }.findings("memory.free").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.source == "1 GiB + 106 MiB")
    #expect(finding?.destination == "512 MiB of 2 GiB available")
    #expect(finding?.message.contains("kvm2 has 512 MiB of memory available; web1 needs 1 GiB") == true)
    #expect(finding?.remedyText.contains("virsh -c qemu+ssh://kvm2/system domstats --balloon") == true)
  }

  @Test func theReserveStaysFree() {
    let finding = move { $0.policy.memoryReserve = .mebibytes(7500) }.findings("memory.free").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.message.contains("7.3 GiB are spoken for") == true)
  }

  @Test func aGuestOfAnySizeDoesNotTrap() {
    let huge = move {
      $0.domain.memory = .bytes(.max)
      $0.domain.vcpus = .max
    }
    #expect(huge.findings("memory.free").map(\.severity) == [.blocker])
  }

  @Test func unreadMemoryIsUnknownAndOfflineNeedsNone() {
    #expect(move { $0.destination.memory = .gap(gap) }.findings("memory.free").map(\.severity) == [.unknown])
    #expect(move { $0.request.mode = .offline }.answer("memory.free")?.isNotApplicable == true)
    #expect(move { $0.domain.state = .shutOff }.answer("memory.free")?.isNotApplicable == true)
  }
}
