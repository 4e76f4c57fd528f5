import CLibvirt
import MigrationModel
import Testing

@testable import Libvirt

private let call = Call("build parameters", on: "localhost")

@Suite struct TypedParametersTests {
  @Test func everyTypeComesBackAsItWent() throws {
    let parameters = try TypedParameters()
    try parameters.add("text", .string("a \"quoted\" ü"), call)
    try parameters.add("number", .unsigned(.max), call)
    try parameters.add("int", .int(-7), call)
    try parameters.add("truth", .bool(true), call)
    let reader = parameters.reader
    #expect(parameters.count == 4)
    #expect(reader.string("text") == "a \"quoted\" ü")
    #expect(reader.unsigned("number") == .max)
    #expect(reader.int("int") == -7)
    #expect(reader.bool("truth") == true)
  }

  @Test func absentFieldsAndOtherTypesAreNil() throws {
    let parameters = try TypedParameters()
    #expect(parameters.reader.unsigned("number") == nil)
    try parameters.add("number", .int(1), call)
    #expect(parameters.reader.unsigned("number") == nil)
    #expect(parameters.reader.string("number") == nil)
    #expect(parameters.reader.bool("number") == nil)
  }

  @Test func aNameCanBeRepeated() throws {
    let parameters = try TypedParameters((0..<40).map { .migrateDisk("vd\($0)") }, call)
    #expect(parameters.count == 40)
    let last = TypedParameterReader(pointer: parameters.pointer.map { $0 + 39 }, count: 1)
    #expect(last.string("migrate_disks") == "vd39")
  }

  @Test func namesThatAreTooLongAreRefused() {
    let name = String(repeating: "x", count: Int(VIR_TYPED_PARAM_FIELD_LENGTH))
    let error = #expect(throws: LibvirtError.self) { try TypedParameters().add(name, .int(1), call) }
    #expect(error?.operation == "build parameters")
  }

  @Test func migrationParametersHaveTheTypesThatLibvirtExpects() {
    #expect(MigrateParameter.uri("tcp://h").value == .string("tcp://h"))
    #expect(MigrateParameter.uri("tcp://h").name == "migrate_uri")
    #expect(MigrateParameter.bandwidth(100) == .init(name: "bandwidth", value: .unsigned(100)))
    #expect(MigrateParameter.postcopyBandwidth(5) == .init(name: "bandwidth.postcopy", value: .unsigned(5)))
    #expect(MigrateParameter.disksPort(49152) == .init(name: "disks_port", value: .int(49152)))
    #expect(MigrateParameter.parallelConnections(4) == .init(name: "parallel.connections", value: .int(4)))
    #expect(MigrateParameter.compression("zstd") == .init(name: "compression", value: .string("zstd")))
  }

  @Test func migrationFlagsAreASet() {
    #expect(([.live, .peer2peer] as MigrateFlags).rawValue == 0b11)
    #expect(MigrateFlags.zerocopy.rawValue == 1 << 20)
    #expect(MigrateFlags.undefineSource.rawValue == 16)
    #expect(DomainXMLFlags.migratable.rawValue == 1 << 3)
  }
}

@Suite struct JobStatisticsTests {
  @Test func nothingReportedIsNothingKnown() throws {
    #expect(try decode([]) == JobStatistics())
  }

  @Test func zeroIsNotAbsent() throws {
    let statistics = try decode([("memory_iteration", .unsigned(0)), ("downtime", .unsigned(0))])
    #expect(statistics.memoryIteration == 0)
    #expect(statistics.downtime == .zero)
    #expect(statistics.memoryBandwidth == nil)
    #expect(statistics.autoConvergeThrottle == nil)
  }

  @Test func timesAreMilliseconds() throws {
    let names = [
      "time_elapsed", "time_elapsed_net", "time_remaining", "downtime", "downtime_net", "setup_time",
    ]
    let statistics = try decode(numbered(names))
    #expect(
      [
        statistics.timeElapsed, statistics.timeElapsedNet, statistics.timeRemaining, statistics.downtime,
        statistics.downtimeNet, statistics.setupTime,
      ] == (1...6).map { .milliseconds($0) })
  }

  @Test func amountsAreBytes() throws {
    let statistics = try decode(
      numbered([
        "data_total", "data_processed", "data_remaining", "memory_total", "memory_processed", "memory_remaining",
        "memory_normal_bytes", "memory_bps", "memory_page_size", "disk_total", "disk_processed", "disk_remaining",
        "disk_bps", "compression_cache", "compression_bytes", "vfio_data_transferred",
      ]))
    #expect(
      [
        statistics.dataTotal, statistics.dataProcessed, statistics.dataRemaining, statistics.memoryTotal,
        statistics.memoryProcessed, statistics.memoryRemaining, statistics.memoryNormalBytes,
        statistics.memoryBandwidth, statistics.memoryPageSize, statistics.diskTotal, statistics.diskProcessed,
        statistics.diskRemaining, statistics.diskBandwidth, statistics.compressionCache, statistics.compressionBytes,
        statistics.vfioDataTransferred,
      ] == (1...16).map { .bytes($0) })
  }

  @Test func countsArePlainNumbers() throws {
    let statistics = try decode(
      numbered([
        "memory_constant", "memory_normal", "memory_dirty_rate", "memory_iteration", "memory_postcopy_requests",
        "compression_pages", "compression_cache_misses", "compression_overflow",
      ]))
    #expect(
      [
        statistics.memoryConstantPages, statistics.memoryNormalPages, statistics.memoryDirtyRate,
        statistics.memoryIteration, statistics.memoryPostcopyRequests, statistics.compressionPages,
        statistics.compressionCacheMisses, statistics.compressionOverflow,
      ] == [1, 2, 3, 4, 5, 6, 7, 8])
  }

  @Test func theOutcomeIsRead() throws {
    let statistics = try decode([
      ("operation", .int(5)), ("success", .bool(false)), ("errmsg", .string("no room")),
      ("auto_converge_throttle", .int(20)),
    ])
    #expect(statistics.operation == 5)
    #expect(statistics.success == false)
    #expect(statistics.errorMessage == "no room")
    #expect(statistics.autoConvergeThrottle == 20)
  }

  private func numbered(_ names: [String]) -> [(String, TypedValue)] {
    zip(names, 1...).map { ($0, .unsigned(UInt64($1))) }
  }

  private func decode(_ fields: [(String, TypedValue)]) throws -> JobStatistics {
    let parameters = try TypedParameters()
    for (name, value) in fields { try parameters.add(name, value, call) }
    return JobStatistics(type: nil, parameters.reader)
  }
}
