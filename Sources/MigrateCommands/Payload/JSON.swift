import MigrationModel

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The one way in which payloads become JSON: sorted keys in snake case, absent instead of null.
///
/// Texts end with their line. What JSON cannot hold, such as an infinite number, is a complaint and no text.
enum JSON {
  static func line(_ payload: some Encodable) -> String { text(payload, []) }

  /// One payload is one document, several are an array.
  static func document(_ payloads: [some Encodable]) -> String {
    payloads.count == 1 ? text(payloads[0], .prettyPrinted) : text(payloads, .prettyPrinted)
  }

  private static func text(_ payload: some Encodable, _ formatting: JSONEncoder.OutputFormatting) -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = formatting.union([.sortedKeys, .withoutEscapingSlashes])
    do {
      return String(decoding: try encoder.encode(payload), as: UTF8.self) + "\n"
    } catch {
      complain(CommandFailure(status: .failed, message: "an answer cannot be written as JSON: \(error)"))
      return ""
    }
  }
}

extension Duration {
  /// Milliseconds with three decimals, as JSON carries them.
  var milliseconds: Double {
    let (seconds, attoseconds) = components
    return (Double(seconds) * 1e6 + Double(attoseconds) / 1e12).rounded() / 1e3
  }
}
