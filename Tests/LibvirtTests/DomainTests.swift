import CLibvirt
import MigrationModel
import Testing

@testable import Libvirt

@Suite struct DomainTests {
  @Test func statusFollowsTheGuest() async throws {
    try await withTestHost { host in
      let domain = try host.domain(named: "web1")
      #expect(try domain.status() == DomainStatus(rawState: 1, rawReason: 0))
      try domain.suspend()
      #expect(try domain.status() == DomainStatus(rawState: 3, rawReason: 1))
      #expect(try domain.status().reason == "user")
      try domain.resume()
      #expect(try domain.status().reason == "unpaused")
      try domain.destroy()
      let status = try domain.status()
      #expect(status.state == .shutOff)
      #expect(status.reason == "destroyed")
    }
  }

  @Test func managedSaveIsTheStateSaved() async throws {
    try await withTestHost { host in
      let domain = try host.domain(named: "web1")
      #expect(try !domain.hasManagedSave())
      try domain.call("save").count { virDomainManagedSave(domain.raw, 0) }
      #expect(try domain.hasManagedSave())
      #expect(try domain.status().state == .saved)
      #expect(try host.listedDomains().map(\.status.state) == [.saved])
    }
  }

  @Test func identitiesTellStateAndPersistence() async throws {
    try await withTestHost(domains: ["run", "pause", "stop"]) { host in
      try host.domain(named: "pause").suspend()
      try host.domain(named: "stop").destroy()
      let passing = try host.call("start a transient guest") { raw, call in
        let xml = "<domain type='test'><name>pass</name><memory>1024</memory><os><type>hvm</type></os></domain>"
        return try Domain(adopting: try call.pointer { virDomainCreateXML(raw, xml, 0) }, of: host)
      }
      #expect(try !passing.isPersistent())
      let listed = try host.listedDomains().sorted { $0.domain.name < $1.domain.name }
      #expect(listed.map(\.domain.name) == ["pass", "pause", "run", "stop"])
      #expect(listed.map(\.status.state) == [.running, .paused, .running, .shutOff])
      #expect(listed.map(\.isPersistent) == [false, true, true, true])
      #expect(listed.first?.domain.uuid == passing.uuid)
    }
  }

  @Test func unrecognisedNumbersSurvive() {
    let status = DomainStatus(rawState: 42, rawReason: 7)
    #expect(status.state == .unrecognised)
    #expect(status.reason == "reason 7")
    #expect(DomainStatus(rawState: 3, rawReason: 99).reason == "reason 99")
    #expect(DomainStatus(rawState: -1, rawReason: -1).state == .unrecognised)
  }

  @Test(arguments: [
    (VIR_DOMAIN_RUNNING, Int32(VIR_DOMAIN_RUNNING_POSTCOPY_FAILED.rawValue), DomainState.running, "post-copy failed"),
    (VIR_DOMAIN_PAUSED, Int32(VIR_DOMAIN_PAUSED_MIGRATION.rawValue), .paused, "migrating"),
    (VIR_DOMAIN_PAUSED, Int32(VIR_DOMAIN_PAUSED_IOERROR.rawValue), .paused, "I/O error"),
    (VIR_DOMAIN_PAUSED, Int32(VIR_DOMAIN_PAUSED_POSTCOPY_FAILED.rawValue), .paused, "post-copy failed"),
    (VIR_DOMAIN_SHUTDOWN, Int32(VIR_DOMAIN_SHUTDOWN_USER.rawValue), .shuttingDown, "user"),
    (VIR_DOMAIN_SHUTOFF, Int32(VIR_DOMAIN_SHUTOFF_DAEMON.rawValue), .shutOff, "daemon"),
    (VIR_DOMAIN_CRASHED, Int32(VIR_DOMAIN_CRASHED_PANICKED.rawValue), .crashed, "panicked"),
    (VIR_DOMAIN_PMSUSPENDED, Int32(VIR_DOMAIN_PMSUSPENDED_UNKNOWN.rawValue), .suspended, "unknown"),
  ])
  func reasonsAreInTheWordsOfVirsh(state: virDomainState, reason: Int32, expected: DomainState, words: String) {
    let status = DomainStatus(rawState: Int32(state.rawValue), rawReason: reason)
    #expect(status.state == expected)
    #expect(status.reason == words)
  }

  @Test func whatTheTestDriverLacksIsALibvirtError() async throws {
    try await withTestHost { host in
      let domain = try host.domain(named: "web1")
      for failing in [
        { _ = try domain.jobType() }, { _ = try domain.blockJob(onDisk: "vda") }, { _ = try host.networkFilters() },
        { _ = try host.secrets() }, { _ = try domain.jobStatistics() }, { try domain.abortJob() },
        { try domain.setMaxDowntime(.milliseconds(100)) }, { _ = try domain.maxDowntime() },
        { _ = try host.domainCapabilities() }, { _ = try host.compareHypervisorCPU("<cpu/>") },
        { _ = try domain.migrate(to: host, .live, [.bandwidth(1)]) },
      ] as [() throws -> Void] {
        #expect(#expect(throws: LibvirtError.self, performing: failing)?.code == .noSupport)
      }
    }
  }

  @Test func peerToPeerNeedsAKnowingDriver() async throws {
    try await withTestHost { host in
      let domain = try host.domain(named: "web1")
      let error = #expect(throws: LibvirtError.self) {
        try domain.migrate(toURI: "test:///default", [.live, .peer2peer], [.migrateDisk("vda"), .migrateDisk("vdb")])
      }
      #expect(error?.code == .argumentUnsupported)
      #expect(error?.operation == "migrate web1")
    }
  }
}
