import Testing
import Threads
import Trials

@testable import Lab

/// What a move said with `--output jsonl`: every line is held against the schema, and the numbers have no gap.
struct MoveStream: Sendable {
  var status: Int32
  var events: [[String: any Sendable]]
  /// Everything that it said, to explain a failure.
  var text: String

  var phases: [String] { events.compactMap { $0["phase"] as? String } }
  var results: [[String: any Sendable]] { events.filter { $0["type"] as? String == "result" } }
  var outcome: String? { results.last?["outcome"] as? String }
  var message: String { (results.last?["error"] as? [String: any Sendable])?["message"] as? String ?? "" }
  var runningOn: String? { (results.last?["guest"] as? [String: any Sendable])?["running_on"] as? String }

  func decisions(_ action: String) -> [[String: any Sendable]] {
    events.filter { $0["type"] as? String == "decision" && $0["action"] as? String == action }
  }

  /// The numbers that the only decision of that kind was made by.
  func inputs(_ action: String) throws -> [String: Double] {
    let found = decisions(action)
    #expect(found.count == 1, "\(action) in \(text)")
    let inputs = try #require(found.first?["inputs"] as? [String: any Sendable])
    return inputs.mapValues { $0 as? Double ?? ($0 as? Int).map(Double.init) ?? .nan }
  }
}

extension Tool {
  typealias Reaction = @Sendable (Running) async throws -> Void

  /// Moves a guest, and does something once: at the first line that holds `moment`.
  func move(
    _ words: [String], entering: [String] = [], at moment: String? = nil, _ reaction: @escaping Reaction = { _ in }
  ) async throws -> MoveStream {
    let hasCome = Latch()
    let said = try await run(words + ["--output", "jsonl"], within: .seconds(120), entering: entering) { line, tool in
      if let moment, line.contains(moment), hasCome.setOnce() { try await reaction(tool) }
    }
    if let moment { #expect(hasCome.isSet, "no line holds \(moment): \(said.text) \(said.complaints)") }
    try await validate(said.text, schema: "migrate.event-1.json", isLines: true)
    let events = try said.events()
    #expect(events.map { $0["seq"] as? Int } == events.indices.map { $0 + 1 })
    return MoveStream(status: said.status, events: events, text: said.text + said.complaints)
  }
}

extension Lab {
  func state(of guest: String, on host: LabHost) async throws -> String {
    try await virsh(on: host, ["domstate", guest]).text
  }

  /// The names of all domains there.
  func domains(on host: LabHost) async throws -> [String] {
    try await virsh(on: host, ["list", "--all", "--name"]).text.split(separator: "\n").map(String.init).sorted()
  }

  /// The files of the host's own image directory.
  func images(on host: LabHost) async throws -> [String] {
    try await require(on: host, ["ls", "-A", LabPlan.localPath], to: "list the images").output
      .split(separator: "\n").map(String.init)
  }
}
