/// A table of Markdown: what is in a cell keeps to its cell and its line.
enum MarkdownTable {
  static func row(_ cells: [String]) -> [String] {
    cells.map {
      $0.replacing("|", with: "/").split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
  }

  static func line(_ cells: [String]) -> String { "| " + row(cells).joined(separator: " | ") + " |" }

  static func text(header: [String], rows: [[String]]) -> String {
    let rule = "|" + header.map { _ in "---|" }.joined()
    return ([line(header), rule] + rows.map(line)).joined(separator: "\n") + "\n"
  }

  /// The cells of every table's lines in a page.
  static func rows(of page: String) -> [[String]] {
    page.split(separator: "\n").filter { $0.hasPrefix("| ") && $0.hasSuffix(" |") }.map { line in
      line.dropFirst(2).dropLast(2).split(separator: " | ", omittingEmptySubsequences: false).map {
        $0.split(separator: " ").joined(separator: " ")
      }
    }
  }
}
