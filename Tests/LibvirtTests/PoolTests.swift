import MigrationModel
import Testing

@testable import Libvirt

/// Against libvirt's test driver, which makes no files; real ones are made by the lab's tests.
@Suite struct PoolTests {
  @Test func aPoolIsFoundByName() async throws {
    try await withTestHost { host in
      let pool = try host.pool(named: "images")
      #expect(pool.name == "images")
      #expect(try pool.xml().contains("<path>/pool</path>"))
      let error = #expect(throws: LibvirtError.self) { try host.pool(named: "other") }
      #expect(error?.code == .noStoragePool)
      #expect(error?.operation == "look up storage pool other")
    }
  }

  @Test func aVolumeIsSeenMadeAndDeleted() async throws {
    try await withTestHost { host in
      let pool = try host.pool(named: "images")
      #expect(try pool.volumeXML("a.img")?.contains("1000000") == true)
      #expect(try pool.volumeXML("b & <c>'\".img") == nil)
      let volume = VolumeSpecification(name: "b & <c>'\".img", capacity: .bytes(1_048_576), format: "raw")
      try pool.makeVolume(volume)
      #expect(try pool.volumeXML(volume.name)?.contains(">1048576<") == true)
      #expect(throws: LibvirtError.self) { try pool.makeVolume(volume) }
      try pool.deleteVolume(volume.name)
      #expect(try pool.volumeXML(volume.name) == nil)
      let error = #expect(throws: LibvirtError.self) { try pool.deleteVolume(volume.name) }
      #expect(error?.code == .noStorageVolume)
    }
  }

  @Test func aTransientPoolEndsForGood() async throws {
    try await withTestHost { host in
      let pool = try host.makeTransientPool(named: "migrate-1", ofDirectory: "/srv/it's & <this>")
      #expect(try pool.xml().contains("<path>/srv/it&apos;s &amp; &lt;this&gt;</path>"))
      try pool.refresh()
      try pool.end()
      #expect(throws: LibvirtError.self) { try host.pool(named: "migrate-1") }
    }
  }

  @Test func aVolumeSaysWhatItStandsOn() {
    let backing = VolumeSpecification.Backing(path: "/srv/a & b", format: "raw")
    let xml = VolumeSpecification(name: "t", capacity: .bytes(1536), format: "qcow2", backing: backing).xml(
      capacity: 1024)
    #expect(xml.contains("<capacity unit='bytes'>1024</capacity><allocation>0</allocation>"))
    #expect(xml.contains("<backingStore><path>/srv/a &amp; b</path><format type='raw'/></backingStore>"))
    #expect(xml.contains("<compat>1.1</compat>"))
    let thick = VolumeSpecification(name: "t", capacity: .bytes(1), format: "raw", isSparse: false).xml(capacity: 1)
    #expect(!thick.contains("allocation") && !thick.contains("compat") && !thick.contains("backingStore"))
  }
}
