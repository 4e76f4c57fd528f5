import Libvirt
import MigrationModel
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct LibvirtBackendTests {
  /// A second move in the same process must not find the first one's connections, tasks and subscriptions.
  @Test func aBackendThatIsLetGoLetsGoOfItsConnections() async throws {
    let host = LibvirtHost(name: "here", uri: "test:///default")
    var backend: LibvirtBackend? = try await .open(
      "test", from: host, to: host, MigrationRequest(), timeout: .seconds(30), since: .now)
    let events = try #require(backend?.events)
    weak let watching = backend?.source
    weak let arriving = backend?.arriving
    #expect(watching != nil && arriving != nil)
    backend = nil
    for await _ in events {}
    while watching != nil || arriving != nil {
      try Task.checkCancellation()
      await Task.yield()
    }
  }
}
