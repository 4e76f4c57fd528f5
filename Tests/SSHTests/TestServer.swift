import Foundation
import Subprocess
import Testing

@testable import SSH

#if canImport(Glibc)
  import Glibc
#endif

/// A private directory that goes away with the last reference.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/ssh-tests-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw TestFailure("mkdtemp: errno \(errno)") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String {
    let file = "\(path)/\(name)"
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    return file
  }

  func read(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }
}

struct TestFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Runs a tool to its end; throws with its words when it fails.
@discardableResult
func tool(_ name: String, _ arguments: [String], environment: Environment = .inherit) async throws -> String {
  let result = try await Subprocess.run(
    .name(name), arguments: Arguments(arguments), environment: environment, output: .string(limit: 1 << 20),
    error: .string(limit: 1 << 20))
  guard result.terminationStatus.isSuccess else {
    throw TestFailure("\(name) \(arguments): \(result.standardError)")
  }
  return result.standardOutput
}

/// A key pair in `directory`; returns the private file's path.
@discardableResult
func makeKey(_ name: String, type: String = "ed25519", passphrase: String = "", in directory: TemporaryDirectory)
  async throws -> String
{
  let file = "\(directory.path)/\(name)"
  try await tool("ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-C", name, "-f", file])
  return file
}

/// A real sshd on 127.0.0.1 with its own port, keys and files; nothing of the user's is read or written.
struct TestServer: Sendable {
  let directory: TemporaryDirectory
  let port: UInt16
  let process: Int32

  /// "ssh-ed25519 AAAA…" of a host key.
  func hostKey(_ type: String = "ed25519") throws -> String {
    try directory.read("host_\(type).pub").split(separator: " ").prefix(2).joined(separator: " ")
  }

  /// A configuration that is let in.
  func configuration() throws -> SSHConfiguration {
    var configuration = SSHConfiguration(hostName: "127.0.0.1", port: port, user: NSUserName())
    configuration.identityFiles = ["\(directory.path)/user"]
    configuration.userKnownHostsFiles = [try knownHosts("[127.0.0.1]:\(port) \(hostKey())")]
    return configuration
  }

  /// A known_hosts file with these lines.
  func knownHosts(_ lines: String...) throws -> String {
    try directory.write("known_hosts_\(UUID().uuidString)", lines.joined(separator: "\n") + "\n")
  }

  func connect(_ configuration: SSHConfiguration? = nil) async throws -> SSHSession {
    try await SSHSession.connect(try configuration ?? self.configuration(), timeout: .seconds(20))
  }
}

/// Starts a server for the length of `body` and ends it, and every session it forked, afterwards.
func withServer<Value>(
  hostKeys: [String] = ["ed25519"], options: [String] = [], _ body: (TestServer) async throws -> Value
) async throws -> Value {
  let server = try await startServer(hostKeys: hostKeys, options: options)
  defer { endAndReap(server.process) }
  return try await body(server)
}

private func startServer(hostKeys: [String], options: [String]) async throws -> TestServer {
  let directory = try TemporaryDirectory()
  try makePrivilegeSeparationDirectory()
  for type in hostKeys { try await makeKey("host_\(type)", type: type, in: directory) }
  try await makeKey("user", in: directory)
  try directory.write("authorized_keys", try directory.read("user.pub"))
  for _ in 0..<20 {
    let port = try freePort()
    let lines =
      [
        "ListenAddress 127.0.0.1", "Port \(port)", "PidFile none", "StrictModes no", "UsePAM no",
        "PasswordAuthentication no", "KbdInteractiveAuthentication no", "MaxStartups 100", "LogLevel VERBOSE",
        "AuthorizedKeysFile \(directory.path)/authorized_keys", "PermitRootLogin yes", "PrintMotd no",
      ] + hostKeys.map { "HostKey \(directory.path)/host_\($0)" } + options
    let file = try directory.write("sshd_config", lines.joined(separator: "\n") + "\n")
    let process = try spawnServer(configuration: file, log: "\(directory.path)/log")
    if try listens(port, process: process) {
      return TestServer(directory: directory, port: port, process: process)
    }
  }
  throw TestFailure("sshd does not start: \((try? directory.read("log")) ?? "no log")")
}

private func makePrivilegeSeparationDirectory() throws {
  guard getuid() == 0, !FileManager.default.fileExists(atPath: "/run/sshd") else { return }
  mkdir("/run/sshd", 0o755)
}

private func spawnServer(configuration: String, log: String) throws -> Int32 {
  try spawn(["/usr/sbin/sshd", "-D", "-E", log, "-f", configuration])
}

/// Starts a process in a group of its own, so that what it forks can be ended with it; its output goes nowhere.
func spawn(_ words: [String]) throws -> Int32 {
  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
  defer { posix_spawnattr_destroy(&attributes) }
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
  var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
  defer { arguments.forEach { free($0) } }
  var process: pid_t = 0
  let status = posix_spawn(&process, words[0], &actions, &attributes, &arguments, environ)
  guard status == 0 else { throw TestFailure("posix_spawn \(words[0]): errno \(status)") }
  return process
}

/// Ends a process of `spawn` with its group.
func endAndReap(_ process: Int32) {
  kill(-process, SIGKILL)
  waitpid(process, nil, 0)
}

/// A Unix socket that accepts connections and never answers.
func deafAgent(_ path: String) throws -> Int32 {
  let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
  let status = withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
    }
  }
  guard status == 0, listen(descriptor, 4) == 0 else { throw TestFailure("listen at \(path): errno \(errno)") }
  return descriptor
}

/// Waits until the port accepts; false when sshd ended first (another process took the port).
private func listens(_ port: UInt16, process: Int32) throws -> Bool {
  while true {
    if waitpid(process, nil, WNOHANG) != 0 { return false }
    let descriptor = try loopbackSocket()
    defer { close(descriptor) }
    if withLoopback(port, { connect(descriptor, $0, $1) }) == 0 { return true }
    usleep(2_000)
  }
}

/// A port that nothing listens on at this moment.
func freePort() throws -> UInt16 {
  let descriptor = try loopbackSocket()
  defer { close(descriptor) }
  return try bindLoopback(descriptor)
}

/// A listening socket that never says a word.
func silentListener() throws -> (descriptor: Int32, port: UInt16) {
  let descriptor = try loopbackSocket()
  let port = try bindLoopback(descriptor)
  guard listen(descriptor, 8) == 0 else { throw TestFailure("listen: errno \(errno)") }
  return (descriptor, port)
}

private func loopbackSocket() throws -> Int32 {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  guard descriptor >= 0 else { throw TestFailure("socket: errno \(errno)") }
  return descriptor
}

private func bindLoopback(_ descriptor: Int32) throws -> UInt16 {
  guard withLoopback(0, { bind(descriptor, $0, $1) }) == 0 else { throw TestFailure("bind: errno \(errno)") }
  var address = sockaddr_in()
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  let status = withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
  }
  guard status == 0 else { throw TestFailure("getsockname: errno \(errno)") }
  return UInt16(bigEndian: address.sin_port)
}

private func withLoopback(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  return withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
}
