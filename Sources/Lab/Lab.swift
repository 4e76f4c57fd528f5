/// Real libvirt hosts on this one machine, each in network, mount, UTS and PID namespaces of its own.
///
/// The namespaces have no names: they are the hosts' processes, and the kernel removes bridges, links and mounts with
/// the last of them. A value of this type stays right while the lab lives; see docs/lab.md for what can go wrong in it.
public struct Lab: Sendable {
  public let plan: LabPlan
  public let life: LabLife
  /// What keeps a lab that lives with its owner alive.
  private let lifelines: [Lifeline]

  init(plan: LabPlan, life: LabLife, lifelines: [Lifeline]) {
    self.plan = plan
    self.life = life
    self.lifelines = lifelines
  }

  public var name: String { plan.name }
  public var hosts: [LabHost] { plan.hosts }
  /// `host(1)` is host1; throws `LabError` of code `noSuchHost` for a number that the lab does not have.
  public func host(_ number: Int) throws -> LabHost {
    guard (1...plan.hostCount).contains(number) else {
      throw LabError(.noSuchHost, "find host\(number)", "the lab \(name) has \(plan.hostCount) hosts")
    }
    return plan.host(number)
  }

  /// The configuration for `migrate --config`.
  public var configurationPath: String { "\(plan.directory)/config.yaml" }
  /// For `ssh -F`: knows every host of the lab by name.
  public var sshConfigPath: String { AccessFiles(plan: plan).sshConfigPath }
  public var knownHostsPath: String { AccessFiles(plan: plan).knownHostsPath }
  public var identityPath: String { AccessFiles(plan: plan).identityPath }

  /// Makes a lab, after removing what an earlier one of that name or a dead owner left; a live one is kept as it is.
  ///
  /// Returns when every host's libvirtd and sshd answer. After a failure nothing of the lab is left.
  /// Throws `LabError`; `LabRequirements.missing()` says beforehand what the machine lacks.
  public static func up(_ configuration: LabConfiguration = .init(), life: LabLife = .untilDown) async throws -> Lab {
    try configuration.validate()
    let lock = try await LabLock.acquire(in: configuration.stateRoot)
    defer { withExtendedLifetime(lock) {} }
    try await TearDown.sweep(configuration.stateRoot)
    if let lab = try existing(configuration, life: life) { return lab }
    try await TearDown.remove("\(configuration.stateRoot)/\(configuration.name)")
    return try await BringUp(configuration: configuration, life: life).run()
  }

  /// The live lab of that name where it is what was asked for; nil where there is none that is whole.
  private static func existing(_ configuration: LabConfiguration, life: LabLife) throws -> Lab? {
    guard let record = LabRecord.read(in: "\(configuration.stateRoot)/\(configuration.name)") else { return nil }
    let lab = Lab(plan: record.plan, life: record.life, lifelines: [])
    guard lab.isComplete else { return nil }
    let action = "make the lab \(lab.name)"
    guard record.life == .untilDown, life == .untilDown else {
      throw LabError(.busy, action, "there is one already, made by process \(record.owner)")
    }
    guard lab.plan.hostCount == configuration.hostCount, [nil, lab.plan.index].contains(configuration.index) else {
      throw LabError(
        .invalidConfiguration, action, "there is one with other hosts or another index; take it down first")
    }
    return lab
  }

  /// The lab of that name as it is; throws `LabError` of code `noSuchLab`.
  public static func attach(
    _ name: String = "lab", stateRoot: String = LabConfiguration().stateRoot
  ) throws -> Lab {
    try LabConfiguration(name: name, stateRoot: stateRoot).validate()
    guard let record = LabRecord.read(in: "\(stateRoot)/\(name)") else {
      throw LabError(.noSuchLab, "find the lab \(name)", "there is none in \(stateRoot)")
    }
    return Lab(plan: record.plan, life: record.life, lifelines: [])
  }

  /// Removes the lab of that name with all its guests, and what dead owners left; none there is as good.
  public static func down(
    _ name: String = "lab", stateRoot: String = LabConfiguration().stateRoot
  ) async throws {
    try LabConfiguration(name: name, stateRoot: stateRoot).validate()
    let lock = try await LabLock.acquire(in: stateRoot)
    defer { withExtendedLifetime(lock) {} }
    try await TearDown.remove("\(stateRoot)/\(name)")
    try await TearDown.sweep(stateRoot)
  }

  /// True when the switch and every host live.
  var isComplete: Bool {
    ([plan.switchDirectory] + hosts.map(\.stateDirectory)).allSatisfy { LabProcess(registeredIn: $0)?.isAlive == true }
  }
}

/// Makes a lab in `body`'s scope: it is removed afterwards, also after an error or a cancellation, and by the kernel if
/// this process is killed.
public nonisolated(nonsending) func withLab<Result: Sendable>(
  _ configuration: LabConfiguration, _ body: (Lab) async throws -> Result
) async throws -> Result {
  let lab = try await Lab.up(configuration, life: .withOwner)
  let outcome: Swift.Result<Result, any Error>
  do { outcome = .success(try await body(lab)) } catch { outcome = .failure(error) }
  // A task of its own, which a cancellation of this one does not reach.
  let removal = await Task { try await Lab.down(configuration.name, stateRoot: configuration.stateRoot) }.result
  withExtendedLifetime(lab) {}
  let result = try outcome.get()
  try removal.get()
  return result
}
