/// What a lab is made from: everything in it derives from its name and its index.
public struct LabConfiguration: Codable, Sendable, Equatable {
  /// Lower-case letters, digits and hyphens; the name of its directory.
  public var name: String
  public var hostCount: Int
  /// Which subnets and devices it takes, 0 to 255; nil takes the lowest that no other lab of the machine has.
  public var index: Int?
  /// Where every lab has its directory.
  public var stateRoot: String
  /// What all labs share and what outlives them: guest kernel, QEMU's capabilities.
  public var cacheRoot: String

  public init(
    name: String = "lab", hostCount: Int = 2, index: Int? = nil, stateRoot: String = "/var/lib/migrate-lab",
    cacheRoot: String = "/var/cache/migrate-lab"
  ) {
    self.name = name
    self.hostCount = hostCount
    self.index = index
    self.stateRoot = stateRoot
    self.cacheRoot = cacheRoot
  }

  /// Throws `LabError` of code `invalidConfiguration` that names the first field that cannot be.
  func validate() throws {
    let letters = name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    guard letters, (1...32).contains(name.utf8.count), !name.hasPrefix("-") else {
      throw LabError(.invalidConfiguration, "name the lab \"\(name)\"", "allowed are a-z, 0-9 and -, at most 32")
    }
    guard (1...89).contains(hostCount) else {
      throw LabError(.invalidConfiguration, "make \(hostCount) hosts", "a lab has 1 to 89")
    }
    if let index, !(0...255).contains(index) {
      throw LabError(.invalidConfiguration, "take index \(index)", "an index is 0 to 255")
    }
  }
}

/// The addresses, devices and paths of one lab: pure arithmetic over its name and index.
public struct LabPlan: Codable, Sendable, Equatable {
  public let name: String
  public let index: Int
  public let hostCount: Int
  public let stateRoot: String
  public let cacheRoot: String

  /// The lab's own directory; only root can enter it.
  public var directory: String { "\(stateRoot)/\(name)" }
  /// The backing directory of the storage that every host sees at `sharedPath`.
  public var sharedDirectory: String { "\(directory)/shared" }
  var switchDirectory: String { "\(directory)/switch" }
  /// Devices outside the lab are this plus `m` (management) or `g` (guests).
  var devicePrefix: String { "ml\(index)" }
  /// The outside end's address in the management network.
  public var managementGateway: String { "10.213.\(index).1" }
  /// The outside end's address in the guests' network.
  public var guestGateway: String { "10.214.\(index).1" }

  /// What a caller of the hosts' libvirtds proves itself with by TLS, at the same path outside and in every host.
  public var pkiDirectory: String { "\(directory)/pki" }

  /// Where every host sees the storage that they share.
  public static let sharedPath = "/var/lib/libvirt/shared"
  /// Where every host has a directory that is its own.
  public static let localPath = "/var/lib/libvirt/images"

  /// The address of guest `number`, from 1 to 150.
  public func guestAddress(_ number: Int) -> String { "10.214.\(index).\(100 + number)" }

  func host(_ number: Int) -> LabHost {
    LabHost(name: "host\(number)", number: number, address: "10.213.\(index).\(10 + number)", directory: directory)
  }

  var hosts: [LabHost] { (1...hostCount).map(host) }
}

/// One host of a lab: names only, so it is a value that stays right while the host comes and goes.
public struct LabHost: Sendable, Hashable {
  public let name: String
  public let number: Int
  /// In the management network: libvirt, ssh and the migration's traffic.
  public let address: String
  /// The directory of the lab.
  let directory: String

  /// Reaches its libvirtd from outside and from the other hosts.
  public var uri: String { "qemu+tcp://\(address)/system" }
  /// Reaches its libvirtd through ssh, from the other hosts.
  public var sshURI: String { "qemu+ssh://\(name)/system" }
  /// Reaches its libvirtd by TLS, from outside and from the hosts, with the lab's certificate of a client.
  public var tlsURI: String { "qemu+tls://\(address)/system?pkipath=\(Self.escape("\(directory)/pki"))" }
  /// Reaches its libvirtd through libssh, from outside and from the hosts, with the lab's key.
  public var libsshURI: String {
    "qemu+libssh://root@\(address)/system?known_hosts=\(Self.escape("\(directory)/known_hosts"))&sshauth=privkey"
      + "&keyfile=\(Self.escape("\(directory)/id_ed25519"))"
  }
  /// Its port of the switch's management bridge.
  var switchPort: String { "m\(number)" }
  /// The host's own files, as seen from outside.
  public var stateDirectory: String { "\(directory)/\(name)" }
  /// What this host has at `LabPlan.localPath`, as seen from outside.
  public var localDirectory: String { "\(stateDirectory)/lib/images" }
  /// What this host has at /var/log/libvirt, as seen from outside.
  public var logDirectory: String { "\(stateDirectory)/log" }

  /// For a value in a URI's query: RFC 3986 without what has a meaning there.
  private static func escape(_ path: String) -> String {
    path.utf8.map { byte in
      let character = Character(UnicodeScalar(byte))
      let isPlain = byte < 0x80 && (character.isLetter || character.isNumber || "/._-".contains(character))
      return isPlain ? String(character) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }.joined()
  }
}
