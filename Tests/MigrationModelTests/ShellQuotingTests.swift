import Foundation
import MigrationModel
import Testing

@Suite struct ShellQuotingTests {
  @Test(arguments: [
    ("web1", "web1"), ("/srv/a-b_c.qcow2", "/srv/a-b_c.qcow2"), ("qemu+ssh://kvm2/system", "qemu+ssh://kvm2/system"),
    ("", "''"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("'", "''\\'''"), ("\"", "'\"'"),
    ("$(reboot)", "'$(reboot)'"),
    ("`id`", "'`id`'"), ("a\nb", "'a\nb'"), ("-rf", "'-rf'"), ("~root", "'~root'"), ("é", "'é'"), ("a;b", "'a;b'"),
    ("x=y", "'x=y'"), ("*", "'*'"), ("\\", "'\\'"),
  ])
  func quotesWhatTheShellWouldRead(_ text: String, _ quoted: String) {
    #expect(text.shellQuoted == quoted)
  }

  /// The real judge is a shell: every text must come back from it unchanged, as one word.
  @Test(arguments: [
    "", "a b", "it's", "''", "'\\''", "\"$HOME\"", "$(reboot)", "`id`", "a\nb\n", "-n", "~", "#x", "naïve 日本 🦊", "a\tb",
    "\\n",
    "!!", "{a,b}", "[x]*?", "\u{301}'", "'\u{301}$(id)'", "a\r\nb", "%s", "x&y|z>q<r",
  ])
  func aShellReadsItBack(_ text: String) throws {
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-c", "printf '%s|' \(text.shellQuoted)"]
    let output = Pipe()
    shell.standardOutput = output
    try shell.run()
    let read = output.fileHandleForReading.readDataToEndOfFile()
    shell.waitUntilExit()
    #expect(Array(read) == Array((text + "|").utf8))
  }
}
