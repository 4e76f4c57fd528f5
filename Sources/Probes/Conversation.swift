import MigrationModel

/// One host in the conversation: its libvirt, its shell, and how it reaches others.
struct Partner: Sendable {
  let probe: HostProbe
  let shell: HostShell
  let reach: Reach

  /// What there is to know of the host whatever the guest, its chosen guests, and its mount table.
  func look(at choice: GuestChoice, for request: MigrationRequest, keepsXML: Bool) async throws -> Look {
    async let spoken = speak()
    let unread = HostFacts(
      name: probe.target.name, uri: probe.target.uri, gap: Gap(source: "the host", reason: "was not asked"))
    var (facts, domains) = try await probe.ask { probe in
      var facts = unread
      let domains = probe.readHost(into: &facts)
      return (facts, domains)
    }
    facts.guests = try await probe.readGuests(
      choice, of: domains, for: request, keepsXML: keepsXML)
    var (answers, clock) = await spoken
    if let stranger = stranger(answers, facts.hostname) {
      shell.leave(stranger)
      let gap = Gap(source: "/proc/sys/kernel/hostname", reason: stranger)
      (answers, clock) = (HostShell.Answers([:], silence: stranger), .gap(gap))
    }
    facts.fill(from: answers)
    facts.clock = clock
    return Look(facts: facts, mounts: answers[HostQuestions.mounts].map(Mount.table))
  }

  /// Why the shell is not that of the host that libvirt is on; nil when both have the same name, as far as they tell.
  ///
  /// A forwarded socket, or an `ssh` of another host in the configuration, would have its files prove what is elsewhere.
  private func stranger(_ answers: HostShell.Answers, _ hostname: Fact<String>) -> String? {
    func label(_ name: String) -> Substring { name.lowercased().prefix { $0 != "." && !$0.isWhitespace } }
    guard case .known(let node) = answers[HostQuestions.nodeName], case .known(let name) = hostname,
      label(node) != label(name)
    else { return nil }
    return "the shell is on \(label(node)), and libvirt on \(name)"
  }

  /// One after the other: a shell holds one conversation.
  private func speak() async -> (HostShell.Answers, Fact<ClockOffset>) {
    let answers = await shell.ask(HostQuestions.all)
    return (answers, await shell.clock())
  }
}

/// What is known of one host so far.
struct Look: Sendable {
  var facts: HostFacts
  var mounts: Fact<[Mount]>
  var files = FileAnswers()
}

/// The order in which hosts are asked, each step of all of them at once: what they are and which guests they have; what
/// the guests and the ways between the hosts make it necessary to know; then the proofs that storage is shared.
struct Conversation: Sendable {
  let partners: [Partner]
  let scope: SurveyScope
  let skipsUnusableHosts: Bool

  private var routes: [Route] { scope.routes }
  private var request: MigrationRequest { scope.request }

  func hold() async throws -> Survey {
    let outcomes = await concurrently(partners.indices) { index -> Result<Look, any Error> in
      do {
        return .success(
          try await partners[index].look(
            at: scope.guests[index], for: request, keepsXML: scope.keepsXML))
      } catch { return .failure(error) }
    }
    if !skipsUnusableHosts { return try await compare(outcomes.map { try $0.get() }) }
    let answered = outcomes.indices.filter { if case .success = outcomes[$0] { true } else { false } }
    let rest = Conversation(
      partners: answered.map { partners[$0] }, scope: scope.keeping(answered), skipsUnusableHosts: true)
    var survey = try await rest.compare(answered.map { try outcomes[$0].get() })
    for (host, outcome) in zip(scope.hosts, outcomes) {
      if case .failure(let error) = outcome { survey.unusable[host.name] = "\(error)" }
    }
    return survey
  }

  /// What the hosts, each known by itself, are to each other.
  private func compare(_ known: [Look]) async throws -> Survey {
    var looks = known
    var pairs = routes.map { route in
      PairFacts(
        source: looks[route.source].facts.name, destination: looks[route.destination].facts.name,
        gap: Gap(source: "both hosts", reason: "were not asked"))
    }
    try await askLibvirt(&looks, &pairs)
    await askShells(&looks, &pairs)
    await prove(looks, &pairs)
    var survey = Survey(hosts: looks.map(\.facts), pairs: pairs)
    if scope.comparesHosts { survey.baseline = await baseline(of: looks) }
    return survey
  }

  // MARK: What only libvirt knows

  private func askLibvirt(_ looks: inout [Look], _ pairs: inout [PairFacts]) async throws {
    let seen = looks
    let answers = try await concurrently(partners.indices) { index in
      let volumes = volumes(concerning: index, seen)
      let arrivals = arrivals(at: index, seen)
      let known = seen[index].facts.emulators
      let ways = routes.indices.filter { routes[$0].destination == index }
      let lists = ways.map { seen[routes[$0].source].facts.guests }
      return try await partners[index].probe.ask { probe in
        (
          volumes: probe.volumes(volumes), comparisons: Array(zip(ways, probe.compareCPUs(of: lists))),
          emulators: probe.emulators(beyond: known, of: arrivals)
        )
      }
    }
    for (index, answer) in answers.enumerated() {
      looks[index].facts.volumes = answer.volumes
      looks[index].facts.emulators = looks[index].facts.emulators.map { $0 + answer.emulators }
    }
    for (way, comparisons) in answers.flatMap(\.comparisons) { pairs[way].cpuComparisons = comparisons }
  }

  /// Guests that may come to a host.
  private func arrivals(at index: Int, _ looks: [Look]) -> [DomainFacts] {
    routes.filter { $0.destination == index }.flatMap { looks[$0.source].facts.guests }
  }

  /// Guests that are on a host, or may come to it.
  private func guests(concerning index: Int, _ looks: [Look]) -> [DomainFacts] {
    looks[index].facts.guests + arrivals(at: index, looks)
  }

  private func volumes(concerning index: Int, _ looks: [Look]) -> Set<Volume> {
    Set(guests(concerning: index, looks).flatMap(\.disks).compactMap(Volume.init))
  }

  // MARK: What only the shells know

  private func askShells(_ looks: inout [Look], _ pairs: inout [PairFacts]) async {
    let seen = looks
    let named = partners.indices.map { index in paths(concerning: index, seen) }
    let errands = partners.indices.map { index in Errand(self, index, seen, paths: named[index]) }
    let answers = await concurrently(partners.indices) { await partners[$0].shell.ask(errands[$0].sections) }
    for index in looks.indices {
      errands[index].read(answers[index], into: &looks[index])
      for (number, questions) in errands[index].routes { questions.read(answers[index], into: &pairs[number]) }
    }
    let listeners = partners.indices.map { index in
      errands[index].listener.flatMap { PortListener.process(answers[index][$0.start]) }
    }
    let known = looks
    let ports = await concurrently(routes.indices) { number in
      let route = routes[number]
      guard let listener = errands[route.destination].listener else {
        return Fact<PortProbe>.gap(known[route.destination].facts.noPort)
      }
      return await partners[route.source].reach.probe(
        errands[route.source].routes[number]?.address, port: listener.port,
        hadListener: listeners[route.destination] != nil, timeout: scope.timeout)
    }
    for (number, port) in ports.enumerated() { pairs[number].migrationPort = port }
    _ = await concurrently(partners.indices) { index in
      guard let process = listeners[index] else { return }
      _ = await partners[index].shell.ask([Shell.Section(name: "stop", script: PortListener.stop(process))])
    }
  }

  /// Every path of the host that a guest there, or one that may come, names.
  private func paths(concerning index: Int, _ looks: [Look]) -> Set<String> {
    let disks = guests(concerning: index, looks).flatMap { guest in
      guest.disks.flatMap { [$0.path].compactMap { $0 } + $0.backingFiles } + guest.namedPaths
    }
    let volumes = looks[index].facts.volumes.values.compactMap { $0.value ?? nil }
    return Set(disks + volumes + copyTargets(at: index, looks))
  }

  /// Directories that copied disks would be made in.
  private func copyTargets(at index: Int, _ looks: [Look]) -> [String] {
    request.copyStorage == nil ? [] : arrivals(at: index, looks).flatMap(\.disks).compactMap(\.path).map(directory)
  }

  // MARK: Whether storage is shared

  private func prove(_ seen: [Look], _ pairs: inout [PairFacts]) async {
    let paths = routes.map { sharedPaths($0, seen) }
    // One for each directory of a host, however many hosts it is looked for on.
    let nonces = partners.indices.map { index in
      scope.writesProbes
        ? NonceFile.covering(zip(routes, paths).filter { $0.0.source == index }.flatMap(\.1), seen[index]) : [:]
    }
    let proofs = zip(routes, paths).map { route, paths in
      StorageProof(
        paths: paths, source: seen[route.source], destination: seen[route.destination],
        nonces: scope.writesProbes ? nonces[route.source] : nil)
    }
    await concurrently(partners.indices) { index in
      // They go even when this process dies between writing and removing them.
      if !nonces[index].isEmpty { await partners[index].shell.atExit(removal(nonces[index])) }
    }
    let written = await concurrently(partners.indices) { index in
      await partners[index].shell.ask(
        sections(proofs.indices.filter { routes[$0].source == index }.map { proofs[$0].onSource }))
    }
    let found = await concurrently(partners.indices) { index in
      await partners[index].shell.ask(
        sections(proofs.indices.filter { routes[$0].destination == index }.map { proofs[$0].onDestination }))
    }
    await concurrently(partners.indices) { index in
      guard !nonces[index].isEmpty else { return }
      _ = await partners[index].shell.ask([Shell.Section(name: "remove the nonces", script: removal(nonces[index]))])
    }
    for (number, route) in routes.enumerated() {
      pairs[number].storage = proofs[number].judge(written[route.source], found[route.destination])
    }
  }

  private func removal(_ nonces: [String: NonceFile]) -> String {
    nonces.values.map(\.removal).joined(separator: "; ")
  }

  /// Each once: several ways may need the same answer of a host.
  private func sections(_ lists: [[Shell.Section]]) -> [Shell.Section] {
    unique(lists.flatMap(\.self), by: \.name)
  }

  /// What the guests of a route have on disks: the images themselves and what is below them.
  private func sharedPaths(_ route: Route, _ looks: [Look]) -> Set<String> {
    let guests = looks[route.source].facts.guests
    let named = guests.flatMap(\.disks).flatMap { [$0.path].compactMap { $0 } + $0.backingFiles }
    let volumes = looks[route.source].facts.volumes.values.compactMap { $0.value ?? nil }
    return Set(named + volumes)
  }
}

/// What one shell is asked because of the guests and the ways.
private struct Errand: Sendable {
  let files: FileQuestions
  let running: RunningQEMUs
  let emulators: [String]
  /// By the number of the route that starts here.
  let routes: [Int: RouteQuestions]
  let listener: PortListener?
  let space: [String]
  /// Images that copied disks may overwrite and whose size their files do not tell.
  let images: [String]
  /// Where the certificates are; nil where they do not matter.
  let certificates: String?

  init(_ talk: Conversation, _ index: Int, _ looks: [Look], paths: Set<String>) {
    files = FileQuestions(paths)
    let guests = looks[index].facts.guests
    running = RunningQEMUs(guests.filter(\.isActive).map(\.uuid))
    let arrivals = talk.scope.routes.filter { $0.destination == index }.flatMap { looks[$0.source].facts.guests }
    emulators = Set(arrivals.compactMap(\.emulator)).sorted()
    routes = Dictionary(
      uniqueKeysWithValues: talk.scope.routes.enumerated().filter { $0.element.source == index }.map {
        let chooses = !talk.scope.comparesHosts && guests.contains(where: \.isActive)
        let there = looks[$0.element.destination].facts
        return ($0.offset, RouteQuestions(to: there, talk.scope.request, choosesMode: chooses))
      })
    let asked = talk.scope.request.migrateURI.flatMap(RouteQuestions.port)
    let isNeeded = talk.scope.comparesHosts || arrivals.contains(where: \.isActive)
    listener = isNeeded ? PortListener(on: looks[index].facts, port: asked, timeout: talk.scope.timeout) : nil
    space =
      talk.scope.request.copyStorage == nil
      ? [] : Set(arrivals.flatMap(\.disks).compactMap(\.path).map(directory)).sorted()
    images =
      talk.scope.request.copyStorage == nil
      ? [] : Set(arrivals.flatMap(\.disks).filter { $0.format != "raw" }.compactMap(\.path)).sorted()
    certificates = talk.scope.request.tls ? looks[index].facts.certificateDirectory : nil
  }

  var sections: [Shell.Section] {
    files.sections + [running.section, listener?.start, certificates.map(HostQuestions.tls)].compactMap { $0 }
      + emulators.map(GuestQuestions.version(ofEmulator:)) + space.map(GuestQuestions.space(in:))
      + images.map(GuestQuestions.image)
      + routes.values.flatMap(\.sections)
  }

  func read(_ answers: HostShell.Answers, into look: inout Look) {
    look.files = files.read(answers, mounts: look.mounts)
    look.facts.files = look.files.files
    for path in emulators {
      look.facts.emulatorVersions[path] = answers.fact(GuestQuestions.version(ofEmulator: path), Parse.version)
    }
    for path in space { look.facts.freeSpace[path] = answers.fact(GuestQuestions.space(in: path), Parse.freeSpace) }
    for path in images where look.facts.files[path] != .known(nil) {
      look.facts.imageSizes[path] = answers.fact(GuestQuestions.image(path), Parse.imageSize)
    }
    if let certificates { look.facts.fillTLS(directory: certificates, from: answers) }
    let versions = running.read(answers)
    for (number, guest) in look.facts.guests.enumerated() {
      if let version = versions[guest.uuid] { look.facts.guests[number].runningQEMU = version.map { $0 } }
    }
  }
}

extension HostFacts {
  /// Why no port of this host was tried.
  fileprivate var noPort: Gap {
    qemuConf.gap ?? portsInUse.gap ?? Gap(source: "migration ports", reason: "none of them is free, or none is needed")
  }

  /// Where QEMU looks for the certificates of migrations (qemu.conf, `migrate_tls_x509_cert_dir`).
  fileprivate var certificateDirectory: String {
    let settings = qemuConf.value ?? [:]
    return settings["migrate_tls_x509_cert_dir"] ?? settings["default_tls_x509_cert_dir"] ?? "/etc/pki/qemu"
  }
}

extension DomainFacts {
  /// Paths beside the disks: files, or the directories that they would be made in.
  fileprivate var namedPaths: [String] {
    let sockets = interfaces.compactMap { interface in
      if case .vhostUser(let path) = interface.source { path } else { nil }
    }
    // UEFI variables are looked at themselves too: an offline move leaves them behind.
    let variables = hostPaths.filter { $0.use == "nvram" }.map(\.path)
    return hostPaths.map { $0.need == .file ? $0.path : directory(of: $0.path) } + variables + sockets
  }
}

/// Runs `body` for every element at once, and returns what it gave in their order.
@discardableResult
func concurrently<Element: Sendable, Result: Sendable>(
  _ elements: some Collection<Element>, _ body: @escaping @Sendable (Element) async throws -> Result
) async rethrows -> [Result] {
  try await withThrowingTaskGroup(of: (Int, Result).self) { tasks in
    for (index, element) in elements.enumerated() { tasks.addTask { (index, try await body(element)) } }
    var results: [Int: Result] = [:]
    for try await (index, result) in tasks { results[index] = result }
    return elements.indices.enumerated().compactMap { results[$0.offset] }
  }
}

/// The first of each that have the same key.
private func unique<Element, Key: Hashable>(_ elements: [Element], by key: KeyPath<Element, Key>) -> [Element] {
  var seen: Set<Key> = []
  return elements.filter { seen.insert($0[keyPath: key]).inserted }
}
