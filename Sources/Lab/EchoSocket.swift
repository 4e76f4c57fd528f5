import Glibc

/// A raw ICMP socket that asks one address for echoes.
final class EchoSocket: Sendable {
  private let descriptor: Int32
  private let identifier: UInt16

  /// Throws `LabError` of code `invalidConfiguration` for what is no IPv4 address, `systemCallFailed` without privilege.
  init(address: String) throws {
    var target = sockaddr_in()
    target.sin_family = sa_family_t(AF_INET)
    guard inet_pton(AF_INET, address, &target.sin_addr) == 1 else {
      throw LabError(.invalidConfiguration, "ping \(address)", "it is no IPv4 address")
    }
    let kind = Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    descriptor = try Files.call("open a raw socket") { socket(AF_INET, kind, Int32(IPPROTO_ICMP)) }
    identifier = UInt16.random(in: 1...UInt16.max)
    // Connected, it receives from that address alone.
    let status = withUnsafePointer(to: &target) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else {
      throw LabError(.systemCallFailed, "reach \(address)", String(cString: strerror(errno)))
    }
  }

  deinit { close(descriptor) }

  /// Sends one request; false when the network does not take it now, as while there is no way to the address.
  func send(sequence: UInt16) -> Bool {
    var packet: [UInt8] = [8, 0, 0, 0]
    packet += [identifier, sequence].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    let sum = Self.checksum(packet)
    packet[2] = UInt8(sum >> 8)
    packet[3] = UInt8(sum & 0xFF)
    return packet.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, 0) } == packet.count
  }

  /// Waits for one answer of ours; false when the deadline passed first.
  func receive(before deadline: ContinuousClock.Instant) throws -> Bool {
    var buffer = [UInt8](repeating: 0, count: 256)
    while true {
      let left = deadline - .now
      guard left > .zero else { return false }
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = Glibc.poll(&request, 1, Int32(clamping: left.millisecondsRoundedUp))
      guard ready >= 0 || errno == EINTR else {
        throw LabError(.systemCallFailed, "wait for an echo", String(cString: strerror(errno)))
      }
      let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
      if count > 0, isOurs(buffer[..<count]) { return true }
    }
  }

  /// The packet begins with its IP header, whose length is in its first byte.
  private func isOurs(_ packet: ArraySlice<UInt8>) -> Bool {
    let header = Int((packet.first ?? 0) & 0x0F) * 4
    guard packet.count >= header + 8, packet[header] == 0 else { return false }
    return UInt16(packet[header + 4]) << 8 | UInt16(packet[header + 5]) == identifier
  }

  /// RFC 1071 over an even number of bytes.
  private static func checksum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for index in stride(from: 0, to: bytes.count, by: 2) { sum += UInt32(bytes[index]) << 8 | UInt32(bytes[index + 1]) }
    while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }
    return ~UInt16(sum)
  }
}

extension Duration {
  /// Rounded up: a wait must not end before its deadline over and over.
  var millisecondsRoundedUp: Int64 {
    components.seconds * 1000 + (components.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
  }
}
