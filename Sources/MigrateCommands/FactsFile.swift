import Foundation
import MigrationModel

/// Facts in a file: `migrate.facts/1`, as `--save-facts` writes it; see docs/preflight.md.
struct FactsFile: Sendable {
  var path: String
  var survey: Survey
}

extension FactsFile {
  private struct Header: Decodable { var schema: String? }

  /// Throws CommandFailure (usage) that names the file and what is wrong with it.
  init(contentsOf path: String) throws {
    do {
      let text = Data(try text(ofFile: path).utf8)
      let schema = try JSONDecoder().decode(Header.self, from: text).schema
      guard schema == Survey.schema else {
        throw CommandFailure.usage(
          "\(path) holds \(schema.map { "“\($0)”" } ?? "no facts"); this migrate reads “\(Survey.schema)”")
      }
      survey = try JSONDecoder().decode(Survey.self, from: text)
      self.path = path
    } catch let failure as CommandFailure {
      throw failure
    } catch let error as DecodingError {
      throw CommandFailure.usage("\(path) is no file of facts: \(error.place)")
    } catch {
      throw CommandFailure.usage("\(path) cannot be read: \(error)")
    }
  }

  /// Writes the whole file or nothing, without the guests' XML, which may hold passwords. Throws CommandFailure that names
  /// the file.
  static func save(_ survey: Survey, to path: String) throws {
    var survey = survey
    for host in survey.hosts.indices {
      for guest in survey.hosts[host].guests.indices { survey.hosts[host].guests[guest].migratableXML = nil }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    do {
      try (encoder.encode(survey) + Data("\n".utf8)).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw CommandFailure(status: .failed, message: "the facts cannot be written to \(path): \(error)")
    }
  }

  /// The facts of the host that a command line means by `reference`: by name, URI or host name; a file of one host holds
  /// no other. Throws CommandFailure (usage) that names the hosts it has.
  func host(_ reference: String, uri: String) throws -> HostFacts {
    let named =
      survey.hosts.first { $0.name == reference } ?? survey.hosts.first { $0.uri == uri }
      ?? survey.hosts.first { $0.hostname.value == reference }
    guard let host = named ?? (survey.hosts.count == 1 ? survey.hosts.first : nil) else {
      let known = survey.hosts.map(\.name).joined(separator: ", ")
      throw CommandFailure.usage("\(path) has no facts of \(reference); it has those of \(known)")
    }
    return host
  }
}
