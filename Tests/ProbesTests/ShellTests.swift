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

  @Test func everyQuestionAboutThisHostIsAnsweredOrSaysWhyNot() async throws {
    let answers = try await withShell { await $0.ask(HostQuestions.all) }
    #expect(answers.fact(HostQuestions.cpu, Parse.cpu).value?.flags.isEmpty == false)
    #expect(answers.fact(HostQuestions.memory, Parse.memory).value != nil)
    #expect(answers.fact(HostQuestions.links, Parse.links).value?.contains { $0.name == "lo" } == true)
    #expect(answers[HostQuestions.mounts].value?.isEmpty == false)
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
      let identity = BlockIdentity.section(path)
      let inNamespace = "mount --bind \("\(place)/numbers".shellQuoted) /sys/dev/block && \(identity.script)"
      return Shell.Section(name: path, script: "exec unshare -m sh -c \(inNamespace.shellQuoted)")
    }
    let answers = try await withShell { await $0.ask([setUp] + asked) }
    #expect(answers[setUp] == .known(""))
    #expect(answers[asked[0]] == .known("partition 1, ../device/wwid naa.5000\n"))
    #expect(answers[asked[1]] == .known("partition 2, ../device/wwid naa.5000\n"))
    #expect(answers[asked[2]] == .known("device/wwid naa.5000\n"))
  }

  /// Attributes of sysfs look full to stat(2): those of loopback's device either hold nothing or cannot be read.
  @Test func anAttributeThatSaysNothingIsNoIdentity() async throws {
    guard geteuid() == 0 else { try Test.cancel("missing: root, for device nodes and a mount namespace") }
    let directory = try TemporaryDirectory()
    let place = directory.path
    let section = BlockIdentity.section("\(place)/disk")
    let setUp = """
      cd \(place.shellQuoted) && mkdir -p numbers sdz/dm sdz/device && mknod disk b 8 0 && ln -s "$PWD/sdz" numbers/8:0 &&
      ln -s /sys/class/net/lo/ifalias sdz/dm/uuid && ln -s /sys/class/net/lo/speed sdz/wwid &&
      echo 't10.ATA     QEMU HARDDISK   QM00001' >sdz/device/wwid && mount --bind numbers /sys/dev/block
      """
    let script = "{ \(setUp); } && \(section.script)"
    let asked = Shell.Section(name: section.name, script: "exec unshare -m sh -c \(script.shellQuoted)")
    let answer = try await withShell { await $0.ask([asked])[asked] }
    #expect(answer.gap?.reason.contains("neither a device-mapper UUID nor a WWID") == true, "\(answer)")
  }

  @Test func theNonceGoesWhenTheShellEndsEarly() async throws {
    let directory = try TemporaryDirectory()
    let nonce = NonceFile(directory: directory.path, nonce: randomHex())
    let seen = try await withShell { shell in
      await shell.atExit(nonce.removal)
      _ = await shell.ask([nonce.write])
      return try directory.entries()
    }
    #expect(seen.count == 1)
    #expect(try directory.entries() == [])
  }

  @Test(.timeLimit(.minutes(1))) func theNonceGoesWhenTheConversationIsCancelled() async throws {
    let directory = try TemporaryDirectory()
    let nonce = NonceFile(directory: directory.path, nonce: randomHex())
    let (written, tell) = AsyncStream.makeStream(of: [String].self)
    let talk = Task {
      try await withShell { shell in
        await shell.atExit(nonce.removal)
        _ = await shell.ask([nonce.write])
        tell.yield(try directory.entries())
        _ = await shell.ask([Shell.Section(name: "hang", script: "exec sleep 3600")])
      }
    }
    for await entries in written {
      #expect(entries.count == 1)
      talk.cancel()
      break
    }
    _ = await talk.result
    #expect(try directory.entries() == [])
  }

  /// More than a pipe holds, both ways at once.
  @Test(.timeLimit(.minutes(1))) func manyQuestionsAndTheirAnswersPassEachOther() async throws {
    let line = String(repeating: "x", count: 100)
    let sections = (0..<4000).map { Shell.Section(name: "\($0)", script: "echo \(line)") }
    let answers = try await withShell { await $0.ask(sections) }
    #expect(sections.allSatisfy { answers[$0] == .known("\(line)\n") })
  }
}
