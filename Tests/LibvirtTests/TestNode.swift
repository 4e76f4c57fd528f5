import Glibc
import Testing
import Threads

@testable import Libvirt

/// A test-driver host with a state of its own; connections to `test:///default` would share one in the process.
///
/// Runs `body` on a thread of its own, checks that no handle leaked, and removes the host's file.
func withTestHost<T: Sendable>(
  domains: [String] = ["web1"], _ body: @escaping @Sendable (Connection) throws -> T
) async throws -> T {
  let uri = try testHostURI(domains: domains)
  defer { unlink(String(uri.dropFirst("test://".count))) }
  return try await blocking {
    let connection = try Connection.open(uri, host: "testhost")
    let answer = try body(connection)
    #expect(try connection.close() == 0)
    return answer
  }
}

func testHostURI(domains: [String]) throws -> String {
  let path = "/tmp/migrate-test-host-\(getpid())-\(UInt64.random(in: 0...UInt64.max)).xml"
  let file = try #require(fopen(path, "w"))
  fputs(nodeXML(domains: domains), file)
  fclose(file)
  return "test://\(path)"
}

private func nodeXML(domains: [String]) -> String {
  let guests = domains.map {
    "<domain type='test'><name>\($0)</name><memory>8192</memory><os><type>hvm</type></os></domain>"
  }
  return """
    <node>
      <cpu><mhz>1000</mhz><model>i686</model><active>2</active><nodes>1</nodes><sockets>1</sockets><cores>2</cores>
        <threads>1</threads></cpu>
      <memory>2097152</memory>
      \(guests.joined(separator: "\n"))
      <network><name>inner</name><bridge name='virbr7'/></network>
      <pool type='dir'><name>images</name><target><path>/pool</path></target>
        <volume><name>a.img</name><capacity>1000000</capacity></volume></pool>
    </node>
    """
}
