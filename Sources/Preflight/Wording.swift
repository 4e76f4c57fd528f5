import MigrationModel

extension HostFacts {
  /// A virsh command on this host's daemon: "virsh -c qemu+ssh://kvm2/system net-start --network default".
  func virsh(_ command: ShellText) -> String { "virsh -c \(uri.shellQuoted) \(command.text)" }
}

/// Shell text whose interpolated values are quoted, so that no name from a host can be forgotten.
struct ShellText: ExpressibleByStringInterpolation {
  var text: String

  init(stringLiteral value: String) { text = value }
  init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

  struct StringInterpolation: StringInterpolationProtocol {
    var text = ""
    init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }
    mutating func appendLiteral(_ literal: String) { text += literal }
    mutating func appendInterpolation(_ value: String) { text += value.shellQuoted }
  }
}

extension Collection where Element == String {
  /// "a, b and c"; "none" when empty.
  var list: String {
    guard let last = Array(self).last else { return "none" }
    return count == 1 ? last : "\(dropLast().joined(separator: ", ")) and \(last)"
  }
}

extension String {
  /// This text without line breaks, for a sentence of a finding.
  var oneLine: String { split(whereSeparator: \.isNewline).joined(separator: " ") }
}

/// Nanoseconds as milliseconds, with one decimal where they are not whole: "12.5 ms".
func milliseconds(_ nanoseconds: Double) -> String {
  let text = "\((nanoseconds / 100_000).rounded() / 10)"
  return "\(text.hasSuffix(".0") ? String(text.dropLast(2)) : text) ms"
}
