import MigrationModel

extension HostFacts {
  /// "virsh -c 'qemu+ssh://kvm2/system' ARGUMENTS", each argument quoted.
  func virsh(_ arguments: String...) -> String {
    (["virsh", "-c", uri.shellQuoted] + arguments.map(\.shellQuoted)).joined(separator: " ")
  }
}

extension Collection where Element == String {
  /// "a, b and c"; "none" when empty.
  var list: String {
    guard let last = Array(self).last else { return "none" }
    return count == 1 ? last : "\(dropLast().joined(separator: ", ")) and \(last)"
  }
}

/// Nanoseconds as milliseconds, with one decimal where they are not whole: "12.5 ms".
func milliseconds(_ nanoseconds: Double) -> String {
  let text = "\((nanoseconds / 100_000).rounded() / 10)"
  return "\(text.hasSuffix(".0") ? String(text.dropLast(2)) : text) ms"
}
