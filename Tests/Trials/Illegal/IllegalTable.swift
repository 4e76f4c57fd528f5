import Foundation

/// What became of one combination.
public struct IllegalRow: Sendable {
  /// The tool's answer.
  struct Refusal: Sendable {
    var status: Int32
    /// Stopped because of what was asked for: 2 is a block, 64 a command line that makes no sense.
    var isOfTheRequest = false
    /// Who would refuse it.
    var layer: String
    var message: String
  }

  public var name: String
  /// nil: no words ask for it.
  var refusal: Refusal?
  /// libvirt's answer to the same; empty where libvirt has no such thing.
  var libvirt = ""

  public var isRefused: Bool { refusal?.isOfTheRequest ?? true }
  public var text: String {
    "\(isRefused ? "ok   " : "WRONG") \(name): migrate \(refusal.map { "\($0.status)" } ?? "-"); libvirt: \(libvirt)"
  }
}

extension IllegalRow.Refusal {
  /// Reads the JSON document of a move, else what was said on stderr.
  init(status: Int32, document: String, complaints: String, _ anonymous: (String) -> String) {
    let json = try? JSONSerialization.jsonObject(with: Data(document.utf8)) as? [String: any Sendable]
    let everything = json?["findings"] as? [[String: any Sendable]] ?? []
    // Real hosts have other things to say of the lab's guest.
    let findings = everything.filter { ["flags.legal", "version.qemu"].contains($0["rule"] as? String) }
    let words = (json?["error"] as? [String: any Sendable])?["message"] as? String ?? complaints
    let first = words.split(separator: "\n").first.map { String($0.trimmingPrefix("Error: ")) } ?? ""
    let said = findings.compactMap { $0["message"] as? String }
    self.status = status
    isOfTheRequest = status == 64 || (status == 2 && !findings.isEmpty)
    message = anonymous(said.isEmpty ? first : said.joined(separator: " "))
    let layers = findings.compactMap { $0["destination"] as? String }.filter { $0.hasPrefix("refused by ") }
    layer = layers.first.map { String($0.dropFirst("refused by ".count)) } ?? "migrate"
  }
}

/// The rows as docs/illegal-flags.md shows them.
public struct IllegalTable: Sendable {
  public var rows: [IllegalRow]
  /// As `virsh version` prints them.
  var versions: String

  public var markdown: String {
    let lines = rows.map { row in
      let cells = [
        "`\(row.name)`", row.refusal?.layer ?? "migrate",
        row.refusal.map { "\($0.status): \($0.message)" } ?? "no options spell it",
        row.libvirt.isEmpty ? "has no such thing" : row.libvirt,
      ]
      return "| \(cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ")) |"
    }
    let programs = versions.split(separator: "\n").compactMap { line in
      line.hasPrefix("Running") ? line.split(separator: ": ").last.map(String.init) : nil
    }.joined(separator: ", libvirt ")
    return """
      # What must not be asked for, and what happens if it is

      Made by `bash Tests/illegal.sh` on a lab of two hosts (\(programs)). Each combination was
      given to the built tool with hosts that nobody can connect to, so that its answer cannot come from them, and then,
      past the tool, to libvirt for a running guest. After each the guest and both daemons were looked at: what follows
      "then" was no longer as before. `UNSAFE` is set throughout, because the guest's disk is not shared. The same guest
      moved with `--live`, `--tls` and `--parallel` before the first row.

      | Combination | Who refuses | What migrate says | What libvirt does |
      |---|---|---|---|
      \(lines.joined(separator: "\n"))

      """
  }
}
