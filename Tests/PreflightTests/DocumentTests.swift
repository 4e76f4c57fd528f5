import Foundation
import Testing

@testable import Preflight

@Suite struct DocumentTests {
  /// The table of docs/preflight.md has the catalogue's rules, in its order, with its severities.
  @Test func theDocumentedTableIsTheCatalogue() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appendingPathComponent("docs/preflight.md"), encoding: .utf8)
    let rows = text.split(separator: "\n").map { line in
      line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
    let documented = rows.filter { $0.count == 5 && $0[0].contains(".") }
    #expect(documented.map { $0[0] } == catalogue.map(\.id))
    #expect(documented.map { $0[1].prefix { $0 != " " } } == catalogue.map { Substring($0.weight.rawValue) })
  }
}
