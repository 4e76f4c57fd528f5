import Foundation
import Testing

/// Holds `text` against the file of that name under Golden; a mismatch shows the lines that differ.
func expectGolden(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
  let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
  let golden = try String(contentsOf: directory.appending(path: name), encoding: .utf8)
  #expect(text == golden, "Golden/\(name), - golden, + now:\n\(diff(golden, text))", sourceLocation: sourceLocation)
}

private func diff(_ old: String, _ new: String) -> String {
  func lines(_ text: String) -> [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
  return lines(new).difference(from: lines(old)).map { change in
    switch change {
    case .remove(let offset, let line, _): "- \(offset + 1): \(line)"
    case .insert(let offset, let line, _): "+ \(offset + 1): \(line)"
    }
  }.joined(separator: "\n")
}
