import ArgumentParser
import Dispatch
import Glibc

/// The command `migrate`; what it promises stands in docs/cli.md.
public struct MigrateCommand: AsyncParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "migrate", abstract: "Move running KVM guests between hosts, and say beforehand whether they can.",
    version: version,
    subcommands: [
      RunVerb.self, CheckVerb.self, HostsVerb.self, StatusVerb.self, WatchVerb.self, CancelVerb.self, HistoryVerb.self,
      RecoverVerb.self,
      BenchVerb.self, LabVerb.self,
    ],
    defaultSubcommand: RunVerb.self)

  private static let version = "0.1.0"

  public init() {}

  /// Runs the verb that the command line names and ends the process with its exit code.
  ///
  /// Parsed before anything concurrent is started: help and usage errors do not pay for what only work needs. The version,
  /// which scripts ask for often, does not even pay for the parser.
  public static func start() -> Never {
    if CommandLine.arguments.dropFirst().elementsEqual(["--version"]) {
      print(version)
      exit()
    }
    holdStandardDescriptors()
    let words = CommandWords(words: Array(CommandLine.arguments.dropFirst()))
    let verbs = configuration.subcommands.compactMap { $0.configuration.commandName }
    do {
      try words.refuseEmptyValues()
      var command = try parseAsRoot()
      try words.refuseLateVerb(in: command as? RunVerb, of: verbs)
      guard let verb = command as? any AsyncParsableCommand else {
        // The parser's own command `help`, which is also what `--help` after a verb becomes.
        try command.run()
        exit()
      }
      Task {
        var end: (any Error)?
        do {
          var verb = verb
          try await verb.run()
        } catch let failure as CommandFailure {
          complain(failure)
          end = ExitCode(failure.status.rawValue)
        } catch {
          end = error
        }
        endWithoutTearDown()
        exit(withError: end)
      }
    } catch {
      if exitCode(for: error) == .validationFailure,
        let line = words.resultAsJSON(of: message(for: error), verbs: verbs)
      {
        print(line, terminator: "")
      }
      exit(withError: error)
    }
    dispatchMain()
  }

  /// Threads that still close connections must not meet libraries that are being taken down: the process ends at once
  /// when all that was written is out (on_exit(3), _exit(2)).
  ///
  /// To be called right before the end: what is registered last is done first, and OpenSSL registers its own end when it is
  /// first used.
  static func endWithoutTearDown() {
    on_exit(
      { status, _ in
        fflush(nil)
        _exit(status)
      }, nil)
  }

  /// A standard descriptor that the caller closed would be the next socket's number, and our output would go to a host.
  private static func holdStandardDescriptors() {
    var descriptor = open("/dev/null", O_RDWR)
    while (0...2).contains(descriptor) { descriptor = open("/dev/null", O_RDWR) }
    close(descriptor)
  }
}
