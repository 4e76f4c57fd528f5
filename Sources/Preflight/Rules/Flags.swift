import MigrationModel

/// The requested options go together; libvirt finds out late, on some versions not at all.
///
/// Combinations from libvirt-domain.c, qemu_migration.c and qemu_migration_params.c (9.0.0 and 11.3.0) and QEMU's
/// migration/options.c. Judged from the request; the domain only adds whether the move is offline, whether it leaves a
/// definition, and its disks.
let flagsLegal = Rule("flags.legal", .blocker, "the requested combination of options, and their values") { move in
  var request = move.request
  request.persistent = request.persistent ?? move.domain.isPersistent
  let wrong = illegalFlags(request, isOffline: move.isOffline) + unknownDisks(move)
  return Answer(wrong.isEmpty ? risks(of: request) : wrong)
}

/// Everything in the request that some layer refuses or ignores; without `isOffline` as far as the request alone tells.
func illegalFlags(_ request: MigrationRequest, isOffline: Bool? = nil) -> [Issue] {
  let isOffline = isOffline ?? (request.mode == .offline)
  let combinations = (illegalCombinations + pointlessCombinations).filter { $0.isGiven(request, isOffline) }
  return combinations.map(\.issue) + illegalValues(request)
}

/// Options that exclude or need each other.
struct Combination: Sendable {
  /// The options as they are typed: "--tunnelled --parallel".
  var options: String
  /// Who refuses it.
  var layer: Layer
  /// One sentence without its end: "a tunnel is one stream".
  var because: String
  var remedy: String
  var isGiven: @Sendable (_ request: MigrationRequest, _ isOffline: Bool) -> Bool

  enum Layer: String, Sendable {
    case library = "libvirt's client library"
    case begin = "libvirt's QEMU driver on the source (Begin)"
    case parameters = "libvirt's QEMU driver (migration parameters)"
    case driver = "libvirt's QEMU driver"
    case qemu = "QEMU"
    case virsh = "virsh"
    case tool = "migrate"
    case nobody = "nobody"
  }

  init(
    _ options: String, _ layer: Layer, _ because: String, _ remedy: String,
    isGiven: @escaping @Sendable (_ request: MigrationRequest, _ isOffline: Bool) -> Bool
  ) {
    self.options = options
    self.layer = layer
    self.because = because
    self.remedy = remedy
    self.isGiven = isGiven
  }

  var issue: Issue {
    let isIgnored = layer == .nobody
    return Issue(
      isIgnored ? .warning : .blocker, options, source: "asked for",
      destination: isIgnored ? "ignored" : "refused by \(layer.rawValue)",
      "\(options): \(because)\(isIgnored ? "" : "; \(layer.rawValue) refuses it").", remedy: [remedy])
  }
}

private let illegalCombinations: [Combination] =
  tunnelled + offline + postcopy + storage + transport + uris + rdma + tuning + limits

private let tunnelled: [Combination] = [
  Combination("--tunnelled --parallel", .library, "a tunnel is one stream", "Use --p2p instead of --tunnelled.") {
    request, _ in request.mode == .tunnelled && request.parallel
  },
  Combination(
    "--tunnelled --postcopy", .begin, "a tunnel has no way back for page requests", "Use --p2p instead of --tunnelled."
  ) { request, _ in request.mode == .tunnelled && request.postcopy },
  Combination(
    "--tunnelled --copy-storage", .tool,
    "disks are not copied through a tunnel, and libvirt 9.0.0 reports that without stopping",
    "Use --p2p instead of --tunnelled."
  ) { request, _ in request.mode == .tunnelled && request.copyStorage != nil },
  Combination(
    "--tunnelled --migrateuri", .driver, "a tunnel makes no data connection that an address could be given for",
    "Leave --migrateuri out, or use --p2p."
  ) { request, _ in request.mode == .tunnelled && request.migrateURI != nil },
  Combination(
    "--tunnelled --listen-address", .driver, "through a tunnel the destination does not listen",
    "Leave --listen-address out, or use --p2p."
  ) { request, _ in request.mode == .tunnelled && request.listenAddress != nil },
  Combination(
    "--tunnelled --disks-port", .driver, "through a tunnel no disks are copied", "Leave --disks-port out, or use --p2p."
  ) { request, _ in request.mode == .tunnelled && request.disksPort != nil },
  Combination(
    "--tunnelled --disks-uri", .tool, "through a tunnel no disks are copied", "Leave --disks-uri out, or use --p2p."
  ) { request, _ in request.mode == .tunnelled && request.disksURI != nil },
  Combination(
    "--tunnelled --tls", .tool, "the tunnel runs inside libvirt's own connection, and QEMU has no peer name to verify",
    "Leave --tls out (a qemu+tls or qemu+ssh URI encrypts the tunnel), or use --p2p --tls."
  ) { request, _ in request.mode == .tunnelled && request.tls },
]

private let offline: [Combination] = [
  Combination("--offline --live", .virsh, "a guest that does not run cannot move live", "Leave one of them out.") {
    request, _ in request.mode == .offline && request.live == true
  },
  Combination(
    "--offline without --persistent", .begin, "an offline move leaves nothing but a definition", "Add --persistent."
  ) { request, isOffline in isOffline && request.persistent == false },
  Combination(
    "--persistent-xml without --persistent", .virsh,
    "no definition is left on the destination, and libvirt ignores the file", "Add --persistent."
  ) { request, _ in request.persistentXML != nil && request.persistent == false },
  Combination(
    "--offline --copy-storage", .begin, "an offline move copies the definition and no disks",
    "Copy the images yourself, or start the guest and move it live with --copy-storage-all."
  ) { request, isOffline in isOffline && request.copyStorage != nil },
]

private let postcopy: [Combination] = [
  Combination(
    "--postcopy without --live", .begin, "post-copy ends a live migration", "Add --live or leave --postcopy out."
  ) {
    request, isOffline in request.postcopy && (request.live == false || isOffline)
  },
  Combination(
    "--postcopy --suspend", .begin, "in post-copy the guest must run on the destination",
    "Leave --suspend out and suspend the guest after the move."
  ) { request, _ in request.postcopy && request.suspend },
  Combination(
    "--postcopy --strict-handover", .begin, "in post-copy the guest runs on the destination before the source lets go",
    "Leave one of them out."
  ) { request, _ in request.postcopy && request.strictHandover },
  Combination(
    "--postcopy-resume without --postcopy", .driver, "only a post-copy migration can be resumed", "Add --postcopy."
  ) { request, _ in request.postcopyResume && !request.postcopy },
  Combination(
    "--postcopy-resume --deadline", .driver, "a guest that is on both hosts can only go on", "Leave --deadline out."
  ) { request, _ in request.postcopyResume && request.deadline != nil },
]

private let storage: [Combination] = [
  Combination(
    "--migrate-disks without --copy-storage", .tool,
    "nothing is copied then, and libvirt 9.0.0 ignores the list without a word", "Add --copy-storage-all or -inc."
  ) { request, _ in !request.migrateDisks.isEmpty && request.copyStorage == nil },
  Combination(
    "--copy-storage-synchronous-writes without --copy-storage", .library,
    "there is no copy whose writes could be mirrored",
    "Add --copy-storage-all or -inc."
  ) { request, _ in request.synchronousWrites && request.copyStorage == nil },
  Combination(
    "--disks-port --disks-uri", .driver, "each says where the disks go",
    "Leave one of them out; the URI can name a port."
  ) { request, _ in request.disksPort != nil && request.disksURI != nil },
]

private let transport: [Combination] = [
  Combination(
    "--zerocopy without --parallel", .begin, "only parallel connections send without copying", "Add --parallel."
  ) {
    request, _ in request.zerocopy && !request.parallel
  },
  Combination(
    "--zerocopy --comp-methods", .qemu, "compressing is copying", "Leave --zerocopy or --comp-methods out."
  ) { request, _ in request.zerocopy && !request.compression.isEmpty },
  Combination("--zerocopy --tls", .qemu, "encrypting is copying", "Leave --zerocopy or --tls out.") { request, _ in
    request.zerocopy && request.tls
  },
  Combination(
    "--parallel --comp-methods mt", .qemu, "mt compresses a single connection", "Use --comp-methods zstd."
  ) { request, _ in request.parallel && request.compression.contains("mt") },
  Combination(
    "--parallel --comp-methods xbzrle", .tool,
    "xbzrle compresses a single connection, and libvirt before 9.4.0 takes it without a word",
    "Use --comp-methods zstd."
  ) { request, _ in request.parallel && request.compression.contains("xbzrle") },
  Combination(
    "--comp-methods zlib without --parallel", .parameters, "zlib compresses parallel connections", "Add --parallel."
  ) {
    request, _ in !request.parallel && request.compression.contains("zlib")
  },
  Combination(
    "--comp-methods zstd without --parallel", .parameters, "zstd compresses parallel connections", "Add --parallel."
  ) {
    request, _ in !request.parallel && request.compression.contains("zstd")
  },
  Combination(
    "--parallel with two --comp-methods", .parameters, "parallel connections know one method at a time",
    "Name one method."
  ) { request, _ in request.parallel && Set(request.compression).count > 1 },
  Combination(
    "--parallel-connections without --parallel", .parameters, "there is nothing to count", "Add --parallel."
  ) { request, _ in request.parallelConnections != nil && !request.parallel },
  Combination(
    "--tls-destination without --tls", .virsh, "nothing is encrypted then, and libvirt ignores the name", "Add --tls."
  ) { request, _ in request.tlsDestination != nil && !request.tls },
]

private let uris: [Combination] = [
  Combination(
    "--migrateuri unix: --listen-address", .driver, "a socket in the file system listens on no address",
    "Leave --listen-address out."
  ) { request, _ in request.usesSocket && request.listenAddress != nil },
  Combination(
    "--migrateuri unix: --copy-storage without --disks-uri", .driver, "the disks need a socket of their own",
    "Add --disks-uri unix:///PATH."
  ) { request, _ in request.usesSocket && request.copyStorage != nil && request.disksURI == nil },
  Combination(
    "--migrateuri unix: --tls without --tls-destination", .driver,
    "a socket has no name that a certificate could match",
    "Add --tls-destination NAME, the name in the destination's certificate."
  ) { request, _ in request.usesSocket && request.tls && request.tlsDestination == nil },
  Combination(
    "--disks-uri unix: --tls", .driver, "disks are not copied with TLS over a socket in the file system",
    "Leave --tls out or use --disks-uri tcp://ADDRESS:PORT."
  ) { request, _ in request.disksURI?.scheme == "unix" && request.tls },
]

private let rdma: [Combination] = [
  Combination(
    "--migrateuri rdma: --parallel", .qemu, "RDMA has channels of its own", "Use --migrateuri tcp://ADDRESS."
  ) { request, _ in request.usesRDMA && request.parallel },
  Combination(
    "--migrateuri rdma: --tls", .tool,
    "RDMA writes into the other host's memory directly, and QEMU encrypts nothing of it",
    "Leave --tls out where the network can be trusted, or use --migrateuri tcp://ADDRESS."
  ) { request, _ in request.usesRDMA && request.tls },
]

extension MigrationRequest {
  fileprivate var usesSocket: Bool { migrateURI?.scheme == "unix" }
  fileprivate var usesRDMA: Bool { migrateURI?.scheme == "rdma" }
}
