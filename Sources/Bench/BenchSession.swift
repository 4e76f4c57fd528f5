import BenchModel
import FoundationEssentials
import Glibc
import Lab
import Libvirt
import Synchronization
import Threads

/// Runs scenarios on a lab of its own, and hands out the report as it grows.
public struct BenchSession: Sendable {
  public enum Place: Sendable {
    /// A lab of that name, which must not be there yet; it is gone afterwards.
    case lab(String)
    case site(BenchSite)
  }

  /// What happens meanwhile.
  public enum Update: Sendable {
    /// A line for whoever watches.
    case said(String)
    /// Everything so far; what is not done yet is not in it.
    case measured(BenchReport)
  }

  public var scenarios: [Scenario]
  public var seed: UInt64
  /// Path of the tool that is measured.
  public var migrate: String
  public var version: String
  public var place: Place
  /// How long the guest of each scenario is stopped, one time after the other, before anything is measured, in ms.
  public var stops: [Double]
  private let tell: @Sendable (Update) async -> Void

  /// So many stops, of 20, 50 and 200 ms in turn.
  public static func stops(_ count: Int) -> [Double] { (0..<count).map { [20, 50, 200][$0 % 3] } }

  public init(
    _ scenarios: [Scenario], seed: UInt64, migrate: String, version: String, on place: Place,
    stops: [Double] = Self.stops(9),
    tell: @escaping @Sendable (Update) async -> Void
  ) {
    (self.scenarios, self.seed, self.migrate, self.version) = (scenarios, seed, migrate, version)
    (self.place, self.stops, self.tell) = (place, stops, tell)
  }

  /// Brings the lab up, runs everything, and takes it down again, also when this task is cancelled.
  ///
  /// Returns what there is, marked as interrupted, after a cancellation. Throws `LabError` when there is no lab.
  public func run() async throws -> BenchReport {
    let notes = Notes(Growing(environment: environment()))
    do {
      switch place {
      case .site(let site):
        defer { site.clearUp() }
        try await measure(on: site, into: notes)
      case .lab(let name):
        await tell(.said("bringing up the lab \(name)"))
        try await withLab(LabConfiguration(name: name)) { lab in
          try await measure(on: try await .lab(lab), into: notes)
        }
      }
    } catch is CancellationError {
    } catch {
      // What was measured is worth more than how the lab ended.
      guard Task.isCancelled || notes.read({ !$0.controls.isEmpty }) else { throw error }
      notes.change { $0.problems.append("\(error)") }
    }
    notes.change { $0.environment.loadAfter = loadAverage() }
    return notes.read { $0.report(scenarios, isPartial: false, isInterrupted: Task.isCancelled) }
  }

  /// What has been measured.
  private struct Growing {
    var environment: BenchReport.Environment
    var controls: [Control] = []
    var runs: [Run] = []
    var problems: [String] = []

    func report(_ scenarios: [Scenario], isPartial: Bool, isInterrupted: Bool) -> BenchReport {
      BenchReport(
        environment: environment, scenarios: scenarios, controls: controls, runs: runs,
        interrupted: isInterrupted || isPartial, problems: problems, isSummedUp: !isPartial)
    }
  }

  private final class Notes: Sendable {
    private let growing: Mutex<Growing>
    init(_ growing: Growing) { self.growing = Mutex(growing) }

    func change(_ body: (inout Growing) -> Void) { growing.withLock { body(&$0) } }
    func read<T>(_ body: (Growing) -> T) -> T {
      let now = growing.withLock { $0 }
      return body(now)
    }
  }

  private func measure(on site: BenchSite, into notes: Notes) async throws {
    let versions = try await site.versions()
    notes.change { $0.environment.note(site, versions) }
    for scenario in scenarios {
      try Task.checkCancellation()
      await measure(scenario, on: site, into: notes)
    }
  }

  /// One scenario, with its controls first; what goes wrong is a line of the report.
  private func measure(_ scenario: Scenario, on site: BenchSite, into notes: Notes) async {
    if let obstacle = site.obstacle(to: scenario) {
      await skip(scenario, because: obstacle, into: notes)
      return
    }
    var jobs = jobs(of: scenario, seed: seed)[...]
    var isControlled = false
    for attempt in 1...Self.attempts {
      do {
        if let lab = site.lab {
          for host in lab.hosts { try await lab.limit(host, mebibytesPerSecond: scenario.linkMibS) }
        }
        let leave = { (left: String) in notes.change { $0.problems.append(left) } }
        try await BenchGuest.with(scenario, on: site, leave: leave) { guest in
          notes.change { $0.environment.collector = guest.collector.scheduling }
          if let lacking = try await guest.lacking() {
            await skip(scenario, because: lacking, into: notes)
            return
          }
          if !isControlled { try await control(guest, into: notes) }
          isControlled = true
          while let job = jobs.popFirst() {
            if try await move(guest, job, into: notes) == "failed" {
              jobs.removeAll { $0.variant.name == job.variant.name }
            }
            if jobs.first?.repeat != job.repeat { await tell(.measured(partial(notes))) }
          }
        }
        return
      } catch is CancellationError {
        return
      } catch {
        guard !Task.isCancelled else { return }
        // A guest that was never there will not be there the next time.
        let isLast = attempt == Self.attempts || !isControlled || jobs.isEmpty
        let end = isLast ? "was given up" : "went on with a new guest"
        notes.change { $0.problems.append("scenario \(scenario.name) \(end): \(error)") }
        await tell(.said("\(scenario.name): \(error)"))
        if isLast { return }
      }
    }
  }

  private func skip(_ scenario: Scenario, because obstacle: String, into notes: Notes) async {
    await tell(.said("\(scenario.name): skipped: \(obstacle)"))
    notes.change { $0.runs += scenario.variants.map { .skipped(scenario, $0, because: obstacle) } }
  }

  /// How many guests a scenario may use up, and how often a control may be taken.
  private static let attempts = 3

  private func partial(_ notes: Notes) -> BenchReport {
    notes.read { $0.report(scenarios, isPartial: true, isInterrupted: false) }
  }

  private func control(_ guest: BenchGuest, into notes: Notes) async throws {
    await tell(.said("\(guest.scenario.name): controls"))
    let idle = try await guest.idleControl(for: .seconds(4))
    notes.change { $0.controls.append(idle) }
    for asked in stops {
      try Task.checkCancellation()
      let control = try await undisturbed(guest, asked: asked)
      notes.change { $0.controls.append(control) }
    }
    await tell(.measured(partial(notes)))
  }

  /// The first of some tries that the machine did not disturb, or the last.
  private func undisturbed(_ guest: BenchGuest, asked: Double) async throws -> Control {
    var (control, taken) = (try await guest.stopControl(asked: asked), 1)
    while control.isDisturbed, taken < Self.attempts {
      (control, taken) = (try await guest.stopControl(asked: asked), taken + 1)
    }
    control.taken = taken
    return control
  }

  /// Returns how it ended.
  private func move(_ guest: BenchGuest, _ job: Job, into notes: Notes) async throws -> String {
    try Task.checkCancellation()
    let run = try await guest.move(job.variant, with: job.tool, repeat: job.repeat, migrate: migrate)
    notes.change { $0.runs.append(run) }
    await tell(.said(line(of: run, guest)))
    // What was harmed would be held against the runs after it, too.
    if run.isCompleted, !run.memoryVerified { throw BenchError("its memory was not intact after a move") }
    return run.outcome
  }

  private func line(of run: Run, _ guest: BenchGuest) -> String {
    let figures = [
      run.downtime.heartbeatMs.map { "heartbeat \(hundredths($0)) ms" }, "total \(hundredths(run.totalMs / 1000)) s",
    ]
    let end = run.isCompleted ? "" : "\(run.outcome): \(run.error ?? ""); "
    return "\(run.scenario) \(run.tool) \(run.repeat): " + end + figures.compactMap { $0 }.joined(separator: ", ")
  }

  private func environment() -> BenchReport.Environment {
    let accelerator =
      switch place {
      case .lab: GuestSpecification.Accelerator.emulated
      case .site(let site): site.accelerator
      }
    return BenchReport.Environment(
      date: Date.now.formatted(.iso8601), migrate: version, kernel: kernelRelease(), cpu: processorName(),
      cpus: ProcessInfo.processInfo.activeProcessorCount, accelerator: accelerator == .kvm ? "kvm" : "tcg",
      site: "", loadBefore: loadAverage(), seed: seed, collector: "")
  }
}

extension BenchReport.Environment {
  fileprivate mutating func note(_ site: BenchSite, _ versions: (libvirt: String, qemu: String)) {
    (self.site, libvirt, qemu) = (site.description, versions.libvirt, versions.qemu)
  }
}

extension BenchSite {
  /// What the hosts say of themselves, each version once.
  fileprivate func versions() async throws -> (libvirt: String, qemu: String) {
    var (libvirt, qemu): ([String], [String]) = ([], [])
    for host in hosts {
      let (daemon, emulator) = try await blocking {
        let connection = try Connection.open(host.uri, host: host.name)
        defer { _ = try? connection.close() }
        return ("\(try connection.libVersion())", "\(try connection.hypervisorVersion())")
      }
      if !libvirt.contains(daemon) { libvirt.append(daemon) }
      if !qemu.contains(emulator) { qemu.append(emulator) }
    }
    return (libvirt.joined(separator: " and "), qemu.joined(separator: " and "))
  }
}

extension Run {
  fileprivate static func skipped(_ scenario: Scenario, _ variant: Scenario.Variant, because reason: String) -> Run {
    var run = Run(scenario: "\(scenario.name)/\(variant.name)", tool: "migrate", repeat: 1, from: "", to: "")
    (run.outcome, run.error) = ("skipped", reason)
    return run
  }
}

/// Over the last minute (`getloadavg`).
private func loadAverage() -> Double? {
  var load = 0.0
  return getloadavg(&load, 1) == 1 ? (load * 100).rounded() / 100 : nil
}

private func kernelRelease() -> String? {
  var names = utsname()
  guard uname(&names) == 0 else { return nil }
  return withUnsafeBytes(of: names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}

private func processorName() -> String? {
  let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
  let line = text?.split(separator: "\n").first { $0.hasPrefix("model name") }
  return line?.split(separator: ":").last.map { String($0.drop { $0 == " " }) }
}
