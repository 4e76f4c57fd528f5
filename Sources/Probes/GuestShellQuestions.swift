import MigrationModel

/// What one guest makes it necessary to ask of the two shells, and what the answers mean.
struct GuestShellQuestions: Sendable {
  let proofs: [StorageProof]
  private let paths: [String]
  private let emulator: String?
  private let running: Shell.Section?
  private let resolution: Shell.Section?

  init(_ move: MoveFacts, paths: [String], writesProbes: Bool) {
    self.paths = paths
    proofs = writesProbes ? paths.map { StorageProof(path: $0, nonce: randomHex()) } : []
    emulator = move.domain.emulator
    running = move.domain.isActive ? GuestQuestions.version(ofRunning: move.domain.uuid) : nil
    let name = move.destination.migrationHost.value.flatMap { $0 } ?? move.destination.hostname.value
    resolution = name.map(GuestQuestions.resolve)
  }

  private var identities: [Shell.Section] { paths.map(GuestQuestions.identity) }
  private var blocks: [Shell.Section] { paths.map { StorageProof(path: $0, nonce: "").blockIdentity } }

  var ofSource: [Shell.Section] { identities + blocks + [running, resolution].compactMap { $0 } + proofs.map(\.write) }
  var ofDestination: [Shell.Section] {
    identities + blocks + [emulator.map(GuestQuestions.version(ofEmulator:))].compactMap { $0 } + proofs.map(\.read)
  }

  func answer(
    _ here: HostShell.Answers, _ there: HostShell.Answers, mounts: (Fact<String>, Fact<String>), _ move: inout MoveFacts
  ) {
    for path in paths {
      move.source.files[path] = file(path, here, mounts.0)
      move.destination.files[path] = file(path, there, mounts.1)
      move.pair.storage[path] = identity(of: path, move.source.files[path], here, there)
    }
    if let running { move.domain.runningQEMU = here.fact(running, Parse.version).map { $0 } }
    if let emulator {
      move.destination.emulatorVersions[emulator] = there.fact(
        GuestQuestions.version(ofEmulator: emulator), Parse.version)
    }
    move.pair.destinationResolvedOnSource =
      resolution.map { here[$0].map { $0.split(separator: "\n").map(String.init) } }
      ?? .gap(Gap(source: "virConnectGetHostname", reason: "the destination's name could not be read"))
  }

  private func file(_ path: String, _ answers: HostShell.Answers, _ mounts: Fact<String>) -> Fact<FileIdentity?> {
    guard case .known(let table) = mounts else {
      if case .gap(let gap) = mounts { return .gap(gap) }
      return .gap(Gap(source: "/proc/self/mountinfo", reason: "was not read"))
    }
    let section = GuestQuestions.identity(of: path)
    if case .known("") = answers[section] { return .known(nil) }
    return answers.fact(section) { Parse.file($0, mounts: Mount.table(table)) }.map { $0 }
  }

  private func identity(
    of path: String, _ file: Fact<FileIdentity?>?, _ here: HostShell.Answers, _ there: HostShell.Answers
  ) -> Fact<StorageIdentity> {
    guard let file, let known = file.value, let kind = known?.kind else {
      return .gap(Gap(source: "stat \(path) on the source", reason: "there is no file to compare"))
    }
    if kind == "block" {
      let section = StorageProof(path: path, nonce: "").blockIdentity
      return StorageProof(path: path, nonce: "").judge(blockOnSource: here[section], blockOnDestination: there[section])
    }
    guard let proof = proofs.first(where: { $0.path == path }) else {
      return .gap(Gap(source: "nonce file beside \(path)", reason: "--no-write-probes forbids to write it"))
    }
    return proof.judge(written: here[proof.write], read: there[proof.read])
  }
}
