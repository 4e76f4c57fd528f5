import Foundation
import MigrationModel
import Testing

@Suite struct CodingTests {
  private func roundTrip<Value: Codable>(_ value: Value) throws -> Value {
    try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
  }

  private func json<Value: Encodable>(_ value: Value) throws -> String {
    String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
  }

  @Test func aKnownFactComesBack() throws {
    #expect(try roundTrip(Fact.known("kvm1")) == .known("kvm1"))
    #expect(try json(Fact.known("kvm1")) == #"{"known":"kvm1"}"#)
  }

  @Test func aGapComesBackWithItsReason() throws {
    let fact = Fact<Int>.gap(Gap(source: "/proc/x", reason: "no such file"))
    #expect(try roundTrip(fact) == fact)
  }

  /// "Read, and there is none" must not turn into "not read", nor the other way round.
  @Test func aKnownAbsenceIsNotAGap() throws {
    let absent = Fact<String?>.known(nil)
    #expect(try roundTrip(absent) == absent)
    let gap = Fact<String?>.gap(Gap(source: "a", reason: "b"))
    #expect(try roundTrip(gap) == gap)
  }

  @Test func anEmptyObjectIsNoFact() {
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(Fact<Int>.self, from: Data("{}".utf8)) }
  }

  @Test func mapChangesValuesAndKeepsGaps() {
    let gap = Gap(source: "a", reason: "b")
    #expect(Fact.known(2).map { $0 * 2 } == .known(4))
    #expect(Fact<Int>.gap(gap).map { "\($0)" } == .gap(gap))
    #expect(Fact<Int>.gap(gap).value == nil)
    #expect("\(gap)" == "a: b")
  }

  @Test func aVersionIsWrittenAsText() throws {
    #expect(try json([Version(9, 0, 0)]) == #"["9.0.0"]"#)
    #expect(try roundTrip([Version(9, 0, 0)]) == [Version(9, 0, 0)])
    #expect(throws: DecodingError.self) { try JSONDecoder().decode([Version].self, from: Data(#"["new"]"#.utf8)) }
  }

  @Test func aHostComesBackWhole() throws {
    var host = HostFacts(name: "kvm1", uri: "qemu:///system", gap: Gap(source: "a", reason: "b"))
    host.hostname = .known("kvm1")
    host.qemuConf = .known([:])
    host.files = ["/it's $(x) é": .known(nil), "/b": .gap(Gap(source: "stat", reason: "EACCES"))]
    host.volumes = ["pool/vol": .known("/srv/vol")]
    host.clock = .known(ClockOffset(offset: -5, errorBound: 2))
    #expect(try roundTrip(host) == host)
  }

  @Test func setsAreWrittenInOrder() throws {
    let cpu = HostCPU(vendor: "v", model: "m", flags: ["sse", "avx", "fpu", "vmx", "tsc"])
    #expect(try json(cpu).contains(#""flags":["avx","fpu","sse","tsc","vmx"]"#))
    #expect(try roundTrip(cpu) == cpu)
  }

  /// Saved facts hold a plain list; the index is made again.
  @Test func aListOfDomainsComesBackAndIsSearched() throws {
    func domain(_ name: String, _ uuid: String) -> DomainIdentity {
      DomainIdentity(name: name, uuid: uuid, state: .shutOff, isPersistent: true)
    }
    let list: DomainList = [domain("a", "1A"), domain("b", "2b"), domain("2b", "3"), domain("c", "c")]
    let saved = try JSONEncoder().encode(list)
    #expect(try JSONDecoder().decode([DomainIdentity].self, from: saved) == list.all)
    let read = try roundTrip(list)
    #expect(read == list)
    #expect(read.alike(name: "c", uuid: "1a").map(\.name) == ["a", "c"])
    #expect(read.alike(name: "x", uuid: "2B").map(\.name) == ["b"])
    #expect(read.alike(name: "c", uuid: "c").count == 1)
    #expect(read.alike(name: "A", uuid: "4").isEmpty)
  }

  @Test func aDomainAndItsDisksComeBack() throws {
    var domain = DomainFacts(name: "né", uuid: "u", state: .suspended)
    let sources: [Disk.Source] = [
      .none, .file("/a"), .block("/dev/b"), .directory("/c"), .volume(pool: "p", volume: "v"),
      .network(protocol: "rbd", name: "p/i"), .other("nvme"),
    ]
    domain.disks = sources.map { Disk(target: "vda", source: $0, backingFiles: ["/base"]) }
    domain.interfaces = [Interface(mac: "52:54:00:00:00:01", source: .network(name: "n", portGroup: nil))]
    domain.runningQEMU = .known(Version(7, 2, 22))
    #expect(try roundTrip(domain) == domain)
    #expect(domain.disks.map(\.path) == [nil, "/a", "/dev/b", "/c", nil, nil, nil])
  }

  @Test func aRequestComesBack() throws {
    var request = MigrationRequest()
    request.mode = .tunnelled
    request.copyStorage = .incremental
    request.allow = ["cpu.flags", "clock.skew"]
    #expect(try roundTrip(request) == request)
  }

  @Test(arguments: DomainState.allCases)
  func onlySomeStatesAreActive(_ state: DomainState) {
    let active: Set<DomainState> = [.running, .blocked, .paused, .shuttingDown, .suspended, .unrecognised]
    #expect(DomainFacts(name: "a", uuid: "b", state: state).isActive == active.contains(state))
  }
}
