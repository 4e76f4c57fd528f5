import MigrationModel

/// Both daemons know every flag and parameter that is asked for; a newer source is only warned about.
let versionLibvirt = Rule("version.libvirt", .blocker, "libvirt's version, and what the requested flags need") { move in
  move.onBoth("libvirt's version", \.libvirt) { source, destination in
    let missing = libvirtFeatures.filter { $0.isAsked(move.request) }.flatMap { feature in
      [(move.source, source), (move.destination, destination)].filter { $0.1 < feature.since }.map { host, version in
        tooOld("libvirt", feature, host, version, source: "\(source)", destination: "\(destination)")
      }
    }
    guard missing.isEmpty, source > destination else { return Answer(missing) }
    return Answer([
      Issue(
        .warning, "libvirt", source: "\(source)", destination: "\(destination)",
        "libvirt on \(move.destination.name) (\(destination)) is older than on \(move.source.name) (\(source)): it may"
          + " not understand all of the domain's XML.",
        remedy: ["Upgrade libvirt on \(move.destination.name) to \(source) or newer."])
    ])
  }
}

/// The QEMU that the destination starts is not older than the one that runs the guest, and can do what is asked.
///
/// A package upgrade does not change a running guest, so the running process was asked. A newer QEMU may write a device
/// state that an older one of the same machine type cannot load (QEMU, docs/devel/migration).
let versionQEMU = Rule("version.qemu", .blocker, "the QEMU that runs the guest against the one that will") { move in
  if let reason = move.nothingRuns { return .notApplicable(reason) }
  return move.onSource("the version of the running QEMU", move.domain.runningQEMU).answer { running in
    guard let running else { return .notApplicable("no QEMU runs \(move.domain.name)") }
    return move.onDestination("the list of emulators", \.emulators).answer { offered in
      guard let path = move.domain.emulator ?? move.emulator(among: offered)?.path else {
        return .notApplicable("the destination has no emulator for \(move.domain.name) (emulator.present)")
      }
      return move.onDestination("the version of \(path)", move.destination.emulatorVersions[path]).answer { version in
        Answer(olderQEMU(move, path, running, version) + unfitQEMU(move, running, version))
      }
    }
  }
}

private func olderQEMU(_ move: Move, _ path: String, _ running: Version, _ version: Version) -> [Issue] {
  guard version < running else { return [] }
  let isOnlyMicro = (version.major, version.minor) == (running.major, running.minor)
  return [
    Issue(
      isOnlyMicro ? .warning : .blocker, path, source: "\(running)", destination: "\(version)",
      "\(move.domain.name) runs in QEMU \(running), and \(path) on \(move.destination.name) is the older \(version),"
        + (isOnlyMicro
          ? " which lacks some of its fixes." : " which may not be able to load the guest's state."),
      remedy: [
        "Upgrade QEMU on \(move.destination.name) to \(running) or newer: \(path.shellQuoted) --version",
        "Or shut \(move.domain.name) down and move it offline: --offline",
      ])
  ]
}

private func unfitQEMU(_ move: Move, _ running: Version, _ version: Version) -> [Issue] {
  qemuFeatures.filter { $0.isAsked(move.request) }.flatMap { feature in
    [(move.source, running), (move.destination, version)].filter { !feature.isIn($0.1) }.map { host, own in
      tooOld("QEMU", feature, host, own, source: "\(running)", destination: "\(version)")
    }
  }
}

private func tooOld(
  _ program: String, _ feature: Feature, _ host: HostFacts, _ version: Version, source: String, destination: String
) -> Issue {
  let range = feature.until.map { "only before \($0)" } ?? "only since \(feature.since)"
  return Issue(
    .blocker, feature.option, source: source, destination: destination,
    "\(program) \(version) on \(host.name) cannot do \(feature.option); \(program) can \(range).",
    remedy: [
      feature.until == nil
        ? "Upgrade \(program) on \(host.name) to \(feature.since) or newer." : "Choose another compression method.",
      "Or leave \(feature.option) out.",
    ])
}

/// Something that may be asked for and that only some versions can do.
private struct Feature: Sendable {
  var option: String
  var since: Version
  /// First version that cannot do it any more.
  var until: Version?
  var isAsked: @Sendable (MigrationRequest) -> Bool

  init(
    _ option: String, since: Version, until: Version? = nil, _ isAsked: @escaping @Sendable (MigrationRequest) -> Bool
  ) {
    self.option = option
    self.since = since
    self.until = until
    self.isAsked = isAsked
  }

  func isIn(_ version: Version) -> Bool { version >= since && until.map { version < $0 } ?? true }
}

/// First versions as libvirt-domain.h gives them; of the compression methods, as `qemuMigrationCompressMethod` does.
private let libvirtFeatures: [Feature] = [
  Feature("--postcopy", since: Version(1, 3, 3)) { $0.postcopy },
  Feature("--tls", since: Version(3, 2, 0)) { $0.tls },
  Feature("--postcopy-bandwidth", since: Version(5, 1, 0)) { $0.postcopyBandwidth != nil },
  Feature("--parallel", since: Version(5, 2, 0)) { $0.parallel },
  Feature("--tls-destination", since: Version(6, 0, 0)) { $0.tlsDestination != nil },
  Feature("--disks-uri", since: Version(6, 8, 0)) { $0.disksURI != nil },
  Feature("--copy-storage-synchronous-writes", since: Version(8, 0, 0)) { $0.synchronousWrites },
  Feature("--postcopy-resume", since: Version(8, 5, 0)) { $0.postcopyResume },
  Feature("--zerocopy", since: Version(8, 5, 0)) { $0.zerocopy },
  Feature("--comp-methods zlib", since: Version(9, 4, 0)) { $0.compression.contains("zlib") },
  Feature("--comp-methods zstd", since: Version(9, 4, 0)) { $0.compression.contains("zstd") },
]

/// QEMU's release notes: multifd 4.0, its compression 5.0, zero-copy-send 7.1, multifd with post-copy 10.1; the old
/// multi-threaded compression can be there in a post-copy move since 5.0 and went with 9.1.
private let qemuFeatures: [Feature] = [
  Feature("--parallel", since: Version(4, 0, 0)) { $0.parallel },
  Feature("--comp-methods zlib", since: Version(5, 0, 0)) { $0.compression.contains("zlib") },
  Feature("--comp-methods zstd", since: Version(5, 0, 0)) { $0.compression.contains("zstd") },
  Feature("--zerocopy", since: Version(7, 1, 0)) { $0.zerocopy },
  Feature("--postcopy with --parallel", since: Version(10, 1, 0)) { $0.postcopy && $0.parallel },
  Feature("--postcopy with --comp-methods mt", since: Version(5, 0, 0)) {
    $0.postcopy && $0.compression.contains("mt")
  },
  Feature("--comp-methods mt", since: Version(1, 0, 0), until: Version(9, 1, 0)) { $0.compression.contains("mt") },
]
