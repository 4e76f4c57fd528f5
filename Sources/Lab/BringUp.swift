import FoundationEssentials
import Glibc
import Subprocess

/// Makes one lab: its directory, its switch, its hosts, and the wait until they answer.
struct BringUp {
  let configuration: LabConfiguration
  let life: LabLife

  /// After a failure nothing of the lab is left.
  func run() async throws -> Lab {
    let plan = try makePlan()
    do {
      return try await make(plan)
    } catch {
      try await Task { try await TearDown.remove(plan.directory) }.value
      throw error
    }
  }

  private func make(_ plan: LabPlan) async throws -> Lab {
    try Files.makeDirectory(plan.directory, mode: 0o700)
    // Until it is whole, nobody but this process keeps it alive: killed on the way, it is swept like an orphan.
    try LabRecord(plan: plan, life: .withOwner).write()
    try await LabDirectory(plan: plan).fill()
    let switchLine = try await startSwitch(plan)
    let hostLines = try await startHosts(plan)
    let lifelines = [switchLine] + hostLines
    let lab = Lab(plan: plan, life: life, lifelines: lifelines)
    try await Readiness(plan: plan).wait()
    if life == .untilDown {
      lifelines.forEach { $0.letGo() }
      try LabRecord(plan: plan, life: life).write()
    }
    return lab
  }

  /// Takes the index that was asked for, or the lowest that neither a lab nor a device of this machine has.
  private func makePlan() throws -> LabPlan {
    let taken = try Files.names(in: configuration.stateRoot).compactMap {
      LabRecord.read(in: "\(configuration.stateRoot)/\($0)")?.plan.index
    }
    let isFree = { (index: Int) in !taken.contains(index) && !Files.exists("/sys/class/net/ml\(index)m") }
    let wanted = configuration.index.map { $0...$0 } ?? 0...255
    guard let index = wanted.first(where: isFree) else {
      throw LabError(.noFreeIndex, "number the lab \(configuration.name)", "\(wanted) is taken by other labs")
    }
    return LabPlan(
      name: configuration.name, index: index, hostCount: configuration.hostCount,
      stateRoot: configuration.stateRoot, cacheRoot: configuration.cacheRoot)
  }

  private func startSwitch(_ plan: LabPlan) async throws -> Lifeline {
    let directory = plan.switchDirectory
    let lifeline = try await start(
      ["unshare", "--net", "--pid", "--fork", "sh", "\(directory)/init.sh"], log: "\(directory)/init.log",
      environment: [
        "STATE": directory, "OUTSIDE": "/proc/\(getpid())/ns/net", "PREFIX": plan.devicePrefix,
        "MANAGEMENT": "\(plan.managementGateway)/24", "GUESTS": "\(plan.guestGateway)/24",
      ])
    try await Readiness(plan: plan).waitForSwitch()
    return lifeline
  }

  private func startHosts(_ plan: LabPlan) async throws -> [Lifeline] {
    guard let switchProcess = LabProcess(registeredIn: plan.switchDirectory) else {
      throw LabError(.hostDied, "start the hosts", "the switch of lab \(plan.name) is gone")
    }
    var lifelines: [Lifeline] = []
    for host in plan.hosts {
      let script = "\(host.stateDirectory)/init.sh"
      lifelines.append(
        try await start(
          ["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "sh", script],
          log: "\(host.stateDirectory)/log/init.log",
          environment: [
            "STATE": host.stateDirectory, "HOST_NAME": host.name, "NUMBER": "\(host.number)",
            "SWITCH": "\(switchProcess.id)", "ADDRESS": "\(host.address)/24", "SHARED": plan.sharedDirectory,
          ]))
    }
    return lifelines
  }

  /// Starts a process that lives on its own, in a session of its own, with the end of a lifeline as standard input.
  private func start(_ command: [String], log: String, environment: [String: String]) async throws -> Lifeline {
    let (lifeline, reader) = try Lifeline.make()
    defer { close(reader) }
    let file = try Files.call("open \(log)") { open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600) }
    defer { close(file) }
    let result = try await Subprocess.run(
      .name("setsid"), arguments: Arguments(["--fork"] + command),
      environment: plainEnvironment(environment), workingDirectory: "/",
      input: .fileDescriptor(.init(rawValue: reader), closeAfterSpawningProcess: false),
      output: .fileDescriptor(.init(rawValue: file), closeAfterSpawningProcess: false),
      error: .fileDescriptor(.init(rawValue: file), closeAfterSpawningProcess: false))
    guard result.terminationStatus.isSuccess else {
      throw LabError(.commandFailed, "start \(command.joined(separator: " "))", "\(result.terminationStatus)")
    }
    return lifeline
  }
}
