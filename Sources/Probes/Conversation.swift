import MigrationModel

/// One host in the conversation: its libvirt and its shell.
struct Partner: Sendable {
  let probe: HostProbe
  let shell: HostShell

  /// What there is to know of the host whatever the guest, and its mount table.
  func readHost() async throws -> (facts: HostFacts, mounts: Fact<String>) {
    async let spoken = shell.ask(HostQuestions.all)
    let unread = HostFacts(
      name: probe.target.name, uri: probe.target.uri, gap: Gap(source: "the host", reason: "was not asked"))
    var facts = try await probe.ask { probe in
      var facts = unread
      probe.readHost(into: &facts)
      return facts
    }
    let answers = await spoken
    facts.fill(from: answers)
    facts.clock = await shell.clock()
    return (facts, answers[HostQuestions.mounts])
  }
}

/// The order in which both hosts are asked: what they are, which guests there are, then what the guests make it
/// necessary to know.
struct Conversation: Sendable {
  let source: Partner
  let destination: Partner
  /// Whether a nonce file may be written beside an image.
  let writesProbes: Bool

  func hold(about names: [String]) async throws -> [MoveFacts] {
    async let sourceHost = source.readHost()
    async let destinationHost = destination.readHost()
    let guests = try await source.probe.ask { probe in try names.map(probe.readGuest) }
    var facts: [MoveFacts] = []
    let hosts = try await (source: sourceHost, destination: destinationHost)
    for guest in guests { facts.append(try await ask(about: guest, hosts.source, hosts.destination)) }
    return facts
  }

  private typealias Read = (facts: HostFacts, mounts: Fact<String>)

  private func ask(about guest: Guest, _ sourceHost: Read, _ destinationHost: Read) async throws -> MoveFacts {
    var move = MoveFacts(
      domain: guest.facts, source: sourceHost.facts, destination: destinationHost.facts,
      pair: PairFacts(
        source: sourceHost.facts.name, destination: destinationHost.facts.name,
        gap: Gap(source: "both hosts", reason: "were not asked")))
    try await askLibvirt(about: guest, &move)
    let paths = self.paths(of: move)
    let questions = GuestShellQuestions(move, paths: paths, writesProbes: writesProbes)

    await protectNonces(questions.proofs)
    let here = await source.shell.ask(questions.ofSource)
    let there = await destination.shell.ask(questions.ofDestination)
    _ = await source.shell.ask(questions.proofs.map(\.remove))
    questions.answer(here, there, mounts: (sourceHost.mounts, destinationHost.mounts), &move)
    return move
  }

  /// The nonces go even when this process dies between writing and removing them.
  private func protectNonces(_ proofs: [StorageProof]) async {
    if !proofs.isEmpty { await source.shell.atExit(proofs.map(\.removal).joined(separator: "; ")) }
  }

  private func askLibvirt(about guest: Guest, _ move: inout MoveFacts) async throws {
    let volumes = guest.facts.disks.compactMap { disk in
      if case .volume(let pool, let volume) = disk.source { (pool, volume) } else { nil }
    }
    async let onSource = source.probe.ask { probe in volumes.map { probe.volume(pool: $0.0, volume: $0.1) } }
    let onDestination = try await destination.probe.ask { probe in
      (cpu: probe.compareCPU(of: guest), volumes: volumes.map { probe.volume(pool: $0.0, volume: $0.1) })
    }
    move.pair.cpuComparisons[guest.facts.uuid] = onDestination.cpu
    for (volume, (here, there)) in zip(volumes, zip(try await onSource, onDestination.volumes)) {
      move.source.volumes["\(volume.0)/\(volume.1)"] = here
      move.destination.volumes["\(volume.0)/\(volume.1)"] = there
    }
  }

  /// Every local path that the guest's disks name on either host, each once.
  private func paths(of move: MoveFacts) -> [String] {
    let named = move.domain.disks.flatMap { [$0.path].compactMap { $0 } + $0.backingFiles }
    let resolved = (Array(move.source.volumes.values) + Array(move.destination.volumes.values)).compactMap {
      $0.value ?? nil
    }
    return Array(Set(named + resolved)).sorted()
  }
}
