import BenchModel
import Glibc
import Synchronization
import Testing

@testable import Bench

/// A collector on a socket of the test's own, to which the test beats as a QEMU would.
struct BeatCollectorTests {
  @Test func beatsOfBothSidesAreStampedAndToldApart() async throws {
    try await withCollector(sides: [0, 1]) { collector, path in
      let source = try connect(to: path)
      send(source, bytes(sequence: 1) + bytes(sequence: 2))
      try await expect(collector, 2)
      let destination = try connect(to: path)
      let middle = monotonicNow()
      send(destination, bytes(sequence: 3))
      try await expect(collector, 3)
      let beats = collector.beats(since: 0)
      #expect(beats.map(\.sequence) == [1, 2, 3] && beats.map(\.side) == [0, 0, 1])
      #expect(beats[0].stamp < middle && beats[2].stamp >= middle && beats[2].stamp <= monotonicNow())
      #expect(collector.beats(since: middle).map(\.sequence) == [3])
      #expect(collector.latest == beats[2] && !collector.scheduling.isEmpty)
      for descriptor in [source, destination] { close(descriptor) }
    }
  }

  @Test func aBeatThatComesInPartsIsOne() async throws {
    try await withCollector(sides: [0, 1]) { collector, path in
      let (source, other) = (try connect(to: path), try connect(to: path))
      send(source, Array(bytes(sequence: 7)[..<20]))
      // When this one has come, the part has been read.
      send(other, bytes(sequence: 1))
      try await expect(collector, 1)
      send(source, Array(bytes(sequence: 7)[20...]) + bytes(sequence: 8))
      try await expect(collector, 3)
      #expect(collector.beats(since: 0).map(\.sequence) == [1, 7, 8])
      for descriptor in [source, other] { close(descriptor) }
    }
  }

  @Test func theRestOfABeatBeforeAWholeOneIsPassedOver() async throws {
    try await withCollector(sides: [0]) { collector, path in
      let source = try connect(to: path)
      send(source, Array(bytes(sequence: 7)[40...]) + bytes(sequence: 8))
      try await expect(collector, 1)
      #expect(collector.beats(since: 0).map(\.sequence) == [8])
      close(source)
    }
  }

  @Test func whoIsOnNoHostIsNotHeard() async throws {
    try await withCollector(sides: []) { collector, path in
      let stranger = try connect(to: path)
      send(stranger, bytes(sequence: 1))
      // The collector closes what it does not know.
      var byte: UInt8 = 0
      #expect(recv(stranger, &byte, 1, 0) == 0)
      #expect(collector.latest == nil && collector.strangers == [.process(getpid())])
      close(stranger)
    }
  }

  @Test func whatIsForgottenIsGoneButForTheLatest() async throws {
    try await withCollector(sides: [0]) { collector, path in
      let source = try connect(to: path)
      send(source, bytes(sequence: 1))
      try await expect(collector, 1)
      let middle = monotonicNow()
      send(source, bytes(sequence: 2))
      try await expect(collector, 2)
      collector.forget(before: middle)
      #expect(collector.beats(since: 0).map(\.sequence) == [2])
      collector.forget(before: monotonicNow())
      #expect(collector.latest?.sequence == 2)
      close(source)
    }
  }

  @Test func theSocketGoesWithTheCollector() async throws {
    let path = temporaryPath()
    let collector = try BeatCollector(at: .unix(path)) { _ in 0 }
    #expect(access(path, F_OK) == 0)
    #expect(throws: BenchError.self) { try BeatCollector(at: .unix(path)) { _ in 0 } }
    await collector.stop()
    #expect(access(path, F_OK) != 0)
  }

  /// - Parameter sides: of the connections, one after the other; then none is known.
  private func withCollector(sides: [Int], _ body: (BeatCollector, String) async throws -> Void) async throws {
    let (path, rest) = (temporaryPath(), Rest(sides))
    let collector = try BeatCollector(at: .unix(path)) { _ in rest.next() }
    do { try await body(collector, path) } catch {
      await collector.stop()
      throw error
    }
    await collector.stop()
  }

  private func expect(_ collector: BeatCollector, _ count: Int) async throws {
    try #require(await waits(.seconds(20)) { collector.beats(since: 0).count >= count })
  }

  private func temporaryPath() -> String { "/tmp/beats-\(getpid())-\(UInt64.random(in: 0...UInt64.max))" }

  private func connect(to path: String) throws -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(status == 0)
    return descriptor
  }

  private func send(_ descriptor: Int32, _ bytes: [UInt8]) { _ = Glibc.send(descriptor, bytes, bytes.count, 0) }

  private func bytes(sequence: UInt64) -> [UInt8] {
    var bytes = Array("BEAT".utf8) + [0xD0, 7, 0, 0]
    for number in [sequence, 1, 2, 3, 4, 5, 6] { withUnsafeBytes(of: number.littleEndian) { bytes += $0 } }
    return bytes
  }
}

private final class Rest: Sendable {
  private let sides: Mutex<[Int]>
  init(_ sides: [Int]) { self.sides = Mutex(sides) }
  func next() -> Int? { sides.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
}
