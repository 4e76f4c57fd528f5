#if canImport(Glibc)
  import Glibc
#endif

/// The process of a ProxyCommand or ProxyJump; its standard input and output are the other end of our socket.
///
/// Started by posix_spawn, which is safe in a process with threads, and in a process group of its own.
final class ProxyProcess {
  private let process: pid_t
  /// What it wrote to standard error, a file without a name: it may say why there is no connection.
  private let errors: Int32

  private init(process: pid_t, errors: Int32) {
    self.process = process
    self.errors = errors
  }

  deinit {
    stop()
    close(errors)
  }

  /// Starts it; the descriptor is our end, non-blocking. Throws errno.
  static func start(_ proxy: SSHConfiguration.Proxy, host: String) throws(SSHError) -> (ProxyProcess, Int32) {
    let errors = try unnamedFile(host: host)
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      close(errors)
      throw SSHError(host: host, step: .proxy, cause: .errno())
    }
    defer { close(ends[1]) }
    let (status, process) = spawn(words(proxy), stream: ends[1], errors: errors)
    guard status == 0 else {
      close(ends[0])
      close(errors)
      throw SSHError(host: host, step: .proxy, cause: .errno(status))
    }
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    return (ProxyProcess(process: process, errors: errors), ends[0])
  }

  /// The beginning of its standard error, on one line; nil when it said nothing.
  var message: String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = pread(errors, &buffer, buffer.count, 0)
    guard count > 0 else { return nil }
    let text = String(decoding: buffer.prefix(count), as: UTF8.self).trimmed
    return text.isEmpty ? nil : text
  }

  private static func unnamedFile(host: String) throws(SSHError) -> Int32 {
    var template = Array("/tmp/proxy-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw SSHError(host: host, step: .proxy, cause: .errno()) }
    unlink(template)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return descriptor
  }

  /// `exec` as OpenSSH does, so that the shell does not stay in between.
  private static func words(_ proxy: SSHConfiguration.Proxy) -> [String] {
    switch proxy {
    case .program(let arguments): return arguments
    case .shell(let command):
      let shell = getenv("SHELL").map { String(cString: $0) } ?? ""
      return [shell.isEmpty ? "/bin/sh" : shell, "-c", "exec \(command)"]
    }
  }

  private static func spawn(_ words: [String], stream: Int32, errors: Int32) -> (Int32, pid_t) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, stream, 0)
    posix_spawn_file_actions_adddup2(&actions, stream, 1)
    posix_spawn_file_actions_adddup2(&actions, errors, 2)
    var attributes = attributesWithOwnGroup()
    defer { posix_spawnattr_destroy(&attributes) }
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    let status = posix_spawnp(&process, words[0], &actions, &attributes, &arguments, environ)
    return (status, process)
  }

  /// No signal blocked, though this thread blocks all; a group that can be ended as a whole.
  private static func attributesWithOwnGroup() -> posix_spawnattr_t {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
    return attributes
  }

  /// Asks the group to end, and kills it when it has not within a second.
  private func stop() {
    kill(-process, SIGTERM)
    let deadline = Deadline(after: .seconds(1))
    while !deadline.hasPassed {
      if waitpid(process, nil, WNOHANG) != 0 { return }
      poll(nil, 0, 5)
    }
    kill(-process, SIGKILL)
    waitpid(process, nil, 0)
  }
}
