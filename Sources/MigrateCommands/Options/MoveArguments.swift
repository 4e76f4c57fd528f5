import ArgumentParser
import MigrationModel

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `DOMAIN... DEST` and everything that says how: shared by `run` and `check`.
struct MoveArguments: ParsableArguments {
  @Argument(
    help: ArgumentHelp("The guests, then the destination: a URI or a configured name.", valueName: "domain ... dest"))
  var words: [String] = []

  @Flag(help: "Every guest that is active on the source; name the destination alone.")
  var all = false

  @Option(help: "How many guests move at a time; each one more takes its share of the link.")
  var maxParallel = 1

  @Flag(help: "Ask nothing; a move asks nothing anyway, so that scripts may give this to every verb.")
  var yes = false

  @OptionGroup(title: "Hosts") var hosts: HostOptions
  @OptionGroup(title: "Request") var request: RequestOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  /// The guests by name; "*" stands for those that `--all` will find.
  var domains: [String] { all ? ["*"] : words.dropLast() }
  var destination: String { words.last ?? "" }
  var source: String { source(environment: ProcessInfo.processInfo.environment) }

  /// An empty LIBVIRT_DEFAULT_URI counts as none, as for libvirt itself.
  func source(environment: [String: String]) -> String {
    if let connect = hosts.connect { return connect }
    let preset = environment["LIBVIRT_DEFAULT_URI", default: ""]
    return preset.isEmpty ? "qemu:///system" : preset
  }

  func validate() throws {
    guard (1...256).contains(maxParallel) else { throw ValidationError("--max-parallel takes 1 to 256") }
    guard !all || words.count == 1 else { throw ValidationError("--all names the guests: give the destination alone") }
    guard all || words.count >= 2 else {
      throw ValidationError("name at least one domain, then the destination: migrate DOMAIN... DEST-URI")
    }
    guard !words.contains("") else { throw ValidationError("a domain and the destination cannot be empty") }
    let repeated = Dictionary(grouping: domains, by: { $0 }).filter { $1.count > 1 }.keys.sorted()
    guard repeated.isEmpty else {
      throw ValidationError("named more than once: \(repeated.joined(separator: ", "))")
    }
  }
}
