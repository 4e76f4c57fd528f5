import Foundation
import Testing

@testable import Bench

struct SiteFileTests {
  private static let whole = """
    hosts:
      - {name: one, uri: "qemu+ssh://one/system", address: 192.0.2.1}
      - {name: two, uri: "qemu+ssh://192.0.2.2/system"}
    image: /images/bench
    type: qemu
    bridge: br7
    guest_address: 192.0.2.50/25
    listen: 192.0.2.9:7007
    """

  @Test func everyWordOfAFileArrives() throws {
    let site = try read(Self.whole)
    #expect(site.hosts.map(\.name) == ["one", "two"] && site.hosts[0].uri == "qemu+ssh://one/system")
    #expect(site.image.kernel == "/images/bench/vmlinuz" && site.image.initramfs == "/images/bench/initramfs")
    #expect(site.accelerator == .emulated && site.bridge == "br7" && site.configuration == "config.yaml")
    #expect(site.guestAddress == "192.0.2.50" && site.prefixLength == 25)
    #expect(site.collector == .tcp(address: "192.0.2.9", port: 7007) && !site.hasOneClock)
  }

  @Test(arguments: [
    ("listen: 192.0.2.9:7007", "listen: 192.0.2.9", "listen is ADDRESS:PORT"),
    ("listen: 192.0.2.9:7007", "listen: 192.0.2.9:99999", "listen is ADDRESS:PORT"),
    ("listen: 192.0.2.9:7007", "listen: here:7007", "listen is ADDRESS:PORT"),
    ("192.0.2.50/25", "192.0.2.50", "guest_address is ADDRESS/LENGTH"),
    ("192.0.2.50/25", "192.0.2.500/25", "guest_address is ADDRESS/LENGTH"),
    ("address: 192.0.2.1}", "address: kvm1}", "the address of host one is an IPv4 address, not “kvm1”"),
    ("address: 192.0.2.1}", "address: 192.0.2.2}", "both hosts' beats would come from 192.0.2.2"),
    ("192.0.2.2/system", "no-such-host.invalid/system", "host two's beats come from is not known; give its address"),
    ("name: two", "name: one", "names of their own"),
    ("bridge: br7", "bridges: br7", "“bridge” is missing"),
    ("type: qemu", "type: xen", "type"),
  ]) func whatIsWrongIsNamed(old: String, new: String, words: String) {
    let error = #expect(throws: BenchError.self) { try read(Self.whole.replacingOccurrences(of: old, with: new)) }
    #expect(error?.description.contains(words) == true, "\(String(describing: error))")
  }

  /// By the address that the file gives, or that the name in the URI leads to; whoever else comes is not heard.
  @Test func aHostIsKnownByItsAddress() throws {
    let side = try read(Self.whole).peers()
    #expect(side(.address("192.0.2.2")) == 1 && side(.address("192.0.2.1")) == 0)
    #expect(side(.address("192.0.2.3")) == nil && side(.process(1)) == nil)
  }

  /// A daemon of this machine reaches the collector from where it listens.
  @Test func aHostWithoutANameIsThisMachine() throws {
    let site = try read(Self.whole.replacingOccurrences(of: "qemu+ssh://192.0.2.2/system", with: "qemu:///system"))
    #expect(site.hosts[1].addresses == ["192.0.2.9"])
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
