import BenchModel
import Foundation
import MigrationModel
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
    var scenarios: [Scenario] = []
    do {
      var documents = try Yams.load_all(yaml: text)
      while let document = documents.next() { scenarios.append(try scenario(document)) }
      // A document that cannot be read ends the sequence, and nothing is thrown.
      if let error = documents.error { throw error }
    } catch let error as DecodingError {
      throw BenchError("\(name) is no scenario file: \(error.place)")
    } catch {
      throw BenchError("\(name) is no scenario file: \(error)")
    }
    guard !scenarios.isEmpty else { throw BenchError("\(name) holds no scenario") }
    let mistakes = scenarios.flatMap(\.mistakes)
    guard mistakes.isEmpty else { throw BenchError("\(name): \(mistakes.joined(separator: "; "))") }
    return scenarios
  }

  /// One document; by way of JSON, for its keys are in snake case, which Yams does not translate.
  private static func scenario(_ document: Any) throws -> Scenario {
    guard let fields = document as? [String: Any] else { throw BenchError("a scenario is a list of keys and values") }
    try refuseUnknown(in: fields, "", Self.keys)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Scenario.self, from: try JSONSerialization.data(withJSONObject: fields))
  }

  /// Every key that means something, by the key that it is under.
  private static let keys: [String: Set<String>] = [
    "": [
      "name", "about", "guest", "link_mib_s", "beat_ms", "repeats", "tools", "time_limit_s", "requires", "preflight",
      "variants",
    ],
    "guest": ["memory_mib", "vcpus", "kept_mib", "rate_mib_s", "pattern"],
    "variants": ["name", "mode", "options", "max_downtime_ms", "act"],
    "act": ["kind", "passes"],
  ]

  /// A misspelt key would leave the default in force, and nobody would know.
  private static func refuseUnknown(in fields: [String: Any], _ place: String, _ keys: [String: Set<String>]) throws {
    let known = keys[place] ?? []
    for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
      guard known.contains(key) else {
        let whose = place.isEmpty ? "a scenario" : "“\(place)”"
        throw BenchError("\(whose) has no “\(key)”, but \(known.sorted().joined(separator: ", "))")
      }
      for below in (value as? [Any]) ?? [value] {
        if let below = below as? [String: Any] { try refuseUnknown(in: below, key, keys) }
      }
    }
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
