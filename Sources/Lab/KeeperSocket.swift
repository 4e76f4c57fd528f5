import Glibc

/// A UDP socket that asks the keeper of one guest, under a client number of its own.
///
/// Requests are broadcasts in the guests' network: if two guests have the address, both hear them, whatever the bridges
/// have learnt.
final class KeeperSocket: Sendable {
  enum Command: UInt32 { case report, corrupt, check }

  private static let port: UInt16 = 7

  private let descriptor: Int32
  /// In the order of the network.
  private let target: UInt32
  private let broadcast: sockaddr_in
  private let client = UInt32.random(in: 1...UInt32.max)

  /// - Parameter isHeardByAll: the request goes to every guest of the network, and not to this one alone.
  ///
  /// Throws `LabError` of code `invalidConfiguration` for what is no IPv4 address, `systemCallFailed` without a socket.
  init(address: String, isHeardByAll: Bool = true) throws {
    var guest = in_addr()
    guard inet_pton(AF_INET, address, &guest) == 1 else {
      throw LabError(.invalidConfiguration, "ask the keeper of \(address)", "it is no IPv4 address")
    }
    target = guest.s_addr
    var everyone = sockaddr_in()
    everyone.sin_family = sa_family_t(AF_INET)
    everyone.sin_port = Self.port.bigEndian
    everyone.sin_addr.s_addr = isHeardByAll ? target | UInt32(0xFF).bigEndian : target
    broadcast = everyone
    let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    descriptor = try Files.call("open a UDP socket") { socket(AF_INET, kind, 0) }
    var yes: Int32 = 1
    let option = setsockopt(descriptor, SOL_SOCKET, SO_BROADCAST, &yes, socklen_t(MemoryLayout<Int32>.size))
    guard option == 0 else {
      throw LabError(.systemCallFailed, "broadcast to the guests", String(cString: strerror(errno)))
    }
  }

  deinit { close(descriptor) }

  /// Sends one request; false when the network does not take it now.
  func send(sequence: UInt32, _ command: Command = .report, page: UInt32 = 0) -> Bool {
    var packet = Array("KEEP".utf8)
    for number in [UInt32(littleEndian: target), sequence, client, command.rawValue, page] {
      withUnsafeBytes(of: number.littleEndian) { packet += $0 }
    }
    var address = broadcast
    let sent = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(descriptor, packet, packet.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    return sent == packet.count
  }

  /// Waits for one answer to a request of this socket; nil when the deadline passed first.
  func receive(before deadline: ContinuousClock.Instant) throws -> (sequence: UInt32, report: KeeperReport)? {
    var buffer = [UInt8](repeating: 0, count: 256)
    while true {
      let left = deadline - .now
      guard left > .zero else { return nil }
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = Glibc.poll(&request, 1, Int32(clamping: left.millisecondsRoundedUp))
      guard ready >= 0 || errno == EINTR else {
        throw LabError(.systemCallFailed, "wait for a keeper", String(cString: strerror(errno)))
      }
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count > 0, let answer = KeeperAnswer(buffer[..<count]), answer.client == client {
        return (answer.sequence, answer.report)
      }
    }
  }
}

/// A keeper's answer as it comes: 11 numbers of 64 bits, the first with its signature; keeper.c lists them.
struct KeeperAnswer {
  let client: UInt32
  let sequence: UInt32
  let report: KeeperReport

  init?(_ bytes: ArraySlice<UInt8>) {
    guard bytes.count == 88, bytes.prefix(4).elementsEqual("KEPT".utf8) else { return nil }
    let numbers = stride(from: bytes.startIndex, to: bytes.endIndex, by: 8).map { start in
      bytes[start..<start + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    client = UInt32(numbers[1] >> 32)
    sequence = UInt32(truncatingIfNeeded: numbers[1])
    report = KeeperReport(
      bootID: numbers[2], counter: numbers[3], uptime: .nanoseconds(Int64(clamping: numbers[4])),
      pagesChecked: numbers[5], fullPasses: numbers[6], errors: numbers[7],
      firstBadPage: numbers[8] == .max ? nil : numbers[8], pages: numbers[9], pagesRewritten: numbers[10])
  }
}
