import MigrationModel
import Testing

@testable import DomainXML

/// Twenty-one thousand bad documents: each is refused with an `XMLError`, or read into a value that holds what it must.
@Suite struct BadInputTests {
  /// How many documents were tried, and how many were read in spite of all.
  private struct Tally {
    var tried = 0
    var read = 0

    /// Runs one document; any other error than `XMLError` fails the test.
    mutating func run(_ body: () throws -> Void) {
      tried += 1
      do {
        try body()
        read += 1
      } catch { #expect(error is XMLError) }
    }

    /// Both must happen, or the documents are too bad or too good to find anything.
    func expect(_ count: Int, _ what: String) {
      print("\(what): \(tried) bad inputs, \(read) of them read")
      #expect(tried == count)
      #expect(read > tried / 20 && read < tried - tried / 20)
    }
  }

  @Test(arguments: 1...4)
  func domains(seed: Int) {
    var mutator = Mutator(seed: UInt64(seed))
    var tally = Tally()
    for round in 0..<1250 {
      let text = mutator.mutated([runningGuest, guestOfEveryDevice, boundGuest, runningGuest][round % 4])
      tally.run { try expectSane(DomainDescription(parsing: text).facts) }
    }
    tally.expect(1250, "domains, seed \(seed)")
  }

  private func expectSane(_ facts: DomainFacts) throws {
    #expect(!facts.name.isEmpty && !facts.uuid.isEmpty)
    #expect(facts.vcpus > 0 && facts.vcpus <= facts.maxVCPUs && facts.maxVCPUs <= Int(UInt32.max))
    for placement in facts.placements { expectSane(placement.ids) }
    for use in facts.hugePages where !use.guestNodes.isEmpty { expectSane(use.guestNodes) }
    #expect(facts.placements.reduce(0) { $0 + $1.ids.count } <= 1 << 22)
    #expect(facts.graphics.allSatisfy { (1...65535).contains($0.port ?? 1) })
    #expect(facts.hostPaths.allSatisfy { !$0.path.isEmpty })
    #expect(Set(facts.hostPaths.map { "\($0.need) \($0.path)" }).count == facts.hostPaths.count)
    if let cpu = facts.cpu { #expect(try XMLDocument(parsing: cpu).root.name == "cpu") }
  }

  private func expectSane(_ ids: [Int]) {
    #expect(!ids.isEmpty && zip(ids, ids.dropFirst()).allSatisfy(<))
    #expect(ids.allSatisfy { (0..<Bitmap.limit).contains($0) })
  }

  @Test(arguments: 1...2)
  func destinations(seed: Int) {
    var mutator = Mutator(seed: UInt64(100 + seed))
    var tally = Tally()
    for round in 0..<1000 {
      let text = mutator.mutated([boundGuest, guestOfEveryDevice, runningGuest][round % 3])
      tally.run { try expectEdited(text) }
    }
    tally.expect(1000, "destinations, seed \(seed)")
  }

  /// Every edit that finds something does what it says, and nothing else.
  private func expectEdited(_ text: String) throws {
    let before = try DomainDescription(parsing: text).facts
    let plain = try destinationXML(of: text, [])
    #expect(try DomainDescription(parsing: plain).facts == withoutMarkup(before, plain))
    #expect(try destinationXML(of: plain, []) == plain)
    if !before.placements.isEmpty {
      let unbound = try facts(text, .unbound)
      #expect(unbound.placements.isEmpty)
      #expect(unbound.devices == before.devices)
      let bound = try facts(text, .bound(cpus: [0, 1], nodes: [0]))
      #expect(bound.placements.allSatisfy { Set($0.ids).isSubset(of: $0.kind == .cpus ? [0, 1] : [0]) })
    }
    for case .bridge(let name) in before.interfaces.map(\.source).prefix(1) where !name.isEmpty {
      let moved = try facts(text, .bridge(from: name, to: "<&'\">"))
      #expect(moved.interfaces.contains { $0.source == .bridge("<&'\">") })
      #expect(!moved.interfaces.contains { $0.source == .bridge(name) })
    }
    if let path = before.disks.first?.path, !path.isEmpty {
      #expect(try facts(text, .diskPath(from: path, to: "/<&'\">")).disks.first?.path == "/<&'\">")
    }
    if before.emulator != nil { #expect(try facts(text, .emulator("/<&'\">")).emulator == "/<&'\">") }
  }

  private func facts(_ text: String, _ edit: DestinationEdit) throws -> DomainFacts {
    try DomainDescription(parsing: destinationXML(of: text, [edit])).facts
  }

  /// The text of `<cpu>` may be quoted otherwise once it was written.
  private func withoutMarkup(_ facts: DomainFacts, _ written: String) throws -> DomainFacts {
    var facts = facts
    facts.cpu = try DomainDescription(parsing: written).facts.cpu
    return facts
  }

  @Test func hosts() {
    var mutator = Mutator(seed: 200)
    var tally = Tally()
    for round in 0..<7000 {
      let text = mutator.mutated([qemuHost, trunkNetwork, isolatedNetwork, directoryPool][round % 4])
      tally.run {
        switch round % 4 {
        case 0: #expect(try !HostCapabilities(parsing: text).arch.isEmpty)
        case 3:
          let pool = try StoragePool(parsing: text, isActive: round % 8 == 3)
          #expect(!pool.name.isEmpty && (pool.isActive || pool.available == nil))
        default: #expect(try !VirtualNetwork(parsing: text, isActive: true).name.isEmpty)
        }
      }
    }
    tally.expect(7000, "hosts, networks and pools")
  }

  @Test func bitmaps() {
    var mutator = Mutator(seed: 300)
    var tally = Tally()
    for _ in 0..<7000 {
      let text = mutator.mutated("0-3,^2, 8,16380-16383,64 - 130,^100")
      tally.run {
        guard let ids = Bitmap.ids(text) else { throw XMLError(.unexpected(text)) }
        expectSane(ids)
        #expect(Bitmap.ids(Bitmap.text(ids)) == ids)
      }
    }
    tally.expect(7000, "bitmaps")
  }

  @Test(arguments: [
    "<vcpu>99999999999999999999</vcpu>", "<vcpu>4294967296</vcpu>", "<vcpu>0</vcpu>", "<vcpu>-1</vcpu>", "<vcpu/>",
    "<vcpu current='3'>2</vcpu>", "<vcpu current='0'>2</vcpu>", "<vcpu current='x'>2</vcpu>",
    "<vcpu cpuset=''>1</vcpu>", "<vcpu cpuset='0-4000000000'>1</vcpu>",
    "<vcpu>1</vcpu><memtune><hard_limit>18446744073709551615</hard_limit></memtune>",
    "<vcpu>1</vcpu><memoryBacking><hugepages><page/></hugepages></memoryBacking>",
    "<vcpu>1</vcpu><memoryBacking><hugepages><page size='2' nodeset='0-'/></hugepages></memoryBacking>",
    "<vcpu>1</vcpu><clock><timer name='tsc' frequency='-1'/></clock>",
    "<vcpu>1</vcpu><numatune><memory nodeset='99999'/></numatune>",
    "<vcpu>1</vcpu><devices><graphics type='vnc' port='65536'/></devices>",
    "<vcpu>1</vcpu><devices><interface type='bridge'><mtu size='-1'/></interface></devices>",
  ])
  func aNumberThatIsNoneIsNoGap(inner: String) {
    #expect(throws: XMLError.self) { try DomainDescription(parsing: domain(inner)) }
  }

  @Test func theFirstOfTwoElementsCounts() throws {
    let facts = try DomainDescription(parsing: domain("<vcpu>2</vcpu><vcpu>3</vcpu><name>other</name>")).facts
    #expect(facts.vcpus == 2)
    #expect(facts.name == "n")
  }

  @Test func aLimitThatIsNoneIsNil() throws {
    let text = domain("<vcpu>1</vcpu><memtune><hard_limit unit='KiB'>9007199254740991</hard_limit></memtune>")
    #expect(try DomainDescription(parsing: text).facts.memoryHardLimit == nil)
  }

  @Test func tooMuchMetadataIsRefused() {
    let text = domain("<vcpu>1</vcpu><metadata>\(String(repeating: "x", count: 10 << 20))</metadata>")
    #expect(throws: XMLError(.tooLarge(text.utf8.count))) { try DomainDescription(parsing: text) }
    #expect(throws: XMLError(.tooLarge(text.utf8.count))) { try destinationXML(of: text, []) }
  }

  @Test func aChainWithoutEndIsRefused() {
    let chain = String(repeating: "<backingStore>", count: 5000) + String(repeating: "</backingStore>", count: 5000)
    #expect(throws: XMLError.self) {
      try DomainDescription(parsing: domain("<vcpu>1</vcpu><devices><disk>\(chain)</disk></devices>"))
    }
  }

  private func domain(_ inner: String) -> String {
    "<domain type='kvm'><name>n</name><uuid>u</uuid><memory>1</memory>\(inner)</domain>"
  }
}

extension DomainFacts {
  fileprivate var devices: [String] {
    [disks.description, interfaces.description, otherDevices.description, graphics.description]
  }
}
