import BenchModel
import Glibc
import Synchronization

/// Listens for the QEMUs of one guest and stamps its beats as they come, all of them on one thread.
///
/// Every QEMU that holds the guest connects at its start, so a destination's is heard before it has the guest. What was
/// ready at one look is ordered by its number: two sockets have no order of their own.
public final class BeatCollector: Sendable {
  public let path: String
  private let heard: Heard
  private let worker: Worker

  private final class Heard: Sendable {
    let beats = Mutex<[Beat]>([])
    let scheduling = Mutex("")
  }

  /// A connection to one QEMU, and the bytes of a beat that has not come whole.
  private struct Line {
    var descriptor: Int32
    var side: Int
    var rest: [UInt8] = []
  }

  /// Listens at once; throws `BenchError`.
  /// - Parameters:
  ///   - path: of a socket that does not exist yet.
  ///   - side: which host a process of this machine is on, by its id.
  public init(at path: String, side: @escaping @Sendable (pid_t) -> Int?) throws {
    self.path = path
    let (listener, heard) = (try Self.listen(at: path), Heard())
    self.heard = heard
    worker = Worker { scheduling, isStopping in
      heard.scheduling.withLock { $0 = scheduling }
      Self.collect(listener, side, until: isStopping, into: heard)
      close(listener)
      unlink(path)
    }
  }

  /// How the thread that stamps is scheduled.
  public var scheduling: String { heard.scheduling.withLock { $0 } }

  /// What came with stamps from `start` on, in the order in which it came.
  public func beats(since start: Int64) -> [Beat] {
    heard.beats.withLock { beats in
      let first = beats.lastIndex { $0.stamp < start }.map { $0 + 1 } ?? 0
      return Array(beats[first...])
    }
  }

  public var latest: Beat? { heard.beats.withLock(\.last) }

  /// Ends the thread and removes the socket; returns when both are gone.
  public func stop() async { await worker.stop() }

  private static func collect(
    _ listener: Int32, _ side: (pid_t) -> Int?, until isStopping: Worker.Flag, into heard: Heard
  ) {
    var lines: [Line] = []
    defer { for line in lines { close(line.descriptor) } }
    while !isStopping.isSet {
      var wanted = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
      wanted += lines.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
      guard poll(&wanted, nfds_t(wanted.count), 50) > 0 else { continue }
      let stamp = monotonicNow()
      var came: [Beat] = []
      for index in lines.indices.reversed() where wanted[index + 1].revents != 0 {
        if read(&lines[index], stamp, into: &came) { continue }
        close(lines.remove(at: index).descriptor)
      }
      if !came.isEmpty {
        came.sort { $0.sequence < $1.sequence }
        heard.beats.withLock { $0 += came }
      }
      if wanted[0].revents != 0, let line = accept(listener, side) { lines.append(line) }
    }
  }

  /// Reads what is there; false when the QEMU has gone.
  private static func read(_ line: inout Line, _ stamp: Int64, into beats: inout [Beat]) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 64 * Beat.size)
    let count = recv(line.descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) }
    line.rest += buffer[..<count]
    var start = 0
    while line.rest.count - start >= Beat.size {
      if let beat = Beat(line.rest[start..<start + Beat.size], stamp: stamp, side: line.side) {
        beats.append(beat)
        start += Beat.size
      } else {
        // Half a beat of an earlier connection: the next whole one is looked for.
        start += 1
      }
    }
    line.rest.removeFirst(start)
    return true
  }

  private static func accept(_ listener: Int32, _ side: (pid_t) -> Int?) -> Line? {
    let descriptor = Glibc.accept(listener, nil, nil)
    guard descriptor >= 0 else { return nil }
    // `struct ucred`, which Glibc's module leaves out: process, user and group.
    var peer: [pid_t] = [0, 0, 0]
    var length = socklen_t(MemoryLayout<pid_t>.stride * peer.count)
    guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0, fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0,
      getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0, let side = side(peer[0])
    else {
      close(descriptor)
      return nil
    }
    return Line(descriptor: descriptor, side: side)
  }

  private static func listen(at path: String) throws -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { field in
      guard path.utf8.count < field.count else { return false }
      field.copyBytes(from: path.utf8)
      return true
    }
    guard fits else { throw BenchError("cannot listen at \(path): the path is too long for a socket") }
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(AF_UNIX, kind, 0)
    guard descriptor >= 0 else { throw BenchError.system("open a socket") }
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard bound == 0, Glibc.listen(descriptor, 8) == 0 else {
      defer { close(descriptor) }
      throw BenchError.system("listen at \(path)")
    }
    return descriptor
  }
}
