import MigrationModel

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The one way in which payloads become JSON: sorted keys in snake case, absent instead of null.
enum JSON {
  static func line(_ payload: some Encodable) throws -> String { try text(payload, pretty: false) }
  static func document(_ payload: some Encodable) throws -> String { try text(payload, pretty: true) }

  private static func text(_ payload: some Encodable, pretty: Bool) throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
    return String(decoding: try encoder.encode(payload), as: UTF8.self)
  }
}

extension Duration {
  /// Milliseconds with three decimals, as JSON carries them.
  var milliseconds: Double {
    let (seconds, attoseconds) = components
    return (Double(seconds) * 1e6 + Double(attoseconds) / 1e12).rounded() / 1e3
  }
}
