import ArgumentParser
import Bench
import BenchModel
import Foundation
import Lab

/// `migrate bench`: what users of a guest lose when it moves; see docs/bench.md.
struct BenchVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure the downtime of live migrations as the guest's users feel it.",
    subcommands: [BenchRun.self, BenchControls.self, BenchCompare.self, BenchImage.self])
}

/// Shared by the verbs that measure.
struct BenchOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Write report.json and report.html into this directory.", valueName: "dir"))
  var report: String?

  @Option(help: "Of the order of the runs, and of the intervals.")
  var seed: UInt64 = 20_260_101

  @Option(help: "Name of the lab, which must not be there yet.")
  var lab = "bench"

  @Option(help: ArgumentHelp("Measure between the two hosts of this file (YAML) and not on a lab.", valueName: "file"))
  var site: String?

  @Option(help: "Configuration file with the known hosts (YAML), for moves between the hosts of --site.")
  var config: String?

  @OptionGroup(title: "Output") var output: OutputOptions

  private func place() throws -> BenchSession.Place {
    guard let site else { return .lab(lab) }
    do {
      return .site(try BenchSite(contentsOf: site, configuration: config ?? "/dev/null"))
    } catch let error as BenchError {
      throw CommandFailure.usage(error.description)
    }
  }

  /// Measures, writes the reports, prints, and ends with 0 if the report is to be believed and 1 if not.
  func measure(_ scenarios: [Scenario], stops: [Double]) async throws {
    try await reportingLabErrors {
      let interrupts = await Interrupts.trap()
      let (quiet, seed, place) = (output.quiet, seed, try place())
      let directory = try report.map(ReportDirectory.init)
      let session = BenchSession(
        scenarios, seed: seed, migrate: ownPath(), version: MigrateCommand.configuration.version, on: place,
        stops: stops
      ) { update in
        switch update {
        case .said(let line): if !quiet { inform(line) }
        case .measured(let report): directory?.keep(report)
        }
      }
      let task = Task { try await session.run() }
      let listener = Task {
        for await _ in interrupts.stream() {
          if task.isCancelled { abandon() }
          task.cancel()
        }
      }
      defer { listener.cancel() }
      let report = try await measured(by: task)
      // First, so that a full disk does not lose it.
      output.show(report) { BenchText(style: output.style).report(report) }
      try directory?.write(report)
      try (report.interrupted ? ExitStatus.cancelled : report.ok ? .done : .failed).exit()
    }
  }
}

extension BenchOptions {
  /// Ends at once, after a second signal; a lab goes with its process.
  fileprivate func abandon() {
    let left = site.map { "the guest migrate-bench may be left on a host of \($0)" } ?? "the lab \(lab) goes by itself"
    inform("ended before everything was taken down: \(left)")
    MigrateCommand.endWithoutTearDown()
    Foundation.exit(ExitStatus.cancelled.rawValue)
  }
}

/// What was measured; throws CommandFailure when nothing could be, and LabError as it comes.
private func measured(by task: Task<BenchReport, any Error>) async throws -> BenchReport {
  do {
    return try await task.value
  } catch let error as LabError {
    throw error
  } catch {
    throw CommandFailure(status: .failed, message: "nothing could be measured: \(error)")
  }
}

struct BenchRun: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run scenarios on a lab and report what each move cost its guest.",
    discussion: "A scenario is a YAML file or one of the shipped sets: \(ScenarioFile.shipped.joined(separator: ", "))."
  )

  @Argument(help: "Scenario files, or names of shipped sets.")
  var scenario: [String]

  @Option(help: "How often each variant is run with each tool, whatever the scenario says.")
  var repeats: Int?

  @OptionGroup var options: BenchOptions

  func validate() throws {
    if let repeats, !(1...10_000).contains(repeats) { throw ValidationError("--repeats takes 1 to 10000") }
  }

  func run() async throws {
    var scenarios: [Scenario]
    do {
      scenarios = try scenario.flatMap(ScenarioFile.read)
    } catch let error as BenchError {
      throw CommandFailure.usage(error.description)
    }
    guard Set(scenarios.map(\.name)).count == scenarios.count else {
      throw CommandFailure.usage("two scenarios have one name: \(scenarios.map(\.name).joined(separator: ", "))")
    }
    for index in scenarios.indices { scenarios[index].repeats = repeats ?? scenarios[index].repeats }
    try await options.measure(scenarios, stops: BenchSession.stops(9))
  }
}

struct BenchControls: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "controls", abstract: "Stop and continue a guest for known times, and see what the harness reads.")

  @Option(help: "How many times; 20, 50 and 200 ms in turn.")
  var cycles = 200

  @OptionGroup var options: BenchOptions

  func validate() throws {
    guard (1...100_000).contains(cycles) else { throw ValidationError("--cycles takes 1 to 100000") }
  }

  func run() async throws {
    try await options.measure([Scenario(name: "controls", variants: [])], stops: BenchSession.stops(cycles))
  }
}

struct BenchCompare: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Tell what has changed between two reports from what is noise.")

  @Argument(help: "The report.json of before.")
  var before: String

  @Argument(help: "The report.json of after.")
  var after: String

  @OptionGroup(title: "Output") var output: OutputOptions

  func run() async throws {
    let second = try ReportDirectory.read(after)
    let comparison = BenchComparison(try ReportDirectory.read(before), second)
    output.show(comparison) { BenchText(style: output.style).comparison(comparison) }
    try (comparison.showsNoLoss && second.ok ? ExitStatus.done : .failed).exit()
  }
}

struct BenchImage: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "image", abstract: "Write what a bench's guest boots, to be copied to the hosts of a site.")

  @Argument(help: "Directory for the files vmlinuz and initramfs.")
  var directory: String

  func run() async throws {
    try await reportingLabErrors {
      let image = try await GuestImage.prepare(withKeeper: true)
      do {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        for (file, name) in [(image.kernel, "vmlinuz"), (image.initramfs, "initramfs")] {
          try Data(contentsOf: URL(filePath: file)).write(to: URL(filePath: "\(directory)/\(name)"), options: .atomic)
        }
      } catch {
        throw CommandFailure(status: .failed, message: "the image cannot be written to \(directory): \(error)")
      }
    }
  }
}

/// The path of this program, to be run as a user runs it.
private func ownPath() -> String {
  URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().path(percentEncoded: false)
}
