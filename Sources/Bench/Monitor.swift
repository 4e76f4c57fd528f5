import FoundationEssentials
import Libvirt

/// QEMU's own commands, for what libvirt has no call for, or one that takes too long to measure with.
extension Domain {
  /// Throws `BenchError` with QEMU's words when it refuses, and `LibvirtError`.
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  func tellMonitor(_ command: String) throws {
    struct Reply: Decodable {
      struct Failure: Decodable { var desc: String }
      var error: Failure?
    }
    let reply = try askMonitor(command)
    guard let decoded = try? JSONDecoder().decode(Reply.self, from: Data(reply.utf8)) else {
      throw BenchError("QEMU answered \(command) with \(reply)")
    }
    if let error = decoded.error { throw BenchError("QEMU refused \(command): \(error.desc)") }
  }

  /// Names of what this QEMU's migrations can do (`query-migrate-capabilities`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  func migrationCapabilities() throws -> Set<String> {
    struct Reply: Decodable {
      struct Capability: Decodable { var capability: String }
      var `return`: [Capability]
    }
    let reply = try askMonitor("query-migrate-capabilities")
    do {
      return Set(try JSONDecoder().decode(Reply.self, from: Data(reply.utf8)).return.map(\.capability))
    } catch { throw BenchError("QEMU answered query-migrate-capabilities with \(reply)") }
  }
}
