import CLibvirt
import MigrationModel
import Testing

@testable import Libvirt

/// Calls that tell something of all domains at once.
@Suite struct BulkTests {
  @Test func domainsWithSnapshotsAndCheckpointsAreNamed() async throws {
    try await withTestHost(domains: ["plain", "snapped"]) { host in
      #expect(try host.domainsWithSnapshots().isEmpty)
      #expect(try host.domainsWithCheckpoints().isEmpty)
      let snapped = try host.domain(named: "snapped")
      let snapshot = try snapped.call("snapshot").pointer {
        virDomainSnapshotCreateXML(snapped.raw, "<domainsnapshot><name>s1</name></domainsnapshot>", 0)
      }
      virDomainSnapshotFree(snapshot)
      let checked = try startWithDisk("checked", on: host)
      let checkpoint = try checked.call("checkpoint").pointer {
        virDomainCheckpointCreateXML(checked.raw, "<domaincheckpoint><name>c1</name></domaincheckpoint>", 0)
      }
      virDomainCheckpointFree(checkpoint)
      #expect(try host.domainsWithSnapshots() == [snapped.uuid])
      #expect(try host.domainsWithCheckpoints() == [checked.uuid])
    }
  }

  /// A checkpoint needs a disk.
  private func startWithDisk(_ name: String, on host: Connection) throws -> Domain {
    let disk = "<disk type='file'><driver type='qcow2'/><source file='/a'/><target dev='vda'/></disk>"
    let xml = """
      <domain type='test'><name>\(name)</name><memory>1024</memory><os><type>hvm</type></os>
        <devices>\(disk)</devices></domain>
      """
    return try host.call("start \(name)") { raw, call in
      try Domain(adopting: try call.pointer { virDomainCreateXML(raw, xml, 0) }, of: host)
    }
  }

  /// The test driver tells no sizes, and is asked once for all domains.
  @Test func aDiskWithoutASizeIsAbsent() async throws {
    try await withTestHost(domains: ["one", "two"]) { host in
      let uuids = try host.domains().map(\.uuid)
      #expect(try host.diskSizes() == Dictionary(uniqueKeysWithValues: uuids.map { ($0, [:]) }))
    }
  }

  @Test func sizesAreReadByTarget() throws {
    let numbers: [(String, UInt64)] = [
      ("block.0.capacity", 10), ("block.0.allocation", 4), ("block.1.allocation", 9), ("block.2.capacity", 7),
      ("block.2.allocation", 7), ("block.3.capacity", 1), ("block.3.allocation", 1),
      ("block.2.physical", 8),
    ]
    let names = [("block.0.name", "vda"), ("block.1.name", "vdb"), ("block.2.name", "sda"), ("block.3.name", "beyond")]
    let call = Call("fill in", on: "here")
    let parameters = try TypedParameters()
    for (name, value) in numbers { try parameters.add(name, .unsigned(value), call) }
    for (name, value) in names { try parameters.add(name, .string(value), call) }
    #expect(parameters.reader.diskSizes.isEmpty, "nothing says how many disks there are")
    try withCount(3, parameters) { reader in
      #expect(
        reader.diskSizes == [
          "vda": DiskSize(capacity: .bytes(10), allocation: .bytes(4)),
          "sda": DiskSize(capacity: .bytes(7), allocation: .bytes(7), physical: .bytes(8)),
        ])
    }
    try withCount(.max, parameters) { #expect($0.diskSizes.count == 3, "a false count is bounded") }
  }

  /// A copy of `parameters` with `block.count`, an unsigned number of 32 bits.
  private func withCount(
    _ count: UInt32, _ parameters: TypedParameters, _ body: (TypedParameterReader) throws -> Void
  ) throws {
    var pointer: virTypedParameterPtr?
    var (used, capacity): (Int32, Int32) = (0, 0)
    defer { virTypedParamsFree(pointer, used) }
    for index in 0..<Int(parameters.count) {
      guard var parameter = parameters.pointer?[index] else { continue }
      let name = withUnsafeBytes(of: &parameter.field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if let text = parameters.reader.string(name) {
        virTypedParamsAddString(&pointer, &used, &capacity, name, text)
      } else if let number = parameters.reader.unsigned(name) {
        virTypedParamsAddULLong(&pointer, &used, &capacity, name, number)
      }
    }
    virTypedParamsAddUInt(&pointer, &used, &capacity, "block.count", count)
    try body(TypedParameterReader(pointer: pointer, count: used))
  }

  @Test func numbersOfLibvirtHaveWords() {
    #expect((0...5).map(secretUsage) == ["", "volume", "ceph", "iscsi", "tls", "vtpm"])
    #expect(secretUsage(9) == "usage 9")
    #expect((1...5).map(blockJobName) == ["pull", "copy", "commit", "commit", "backup"])
    #expect(blockJobName(-1) == "job -1")
  }
}
