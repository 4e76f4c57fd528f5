import BenchModel
import FoundationEssentials
import Glibc
import Subprocess

/// A move as a command line, by either tool, with the same words where both have them.
struct MoveCommand {
  let tool: String
  let words: [String]
  let environment: [String: String]

  /// - Parameters:
  ///   - migrate: path of the tool.
  init(
    _ tool: String, _ variant: Scenario.Variant, guest: String, from source: BenchSite.Host,
    to destination: BenchSite.Host, configuration: String, journal: String, migrate: String, checks: Bool
  ) {
    self.tool = tool
    let mode =
      switch variant.mode {
      case "p2p": ["--p2p"]
      case "tunnelled": ["--p2p", "--tunnelled"]
      default: [String]()
      }
    let flags = ["--live", "--persistent", "--undefinesource"] + mode + (variant.options ?? [])
    if tool == "virsh" {
      words = ["virsh", "-c", source.uri, "migrate"] + flags + [guest, destination.uri]
      environment = [:]
    } else {
      let own = ["--config", configuration, "-c", source.reference, "--output", "jsonl"]
      let check = checks ? [] : ["--skip-check"]
      let limit = variant.maxDowntimeMs.map { ["--max-downtime", "\($0)"] } ?? []
      words = [migrate] + own + check + flags + limit + [guest, destination.reference]
      environment = ["MIGRATE_JOURNAL": journal]
    }
  }

  /// How the tool ends that was interrupted and has taken its move back.
  private var interrupted: TerminationStatus { .exited(tool == "virsh" ? 1 : 130) }

  struct Line: Equatable {
    /// When it was read, by CLOCK_MONOTONIC in ns.
    var stamp: Int64
    var text: String
  }

  struct Outcome {
    var isSuccess: Bool
    /// The time limit came, and it ended as Ctrl-C ends it, with the guest where it was.
    var wasLate: Bool
    var output: [Line]
    var complaint: String
    /// CLOCK_MONOTONIC in ns.
    var started: Int64
    var ended: Int64
    /// CPU seconds of the command and what it started.
    var processorTime: Double
  }

  /// Runs it to its end; after `limit` it is interrupted, as Ctrl-C would, and after `grace` more killed.
  ///
  /// Throws `BenchError` when it cannot be started.
  func run(within limit: Duration, grace: Duration = .seconds(30)) async throws -> Outcome {
    let ending = [TeardownStep.send(signal: .interrupt, allowedDurationToNextStep: grace)]
    var options = PlatformOptions()
    options.teardownSequence = ending
    let all = environment.merging(["LC_ALL": "C.UTF-8"]) { _, new in new }
    let keys = Dictionary(uniqueKeysWithValues: all.map { (Environment.Key(stringLiteral: $0), String?.some($1)) })
    let before = childrenTime()
    let started = monotonicNow()
    do {
      let result = try await Subprocess.run(
        words[0].contains("/") ? .path(.init(words[0])) : .name(words[0]),
        arguments: Arguments(Array(words.dropFirst())), environment: .inherit.updating(keys), platformOptions: options,
        input: .none, output: .sequence, error: .string(limit: 1 << 20)
      ) { execution in
        let watchdog = Task {
          try await Task.sleep(for: limit)
          await execution.teardown(using: ending)
        }
        defer { watchdog.cancel() }
        var lines: [Line] = []
        for try await text in execution.standardOutput.strings() {
          lines.append(Line(stamp: monotonicNow(), text: text))
        }
        return lines
      }
      let ended = monotonicNow()
      return Outcome(
        isSuccess: result.terminationStatus.isSuccess,
        wasLate: ended - started >= Int64(limit / .nanoseconds(1)) && result.terminationStatus == interrupted,
        output: result.closureResult, complaint: result.standardError.trimmingLast(), started: started, ended: ended,
        processorTime: childrenTime() - before)
    } catch let error as SubprocessError {
      throw BenchError("cannot run \(words[0]): \(error)")
    }
  }
}

/// CPU seconds of all children that have ended (`getrusage`).
private func childrenTime() -> Double {
  var usage = rusage()
  getrusage(RUSAGE_CHILDREN.rawValue, &usage)
  return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
}

extension String {
  /// Its last line that says something.
  fileprivate func trimmingLast() -> String {
    split(separator: "\n").last { !$0.allSatisfy(\.isWhitespace) }.map(String.init) ?? ""
  }
}

/// What is read of the tool's own lines, `migrate.event/1`.
struct ToolLine: Decodable {
  struct Memory: Decodable {
    var remaining, bandwidthBps, dirtyRateBps, iteration: UInt64?
  }
  struct Downtime: Decodable { var correctedMs, skewMs: Double? }
  struct Failure: Decodable { var message: String }

  var type: String
  var phase: String?
  var memory: Memory?
  var throttlePercent: Int?
  var downtime: Downtime?
  var error: Failure?

  /// The lines of a whole run, and when each was read; what is none is left out.
  static func lines(of output: [MoveCommand.Line]) -> [(stamp: Int64, line: ToolLine)] {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return output.compactMap { read in
      (try? decoder.decode(ToolLine.self, from: Data(read.text.utf8))).map { (read.stamp, $0) }
    }
  }
}
