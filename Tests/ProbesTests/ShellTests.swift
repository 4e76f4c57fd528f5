import Glibc
import MigrationModel
import Testing

@testable import Probes

/// The conversation with a real /bin/sh of this machine.
@Suite struct ShellTests {
  private func withShell<T: Sendable>(_ body: @Sendable @escaping (HostShell) async throws -> T) async throws -> T {
    try await Door.local.open(timeout: .seconds(60), body: body)
  }

  static let names = [
    "plain", "with space", "it's", "\"q\"", "$(touch /tmp/migrate-injected)", "$(exit 1)", "`id`", "a\nb", "-n", "żółw",
    "'\u{301}x",
    "*",
  ]

  @Test(arguments: names) func namesAreCarriedLiterally(name: String) async throws {
    let section = Shell.Section(name: "echo", script: "printf %s \(name.shellQuoted)")
    let answer = try await withShell { await $0.ask([section])[section] }
    #expect(answer == .known(name))
  }

  @Test func answersKeepTheirSectionsAndStatuses() async throws {
    let good = Shell.Section(name: "good", script: "echo one; echo two")
    let bad = Shell.Section(name: "bad", script: "echo why; echo more; exit 3")
    let empty = Shell.Section(name: "empty", script: ":")
    let answers = try await withShell { await $0.ask([good, bad, empty]) }
    #expect(answers[good] == .known("one\ntwo\n"))
    #expect(answers[bad] == .gap(Gap(source: "bad", reason: "why (status 3)")))
    #expect(answers[empty] == .known(""))
  }

  @Test func aCommandCannotEatTheConversation() async throws {
    let greedy = Shell.Section(name: "greedy", script: "cat")
    let after = Shell.Section(name: "after", script: "echo still here")
    let answers = try await withShell { await $0.ask([greedy, after]) }
    #expect(answers[after] == .known("still here\n"))
  }

  /// The time limit is the test: a command that neither reads nor writes ends with its shell.
  @Test(.timeLimit(.minutes(1))) func aHostThatFallsSilentIsAGapAndIsNotAskedAgain() async throws {
    let answers = try await Door.local.open(timeout: .milliseconds(50)) { shell in
      let hang = Shell.Section(name: "hang", script: "exec sleep 3600")
      return (await shell.ask([hang])[hang], await shell.ask([GuestQuestions.clock])[GuestQuestions.clock])
    }
    for answer in [answers.0, answers.1] {
      guard case .gap(let gap) = answer else {
        Issue.record("answered \(answer)")
        continue
      }
      #expect(gap.reason.contains("did not answer"))
    }
  }

  @Test(arguments: names.filter { !$0.contains("/") }) func aNonceShowsThatADirectoryIsTheSame(name: String)
    async throws
  {
    let directory = try TemporaryDirectory()
    let image = directory.path + "/" + name
    try directory.write(name, "image")
    let proof = StorageProof(path: image, nonce: randomHex())
    let verdict = try await withShell { shell in
      let written = await shell.ask([proof.write])[proof.write]
      let read = await shell.ask([proof.read])[proof.read]
      _ = await shell.ask([proof.remove])
      return proof.judge(written: written, read: read)
    }
    guard case .known(.same) = verdict else {
      Issue.record("\(verdict)")
      return
    }
    #expect(try directory.entries() == [name])
  }

  @Test func anotherDirectoryUnderTheSameNameIsDifferent() {
    let proof = StorageProof(path: "/a/b", nonce: "n1")
    #expect(
      proof.judge(written: .known(""), read: .known("")).value
        == .different(source: "holds the nonce file just written", destination: "does not see it"))
    #expect(
      proof.judge(written: .known(""), read: .known("n1")).value
        == .same(proof: "a nonce file written on the source was read on the destination"))
    #expect(proof.judge(written: .gap(Gap(source: "s", reason: "read-only")), read: .known("")).value == nil)
  }

  /// A directory that the account may not look into hides its files: that is no proof that there are none.
  @Test func whatCannotBeSeenIsNotCalledAbsent() async throws {
    guard geteuid() == 0 else { try Test.cancel("missing: root, to ask as somebody else") }
    let directory = try TemporaryDirectory()
    try directory.write("image", "x")
    let hidden = directory.path + "/image"
    let proof = StorageProof(path: hidden, nonce: randomHex())
    let asked = [GuestQuestions.identity(of: hidden), proof.read, GuestQuestions.identity(of: "/nowhere/image")]
    let questions = asked.map { section in
      Shell.Section(
        name: section.name,
        script: "exec setpriv --reuid=65534 --regid=65534 --clear-groups sh -c \(section.script.shellQuoted)")
    }
    chmod(directory.path, 0o700)
    let answers = try await withShell { await $0.ask(questions) }
    for question in questions.dropLast() {
      guard case .gap(let gap) = answers[question] else {
        Issue.record("\(question.name): \(answers[question])")
        continue
      }
      #expect(gap.source == question.name)
    }
    #expect(answers[questions[2]] == .known(""))
  }

  /// Two partitions of one disk share its WWID, and are two storages.
  @Test func aPartitionIsNotItsNeighbour() async throws {
    guard geteuid() == 0 else { try Test.cancel("missing: root, for device nodes and a mount namespace") }
    let directory = try TemporaryDirectory()
    let place = directory.path
    let paths = ["\(place)/one", "\(place)/two", "\(place)/whole"]
    let setUp = Shell.Section(
      name: "set up",
      script: """
        cd \(place.shellQuoted) && mkdir -p numbers sda/sda1 sda/sda2 sda/device && echo naa.5000 >sda/device/wwid &&
        echo 1 >sda/sda1/partition && echo 2 >sda/sda2/partition && mknod whole b 8 0 && mknod one b 8 1 &&
        mknod two b 8 2 && ln -s "$PWD/sda" numbers/8:0 && ln -s "$PWD/sda/sda1" numbers/8:1 &&
        ln -s "$PWD/sda/sda2" numbers/8:2
        """)
    let asked = paths.map { path in
      let identity = StorageProof(path: path, nonce: "").blockIdentity
      let inNamespace = "mount --bind \("\(place)/numbers".shellQuoted) /sys/dev/block && \(identity.script)"
      return Shell.Section(name: path, script: "exec unshare -m sh -c \(inNamespace.shellQuoted)")
    }
    let answers = try await withShell { await $0.ask([setUp] + asked) }
    #expect(answers[setUp] == .known(""))
    #expect(answers[asked[0]] == .known("partition 1, ../device/wwid naa.5000\n"))
    #expect(answers[asked[1]] == .known("partition 2, ../device/wwid naa.5000\n"))
    #expect(answers[asked[2]] == .known("device/wwid naa.5000\n"))
  }

  @Test func theNonceGoesWhenTheShellEndsEarly() async throws {
    let directory = try TemporaryDirectory()
    try directory.write("image", "x")
    let proof = StorageProof(path: directory.path + "/image", nonce: randomHex())
    let seen = try await withShell { shell in
      await shell.atExit(proof.removal)
      _ = await shell.ask([proof.write])
      return try directory.entries()
    }
    #expect(seen.count == 2)
    #expect(try directory.entries() == ["image"])
  }

  @Test(.timeLimit(.minutes(1))) func theNonceGoesWhenTheConversationIsCancelled() async throws {
    let directory = try TemporaryDirectory()
    try directory.write("image", "x")
    let proof = StorageProof(path: directory.path + "/image", nonce: randomHex())
    let (written, tell) = AsyncStream.makeStream(of: [String].self)
    let talk = Task {
      try await withShell { shell in
        await shell.atExit(proof.removal)
        _ = await shell.ask([proof.write])
        tell.yield(try directory.entries())
        _ = await shell.ask([Shell.Section(name: "hang", script: "exec sleep 3600")])
      }
    }
    for await entries in written {
      #expect(entries.count == 2)
      talk.cancel()
      break
    }
    _ = await talk.result
    #expect(try directory.entries() == ["image"])
  }

  @Test func whatTheAccountPrintsWhenItStartsIsNoAnswer() async throws {
    let shell = Shell(Recording(["Welcome\nto host", "1\n\nm 0\none", "\n\nm 0\n"]), marker: "m")
    try await shell.begin()
    let section = Shell.Section(name: "first", script: "echo one")
    #expect(try await shell.ask([section]) == ["first": Shell.Answer(text: "one\n", status: 0)])
  }

  /// More than a pipe holds, both ways at once.
  @Test(.timeLimit(.minutes(1))) func manyQuestionsAndTheirAnswersPassEachOther() async throws {
    let line = String(repeating: "x", count: 100)
    let sections = (0..<4000).map { Shell.Section(name: "\($0)", script: "echo \(line)") }
    let answers = try await withShell { await $0.ask(sections) }
    #expect(sections.allSatisfy { answers[$0] == .known("\(line)\n") })
  }
}

/// A host that says what it is told to say, whatever it is asked.
private actor Recording: ShellTransport {
  private var parts: [String]
  init(_ parts: [String]) { self.parts = parts }
  func write(_ bytes: [UInt8]) {}
  func read() -> [UInt8]? { parts.isEmpty ? nil : Array(parts.removeFirst().utf8) }
}
