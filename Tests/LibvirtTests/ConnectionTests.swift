import MigrationModel
import Testing
import Threads

@testable import Libvirt

@Suite struct ConnectionTests {
  @Test func everyWrapperGivesItsHandlesBack() async throws {
    try await withTestHost { host in
      #expect(try !host.hostname().isEmpty)
      #expect(try host.libVersion() >= Version(9, 0, 0))
      #expect(try host.capabilities().hasPrefix("<capabilities>"))
      #expect(try host.domains().map(\.name) == ["web1"])
      #expect(try host.networks().map(\.name) == ["inner"])
      #expect(try host.storagePools().map(\.name) == ["images"])
      #expect(try host.volumePath(pool: "images", volume: "a.img") == "/pool/a.img")
      let domain = try host.domain(named: "web1")
      #expect(try host.domain(uuid: domain.uuid).name == "web1")
      #expect(try domain.status().state == .running)
      #expect(try domain.xml().contains("<name>web1</name>"))
    }
  }
}
