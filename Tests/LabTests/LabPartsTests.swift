import Foundation
import Testing

@testable import Lab

@Suite struct LabPartsTests {
  @Test func modulesAreLoadedAfterWhatTheyNeed() throws {
    let modules = KernelModules(paths: ["/m/net/virtio_net.ko", "/m/virtio-ring.ko", "/m/virtio.ko"])
    let needs = ["/m/net/virtio_net.ko": "virtio,builtin", "/m/virtio.ko": "virtio-ring", "/m/virtio-ring.ko": ""]
    let order = try modules.inLoadingOrder(["virtio_net", "virtio"]) { path in
      Array("ELF\0license=GPL\0depends=\(needs[path] ?? "?")\0name=x\0".utf8)
    }
    #expect(order.map(\.name) == ["virtio_ring", "virtio", "virtio_net"])
  }

  @Test func busyboxReadsTheArchive() async throws {
    var archive = Cpio()
    archive.addDirectory("d")
    archive.addFile("d/odd", Array("12345".utf8), mode: 0o640)
    archive.addLink("l", to: "d/odd")
    archive.finish()
    let list = try await execute(["busybox", "cpio", "-tv"], input: String(decoding: archive.bytes, as: UTF8.self))
    try list.check("read the archive")
    let lines = list.output.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(lines.map(\.first) == ["drwxr-xr-x", "-rw-r-----", "lrwxrwxrwx"])
    #expect(lines[1].contains("5") && lines[2].suffix(3) == ["l", "->", "d/odd"])
  }

  @Test func xmlTakesAnyText() {
    #expect(GuestXML.escape(#"<a b="c" d='e'> & é"#) == "&lt;a b=&quot;c&quot; d=&apos;e&apos;&gt; &amp; é")
  }

  @Test func aProcessWithAnotherStartTimeIsAnother() throws {
    let mine = try #require(LabProcess(id: getpid()))
    #expect(mine.isAlive)
    #expect(LabProcess(id: 0) == nil)
    let directory = FileManager.default.temporaryDirectory.path + "/lab-\(UUID().uuidString)"
    try Files.makeDirectory(directory)
    defer { try? Files.remove(directory) }
    try Files.write("\(getpid()) 1\n", to: "\(directory)/process")
    #expect(try #require(LabProcess(registeredIn: directory)).isAlive == false)
  }

  @Test func theProbeHearsEchoes() async throws {
    guard geteuid() == 0 else { try Test.cancel("missing: root, for a raw socket") }
    let probe = try GuestProbe(address: "127.0.0.1", every: .milliseconds(1))
    try await execute(["ping", "-c", "2", "-i", "0.05", "127.0.0.1"]).check("ping this machine")
    let report = try await probe.stop()
    #expect(report.received > 1 && report.received <= report.sent)
    #expect(report.longestGap != nil && report.longestGapBegan != nil)
    #expect(throws: LabError.self) { try GuestProbe(address: "host1") }
  }

  @Test func aCommandSaysHowItFailed() async throws {
    let result = try await execute(["ls", "/nothing here"])
    let error = #expect(throws: LabError.self) { try result.check("look", host: "host9") }
    #expect(error?.description.hasPrefix("cannot look on host9: status 2: ") == true)
    #expect(error?.description.hasSuffix("No such file or directory [commandFailed]") == true)
    await #expect(throws: LabError.self) { try await execute(["no-such-program-anywhere"]) }
  }
}
