import Foundation
import MigrationModel
import Testing

@testable import MigrateCommands

@Suite struct RequestOptionsTests {
  private typealias Change = @Sendable (inout MigrationRequest) -> Void

  private static let options: [(words: [String], change: Change)] = [
    ([], { _ in }),
    (["--live"], { $0.live = true }),
    (["--no-live"], { $0.live = false }),
    (["--mode", "p2p"], { $0.mode = .p2p }),
    (["--p2p"], { $0.mode = .p2p }),
    (["--mode", "p2p", "--p2p"], { $0.mode = .p2p }),
    (["--p2p", "--tunnelled"], { $0.mode = .tunnelled }),
    (["--offline"], { $0.mode = .offline }),
    (["--no-persistent"], { $0.persistent = false }),
    (["--persistent", "--no-undefinesource"], { ($0.persistent, $0.undefineSource) = (true, false) }),
    (["--suspend", "--unsafe"], { ($0.suspend, $0.unsafe) = (true, true) }),
    (["--copy-storage-all"], { $0.copyStorage = .all }),
    (["--copy-storage-inc"], { $0.copyStorage = .incremental }),
    (["--copy-storage-synchronous-writes"], { $0.synchronousWrites = true }),
    (["--migrate-disks", "vda,vdb"], { $0.migrateDisks = ["vda", "vdb"] }),
    (["--disks-port", "49153", "--disks-uri", "tcp://h"], { ($0.disksPort, $0.disksURI) = (49153, "tcp://h") }),
    (["--postcopy", "--postcopy-resume"], { ($0.postcopy, $0.postcopyResume) = (true, true) }),
    (["--auto-converge"], { $0.autoConverge = true }),
    (["--comp-methods", "mt,xbzrle"], { $0.compression = ["mt", "xbzrle"] }),
    (["--parallel", "--parallel-connections", "4"], { ($0.parallel, $0.parallelConnections) = (true, 4) }),
    (["--zerocopy"], { $0.zerocopy = true }),
    (["--tls", "--tls-destination", "h"], { ($0.tls, $0.tlsDestination) = (true, "h") }),
    (["--migrateuri", "tcp://h"], { $0.migrateURI = "tcp://h" }),
    (["--listen-address", "::"], { $0.listenAddress = "::" }),
    (["--graphicsuri", "spice://h"], { $0.graphicsURI = "spice://h" }),
    (["--dname", "other"], { $0.destinationName = "other" }),
    (["--bandwidth", "7", "--postcopy-bandwidth", "8"], { ($0.bandwidth, $0.postcopyBandwidth) = (7, 8) }),
    (["--max-downtime", "50"], { $0.maxDowntime = 50 }),
    (["--deadline", "60", "--on-stall", "suspend"], { ($0.deadline, $0.onStall) = (60, .suspend) }),
    (["--on-stall", "postcopy", "--postcopy"], { ($0.onStall, $0.postcopy) = (.postcopy, true) }),
    (["--on-stall", "abort", "--hang-timeout", "30"], { _ in }),
    (["--hang-timeout", "0"], { $0.hangTimeout = 0 }),
    (
      ["--auto-converge-initial", "30", "--auto-converge-increment", "7"],
      { ($0.autoConvergeInitial, $0.autoConvergeIncrement) = (30, 7) }
    ),
    (["--comp-mt-level", "9", "--comp-mt-threads", "3"], { ($0.compressionLevel, $0.compressionThreads) = (9, 3) }),
    (
      ["--comp-mt-dthreads", "2", "--comp-xbzrle-cache", "65536"],
      { ($0.decompressionThreads, $0.compressionCache) = (2, 65536) }
    ),
    (["--allow", "clock.skew", "--allow", "cpu.flags"], { $0.allow = ["clock.skew", "cpu.flags"] }),
  ]

  @Test(arguments: options.indices) func everyOptionIsCarriedIntoTheRequest(index: Int) throws {
    let (words, change) = Self.options[index]
    var expected = MigrationRequest()
    change(&expected)
    #expect(try RequestOptions.parse(words).request() == expected, "\(words)")
  }

  @Test func filesAreReadWhenTheyAreNamed() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "migrate-\(UUID().uuidString).xml")
    try Data("<domain/>".utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let request = try RequestOptions.parse(["--xml", file.path, "--persistent-xml", file.path]).request()
    #expect(request.destinationXML == "<domain/>")
    #expect(request.persistentXML == "<domain/>")
  }

  @Test(arguments: [
    ["--p2p", "--offline"], ["--mode", "plain", "--tunnelled"], ["--copy-storage-all", "--copy-storage-inc"],
    ["--xml", "/nowhere/a.xml"],
  ])
  func whatContradictsItselfIsUsage(words: [String]) throws {
    let options = try RequestOptions.parse(words)
    let failure = #expect(throws: CommandFailure.self) { try options.request() }
    #expect(failure?.status == .usage)
  }

  @Test func throttlingCannotBeginAtTheDeadline() {
    let error = #expect(throws: (any Error).self) { try RequestOptions.parse(["--on-stall", "throttle"]) }
    #expect(error.map(RequestOptions.message(for:))?.contains("--auto-converge") == true)
    #expect(error.map { RequestOptions.exitCode(for: $0).rawValue } == ExitStatus.usage.rawValue)
  }

  @Test(arguments: [
    ["--on-stall", "pause"], ["--on-stall", ""], ["--max-downtime", "-1"], ["--max-downtime", "x"],
    ["--deadline", "1.5"],
    ["--timeout-suspend"], ["--timeout-postcopy"],
  ])
  func whatIsNoOptionOrNoValueIsUsage(words: [String]) {
    let error = #expect(throws: (any Error).self) { try RequestOptions.parse(words) }
    #expect(error.map { RequestOptions.exitCode(for: $0).rawValue } == ExitStatus.usage.rawValue)
  }

  @Test(arguments: ["0", "86401", "18446744073709551615", "-1", "x"]) func aTimeoutIsOneDayAtMost(seconds: String) {
    #expect(throws: (any Error).self) { try HostOptions.parse(["--timeout", seconds]) }
  }

  @Test func theSourceIsTheOptionElseTheEnvironmentElseThisMachine() throws {
    let named = try MoveArguments.parse(["-c", "kvm1", "web", "kvm2"])
    let unnamed = try MoveArguments.parse(["web", "db", "kvm2"])
    let environment = ["LIBVIRT_DEFAULT_URI": "qemu+ssh://kvm3/system"]
    #expect(named.source(environment: environment) == "kvm1")
    #expect(unnamed.source(environment: environment) == "qemu+ssh://kvm3/system")
    #expect(unnamed.source(environment: ["LIBVIRT_DEFAULT_URI": ""]) == "qemu:///system")
    #expect(unnamed.source(environment: [:]) == "qemu:///system")
    #expect(unnamed.domains == ["web", "db"])
    #expect(unnamed.destination == "kvm2")
  }
}
