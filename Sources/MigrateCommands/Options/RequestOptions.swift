import ArgumentParser
import MigrationModel

extension MigrationRequest.Mode: ExpressibleByArgument {}

/// What is asked of libvirt, under virsh's names where virsh has them.
struct RequestOptions: ParsableArguments {
  @Flag(inversion: .prefixedNo, help: "Move a running guest while it runs (default for an active guest).")
  var live: Bool?

  @Option(
    help: """
      Who leads. auto: offline for a guest that is shut off, p2p where the source reaches the destination with its own \
      credentials, else plain.
      """)
  var mode: MigrationRequest.Mode = .auto

  @Flag(help: "The source's daemon drives the move by itself (--mode p2p).")
  var p2p = false
  @Flag(help: "Send the guest through the daemons' own connection (--mode tunnelled).")
  var tunnelled = false
  @Flag(help: "Move the definition only (--mode offline).")
  var offline = false

  @Flag(inversion: .prefixedNo, help: "Define the guest on the destination (default for a defined guest).")
  var persistent: Bool?
  @Flag(inversion: .prefixedNo, help: "Remove the definition from the source (default with --persistent).")
  var undefinesource: Bool?
  @Flag(help: "Leave the guest paused on the destination.")
  var suspend = false
  @Flag(help: "Let the destination wait until the source has let go: never both, whatever dies, for a longer pause.")
  var strictHandover = false
  @Flag(help: "Go on where libvirt holds the storage for unsafe.")
  var unsafe = false

  @Flag(help: "Copy all disks that are not shared.")
  var copyStorageAll = false
  @Flag(help: "Copy the top images over the same backing files.")
  var copyStorageInc = false
  @Flag(help: "Make the guest wait for writes to reach both copies.")
  var copyStorageSynchronousWrites = false
  @Option(help: "Copy these disks only: target names separated by commas.")
  var migrateDisks: String?
  @Option(help: "Port that the destination opens for disks.")
  var disksPort: Int?
  @Option(help: "URI for the disk copy.")
  var disksUri: String?

  @Flag(help: "Allow the move to be switched to post-copy.")
  var postcopy = false
  @Flag(help: "Resume a post-copy move that failed.")
  var postcopyResume = false
  @Flag(help: "Slow the guest's CPUs down when it dirties memory too fast.")
  var autoConverge = false
  @Option(help: "Per cent of CPU time that auto-converge takes first.")
  var autoConvergeInitial: Int?
  @Option(help: "Per cent of CPU time that each further step takes.")
  var autoConvergeIncrement: Int?
  @Option(help: "Compression methods separated by commas: mt, xbzrle, zlib, zstd.")
  var compMethods: String?
  @Option(help: "Level of the method mt, 0 (none) to 9 (best).")
  var compMtLevel: Int?
  @Option(help: "Threads that compress, of the method mt.")
  var compMtThreads: Int?
  @Option(help: "Threads that decompress, of the method mt.")
  var compMtDthreads: Int?
  @Option(help: ArgumentHelp("Size of the page cache of the method xbzrle.", valueName: "bytes"))
  var compXbzrleCache: UInt64?
  @Flag(help: "Send over several connections.")
  var parallel = false
  @Option(help: "Number of parallel connections.")
  var parallelConnections: Int?
  @Flag(help: "Send without copying pages in the kernel.")
  var zerocopy = false
  @Flag(help: "Encrypt the transfer.")
  var tls = false
  @Option(help: "Name that the destination's certificate carries.")
  var tlsDestination: String?

  @Option(help: "Address to which the guest is sent: tcp://host[:port].")
  var migrateuri: String?
  @Option(help: "Address on which the destination listens.")
  var listenAddress: String?
  @Option(help: "Address for the graphics client on the destination.")
  var graphicsuri: String?
  @Option(help: "New name of the guest on the destination.")
  var dname: String?
  @Option(help: "File with the destination's live XML.")
  var xml: String?
  @Option(help: "File with the destination's persistent XML.")
  var persistentXml: String?
  @Option(help: "Limit in MiB/s.")
  var bandwidth: UInt64?
  @Option(help: "Limit in MiB/s while in post-copy.")
  var postcopyBandwidth: UInt64?

  @Option(help: ArgumentHelp("The longest pause that the last pass may take (QEMU's own: 300).", valueName: "ms"))
  var maxDowntime: UInt64?
  @Option(help: ArgumentHelp("From the start of the move; then --on-stall.", valueName: "seconds"))
  var deadline: UInt64?
  @Option(
    help: ArgumentHelp("What ends a transfer at its deadline: abort, suspend or postcopy.", valueName: "action"),
    transform: stallAction)
  var onStall: MigrationRequest.StallAction = .abort
  @Option(
    help: ArgumentHelp("Without a byte or a pass the data path counts as dead; 0 is never.", valueName: "seconds"))
  var hangTimeout: UInt64 = 30

  @Option(help: ArgumentHelp("Override the blockers of one rule (repeatable).", valueName: "rule-id"))
  var allow: [String] = []

  /// The request that these options spell. Throws CommandFailure for options that contradict each other or name a file
  /// that cannot be read; combinations that libvirt refuses are the rule flags.legal's.
  func request() throws -> MigrationRequest {
    var request = MigrationRequest()
    request.mode = try resolvedMode()
    request.live = live
    request.persistent = persistent
    request.undefineSource = undefinesource
    request.suspend = suspend
    request.strictHandover = strictHandover
    request.unsafe = unsafe
    request.allow = Set(allow)
    try storage(of: &request)
    methods(of: &request)
    limits(of: &request)
    try destination(of: &request)
    return request
  }

  private func storage(of request: inout MigrationRequest) throws {
    if copyStorageAll && copyStorageInc {
      throw CommandFailure.usage("--copy-storage-all and --copy-storage-inc exclude each other")
    }
    request.copyStorage = copyStorageAll ? .all : copyStorageInc ? .incremental : nil
    request.synchronousWrites = copyStorageSynchronousWrites
    request.migrateDisks = list(migrateDisks)
    request.disksPort = disksPort
    request.disksURI = disksUri
  }

  private func methods(of request: inout MigrationRequest) {
    request.postcopy = postcopy
    request.postcopyResume = postcopyResume
    request.autoConverge = autoConverge
    request.autoConvergeInitial = autoConvergeInitial
    request.autoConvergeIncrement = autoConvergeIncrement
    request.compression = list(compMethods)
    request.compressionLevel = compMtLevel
    request.compressionThreads = compMtThreads
    request.decompressionThreads = compMtDthreads
    request.compressionCache = compXbzrleCache
    request.parallel = parallel
    request.parallelConnections = parallelConnections
    request.zerocopy = zerocopy
    request.tls = tls
    request.tlsDestination = tlsDestination
  }

  private func limits(of request: inout MigrationRequest) {
    request.bandwidth = bandwidth
    request.postcopyBandwidth = postcopyBandwidth
    request.maxDowntime = maxDowntime
    request.deadline = deadline
    request.onStall = onStall
    request.hangTimeout = hangTimeout
  }

  private func destination(of request: inout MigrationRequest) throws {
    request.migrateURI = migrateuri
    request.listenAddress = listenAddress
    request.graphicsURI = graphicsuri
    request.destinationName = dname
    request.destinationXML = try xml.map { try text(of: $0, option: "--xml") }
    request.persistentXML = try persistentXml.map { try text(of: $0, option: "--persistent-xml") }
  }

  /// `--p2p --tunnelled` is tunnelled, as virsh spells it; other modes exclude each other.
  private func resolvedMode() throws -> MigrationRequest.Mode {
    var named: Set<MigrationRequest.Mode> = mode == .auto ? [] : [mode]
    if p2p && !tunnelled { named.insert(.p2p) }
    if tunnelled { named.insert(.tunnelled) }
    if offline { named.insert(.offline) }
    guard named.count <= 1 else {
      let names = named.map(\.rawValue).sorted().joined(separator: " and ")
      throw CommandFailure.usage("a move has one mode: \(names) exclude each other")
    }
    return named.first ?? .auto
  }

  private func list(_ text: String?) -> [String] {
    text.map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) } ?? []
  }

  private func text(of path: String, option: String) throws -> String {
    do {
      return try MigrateCommands.text(ofFile: path)
    } catch {
      throw CommandFailure.usage("\(option) \(path) cannot be read: \(error)")
    }
  }
}

/// Throws for what is no action, or none that can be had.
@Sendable private func stallAction(_ word: String) throws -> MigrationRequest.StallAction {
  if let action = MigrationRequest.StallAction(rawValue: word) { return action }
  let known = MigrationRequest.StallAction.allCases.map(\.rawValue).joined(separator: ", ")
  throw ValidationError(
    word == "throttle"
      ? "QEMU cannot begin to throttle in mid-transfer; start with --auto-converge" : "use one of \(known)")
}
