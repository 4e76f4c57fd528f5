import MigrationModel

/// Asks every rule of the catalogue about one move and draws the verdict.
///
/// Total: facts that are missing become `unknown` findings, never an error and never `ready`. What is judged is the mode
/// that `chosenMode` comes to.
public func assess(
  _ request: MigrationRequest, domain: DomainFacts, source: HostFacts, destination: HostFacts, pair: PairFacts,
  policy: PreflightPolicy = .init()
) -> Assessment {
  var request = request
  request.mode = chosenMode(for: request, isActive: domain.isActive, over: (source, destination, pair)).mode
  let move = Move(
    request: request, domain: domain, source: source, destination: destination, pair: pair, policy: policy)
  return assess(catalogue.map { ($0, $0.judge(move)) }, allow: request.allow)
}

/// Asks every rule about two hosts alone, through a running guest that needs nothing of them.
public func assessHosts(
  _ request: MigrationRequest, source: HostFacts, destination: HostFacts, pair: PairFacts,
  policy: PreflightPolicy = .init()
) -> Assessment {
  var guest = DomainFacts(name: "any guest", uuid: "")
  let types = source.emulators.value?.map(\.virtType) ?? []
  guest.virtType = types.isEmpty || types.contains("kvm") ? "kvm" : "qemu"
  guest.arch = source.emulators.value?.first?.arch ?? guest.arch
  var pair = pair
  pair.cpuComparisons[guest.uuid] = .known(CPUComparison(isCompatible: true))
  return assess(request, domain: guest, source: source, destination: destination, pair: pair, policy: policy)
}

/// What `flags.legal` finds in the request alone, before any connection is opened; empty when it is legal.
public func assessRequest(_ request: MigrationRequest) -> [Finding] {
  let rulings = illegalFlags(request).map { Ruling($0, of: flagsLegal, allow: request.allow) }
  return ordered(rulings).map(\.finding)
}

/// The assessment that answers to rules add up to.
func assess(_ answers: [(rule: Rule, answer: Answer)], allow: Set<String>) -> Assessment {
  let rulings = answers.flatMap { rule, answer in answer.issues.map { Ruling($0, of: rule, allow: allow) } }
  return Assessment(
    verdict: verdict(of: rulings),
    findings: ordered(rulings).map(\.finding),
    passed: answers.filter { $0.answer == .holds }.map(\.rule.id),
    notApplicable: answers.filter { if case .notApplicable = $0.answer { true } else { false } }.map(\.rule.id))
}

/// An issue with its rule's id on it, and what it does to the verdict.
private struct Ruling {
  var finding: Finding
  var effect: Verdict

  init(_ issue: Issue, of rule: Rule, allow: Set<String>) {
    let worst = issue.severity == .unknown ? issue.worst ?? rule.weight : issue.severity
    let isOverridden = worst == .blocker && allow.contains(rule.id)
    effect =
      switch (worst, issue.severity) {
      case (.blocker, _) where isOverridden: .warnings
      case (.blocker, .unknown): .inconclusive
      case (.blocker, _): .blocked
      case (.warning, _): .warnings
      case (.info, _), (.unknown, _): .ready
      }
    finding = Finding(
      rule: rule.id, severity: issue.severity == .blocker && isOverridden ? .warning : issue.severity,
      subject: issue.subject, source: issue.source, destination: issue.destination, message: issue.message,
      remedy: issue.remedy, isOverridden: isOverridden,
      blocks: effect == .blocked || effect == .inconclusive, cause: issue.cause)
  }
}

/// The gravest effect: blocked, then inconclusive, then warnings, then ready.
private func verdict(of rulings: [Ruling]) -> Verdict {
  let effects = Set(rulings.map(\.effect))
  return [.blocked, .inconclusive, .warnings].first(where: effects.contains) ?? .ready
}

/// Blockers first, then unknowns, warnings and infos; otherwise as they came (the sort is stable).
private func ordered(_ rulings: [Ruling]) -> [Ruling] {
  let order: [Severity] = [.blocker, .unknown, .warning, .info]
  return order.flatMap { severity in rulings.filter { $0.finding.severity == severity } }
}
