import BenchModel
import Foundation
import Lab
import MigrationModel
import Yams

/// Two hosts between which guests are moved, and what must be known of them.
public struct BenchSite: Sendable {
  public struct Host: Sendable, Equatable {
    public var name: String
    /// As libvirt reaches it from here, and the other host in peer-to-peer mode.
    public var uri: String
    /// What the tool is given.
    public var reference: String
    /// Where its QEMUs' connections to the collector come from; nothing is known of a lab's, which are told by process.
    public var addresses: Set<String> = []
  }

  public var description: String
  public var hosts: [Host]
  /// For `migrate --config`, and where it keeps its journal.
  var configuration: String
  var journal: String
  var image: GuestImage
  var accelerator: GuestSpecification.Accelerator
  var bridge: String
  var guestAddress: String
  var prefixLength: Int
  var collector: GuestSpecification.Heart.Collector
  /// What only a lab can tell and do: processes, bytes on the wire, slower links, one clock.
  var lab: Lab?

  /// Stamps of both hosts can be compared.
  var hasOneClock: Bool { lab != nil }

  /// The first two hosts of a lab.
  static func lab(_ lab: Lab) async throws -> BenchSite {
    let hosts = try [lab.host(1), lab.host(2)].map { Host(name: $0.name, uri: $0.uri, reference: $0.name) }
    return BenchSite(
      description: "a lab: two hosts in namespaces of one machine", hosts: hosts, configuration: lab.configurationPath,
      journal: "\(lab.plan.directory)/journal.sqlite",
      image: try await GuestImage.prepare(cacheRoot: lab.plan.cacheRoot, withKeeper: true), accelerator: .emulated,
      bridge: "br0", guestAddress: lab.plan.guestAddress(1), prefixLength: 24,
      collector: .unix("\(lab.plan.directory)/beats"), lab: lab)
  }

  /// What a site file says; docs/bench.md describes it.
  private struct File: Decodable {
    struct Entry: Decodable {
      var name, uri: String
      var address: String?
    }
    var hosts: [Entry]
    var image: String
    var type: GuestSpecification.Accelerator?
    var bridge: String
    var guestAddress: String
    var listen: String

    private enum CodingKeys: String, CodingKey {
      case hosts, image, type, bridge, listen
      case guestAddress = "guest_address"
    }
  }

  /// Two hosts that are there already, from a YAML file; throws `BenchError` that names the file and what is wrong in it.
  public init(contentsOf path: String, configuration: String) throws {
    let file: File
    do {
      file = try YAMLDecoder().decode(File.self, from: try String(contentsOfFile: path, encoding: .utf8))
    } catch let error as DecodingError {
      throw BenchError("\(path) is no site file: \(error.place)")
    } catch {
      throw BenchError("\(path) is no site file: \(error)")
    }
    let listen = file.listen.split(separator: ":")
    let address = file.guestAddress.split(separator: "/")
    guard file.hosts.count == 2, Set(file.hosts.map(\.name)).count == 2 else {
      throw BenchError("\(path): hosts are two, with names of their own")
    }
    guard listen.count == 2, Sockets.isIPv4(listen[0]), let port = UInt16(listen[1]) else {
      throw BenchError("\(path): listen is ADDRESS:PORT of this machine, not “\(file.listen)”")
    }
    guard address.count == 2, Sockets.isIPv4(address[0]), let length = Int(address[1]), (8...30).contains(length) else {
      throw BenchError("\(path): guest_address is ADDRESS/LENGTH, not “\(file.guestAddress)”")
    }
    let hosts = try file.hosts.map { entry in
      Host(
        name: entry.name, uri: entry.uri, reference: entry.uri,
        addresses: try Self.addresses(of: entry, seenFrom: String(listen[0]), in: path))
    }
    let shared = hosts[0].addresses.intersection(hosts[1].addresses)
    guard shared.isEmpty else {
      throw BenchError(
        "\(path): both hosts' beats would come from \(shared.sorted().joined(separator: ", ")); give each its address")
    }
    self.init(
      description: "two hosts: \(file.hosts.map(\.name).joined(separator: ", "))",
      hosts: hosts, configuration: configuration,
      journal: FileManager.default.temporaryDirectory.appending(path: "migrate-bench-\(getpid()).sqlite")
        .path(percentEncoded: false),
      image: GuestImage(kernel: file.image + "/vmlinuz", initramfs: file.image + "/initramfs"),
      accelerator: file.type ?? .kvm, bridge: file.bridge, guestAddress: String(address[0]), prefixLength: length,
      collector: .tcp(address: String(listen[0]), port: port), lab: nil)
  }

  /// What a host's beats come from: what the file says, else what the name in its URI leads to, else this machine.
  private static func addresses(of entry: File.Entry, seenFrom here: String, in path: String) throws -> Set<String> {
    if let address = entry.address {
      guard Sockets.isIPv4(address) else {
        throw BenchError("\(path): the address of host \(entry.name) is an IPv4 address, not “\(address)”")
      }
      return [address]
    }
    guard let name = URLComponents(string: entry.uri)?.host, !name.isEmpty else { return [here] }
    do { return try Sockets.addresses(of: name) } catch {
      throw BenchError("\(path): where host \(entry.name)'s beats come from is not known; give its address: \(error)")
    }
  }

  private init(
    description: String, hosts: [Host], configuration: String, journal: String, image: GuestImage,
    accelerator: GuestSpecification.Accelerator, bridge: String, guestAddress: String, prefixLength: Int,
    collector: GuestSpecification.Heart.Collector, lab: Lab?
  ) {
    (self.description, self.hosts, self.configuration, self.journal) = (description, hosts, configuration, journal)
    (self.image, self.accelerator, self.bridge) = (image, accelerator, bridge)
    (self.guestAddress, self.prefixLength, self.collector, self.lab) = (guestAddress, prefixLength, collector, lab)
  }

  /// What the moves left of themselves; a lab takes its own down.
  func clearUp() {
    guard lab == nil else { return }
    for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: journal + suffix) }
  }

  /// Why a scenario cannot be run here; nil when it can.
  func obstacle(to scenario: Scenario) -> String? {
    if (scenario.requires ?? []).contains("kvm"), accelerator != .kvm {
      return "it needs KVM; guests are emulated here"
    }
    if scenario.linkMibS != nil, lab == nil { return "it limits the hosts' links, which is for a lab alone" }
    return nil
  }

  /// Which host whoever connects to the collector is on.
  func peers() -> @Sendable (BeatCollector.Peer) -> Int? {
    { [lab, hosts] peer in
      switch peer {
      case .process(let id): lab?.host(ofProcess: id).map { $0.number - 1 }
      case .address(let address): hosts.firstIndex { $0.addresses.contains(address) }
      }
    }
  }
}
