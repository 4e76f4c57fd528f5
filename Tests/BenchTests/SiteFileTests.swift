import Foundation
import Testing

@testable import Bench

struct SiteFileTests {
  private static let whole = """
    hosts: [{name: one, uri: "qemu+ssh://one/system"}, {name: two, uri: "qemu+ssh://two/system"}]
    image: /images/bench
    type: qemu
    bridge: br7
    guest_address: 192.0.2.50/25
    listen: 192.0.2.9:7007
    """

  @Test func everyWordOfAFileArrives() throws {
    let site = try read(Self.whole)
    #expect(site.hosts.map(\.name) == ["one", "two"] && site.hosts[1].uri == "qemu+ssh://two/system")
    #expect(site.image.kernel == "/images/bench/vmlinuz" && site.image.initramfs == "/images/bench/initramfs")
    #expect(site.accelerator == .emulated && site.bridge == "br7" && site.configuration == "config.yaml")
    #expect(site.guestAddress == "192.0.2.50" && site.prefixLength == 25)
    #expect(site.collector == .tcp(address: "192.0.2.9", port: 7007) && !site.hasOneClock)
  }

  @Test(arguments: [
    ("listen: 192.0.2.9:7007", "listen: 192.0.2.9", "listen is ADDRESS:PORT"),
    ("listen: 192.0.2.9:7007", "listen: 192.0.2.9:99999", "listen is ADDRESS:PORT"),
    ("192.0.2.50/25", "192.0.2.50", "guest_address is ADDRESS/LENGTH"),
    ("name: two", "name: one", "names of their own"),
    ("bridge: br7", "bridges: br7", "“bridge” is missing"),
    ("type: qemu", "type: xen", "type"),
  ]) func whatIsWrongIsNamed(old: String, new: String, words: String) {
    let error = #expect(throws: BenchError.self) { try read(Self.whole.replacingOccurrences(of: old, with: new)) }
    #expect(error?.description.contains(words) == true, "\(String(describing: error))")
  }

  /// Whoever comes to the port besides the two hosts is not heard.
  @Test func theHostsAreWhoComesFirst() throws {
    let side = try read(Self.whole).peers()
    #expect(side(.address("192.0.2.1")) == 0 && side(.address("192.0.2.2")) == 1)
    #expect(side(.address("192.0.2.3")) == nil && side(.address("192.0.2.1")) == 0)
    #expect(side(.process(1)) == nil)
  }

  @Test func whatOnlyALabCanDoIsSkipped() throws {
    let site = try read(Self.whole)
    var scenario = try ScenarioFile.parse("name: a\nvariants: [{name: b}]", of: "a")[0]
    #expect(site.obstacle(to: scenario) == nil)
    scenario.linkMibS = 100
    #expect(site.obstacle(to: scenario)?.contains("links") == true)
    (scenario.linkMibS, scenario.requires) = (nil, ["kvm"])
    #expect(site.obstacle(to: scenario)?.contains("KVM") == true)
  }

  private func read(_ text: String) throws -> BenchSite {
    let file = FileManager.default.temporaryDirectory.appending(path: "site-\(UUID().uuidString).yaml")
    try text.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    return try BenchSite(contentsOf: file.path(), configuration: "config.yaml")
  }
}
