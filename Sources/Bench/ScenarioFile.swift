import BenchModel
import FoundationEssentials
import Yams

/// Scenario files: YAML, one scenario a document.
public enum ScenarioFile {
  /// The names of those that come with the tool.
  public static let shipped = ["quick", "modes", "versus-virsh", "guestperf"]

  /// A shipped set by its name, else the file of that path.
  ///
  /// Throws `BenchError` that names the file, the line where YAML is broken, or everything that cannot be in it.
  public static func read(_ nameOrPath: String) throws -> [Scenario] {
    try parse(try text(nameOrPath), of: nameOrPath)
  }

  private static func text(_ nameOrPath: String) throws -> String {
    if let shipped = shippedText(nameOrPath) { return shipped }
    do {
      return try String(contentsOfFile: nameOrPath, encoding: .utf8)
    } catch {
      throw BenchError(
        "\(nameOrPath) is no scenario: there is no such readable file, and shipped are \(shipped.joined(separator: ", "))"
      )
    }
  }

  static func parse(_ text: String, of name: String) throws -> [Scenario] {
    let decoder = YAMLDecoder()
    var scenarios: [Scenario] = []
    do {
      for node in try Yams.compose_all(yaml: text) {
        scenarios.append(try decoder.decode(Scenario.self, from: node))
      }
    } catch {
      throw BenchError("\(name) is no scenario file: \(error)")
    }
    guard !scenarios.isEmpty else { throw BenchError("\(name) holds no scenario") }
    let mistakes = scenarios.flatMap(\.mistakes)
    guard mistakes.isEmpty else { throw BenchError("\(name): \(mistakes.joined(separator: "; "))") }
    return scenarios
  }

  private static func shippedText(_ name: String) -> String? {
    switch name {
    case "quick": String(decoding: PackageResources.quick_yaml, as: UTF8.self)
    case "modes": String(decoding: PackageResources.modes_yaml, as: UTF8.self)
    case "versus-virsh": String(decoding: PackageResources.versus_virsh_yaml, as: UTF8.self)
    case "guestperf": String(decoding: PackageResources.guestperf_yaml, as: UTF8.self)
    default: nil
    }
  }
}
