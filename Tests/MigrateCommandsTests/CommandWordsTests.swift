import ArgumentParser
import Foundation
import Testing

@testable import MigrateCommands

/// Words that the parser alone would take for other guests than those that were named.
@Suite struct CommandWordsTests {
  private let verbs = ["run", "check", "status"]

  @Test func anOptionWithoutItsValueDoesNotTakeTheNextGuest() throws {
    #expect(throws: ValidationError.self) {
      try CommandWords(words: ["--dname=", "web", "db", "kvm2"]).refuseEmptyValues()
    }
    for words in [["--dname=x", "web", "kvm2"], ["--", "--dname=", "kvm2"], ["web", "kvm2"]] {
      try CommandWords(words: words).refuseEmptyValues()
    }
  }

  @Test(
    arguments: [
      (["-c", "test:///default", "check", "web", "kvm2"], true), (["run", "check", "web", "kvm2"], false),
      (["-c", "test:///default", "web", "check"], false), (["web", "kvm2"], false),
    ])
  func aVerbAfterOptionsIsNotAGuest(words: [String], isRefused: Bool) throws {
    let run = try RunVerb.parse(words.first == "run" ? Array(words.dropFirst()) : words)
    let refusal = Result { try CommandWords(words: words).refuseLateVerb(in: run, of: verbs) }
    #expect((try? refusal.get()) == nil ? isRefused : !isRefused)
    try CommandWords(words: words).refuseLateVerb(in: nil, of: verbs)
  }

  @Test(
    arguments: [
      (["web", "--output", "json"], true), (["run", "web", "--output=jsonl"], true), (["web"], false),
      (["web", "--output", "text"], false), (["status", "--output", "json"], false),
      (["--check", "web", "--output", "json"], false), ([], false),
    ])
  func aMoveThatWasAskedForJSONEndsWithAResult(words: [String], isTold: Bool) throws {
    let line = CommandWords(words: words).resultAsJSON(of: "name a destination", verbs: verbs)
    #expect((line != nil) == isTold)
    guard let line else { return }
    let result = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    #expect(result["type"] as? String == "result")
    #expect(result["exit_code"] as? Int == 64)
    #expect((result["error"] as? [String: Any])?["message"] as? String == "name a destination")
  }
}
