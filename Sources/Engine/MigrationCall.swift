import Libvirt
import MigrationModel

/// The libvirt call that a request comes to for one guest: flags, parameters and who drives.
struct MigrationCall: Sendable, Equatable {
  var flags: MigrateFlags
  var parameters: [MigrateParameter]
  /// True: virDomainMigrateToURI3, the source's daemon drives. False: virDomainMigrate3, this process does.
  var isPeerToPeer: Bool { flags.contains(.peer2peer) }

  /// What the call takes away from the source, where the guest is active or not.
  func scope(isActive: Bool) -> Machine.Scope {
    flags.contains(.offline) ? .definition(staysOnSource: isActive || !flags.contains(.undefineSource)) : .guest
  }

  /// Fills what the request left open from the guest: an active guest moves live, a defined one stays defined, and its
  /// definition goes with it. Change protection needs no flag: libvirt's client library adds it for the source
  /// (`virDomainMigrateVersion3Full`), and a peer-to-peer move has it anyway.
  init(_ request: MigrationRequest, isActive: Bool, isPersistent: Bool) {
    let mode = request.mode == .auto ? (isActive ? .plain : .offline) : request.mode
    let persistent = request.persistent ?? isPersistent
    flags = Self.flags(of: mode)
    let asked: [(MigrateFlags, Bool)] = [
      (.live, request.live ?? (isActive && mode != .offline)),
      (.persistDestination, persistent),
      (.undefineSource, request.undefineSource ?? persistent),
      (.paused, request.suspend || (request.strictHandover && isActive)),
      (.unsafe, request.unsafe),
      (.nonSharedDisk, request.copyStorage == .all),
      (.nonSharedIncremental, request.copyStorage == .incremental),
      (.nonSharedSynchronousWrites, request.synchronousWrites),
      (.postcopy, request.postcopy),
      (.postcopyResume, request.postcopyResume),
      (.autoConverge, request.autoConverge),
      (.compressed, !request.compression.isEmpty),
      (.parallel, request.parallel),
      (.zerocopy, request.zerocopy),
      (.tls, request.tls),
    ]
    for (flag, isAsked) in asked where isAsked { flags.insert(flag) }
    parameters = Self.parameters(of: request)
  }

  private static func flags(of mode: MigrationRequest.Mode) -> MigrateFlags {
    switch mode {
    case .auto, .plain: []
    case .p2p: [.peer2peer]
    case .tunnelled: [.peer2peer, .tunnelled]
    case .offline: [.offline]
    }
  }

  private static func parameters(of request: MigrationRequest) -> [MigrateParameter] {
    let single: [MigrateParameter?] = [
      request.migrateURI.map(MigrateParameter.uri),
      request.destinationName.map(MigrateParameter.destinationName),
      request.destinationXML.map(MigrateParameter.destinationXML),
      request.persistentXML.map(MigrateParameter.persistentXML),
      request.graphicsURI.map(MigrateParameter.graphicsURI),
      request.listenAddress.map(MigrateParameter.listenAddress),
      request.bandwidth.map(MigrateParameter.bandwidth),
      request.postcopyBandwidth.map(MigrateParameter.postcopyBandwidth),
      request.disksPort.map { .disksPort(Int32(clamping: $0)) },
      request.disksURI.map(MigrateParameter.disksURI),
      request.parallelConnections.map { .parallelConnections(Int32(clamping: $0)) },
      request.tlsDestination.map(MigrateParameter.tlsDestination),
      request.autoConvergeInitial.map { .autoConvergeInitial(Int32(clamping: $0)) },
      request.autoConvergeIncrement.map { .autoConvergeIncrement(Int32(clamping: $0)) },
      request.compressionLevel.map { .compressionLevel(Int32(clamping: $0)) },
      request.compressionThreads.map { .compressionThreads(Int32(clamping: $0)) },
      request.decompressionThreads.map { .decompressionThreads(Int32(clamping: $0)) },
      request.compressionCache.map(MigrateParameter.compressionCache),
    ]
    return single.compactMap { $0 } + request.migrateDisks.map(MigrateParameter.migrateDisk)
      + request.compression.map(MigrateParameter.compression)
  }
}
