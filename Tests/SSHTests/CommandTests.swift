import Testing

@testable import SSH

private let patience = Duration.seconds(60)

/// Commands on a real sshd.
extension ServerTests {
  @Suite struct CommandTests {
    @Test func outputErrorAndStatusComeBack() async throws {
      try await withSession { session in
        let script = "cat; echo problem >&2; exit 3"
        let result = try await session.run(script, input: Array("héllo\n".utf8), timeout: patience)
        #expect(result.standardOutput == Array("héllo\n".utf8))
        #expect(result.standardError == Array("problem\n".utf8))
        #expect(result.exit == .status(3))
        #expect(!result.isSuccess)
      }
    }

    @Test func anExitBySignalNamesTheSignal() async throws {
      try await withSession { session in
        let result = try await session.run("kill -TERM $$", timeout: patience)
        #expect(result.exit == .signal("TERM"))
      }
    }

    @Test func sixteenMebibytesComeBackUnchanged() async throws {
      let block = (0..<4093).map { UInt8($0 % 251) }
      var bytes: [UInt8] = []
      while bytes.count < 16 << 20 { bytes += block }
      try await withSession { session in
        let result = try await session.run("cat", input: bytes, timeout: patience)
        #expect(result.standardOutput == bytes)
        #expect(result.isSuccess)
      }
    }

    @Test func twentyCommandsAtOnceShareOneSession() async throws {
      try await withSession { session in
        let numbers = try await withThrowingTaskGroup(of: String.self) { group in
          for number in 0..<20 {
            group.addTask {
              let result = try await session.run("echo \(number)", timeout: patience)
              return String(decoding: result.standardOutput, as: UTF8.self)
            }
          }
          return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(numbers == Set((0..<20).map { "\($0)\n" }))
      }
    }

    /// The server allows two sessions: the others are refused, wait and try again.
    @Test func aRefusedChannelIsTriedAgain() async throws {
      try await withSession(options: ["MaxSessions 2"]) { session in
        try await withThrowingTaskGroup(of: Bool.self) { group in
          for _ in 0..<6 {
            group.addTask { try await session.run("true", timeout: patience).isSuccess }
          }
          for try await isSuccess in group { #expect(isSuccess) }
        }
      }
    }

    @Test func aChannelBeyondTheCapWaitsForAPlace() async throws {
      try await withSession { session in
        var channels: [SSHChannel] = []
        for _ in 0..<8 { channels.append(try await session.openChannel(command: "cat")) }
        async let ninth = session.run("echo ninth", timeout: patience)
        try await channels[0].closeInput()
        #expect(try await channels[0].exit() == .status(0))
        #expect(try await ninth.standardOutput == Array("ninth\n".utf8))
      }
    }

    @Test func aChannelThatFindsNoPlaceSaysSo() async throws {
      try await withSession { session in
        var channels: [SSHChannel] = []
        for _ in 0..<8 { channels.append(try await session.openChannel(command: "cat")) }
        let error = try await failure { try await session.run("true", timeout: .milliseconds(50)) }
        #expect(error.step == .exec)
        #expect("\(error)".contains("all 8 channels"))
        #expect(channels.count == 8)
      }
    }

    @Test func aHangingCommandTimesOutAndTheSessionStaysUsable() async throws {
      try await withSession { session in
        let error = try await failure { try await session.run("sleep 1000", timeout: .milliseconds(300)) }
        #expect(error.step == .command)
        #expect(error.cause == .timedOut(.milliseconds(300)))
        #expect(try await session.run("echo alive", timeout: patience).standardOutput == Array("alive\n".utf8))
      }
    }

    @Test func aCancelledCallerReturnsAndTheSessionStaysUsable() async throws {
      try await withSession { session in
        let channel = try await session.openChannel(command: "echo ready; sleep 1000")
        #expect(try await channel.read() == Array("ready\n".utf8))
        let reader = Task { try await failure { try await channel.read() } }
        reader.cancel()
        #expect(try await reader.value.cause == .cancelled)
        #expect(try await failure { try await channel.write([1]) }.cause == .cancelled)
        #expect(try await session.run("true", timeout: patience).isSuccess)
      }
    }

    @Test func moreOutputThanAllowedIsAnError() async throws {
      try await withSession { session in
        let error = try await failure {
          try await session.run("yes", timeout: patience, outputLimit: 1000)
        }
        #expect(error.cause == .outputLimit(1000))
        #expect(try await session.run("true", timeout: patience).isSuccess)
      }
    }

    @Test func standardErrorIsKeptToItsLimit() async throws {
      try await withSession { session in
        let result = try await session.run("head -c 1000000 /dev/zero >&2", timeout: patience)
        #expect(result.standardError.count == 1 << 16)
        #expect(result.isStandardErrorTruncated)
        #expect(result.isSuccess)
      }
    }

    @Test func aShellKeptOpenAnswersLineByLine() async throws {
      try await withSession { session in
        let shell = try await session.openChannel(command: "sh -s")
        for line in ["one", "two"] {
          try await shell.write(Array("echo \(line)\n".utf8))
          #expect(try await shell.read() == Array("\(line)\n".utf8))
        }
        try await shell.write(Array("exit 7\n".utf8))
        try await shell.closeInput()
        #expect(try await shell.read() == nil)
        #expect(try await shell.exit() == .status(7))
      }
    }

    @Test(arguments: ["with space", "it's", "\"quoted\"", "$(touch /nonexistent/x)", "`id`", "größe ✓", "-n", "a\\b"])
    func aNameOnStandardInputComesBackLiterally(_ name: String) async throws {
      try await withSession { session in
        let script = "while IFS= read -r name; do printf '<%s>\\n' \"$name\"; done"
        let result = try await session.run(script, input: Array("\(name)\n".utf8), timeout: patience)
        #expect(String(decoding: result.standardOutput, as: UTF8.self) == "<\(name)>\n")
      }
    }

    @Test func aLostConnectionEndsEveryCall() async throws {
      try await withSession { session in
        let channel = try await session.openChannel(command: "echo $PPID; sleep 1000")
        let parent = String(decoding: try #require(try await channel.read()), as: UTF8.self)
        async let end = failure { try await channel.read() }
        let process = try #require(Int32(parent.split(separator: "\n").first ?? ""))
        #expect(endProcess(process))
        let error = try await end
        guard case .disconnected = error.cause else { throw TestFailure("\(error)") }
        #expect(try await failure { try await session.run("true", timeout: patience) }.step == .exec)
      }
    }

    @Test func aClosedSessionLeavesNeitherThreadNorDescriptor() async throws {
      try await withServer { server in
        try await runAndClose(server)
        let before = try resources()
        for _ in 0..<3 { try await runAndClose(server) }
        try await until { try resources().isWithin(before) }
      }
    }

    @Test func aDroppedSessionLeavesNeitherThreadNorDescriptor() async throws {
      try await withServer { server in
        try await runAndClose(server)
        let before = try resources()
        _ = try await server.connect().openChannel(command: "cat")
        try await until { try resources().isWithin(before) }
      }
    }

    private func runAndClose(_ server: TestServer) async throws {
      let session = try await server.connect()
      #expect(try await session.run("true", timeout: patience).isSuccess)
      _ = try await session.openChannel(command: "cat")
      await session.close()
    }
  }
}
