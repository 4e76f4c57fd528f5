import CLibvirt
import Glibc
import MigrationModel
import Testing
import Threads

@testable import Libvirt

@Suite(.timeLimit(.minutes(1))) struct ConnectionTests {
  @Test func everyWrapperGivesItsHandlesBack() async throws {
    try await withTestHost { host in
      #expect(try !host.hostname().isEmpty)
      #expect(try host.libVersion() >= Version(9, 0, 0))
      #expect(try host.capabilities().hasPrefix("<capabilities>"))
      #expect(try host.domains().map(\.name) == ["web1"])
      #expect(try host.listedDomains().map(\.domain.name) == ["web1"])
      #expect(try host.networks().map(\.name) == ["inner"])
      #expect(try host.storagePools().map(\.name) == ["images"])
      #expect(try host.volumePath(pool: "images", volume: "a.img") == "/pool/a.img")
      let domain = try host.domain(named: "web1")
      #expect(try host.domain(uuid: domain.uuid).name == "web1")
      #expect(try domain.xml().contains("<name>web1</name>"))
      #expect(try domain.isPersistent())
    }
  }

  @Test func networksAndPoolsTellWhetherTheyAreActive() async throws {
    try await withTestHost { host in
      let network = try #require(try host.networks().first)
      #expect(network.isActive)
      #expect(network.xml.contains("<bridge name='virbr7'"))
      let pool = try #require(try host.storagePools().first)
      #expect(pool.isActive)
      #expect(pool.xml.contains("<path>/pool</path>"))
      try host.call("stop the pool") { raw, call in
        let handle = try call.pointer { virStoragePoolLookupByName(raw, "images") }
        defer { virStoragePoolFree(handle) }
        try call.count { virStoragePoolDestroy(handle) }
      }
      #expect(try host.storagePools().map(\.isActive) == [false])
    }
  }

  @Test func closeCountsWhatIsStillHeld() async throws {
    let uri = try testHostURI(domains: ["web1"])
    defer { unlink(String(uri.dropFirst("test://".count))) }
    try await blocking {
      let connection = try Connection.open(uri)
      let domain = try connection.domain(named: "web1")
      #expect(try connection.close() == 1)
      #expect(try domain.status().state == .running, "what is held outlives the close")
    }
  }

  @Test func aDomainKeepsItsConnectionOpen() async throws {
    let uri = try testHostURI(domains: ["web1"])
    defer { unlink(String(uri.dropFirst("test://".count))) }
    let domain = try await blocking { try Connection.open(uri).domain(named: "web1") }
    let state = try await blocking { try domain.connection.domain(named: "web1").status().state }
    #expect(state == .running)
  }

  @Test func aDroppedConnectionClosesItself() async throws {
    let uri = try testHostURI(domains: [])
    defer { unlink(String(uri.dropFirst("test://".count))) }
    weak let signal = try await blocking { try Connection.open(uri).closing }
    while signal != nil { await Task.yield() }
    #expect(signal == nil, "libvirt releases the close callback's box with the connection")
  }

  @Test func aClosedConnectionRefusesEveryCall() async throws {
    let uri = try testHostURI(domains: ["web1"])
    defer { unlink(String(uri.dropFirst("test://".count))) }
    try await blocking {
      let connection = try Connection.open(uri, host: "kvm1")
      #expect(try connection.close() == 0)
      let error = #expect(throws: LibvirtError.self) { try connection.domain(named: "web1") }
      #expect(error?.code == .invalidConnection)
      #expect(
        error?.description == "kvm1: cannot look up domain web1: the connection is closed (libvirt error 6)")
      #expect(throws: LibvirtError.self) { try connection.close() }
    }
  }

  @Test func closureIsToldOnceToEarlyAndLateListeners() async throws {
    let uri = try testHostURI(domains: [])
    defer { unlink(String(uri.dropFirst("test://".count))) }
    let connection = try await blocking { try Connection.open(uri) }
    let early = connection.closures()
    #expect(connection.closeReason == nil)
    _ = try await blocking { try connection.close() }
    connection.closing.fire(.keepAlive)
    #expect(connection.closeReason == .client, "the first reason stands")
    #expect(await early.reduce(into: []) { $0.append($1) } == [.client])
    #expect(await connection.closures().reduce(into: []) { $0.append($1) } == [.client])
  }

  @Test func theCloseCallbackFiresOffTheMainThread() async throws {
    let signal = CloseSignal()
    await withCheckedContinuation { continuation in
      signal.listen(ObjectIdentifier(signal)) { _ in continuation.resume() }
      detachThread { CloseSignal.callback(nil, 2, Unmanaged.passUnretained(signal).toOpaque()) }
    }
    #expect(signal.reason == .keepAlive)
    #expect(signal.reason?.description == "keepalive timeout")
    #expect(CloseReason(rawValue: 9).description == "close reason 9")
  }

  @Test func openingAnUnknownDriverNamesHostAndOperation() async throws {
    let error = await #expect(throws: LibvirtError.self) {
      try await blocking { try Connection.open("nosuch+tcp://me:secret@kvm9:16509/system") }
    }
    #expect(error?.host == "kvm9")
    #expect(error?.operation == "connect to nosuch+tcp://me:***@kvm9:16509/system")
    #expect(error?.description.contains("secret") == false)
  }

  @Test func readOnlyConnectionsRefuseToChangeAnything() async throws {
    let uri = try testHostURI(domains: ["web1"])
    defer { unlink(String(uri.dropFirst("test://".count))) }
    try await blocking {
      let connection = try Connection.open(uri, readOnly: true)
      let error = #expect(throws: LibvirtError.self) { try connection.domain(named: "web1").destroy() }
      #expect(error?.code.rawValue == 29)
      #expect(error?.operation == "destroy web1")
    }
  }
}
