import BenchModel
import Glibc
import Lab
import Synchronization
import Threads

/// Listens for the QEMUs of one guest and stamps its beats as they come, all of them on one thread.
///
/// Every QEMU that holds the guest connects at its start, so a destination's is heard before it has the guest. What was
/// ready at one look is ordered by its number: two sockets have no order of their own.
public final class BeatCollector: Sendable {
  /// Who connects: a process of this machine, or somebody's address.
  public enum Peer: Sendable, Hashable, CustomStringConvertible {
    case process(pid_t)
    case address(String)

    public var description: String {
      switch self {
      case .process(let id): "process \(id)"
      case .address(let address): address
      }
    }
  }

  private let heard: Heard
  private let worker: Worker

  private final class Heard: Sendable {
    let beats = Mutex<[Beat]>(roomy())
    let strangers = Mutex<Set<Peer>>([])
    let scheduling = Mutex("")
  }

  /// A connection to one QEMU, and the bytes of a beat that has not come whole.
  private struct Line {
    var descriptor: Int32
    var peer: Peer
    /// Known with the first beat: whoever sends none may be anybody.
    var side: Int?
    var rest: [UInt8] = []
  }

  /// Listens at once; throws `BenchError`.
  /// - Parameters:
  ///   - place: a socket that does not exist yet, or a port of an address of this machine.
  ///   - side: which host whoever connects is on; nil of one who is not to be heard.
  public init(at place: GuestSpecification.Heart.Collector, side: @escaping @Sendable (Peer) -> Int?) throws {
    let (listener, heard) = (try Self.listen(at: place), Heard())
    self.heard = heard
    worker = Worker { scheduling, isStopping in
      heard.scheduling.withLock { $0 = scheduling }
      Self.collect(listener, side, until: isStopping, into: heard)
      close(listener)
      if case .unix(let path) = place { unlink(path) }
    }
  }

  /// How the thread that stamps is scheduled.
  public var scheduling: String { heard.scheduling.withLock { $0 } }

  /// What came with stamps from `start` on, in the order in which it came.
  public func beats(since start: Int64) -> [Beat] {
    heard.beats.withLock { Array($0[beginning(at: start, of: $0, by: \.stamp)...]) }
  }

  /// Drops what came before `start`, but for the latest.
  func forget(before start: Int64) {
    heard.beats.withLock { $0.removeFirst(min(beginning(at: start, of: $0, by: \.stamp), max($0.count - 1, 0))) }
  }

  /// Who beat and was not heard, being on no host.
  public var strangers: Set<Peer> { heard.strangers.withLock(\.self) }

  public var latest: Beat? { heard.beats.withLock(\.last) }

  /// Ends the thread and removes the socket; returns when both are gone.
  public func stop() async { await worker.stop() }

  private static func collect(
    _ listener: Int32, _ side: (Peer) -> Int?, until isStopping: Latch, into heard: Heard
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
        if read(&lines[index], stamp, side, heard, into: &came) { continue }
        close(lines.remove(at: index).descriptor)
      }
      if !came.isEmpty {
        came.sort { $0.sequence < $1.sequence }
        heard.beats.withLock { $0 += came }
      }
      if wanted[0].revents != 0, let line = accept(listener) { lines.append(line) }
    }
  }

  /// Reads what is there; false when the QEMU has gone, or was none that is to be heard.
  private static func read(
    _ line: inout Line, _ stamp: Int64, _ side: (Peer) -> Int?, _ heard: Heard, into beats: inout [Beat]
  ) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 64 * Beat.size)
    let count = recv(line.descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) }
    acknowledge(line.descriptor)
    line.rest += buffer[..<count]
    var start = 0
    while line.rest.count - start >= Beat.size {
      if var beat = Beat(line.rest[start..<start + Beat.size], stamp: stamp, side: 0) {
        line.side = line.side ?? side(line.peer)
        guard let side = line.side else {
          heard.strangers.withLock { _ = $0.insert(line.peer) }
          return false
        }
        beat.side = side
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

  private static func accept(_ listener: Int32) -> Line? {
    let descriptor = Glibc.accept(listener, nil, nil)
    guard descriptor >= 0 else { return nil }
    guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0, fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0,
      let peer = Sockets.peer(of: descriptor)
    else {
      close(descriptor)
      return nil
    }
    return Line(descriptor: descriptor, peer: peer)
  }

  /// QEMU holds a beat back until the one before it was acknowledged (Nagle), and the kernel would take its time for that;
  /// it forgets this wish after each packet (tcp(7), TCP_QUICKACK). Nothing to do for a socket of another kind.
  private static func acknowledge(_ descriptor: Int32) {
    var yes: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_QUICKACK, &yes, socklen_t(MemoryLayout<Int32>.size))
  }

  private static func listen(at place: GuestSpecification.Heart.Collector) throws -> Int32 {
    switch place {
    case .unix(let path): try Sockets.listen(at: path)
    case .tcp(let address, let port): try Sockets.listen(on: address, port)
    }
  }
}

/// Where what was stamped from `start` on begins in a list that grows with time.
func beginning<Element>(at start: Int64, of list: [Element], by stamp: (Element) -> Int64) -> Int {
  list.lastIndex { stamp($0) < start }.map { $0 + 1 } ?? 0
}

/// Empty, with room for half an hour and more: what grows is copied, and the thread that stamps would wait for it.
func roomy<Element>() -> [Element] {
  var list: [Element] = []
  list.reserveCapacity(1 << 20)
  return list
}
