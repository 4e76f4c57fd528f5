import CLibvirt
import Glibc
import Testing
import Threads

@testable import Libvirt

@Suite struct LibvirtErrorTests {
  @Test func anUnknownDomainSaysWhatWhereAndWhy() async throws {
    try await withTestHost { host in
      let error = #expect(throws: LibvirtError.self) { try host.domain(named: "ghost") }
      #expect(error?.code == .noDomain)
      #expect(error?.code.rawValue == 42)
      #expect(error?.domain == Int32(VIR_FROM_TEST.rawValue))
      #expect(error?.level == Int32(VIR_ERR_ERROR.rawValue))
      #expect(error?.message == "Domain not found")
      #expect(error?.operation == "look up domain ghost")
      #expect(error?.host == "testhost")
      #expect(error?.description == "testhost: cannot look up domain ghost: Domain not found (libvirt error 42)")
    }
  }

  @Test func missingPoolsAndVolumesAreToldApart() async throws {
    try await withTestHost { host in
      let pool = #expect(throws: LibvirtError.self) { try host.volumePath(pool: "none", volume: "a.img") }
      #expect(pool?.code == .noStoragePool)
      let volume = #expect(throws: LibvirtError.self) { try host.volumePath(pool: "images", volume: "none") }
      #expect(volume?.code == .noStorageVolume)
      #expect(volume?.message.contains("none") == true)
      #expect(volume?.str1 != nil)
    }
  }

  /// libvirt's last error belongs to a thread, and tasks change threads: an error read later is another task's.
  @Test func everyTaskSeesItsOwnError() async throws {
    let uri = try testHostURI(domains: [])
    defer { unlink(String(uri.dropFirst("test://".count))) }
    let connection = try await blocking { try Connection.open(uri) }
    let own = await withTaskGroup(of: Bool.self) { group in
      for number in 0..<2000 { group.addTask { await seesItsOwnError(number, connection) } }
      return await group.reduce(into: 0) { if $1 { $0 += 1 } }
    }
    #expect(own == 2000)
    #expect(try await blocking { try connection.close() } == 0)
  }

  @Test func codesAreLibvirtsNumbers() {
    let codes: [(LibvirtError.Code, virErrorNumber)] = [
      (.internalError, VIR_ERR_INTERNAL_ERROR), (.noSupport, VIR_ERR_NO_SUPPORT),
      (.invalidConnection, VIR_ERR_INVALID_CONN), (.operationFailed, VIR_ERR_OPERATION_FAILED),
      (.systemError, VIR_ERR_SYSTEM_ERROR), (.rpc, VIR_ERR_RPC), (.noDomain, VIR_ERR_NO_DOMAIN),
      (.authenticationFailed, VIR_ERR_AUTH_FAILED), (.noStoragePool, VIR_ERR_NO_STORAGE_POOL),
      (.noStorageVolume, VIR_ERR_NO_STORAGE_VOL), (.operationInvalid, VIR_ERR_OPERATION_INVALID),
      (.operationTimeout, VIR_ERR_OPERATION_TIMEOUT), (.migratePersistFailed, VIR_ERR_MIGRATE_PERSIST_FAILED),
      (.argumentUnsupported, VIR_ERR_ARGUMENT_UNSUPPORTED), (.operationAborted, VIR_ERR_OPERATION_ABORTED),
      (.migrateUnsafe, VIR_ERR_MIGRATE_UNSAFE), (.cpuIncompatible, VIR_ERR_CPU_INCOMPATIBLE),
      (.migrateFinishOK, VIR_ERR_MIGRATE_FINISH_OK),
    ]
    for (code, number) in codes { #expect(code.rawValue == Int32(number.rawValue)) }
    #expect(LibvirtError.Code(rawValue: 4711).description == "4711")
  }

  @Test(arguments: [
    ("qemu+tcp://me:secret@kvm2/system", "qemu+tcp://me:***@kvm2/system"),
    (
      "cannot reach 'qemu+tcp://me:p@ss@[fe80::1]:16509/system'",
      "cannot reach 'qemu+tcp://me:***@[fe80::1]:16509/system'"
    ),
    ("a://u:1@h and b://v:2@i", "a://u:***@h and b://v:***@i"),
    ("qemu+ssh://root@kvm2:22/system", "qemu+ssh://root@kvm2:22/system"),
    ("qemu+unix:///system?socket=/run/a:b@c", "qemu+unix:///system?socket=/run/a:b@c"),
    ("no URI at all: me:secret@host", "no URI at all: me:secret@host"),
    ("esx://", "esx://"),
  ])
  func passwordsInURIsAreTakenOut(text: String, expected: String) {
    #expect(redactingPasswords(text) == expected)
  }

  @Test(arguments: [
    ("qemu+ssh://root@kvm2:22/system", "kvm2"), ("qemu+tcp://kvm3/system", "kvm3"),
    ("qemu+tls://[2001:db8::7]:16514/system", "2001:db8::7"), ("qemu:///system", "localhost"),
    ("test:///default", "localhost"), ("qemu+unix:///system?socket=/x@y", "localhost"),
    ("qemu+libssh://kvm4?known_hosts=/k", "kvm4"), ("nonsense", "localhost"),
  ])
  func theURINamesTheHost(uri: String, host: String) {
    #expect(hostLabel(ofURI: uri) == host)
  }

  @Test func featuresAreReadFromTheRefusalOfACPU() {
    let text =
      "the CPU is incompatible with host CPU: Host CPU does not provide required features: vme, pcid, 3dnowprefetch"
    #expect(missingCPUFeatures(in: text) == ["vme", "pcid", "3dnowprefetch"])
    #expect(missingCPUFeatures(in: "CPU vendor does not match") == [])
    #expect(missingCPUFeatures(in: "") == [])
  }
}

/// Fails on purpose, and looks at the error only after the task has had the chance to change threads.
private func seesItsOwnError(_ number: Int, _ connection: Connection) async -> Bool {
  do {
    try lookUp(number, connection)
    return false
  } catch {
    await Task.yield()
    return (error as? LibvirtError)?.message.contains("ghost\(number)!") == true
  }
}

/// Short enough for the cooperative pool: the test driver answers from memory.
private func lookUp(_ number: Int, _ connection: Connection) throws {
  _ = try connection.volumePath(pool: "images", volume: "ghost\(number)!")
}
