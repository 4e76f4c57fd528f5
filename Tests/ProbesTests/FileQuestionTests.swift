import Glibc
import MigrationModel
import Testing

@testable import Probes

@Suite struct FileQuestionTests {
  private func withShell<T: Sendable>(_ body: @Sendable @escaping (HostShell) async throws -> T) async throws -> T {
    try await Door.local.open(timeout: .seconds(60), body: body)
  }

  private func look(at paths: [String]) async throws -> FileAnswers {
    let questions = FileQuestions(paths)
    return try await withShell { shell in
      let answers = await shell.ask(questions.sections + [HostQuestions.mounts])
      return questions.read(answers, mounts: answers[HostQuestions.mounts].map(Mount.table))
    }
  }

  @Test func oddNamesAreToldApart() async throws {
    let directory = try TemporaryDirectory()
    let names = ShellTests.names.filter { !$0.contains("/") }
    for name in names { try directory.write(name, name) }
    let paths = names.map { "\(directory.path)/\($0)" }
    let answers = try await look(at: paths + paths.map { "\($0) not" })
    for (name, path) in zip(names, paths) {
      let file = try #require(answers.files[path]?.value ?? nil, "\(name)")
      #expect(file.kind == "regular" && file.size == .bytes(UInt64(name.utf8.count)))
      #expect(answers.files["\(path) not"] == .known(nil))
    }
  }

  @Test func linksAreFollowedAndDeadOnesSaySo() async throws {
    let directory = try TemporaryDirectory()
    try directory.write("image", "x")
    symlink("\(directory.path)/image", "\(directory.path)/good")
    symlink("/nowhere", "\(directory.path)/dead")
    let answers = try await look(at: ["good", "dead", "image/below"].map { "\(directory.path)/\($0)" })
    #expect(answers.resolved["\(directory.path)/good"]?.hasSuffix("/image") == true)
    let dead = answers.files["\(directory.path)/dead"]
    #expect(dead == .gap(Gap(source: "stat \(directory.path)/dead", reason: "is a link that leads nowhere")))
    #expect(answers.files["\(directory.path)/image/below"] == .known(nil))
  }

  @Test func moreThanOneBatchIsAsked() async throws {
    let directory = try TemporaryDirectory()
    let paths = (0..<1200).map { "\(directory.path)/\($0)" }
    for number in [0, 499, 500, 1199] { try directory.write("\(number)", "x") }
    let answers = try await look(at: paths)
    #expect(answers.files.count == 1200)
    #expect(answers.files.values.count { $0.value != .some(nil) } == 4)
  }

  /// A directory that the account may not look into hides its files: that is no proof that there are none.
  @Test func whatCannotBeSeenIsNotCalledAbsent() async throws {
    guard geteuid() == 0 else { try Test.cancel("missing: root, to ask as somebody else") }
    let directory = try TemporaryDirectory()
    try directory.write("image", "x")
    let hidden = "\(directory.path)/image"
    let questions = FileQuestions([hidden, "/nowhere/image"])
    let section = questions.sections[0]
    let nonce = NonceFile(directory: directory.path, nonce: "n1").read(in: directory.path)
    let asked = [section, nonce].map { section in
      Shell.Section(
        name: section.name,
        script: "exec setpriv --reuid=65534 --regid=65534 --clear-groups sh -c \(section.script.shellQuoted)")
    }
    chmod(directory.path, 0o700)
    let answers = try await withShell { await $0.ask(asked) }
    let read = questions.read(answers, mounts: .known([]))
    #expect(read.files[hidden]?.gap?.reason.contains("Permission denied") == true, "\(read)")
    #expect(read.files["/nowhere/image"] == .known(nil))
    #expect(answers[nonce].gap?.reason.contains("cannot look into") == true)
  }

  @Test func malformedRecordsAreNoFiles() {
    #expect(FileRecords("").found.isEmpty)
    let short = FileRecords("file\0/a\0regular file|1|2\0file\0/b\0regular file|1|2\0resolved\0/a\0")
    #expect(short.found.count == 2 && short.resolved.isEmpty)
    #expect(FileRecords("missing\0/a\0garbage\0missing\0/b\0").missing == ["/a"])
    #expect(FileRecords("missing\0/a").missing.isEmpty)
  }
}

@Suite struct StorageProofTests {
  private func look(_ paths: [String], kind: String = "regular", at resolved: [String: String], mounts: String = "")
    -> Look
  {
    var look = Look(
      facts: HostFacts(name: "kvm", uri: "", gap: Gap(source: "s", reason: "r")), mounts: .known(Mount.table(mounts)))
    for path in paths {
      look.files.files[path] = .known(
        FileIdentity(kind: kind, size: .bytes(1), fileSystem: "nfs", mountSource: "nas:/", inode: 1))
      look.files.resolved[path] = resolved[path] ?? path
    }
    return look
  }

  @Test func oneNonceServesADirectory() {
    let nonces = NonceFile.covering(
      ["/srv/a", "/srv/b", "/other/c", "/gone"], look(["/srv/a", "/srv/b", "/other/c"], at: [:]))
    #expect(Set(nonces.keys) == ["/srv", "/other"])
    #expect(Set(nonces.values.map(\.nonce)).count == 2)
  }

  @Test func aNonceShowsThatADirectoryIsTheSame() async throws {
    let directory = try TemporaryDirectory()
    let nonce = NonceFile(directory: directory.path, nonce: randomHex())
    let (written, read, other) = try await Door.local.open(timeout: .seconds(60)) { shell in
      let written = await shell.ask([nonce.write])[nonce.write]
      let elsewhere = nonce.read(in: "/")
      let answers = await shell.ask([nonce.read(in: directory.path), elsewhere])
      _ = await shell.ask([Shell.Section(name: "remove", script: nonce.removal)])
      return (written, answers[nonce.read(in: directory.path)], answers[elsewhere])
    }
    #expect(try directory.entries() == [])
    #expect(
      nonce.judge(written: written, read: read)
        == .known(.same(proof: "a nonce file written on the source was read on the destination")))
    #expect(
      nonce.judge(written: written, read: other).value
        == .different(source: "holds the nonce file just written", destination: "does not see it"))
    #expect(nonce.judge(written: .gap(Gap(source: "s", reason: "read-only")), read: read).value == nil)
  }

  private func judge(_ source: Look, _ destination: Look, nonces: [String: NonceFile]?) -> Fact<StorageIdentity>? {
    let proof = StorageProof(paths: ["/srv/a"], source: source, destination: destination, nonces: nonces)
    let said = proof.onDestination.map { ($0.name, Shell.Answer(text: "n1", status: 0)) }
    let wrote = proof.onSource.map { ($0.name, Shell.Answer(text: "", status: 0)) }
    return proof.judge(
      HostShell.Answers(Dictionary(uniqueKeysWithValues: wrote)),
      HostShell.Answers(Dictionary(uniqueKeysWithValues: said)))["/srv/a"]
  }

  /// The directory is shared, but the path leads to another file of it.
  @Test func anotherFileOfTheSameDirectoryIsDifferent() {
    let nonces = ["/srv": NonceFile(directory: "/srv", nonce: "n1")]
    let here = look(["/srv/a"], at: [:])
    #expect(
      judge(here, here, nonces: nonces)?.value
        == .same(proof: "a nonce file written on the source was read on the destination"))
    let there = look(["/srv/a"], at: ["/srv/a": "/srv/b"])
    #expect(
      judge(here, there, nonces: nonces)?.value == .different(source: "leads to /srv/a", destination: "leads to /srv/b")
    )
  }

  @Test func whatIsMountedOverAFileIsNotProvedByItsDirectory() {
    let here = look(["/srv/a"], at: [:])
    let there = look(["/srv/a"], at: [:], mounts: "36 35 98:0 /x /srv/a rw - ext4 /dev/sda1 rw")
    #expect(
      judge(here, there, nonces: ["/srv": NonceFile(directory: "/srv", nonce: "n1")])?.gap?.reason
        == "something is mounted on the file")
  }

  @Test func withoutNoncesNothingIsProved() {
    let here = look(["/srv/a"], at: [:])
    #expect(judge(here, here, nonces: nil)?.gap?.reason == "--no-write-probes forbids to write it")
  }
}
