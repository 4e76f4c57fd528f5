import Glibc
import MigrationModel
import SSH
import Synchronization
import Threads

/// libvirt's connection to a host over the SSH session that is open for its shell anyway.
///
/// libvirt's own ssh transport runs the program `ssh`, which pays for another session, and starts virt-ssh-helper there
/// (src/rpc/virnetclient.c). This starts the same helper on a channel of ours; libvirt is told to connect to a socket in
/// a directory that only this user can enter, and what passes there passes on.
final class LibvirtRelay: Sendable {
  /// What libvirt is to open: "qemu+unix:///system?socket=…".
  let uri: String
  private let pump: Task<Void, Never>

  private init(uri: String, pump: Task<Void, Never>) {
    self.uri = uri
    self.pump = pump
  }

  deinit { pump.cancel() }

  /// The URI that the helper is given, and libvirt's for a local socket; nil for one that libvirt alone can follow: of
  /// another transport, to another account than the shell's, or with parameters.
  static func addresses(of target: HostTarget) -> (remote: String, local: String)? {
    guard case .ssh(let destination, _) = target.shell, let scheme = target.uri.firstRange(of: "://") else {
      return nil
    }
    let parts = target.uri[..<scheme.lowerBound].split(separator: "+", omittingEmptySubsequences: false)
    let rest = target.uri[scheme.upperBound...]
    guard parts.count == 2, ["ssh", "libssh", "libssh2"].contains(parts[1]), !rest.contains("?"), !rest.contains("#"),
      let slash = rest.firstIndex(of: "/"), (try? SSHDestination(String(rest[..<slash]))) == destination
    else { return nil }
    return ("\(parts[0])://\(rest[slash...])", "\(parts[0])+unix://\(rest[slash...])")
  }

  /// Throws SSHError when the helper cannot be started, and SocketError when there is no place for the socket.
  static func open(to target: HostTarget, over session: SSHSession) async throws -> LibvirtRelay? {
    guard let addresses = addresses(of: target) else { return nil }
    let (directory, listener) = try listen()
    do {
      let channel = try await session.openChannel(command: "virt-ssh-helper \(addresses.remote.shellQuoted)")
      let pump = Task { await carry(between: Listener(listener, in: directory), and: channel) }
      return LibvirtRelay(uri: "\(addresses.local)?socket=\(directory)/libvirt", pump: pump)
    } catch {
      close(listener)
      unlink("\(directory)/libvirt")
      rmdir(directory)
      throw error
    }
  }

  private static func listen() throws -> (directory: String, descriptor: Int32) {
    var template = Array("/tmp/migrate-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SocketError(operation: "mkdtemp") }
    let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: "\(directory)/libvirt".utf8) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    let isBound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
    guard descriptor >= 0, isBound, Glibc.listen(descriptor, 1) == 0 else {
      defer {
        if descriptor >= 0 { close(descriptor) }
        rmdir(directory)
      }
      throw SocketError(operation: "bind \(directory)/libvirt")
    }
    return (directory, descriptor)
  }
}

/// A system call that failed while a local socket was made.
struct SocketError: Error, CustomStringConvertible {
  let description: String
  init(operation: String) { description = "\(operation): \(String(cString: strerror(errno)))" }
}

/// Takes the one connection that libvirt makes and carries bytes both ways until either side ends.
private func carry(between listener: Listener, and channel: SSHChannel) async {
  let (outgoing, feed) = AsyncStream.makeStream(of: [UInt8].self)
  let (accepted, tell) = AsyncStream.makeStream(of: Int32.self)
  detachThread { read(from: listener, into: feed, accepted: tell) }
  await withTaskCancellationHandler {
    guard let descriptor = await accepted.first(where: { _ in true }) else { return }
    async let sent: Void = {
      for await bytes in outgoing { try? await channel.write(bytes) }
      try? await channel.closeInput()
    }()
    while let bytes = try? await channel.read() {
      guard (try? await blocking { try sendAll(bytes, to: descriptor) }) != nil else { break }
    }
    // libvirt sees the end, and the reading thread too.
    shutdown(descriptor, Int32(SHUT_RDWR))
    await sent
    await channel.close()
    close(descriptor)
  } onCancel: {
    // Nobody connects any more: accept(2) returns.
    listener.interrupt()
  }
}

/// The socket that libvirt is to connect to; closed once, and never interrupted after that.
private final class Listener: Sendable {
  private let directory: String
  private let descriptor: Mutex<Int32?>

  init(_ descriptor: Int32, in directory: String) {
    self.directory = directory
    self.descriptor = Mutex(descriptor)
  }

  /// The one connection; its name goes as soon as libvirt is there. Negative when it was interrupted.
  func acceptOne() -> Int32 {
    let accepted = accept(descriptor.withLock { $0 ?? -1 }, nil, nil)
    unlink("\(directory)/libvirt")
    rmdir(directory)
    descriptor.withLock { listening in
      if let listening { close(listening) }
      listening = nil
    }
    return accepted
  }

  func interrupt() {
    descriptor.withLock { listening in
      if let listening { shutdown(listening, Int32(SHUT_RDWR)) }
    }
  }
}

/// What libvirt writes, until it ends. The thread owns the connection; the descriptor that it tells of is the writer's.
private func read(
  from listener: Listener, into feed: AsyncStream<[UInt8]>.Continuation, accepted: AsyncStream<Int32>.Continuation
) {
  let descriptor = listener.acceptOne()
  if descriptor >= 0 {
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    let writer = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    if writer >= 0 { accepted.yield(writer) }
    accepted.finish()
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 { feed.yield(Array(buffer[..<count])) }
    close(descriptor)
  }
  accepted.finish()
  feed.finish()
}

private func sendAll(_ bytes: [UInt8], to descriptor: Int32) throws {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    guard count > 0 else { throw SocketError(operation: "send") }
    rest = rest.dropFirst(count)
  }
}
