import Subprocess

#if canImport(Glibc)
  import Glibc
#endif

extension SSHConfiguration {
  /// Asks the user's own OpenSSH what it would do: `ssh -G`, so that Host, Match, Include and every default mean here
  /// what they mean there (libssh's own reading of the file differs in many places).
  ///
  /// Throws when ssh is missing, finds an error in the file or does not answer in `timeout`, and when the result cannot
  /// be used safely.
  public static func resolve(
    _ destination: SSHDestination, configFile: String? = nil, timeout: Duration = .seconds(10)
  ) async throws(SSHError) -> SSHConfiguration {
    let output = try await query(destination, configFile: configFile, timeout: timeout)
    let context = ConfigurationContext.current(destination: destination, configFile: configFile)
    return try ConfigurationParser(context: context).parse(output)
  }

  private static func query(
    _ destination: SSHDestination, configFile: String?, timeout: Duration
  ) async throws(SSHError) -> String {
    let arguments = Arguments(queryArguments(destination, configFile: configFile))
    let outcome: Result<String, SSHError.Cause> = await withTaskGroup { group in
      group.addTask { await runSSH(arguments) }
      group.addTask {
        try? await Task.sleep(for: timeout)
        return .failure(Task.isCancelled ? .cancelled : .timedOut(timeout))
      }
      defer { group.cancelAll() }
      return await group.next() ?? .failure(.cancelled)
    }
    switch outcome {
    case .success(let text): return text
    case .failure(let cause): throw SSHError(host: destination.host, step: .configuration, cause: cause)
    }
  }

  /// `--` ends the options: the host is never read as one, whatever its first character.
  static func queryArguments(_ destination: SSHDestination, configFile: String?) -> [String] {
    var arguments = ["-G"]
    if let configFile { arguments += ["-F", configFile] }
    if let user = destination.user { arguments += ["-l", user] }
    if let port = destination.port { arguments += ["-p", String(port)] }
    return arguments + ["--", destination.host]
  }

  private static func runSSH(_ arguments: Arguments) async -> Result<String, SSHError.Cause> {
    do {
      let result = try await Subprocess.run(
        .name("ssh"), arguments: arguments, output: .string(limit: 1 << 20), error: .string(limit: 1 << 16))
      if result.terminationStatus.isSuccess { return .success(result.standardOutput) }
      return .failure(.configuration("ssh -G failed: \(result.standardError.trimmed)"))
    } catch is CancellationError {
      return .failure(.cancelled)
    } catch {
      return .failure(Task.isCancelled ? .cancelled : .configuration("ssh -G cannot be run: \(error)"))
    }
  }
}

extension SSHError.Cause: Error {}

extension String {
  /// Without blank lines and blanks at both ends, on one line.
  var trimmed: String {
    split(whereSeparator: \.isNewline).map { $0.split(separator: " ").joined(separator: " ") }
      .filter { !$0.isEmpty }.joined(separator: ", ")
  }
}

/// What the values of a configuration may refer to.
struct ConfigurationContext: Sendable {
  var destination: SSHDestination
  var configFile: String?
  /// From the password database: OpenSSH ignores $HOME.
  var home: String
  var localUser: String
  var localUserID: String
  var environment: [String: String]

  /// Of this process.
  static func current(destination: SSHDestination, configFile: String?) -> ConfigurationContext {
    let (home, name) = account(of: getuid())
    return ConfigurationContext(
      destination: destination, configFile: configFile, home: home, localUser: name, localUserID: String(getuid()),
      environment: environmentNow())
  }

  /// getpwuid_r(3); "/" and the number for a user without an entry.
  private static func account(of user: uid_t) -> (home: String, name: String) {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 1 << 14)
    getpwuid_r(user, &entry, &buffer, buffer.count, &found)
    guard let found, let home = found.pointee.pw_dir, let name = found.pointee.pw_name else { return ("/", "\(user)") }
    return (String(cString: home), String(cString: name))
  }

  private static func environmentNow() -> [String: String] {
    var values: [String: String] = [:]
    var cursor = environ
    while let pair = cursor.pointee {
      let parts = String(cString: pair).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
      cursor += 1
    }
    return values
  }
}
