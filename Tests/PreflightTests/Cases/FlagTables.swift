import MigrationModel
import Testing

@testable import Preflight

/// A request, and the subjects of what is wrong with it.
struct FlagCase: Sendable, CustomTestStringConvertible {
  var subjects: [String]
  var severity: Severity
  var ask: @Sendable (inout MigrationRequest) -> Void
  var testDescription: String { subjects.joined(separator: ", ") }

  init(_ subjects: String..., severity: Severity = .blocker, ask: @escaping @Sendable (inout MigrationRequest) -> Void)
  {
    self.subjects = subjects
    self.severity = severity
    self.ask = ask
  }

  var request: MigrationRequest {
    var request = MigrationRequest()
    ask(&request)
    return request
  }
}

let flagCombinations: [FlagCase] = [
  FlagCase("--tunnelled --parallel") {
    $0.mode = .tunnelled; $0.parallel = true
  },
  FlagCase("--tunnelled --postcopy") {
    $0.mode = .tunnelled; $0.postcopy = true
  },
  FlagCase("--tunnelled --copy-storage") {
    $0.mode = .tunnelled; $0.copyStorage = .all
  },
  FlagCase("--tunnelled --copy-storage") {
    $0.mode = .tunnelled; $0.copyStorage = .incremental
  },
  FlagCase("--tunnelled --migrateuri") {
    $0.mode = .tunnelled; $0.migrateURI = "tcp://h"
  },
  FlagCase("--tunnelled --listen-address") {
    $0.mode = .tunnelled; $0.listenAddress = "::"
  },
  FlagCase("--tunnelled --disks-port") {
    $0.mode = .tunnelled; $0.disksPort = 50000
  },
  FlagCase("--tunnelled --disks-uri") {
    $0.mode = .tunnelled; $0.disksURI = "tcp://h:1"
  },
  FlagCase("--tunnelled --tls") {
    $0.mode = .tunnelled; $0.tls = true
  },
  FlagCase("--offline --live") {
    $0.mode = .offline; $0.live = true
  },
  FlagCase("--offline without --persistent") {
    $0.mode = .offline; $0.persistent = false
  },
  FlagCase("--offline --copy-storage") {
    $0.mode = .offline; $0.copyStorage = .all
  },
  FlagCase("--postcopy without --live") {
    $0.mode = .offline; $0.postcopy = true
  },
  FlagCase("--postcopy without --live") {
    $0.live = false; $0.postcopy = true
  },
  FlagCase("--postcopy --suspend") {
    $0.suspend = true; $0.postcopy = true
  },
  FlagCase("--postcopy-resume without --postcopy") { $0.postcopyResume = true },
  FlagCase("--migrate-disks without --copy-storage") { $0.migrateDisks = ["vda"] },
  FlagCase("--copy-storage-synchronous-writes without --copy-storage") { $0.synchronousWrites = true },
  FlagCase("--disks-port --disks-uri") {
    $0.copyStorage = .all; $0.disksPort = 1; $0.disksURI = "tcp://h:1"
  },
  FlagCase("--zerocopy without --parallel") { $0.zerocopy = true },
  FlagCase("--zerocopy --comp-methods") {
    $0.parallel = true; $0.zerocopy = true; $0.compression = ["zstd"]
  },
  FlagCase("--zerocopy --tls") {
    $0.parallel = true; $0.zerocopy = true; $0.tls = true
  },
  FlagCase("--parallel --comp-methods mt") {
    $0.parallel = true; $0.compression = ["mt"]
  },
  FlagCase("--parallel --comp-methods xbzrle") {
    $0.parallel = true; $0.compression = ["xbzrle"]
  },
  FlagCase("--comp-methods zlib without --parallel") { $0.compression = ["zlib"] },
  FlagCase("--comp-methods zstd without --parallel") { $0.compression = ["zstd"] },
  FlagCase("--parallel with two --comp-methods") {
    $0.parallel = true; $0.compression = ["zlib", "zstd"]
  },
  FlagCase("--parallel-connections without --parallel") { $0.parallelConnections = 4 },
  FlagCase("--migrateuri unix: --listen-address") {
    $0.migrateURI = "unix:///s"; $0.listenAddress = "::"
  },
  FlagCase("--migrateuri unix: --copy-storage without --disks-uri") {
    $0.migrateURI = "unix:///s"; $0.copyStorage = .all
  },
  FlagCase("--migrateuri unix: --tls without --tls-destination") {
    $0.migrateURI = "unix:///s"; $0.tls = true
  },
  FlagCase("--disks-uri unix: --tls") {
    $0.copyStorage = .all; $0.disksURI = "unix:///s"; $0.tls = true
  },
  FlagCase("--migrateuri rdma: --parallel") {
    $0.migrateURI = "rdma://h"; $0.parallel = true
  },
  FlagCase("--migrateuri rdma: --tls") {
    $0.migrateURI = "rdma://h"; $0.tls = true
  },
  FlagCase("--tls-destination without --tls") { $0.tlsDestination = "kvm2" },
  FlagCase("--persistent-xml without --persistent") {
    $0.persistent = false; $0.persistentXML = "<d/>"
  },
  FlagCase("--postcopy-resume --deadline") {
    $0.postcopy = true; $0.postcopyResume = true; $0.deadline = 60
  },
  FlagCase("--auto-converge-initial without --auto-converge") { $0.autoConvergeInitial = 20 },
  FlagCase("--auto-converge-increment without --auto-converge") { $0.autoConvergeIncrement = 10 },
  FlagCase("--comp-mt-level without --comp-methods mt") { $0.compressionLevel = 1 },
  FlagCase("--comp-mt-threads without --comp-methods mt") {
    $0.compression = ["xbzrle"]; $0.compressionThreads = 2
  },
  FlagCase("--comp-mt-dthreads without --comp-methods mt") { $0.decompressionThreads = 2 },
  FlagCase("--comp-xbzrle-cache without --comp-methods xbzrle") {
    $0.compression = ["mt"]; $0.compressionCache = 65536
  },
  FlagCase("--on-stall postcopy without --postcopy") {
    $0.deadline = 60; $0.onStall = .postcopy
  },
  FlagCase("--on-stall suspend without --live", "--deadline without --live") {
    $0.live = false; $0.deadline = 60; $0.onStall = .suspend
  },
  FlagCase("--deadline without --live") {
    $0.live = false; $0.deadline = 60
  },
  FlagCase("--deadline without --live") {
    $0.mode = .offline; $0.deadline = 60
  },
  FlagCase("--max-downtime without --live") {
    $0.live = false; $0.maxDowntime = 50
  },
  FlagCase("--max-downtime without --live") {
    $0.mode = .offline; $0.maxDowntime = 50
  },
]

let pointlessFlags: [FlagCase] = [
  FlagCase("--offline with options of the transfer", severity: .warning) {
    $0.mode = .offline; $0.bandwidth = 10
  },
  FlagCase("--auto-converge without --live", severity: .warning) {
    $0.live = false; $0.autoConverge = true
  },
  FlagCase("--postcopy-bandwidth without --postcopy", severity: .warning) { $0.postcopyBandwidth = 10 },
  FlagCase("--on-stall without --deadline", severity: .warning) { $0.onStall = .suspend },
  FlagCase("--on-stall without --deadline", severity: .warning) {
    $0.onStall = .postcopy; $0.postcopy = true
  },
  FlagCase("--disks-port without --copy-storage", severity: .warning) { $0.disksPort = 50000 },
  FlagCase("--disks-uri without --copy-storage", severity: .warning) { $0.disksURI = "tcp://h:1" },
  FlagCase("--xml without --persistent-xml", severity: .warning) { $0.destinationXML = "<d/>" },
  FlagCase("--graphicsuri rdp://h", severity: .warning) { $0.graphicsURI = "rdp://h" },
  FlagCase("--bandwidth 0", severity: .info) { $0.bandwidth = 0 },
  FlagCase("--postcopy-bandwidth 0", severity: .info) {
    $0.postcopy = true; $0.postcopyBandwidth = 0
  },
]

let nonsensicalFlags: [FlagCase] = [
  FlagCase("--migrate-disks vda") {
    $0.copyStorage = .all; $0.migrateDisks = ["vda", "vdb", "vda"]
  },
  FlagCase("--migrate-disks ''") {
    $0.copyStorage = .all; $0.migrateDisks = [""]
  },
  FlagCase("--comp-methods lz4") { $0.compression = ["lz4"] },
  FlagCase("--comp-methods 'x y'") { $0.compression = ["x y"] },
  FlagCase("--comp-methods mt") { $0.compression = ["mt", "mt"] },
  FlagCase("--disks-port -1") {
    $0.copyStorage = .all; $0.disksPort = -1
  }.quoting("-1"),
  FlagCase("--disks-port 65536") {
    $0.copyStorage = .all; $0.disksPort = 65536
  },
  FlagCase("--parallel-connections 0") {
    $0.parallel = true; $0.parallelConnections = 0
  },
  FlagCase("--parallel-connections 256") {
    $0.parallel = true; $0.parallelConnections = 256
  },
  FlagCase("--parallel-connections -4") {
    $0.parallel = true; $0.parallelConnections = -4
  }.quoting("-4"),
  FlagCase("--auto-converge-initial 0") {
    $0.autoConverge = true; $0.autoConvergeInitial = 0
  },
  FlagCase("--auto-converge-initial 100") {
    $0.autoConverge = true; $0.autoConvergeInitial = 100
  },
  FlagCase("--auto-converge-increment 0") {
    $0.autoConverge = true; $0.autoConvergeIncrement = 0
  },
  FlagCase("--auto-converge-increment 100") {
    $0.autoConverge = true; $0.autoConvergeIncrement = 100
  },
  FlagCase("--comp-mt-level -1") {
    $0.compression = ["mt"]; $0.compressionLevel = -1
  }.quoting("-1"),
  FlagCase("--comp-mt-level 10") {
    $0.compression = ["mt"]; $0.compressionLevel = 10
  },
  FlagCase("--comp-mt-threads 0") {
    $0.compression = ["mt"]; $0.compressionThreads = 0
  },
  FlagCase("--comp-mt-threads 256") {
    $0.compression = ["mt"]; $0.compressionThreads = 256
  },
  FlagCase("--comp-mt-dthreads 0") {
    $0.compression = ["mt"]; $0.decompressionThreads = 0
  },
  FlagCase("--comp-mt-dthreads 256") {
    $0.compression = ["mt"]; $0.decompressionThreads = 256
  },
  FlagCase("--comp-xbzrle-cache 0") {
    $0.compression = ["xbzrle"]; $0.compressionCache = 0
  },
  FlagCase("--comp-xbzrle-cache 2048") {
    $0.compression = ["xbzrle"]; $0.compressionCache = 2048
  },
  FlagCase("--comp-xbzrle-cache 100000") {
    $0.compression = ["xbzrle"]; $0.compressionCache = 100_000
  },
  FlagCase("--comp-xbzrle-cache 18446744073709551615") {
    $0.compression = ["xbzrle"]; $0.compressionCache = .max
  },
  FlagCase("--max-downtime 0") { $0.maxDowntime = 0 },
  FlagCase("--max-downtime 2000001") { $0.maxDowntime = 2_000_001 },
  FlagCase("--max-downtime 9223372036854775807") { $0.maxDowntime = .max },
  FlagCase("--deadline 0") { $0.deadline = 0 },
  FlagCase("--deadline 31536001") { $0.deadline = 31_536_001 },
  FlagCase("--hang-timeout 31536001") { $0.hangTimeout = 31_536_001 },
  FlagCase("--bandwidth 8796093022208") { $0.bandwidth = 8_796_093_022_208 },
  FlagCase("--postcopy-bandwidth 17592186044416") {
    $0.postcopy = true; $0.postcopyBandwidth = 17_592_186_044_416
  },
  FlagCase("--dname ''") { $0.destinationName = "" },
  FlagCase("--dname a/b") { $0.destinationName = "a/b" },
  FlagCase("--dname 'a\r\nb'") { $0.destinationName = "a\r\nb" },
  FlagCase("--listen-address ''") { $0.listenAddress = " " },
  FlagCase("--tls-destination ''") {
    $0.tls = true; $0.tlsDestination = ""
  },
  FlagCase("--xml ''") {
    $0.destinationXML = ""; $0.persistentXML = "<d/>"
  },
  FlagCase("--persistent-xml ''") { $0.persistentXML = "\n" },
  FlagCase("--migrateuri kvm2") { $0.migrateURI = "kvm2" },
  FlagCase("--migrateuri http://kvm2") { $0.migrateURI = "http://kvm2" },
  FlagCase("--migrateuri tcp://") { $0.migrateURI = "tcp://" },
  FlagCase("--migrateuri tcp://:49152") { $0.migrateURI = "tcp://:49152" },
  FlagCase("--migrateuri tcp://h:0") { $0.migrateURI = "tcp://h:0" },
  FlagCase("--migrateuri tcp://h:65536") { $0.migrateURI = "tcp://h:65536" },
  FlagCase("--migrateuri 'tcp://[::1]:x'") { $0.migrateURI = "tcp://[::1]:x" },
  FlagCase("--migrateuri unix://") { $0.migrateURI = "unix://" },
  FlagCase("--disks-uri rdma://h") {
    $0.copyStorage = .all; $0.disksURI = "rdma://h"
  },
  FlagCase("--disks-uri unix:") {
    $0.copyStorage = .all; $0.disksURI = "unix:"
  },
  FlagCase("--disks-uri tcp://h:99999") {
    $0.copyStorage = .all; $0.disksURI = "tcp://h:99999"
  },
]

let legalFlags: [FlagCase] = [
  FlagCase { _ in },
  FlagCase {
    $0.mode = .p2p; $0.live = true; $0.persistent = true; $0.undefineSource = true; $0.suspend = true
  },
  FlagCase {
    $0.mode = .tunnelled; $0.autoConverge = true; $0.compression = ["mt", "xbzrle"]
  },
  FlagCase {
    $0.mode = .offline; $0.persistent = true; $0.migrateURI = "tcp://kvm2"
  },
  FlagCase {
    $0.postcopy = true; $0.postcopyResume = true; $0.postcopyBandwidth = 100; $0.bandwidth = 100
  },
  FlagCase {
    $0.copyStorage = .incremental; $0.migrateDisks = ["vda"]; $0.synchronousWrites = true; $0.disksPort = 0
  },
  FlagCase {
    $0.parallel = true; $0.parallelConnections = 255; $0.zerocopy = true
  },
  FlagCase {
    $0.parallel = true; $0.compression = ["zstd"]; $0.tls = true; $0.tlsDestination = "kvm2"
  },
  FlagCase {
    $0.migrateURI = "unix:///s"; $0.copyStorage = .all; $0.disksURI = "unix:///t"
  },
  FlagCase {
    $0.migrateURI = "tcp://[2001:db8::1]:49152/"; $0.listenAddress = "::"
  },
  FlagCase {
    $0.migrateURI = "tcp:kvm2:65535"; $0.graphicsURI = "spice://kvm2:5900"
  },
  FlagCase {
    $0.migrateURI = "rdma://kvm2"; $0.destinationName = nastyName
  },
  FlagCase {
    $0.destinationXML = "<d/>"; $0.persistentXML = "<d/>"
  },
  FlagCase { $0.bandwidth = 8_796_093_022_207 },
  FlagCase {
    $0.compression = ["mt", "xbzrle"]; $0.compressionLevel = 0; $0.compressionThreads = 1
    $0.decompressionThreads = 255; $0.compressionCache = 4096
  },
  FlagCase {
    $0.compression = ["mt"]; $0.compressionLevel = 9; $0.compressionThreads = 255; $0.decompressionThreads = 1
  },
  FlagCase {
    $0.compression = ["xbzrle"]; $0.compressionCache = 1 << 63
  },
  FlagCase {
    $0.autoConverge = true; $0.autoConvergeInitial = 1; $0.autoConvergeIncrement = 99
  },
  FlagCase {
    $0.autoConverge = true; $0.autoConvergeInitial = 99; $0.autoConvergeIncrement = 1
  },
  FlagCase {
    $0.maxDowntime = 1; $0.deadline = 1; $0.onStall = .suspend; $0.hangTimeout = 0
  },
  FlagCase {
    $0.live = true; $0.maxDowntime = 2_000_000; $0.deadline = 31_536_000; $0.hangTimeout = 31_536_000
    $0.postcopy = true; $0.onStall = .postcopy
  },
  FlagCase {
    $0.mode = .p2p; $0.postcopy = true; $0.postcopyResume = true; $0.migrateURI = "unix:///s"
  },
  FlagCase {
    $0.mode = .tunnelled; $0.deadline = 60; $0.maxDowntime = 50; $0.onStall = .suspend
  },
  FlagCase {
    $0.migrateURI = "tcp://h"; $0.parallel = true; $0.tls = true
  },
]

extension FlagCase {
  /// The same case, its value quoted as a shell would need it.
  fileprivate func quoting(_ value: String) -> FlagCase {
    var copy = self
    copy.subjects = subjects.map { $0.replacing(" \(value)", with: " '\(value)'") }
    return copy
  }
}
