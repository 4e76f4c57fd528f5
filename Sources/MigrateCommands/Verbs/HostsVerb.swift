import ArgumentParser
import MigrationModel
import Preflight
import Probes

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `migrate hosts`: what the configured hosts are, and with `--matrix` which guests can go where.
struct HostsVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hosts", abstract: "Look at all configured hosts, and at every way between them.")

  @Flag(help: "Check every ordered pair of hosts for every guest, and say which CPU would fit all hosts.")
  var matrix = false

  @Option(help: "Configuration file with the known hosts (YAML).")
  var config: String?

  @Option(help: "Seconds that a host may take to answer probes and connections.")
  var timeout: UInt = 10

  @Flag(help: "Prove that storage is shared without writing a nonce file beside an image.")
  var noWriteProbes = false

  @Option(help: ArgumentHelp("Write all facts that were gathered into this file (JSON).", valueName: "file"))
  var saveFacts: String?

  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout takes 1 to 86400 seconds") }
  }

  func run() async throws {
    let directory = try HostDirectory.load(config, environment: ProcessInfo.processInfo.environment)
    let survey = try await survey(directory)
    if let saveFacts { try FactsFile.save(survey, to: saveFacts) }
    if matrix {
      let matrix = Matrix(of: survey)
      output.show(MatrixDocument(matrix)) { text.matrix(matrix) }
      return try matrix.status.exit()
    }
    let uris = Dictionary(directory.entries.map { ($0.name, $0.uri) }, uniquingKeysWith: { first, _ in first })
    output.show(Inventory(of: survey, uris: uris)) { text.inventory(survey) }
    try (survey.unusable.isEmpty ? ExitStatus.done : .failed).exit()
  }

  private var text: HostsText { HostsText(style: output.style, isVerbose: output.verbose) }

  private func survey(_ directory: HostDirectory) async throws -> Survey {
    guard directory.entries.count >= (matrix ? 2 : 1) else {
      throw CommandFailure.usage(
        matrix ? "a matrix needs two configured hosts; see --config" : "no hosts are configured; see --config")
    }
    let targets = try directory.entries.map { try directory.target($0.name, ssh: nil) }
    let routes = targets.indices.flatMap { source in
      targets.indices.filter { $0 != source }.map { Route(from: source, to: $0) }
    }
    do {
      return try await gather(
        SurveyScope(
          hosts: targets, guests: targets.map { _ in .all }, routes: matrix ? routes : [], request: MigrationRequest(),
          timeout: .seconds(Int64(timeout)), writesProbes: !noWriteProbes, comparesHosts: matrix),
        skippingUnusableHosts: true)
    } catch {
      throw CommandFailure(status: .failed, message: "the hosts cannot be looked at from here: \(error)")
    }
  }
}
