import Lab

/// One way to move one guest, and what must come of it.
public struct ModeRow: Sendable {
  enum Transport: String, Sendable, CaseIterable {
    case tcp = "qemu+tcp"
    case ssh = "qemu+ssh"
    case tls = "qemu+tls"
    case libssh = "qemu+libssh"
    /// The tool runs on the source, as root.
    case local = "qemu:///system on the source"
  }

  enum Guest: Sendable {
    case persistent, transient, shutOff
    /// Running, then suspended.
    case paused
  }

  enum Disk: Sendable {
    case none, local, chain
    /// A chain whose lower file the destination has already.
    case chainOverKnownBase
    /// Two of them, of which one is on storage that both hosts see.
    case localAndShared
  }

  /// What must hold on the hosts afterwards.
  struct Expectation: Sendable {
    var state = "running"
    var isDefinedOnSource = false
    var isDefinedOnDestination = true
    /// An offline move of a running guest leaves it where it is.
    var runsOnSource = false
    var name = "keeper"
    /// The destination has a definition before.
    var wasDefinedThere = false
  }

  var name: String
  var guest = Guest.persistent
  var disk = Disk.none
  var transport = Transport.tcp
  var arguments: [String] = []
  var expectation = Expectation()
  /// Words of libvirt's or of preflight's why it cannot be done here; nil: it must succeed.
  var refusal: String?
  /// A file made from the guest's XML on the source, given with `--xml`.
  var changesXML = false
}

extension ModeRow {
  /// Every row of docs/modes.md.
  static let all: [ModeRow] = modes + transports + states + methods + storage + definitions

  /// Those that every test run tries: each is a way of its own through libvirt.
  static let quick = all.filter {
    ["tunnelled", "--dname", "--xml", "--parallel", "--auto-converge", "xbzrle", "--tls"].contains($0.name)
  }

  private static let modes = [
    ModeRow(name: "plain", arguments: ["--mode", "plain"]),
    ModeRow(name: "p2p", arguments: ["--mode", "p2p"]),
    ModeRow(name: "tunnelled", arguments: ["--mode", "tunnelled"]),
    ModeRow(name: "auto"),
    ModeRow(name: "auto, shut off", guest: .shutOff, expectation: .init(state: "shut off")),
    ModeRow(
      name: "offline, shut off", guest: .shutOff, arguments: ["--mode", "offline"],
      expectation: .init(state: "shut off")
    ),
    ModeRow(
      name: "offline, running", arguments: ["--mode", "offline"],
      expectation: .init(state: "shut off", isDefinedOnSource: true, runsOnSource: true)),
  ]

  private static let transports = Transport.allCases.dropFirst().flatMap { transport in
    ["plain", "p2p"].map {
      ModeRow(name: "\($0) over \(transport.rawValue)", transport: transport, arguments: ["--mode", $0])
    }
  }

  private static let states = [
    ModeRow(name: "not live", arguments: ["--no-live"]),
    ModeRow(name: "not live, p2p", arguments: ["--no-live", "--mode", "p2p"]),
    ModeRow(name: "paused guest", guest: .paused, expectation: .init(state: "paused")),
    ModeRow(name: "paused guest, p2p", guest: .paused, arguments: ["--p2p"], expectation: .init(state: "paused")),
    ModeRow(name: "--suspend", arguments: ["--suspend"], expectation: .init(state: "paused")),
    ModeRow(name: "--dname", arguments: ["--dname", "renamed"], expectation: .init(name: "renamed")),
    ModeRow(name: "--xml", changesXML: true),
  ]

  private static let postcopy = [
    "--postcopy", "--deadline", "1", "--on-stall", "postcopy", "--bandwidth", "24", "--max-downtime", "20",
  ]

  private static let methods = [
    ModeRow(name: "post-copy", arguments: postcopy),
    ModeRow(name: "post-copy, p2p", arguments: postcopy + ["--p2p"]),
    ModeRow(name: "--parallel", arguments: ["--parallel"]),
    ModeRow(name: "--parallel-connections 4, p2p", arguments: ["--parallel", "--parallel-connections", "4", "--p2p"]),
    ModeRow(name: "--auto-converge", arguments: ["--auto-converge", "--bandwidth", "24"]),
    ModeRow(name: "xbzrle", arguments: ["--comp-methods", "xbzrle", "--bandwidth", "24"]),
    ModeRow(name: "mt", arguments: ["--comp-methods", "mt"]),
    ModeRow(name: "zero-copy", arguments: ["--parallel", "--zerocopy"], refusal: "memory.locked"),
    ModeRow(name: "--tls", arguments: ["--tls"]),
    ModeRow(name: "--tls, p2p", arguments: ["--tls", "--p2p"]),
    ModeRow(name: "--tls, --parallel", arguments: ["--tls", "--parallel"]),
    ModeRow(name: "--max-downtime", arguments: ["--max-downtime", "100"]),
  ]

  private static let storage = [
    ModeRow(name: "copy all disks", disk: .local, arguments: ["--copy-storage-all"]),
    ModeRow(name: "copy all disks, p2p", disk: .local, arguments: ["--copy-storage-all", "--p2p"]),
    ModeRow(name: "copy all of a chain", disk: .chain, arguments: ["--copy-storage-all"]),
    ModeRow(name: "copy the top of a chain", disk: .chainOverKnownBase, arguments: ["--copy-storage-inc"]),
    ModeRow(
      name: "synchronous writes", disk: .local,
      arguments: ["--copy-storage-all", "--copy-storage-synchronous-writes"]),
    ModeRow(
      name: "chosen disks", disk: .localAndShared, arguments: ["--copy-storage-all", "--migrate-disks", "vda"]),
    ModeRow(
      name: "a disk that both see", disk: .localAndShared, arguments: ["--copy-storage-all"],
      refusal: "storage.copy-space"),
    ModeRow(name: "copy over --tls", disk: .local, arguments: ["--copy-storage-all", "--tls"]),
  ]

  /// Persistent and transient guests, with each of the two flags; libvirt's docs/migration.rst has the table.
  private static let definitions = [true, false].flatMap { isPersistent in
    [(true, true), (true, false), (false, true), (false, false)].map { persistent, undefine in
      ModeRow(
        name: "\(isPersistent ? "persistent" : "transient") guest, "
          + "--\(persistent ? "" : "no-")persistent --\(undefine ? "" : "no-")undefinesource",
        guest: isPersistent ? .persistent : .transient,
        arguments: [
          "--\(persistent ? "" : "no-")persistent", "--\(undefine ? "" : "no-")undefinesource",
        ] + (isPersistent && undefine && !persistent ? ["--allow", "guest.persistence"] : []),
        expectation: .init(isDefinedOnSource: isPersistent && !undefine, isDefinedOnDestination: persistent))
    }
  }
}
