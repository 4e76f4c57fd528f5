import Glibc
import Subprocess
import Threads

/// A fault that is one step from being made: whatever takes time has been done.
///
/// Unfired it has changed nothing, and goes with the last reference to it. What was fired is healed by `Lab.heal`.
public final class ArmedFault: Sendable {
  private enum Means: Sendable {
    case helper(FaultHelper)
    case signal(@Sendable () throws -> [LabProcess])
  }

  public let fault: Fault
  private let lab: Lab
  private let means: Means
  private let fired = Latch()

  /// True from the moment at which the fault was fired, also where that failed.
  public var hasFired: Bool { fired.isSet }

  /// Throws `LabError` of code `invalidConfiguration` for a fault that cannot be prepared.
  fileprivate init(_ fault: Fault, in lab: Lab) async throws {
    self.fault = fault
    self.lab = lab
    switch fault {
    case .libvirtdKilled(let host): means = .signal { [try lab.killLibvirtd(on: host)] }
    case .qemuKilled(let guest, let host): means = .signal { try lab.killQEMU(of: guest, on: host) }
    default:
      guard let command = lab.command(making: fault) else {
        throw LabError(.invalidConfiguration, "arm \(fault)", "only what one step makes can be prepared")
      }
      means = .helper(try await FaultHelper.start(try lab.entering(command)))
    }
  }

  /// Makes the fault at once, and returns when it is made.
  ///
  /// Which process is killed is looked up now. Throws `LabError` of code `commandFailed` when nothing can be killed, or
  /// with the last words of the command that makes it; `busy` when it was fired before.
  public func fire() async throws {
    guard fired.setOnce() else { throw LabError(.busy, "fire \(fault)", "it was fired before") }
    switch means {
    case .helper(let helper): try await helper.fire()
    case .signal(let send): try await lab.waitForEnd(of: try send(), on: fault.host)
    }
  }
}

extension Lab {
  /// Prepares a fault so that it can be made within milliseconds: a killed libvirtd or QEMU, a cut link, a black hole,
  /// dropped migration data.
  public func arm(_ fault: Fault) async throws -> ArmedFault { try await ArmedFault(fault, in: self) }

  /// Runs `body` with the armed fault, and heals it afterwards where it was fired, also after an error or a cancellation.
  ///
  /// Throws what `body` throws, else the `LabError` of the healing.
  public nonisolated(nonsending) func withArmed<Result: Sendable>(
    _ fault: Fault, _ body: (ArmedFault) async throws -> Result
  ) async throws -> Result {
    let armed = try await arm(fault)
    let outcome: Swift.Result<Result, any Error>
    do { outcome = .success(try await body(armed)) } catch { outcome = .failure(error) }
    let healing = await heal(armed.hasFired ? [fault] : [])
    let result = try outcome.get()
    try healing.get()
    return result
  }
}

/// A command that waits for a word, in the namespaces where it is to run.
private final class FaultHelper: Sendable {
  private let end: Int32
  private let task: Task<CommandResult, any Error>

  /// Returns when the helper waits; throws `LabError` of code `commandFailed` with its words when it ends instead.
  static func start(_ namespaces: [String], _ command: [String]) async throws -> FaultHelper {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    try Files.call("make a socket pair") { socketpair(AF_UNIX, kind, 0, &ends) }
    let script = #"echo armed && read -r word && [ "$word" = fire ] && exec "$@" >&2"#
    let helper = FaultHelper(namespaces + ["sh", "-c", script, "sh"] + command, end: ends[0], theirs: ends[1])
    try await helper.waitUntilArmed()
    return helper
  }

  static func start(_ entry: (namespaces: [String], command: [String])) async throws -> FaultHelper {
    try await start(entry.namespaces, entry.command)
  }

  private init(_ words: [String], end: Int32, theirs: Int32) {
    self.end = end
    task = Task {
      // With this copy the helper's end closes, which tells the one who waits for its first word.
      defer { close(theirs) }
      let result = try await Subprocess.run(
        .name(words[0]), arguments: Arguments(Array(words.dropFirst())), environment: plainEnvironment(),
        input: .fileDescriptor(.init(rawValue: theirs), closeAfterSpawningProcess: false),
        output: .fileDescriptor(.init(rawValue: theirs), closeAfterSpawningProcess: false),
        error: .string(limit: 1 << 16))
      return CommandResult(
        status: result.terminationStatus.shellStatus, output: "", errorOutput: result.standardError)
    }
  }

  /// An unfired helper reads the end of its input and ends.
  deinit { close(end) }

  /// The word is sent before this waits for anything.
  func fire() async throws {
    let word = Array("fire\n".utf8)
    _ = word.withUnsafeBytes { send(end, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    try await task.value.check("make the fault")
  }

  private func waitUntilArmed() async throws {
    let end = end
    let isArmed = try await blocking {
      var byte: UInt8 = 0
      return recv(end, &byte, 1, 0) == 1
    }
    guard !isArmed else { return }
    let result = try await task.value
    throw LabError(.commandFailed, "arm a fault", "status \(result.status): \(result.errorOutput.trimmed)")
  }
}
