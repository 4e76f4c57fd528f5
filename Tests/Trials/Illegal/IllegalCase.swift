import Libvirt

/// One combination that must not be begun: as it is typed, and as libvirt can be given it all the same.
struct IllegalCase: Sendable {
  /// Who drives the call.
  enum Lead: Sendable { case client, source }

  struct Call: Sendable {
    var lead: Lead
    var flags: MigrateFlags
    var parameters: [MigrateParameter]
  }

  var name: String
  /// nil: no words ask for it.
  var words: [String]?
  /// nil: it is about something that only the tool knows.
  var call: Call?
  /// It is found only when the versions of both hosts are known.
  var needsHosts = false
}

/// What the cases name: addresses and files of one lab and its guest.
struct IllegalPlace: Sendable {
  var destination: String
  var xmlPath: String
  var xml: String
}

extension IllegalCase {
  /// What is legal, and must work for the others to mean anything.
  static let controls = [direct("--live", []), direct("--tls", .tls), direct("--parallel", .parallel)]

  /// Every combination; those that may kill a process come last.
  static func all(_ place: IllegalPlace) -> [IllegalCase] {
    tunnelled(place) + offline + postcopy + storage + compression + tuning + addresses(place) + definitions(place)
      + limits + values + unspeakable + dangerous
  }

  private static let usual: MigrateFlags = [.live, .persistDestination, .undefineSource, .unsafe]

  private static func direct(
    _ words: String, _ flags: MigrateFlags, _ parameters: [MigrateParameter] = [], named name: String? = nil
  ) -> IllegalCase {
    IllegalCase(
      name: name ?? words, words: words.split(separator: " ").map(String.init),
      call: Call(lead: .client, flags: usual.union(flags), parameters: parameters))
  }

  private static func tunnel(
    _ words: String, _ flags: MigrateFlags = [], _ parameters: [MigrateParameter] = []
  ) -> IllegalCase {
    IllegalCase(
      name: "--tunnelled \(words)", words: ["--tunnelled"] + words.split(separator: " ").map(String.init),
      call: Call(lead: .source, flags: usual.union(flags).union([.peer2peer, .tunnelled]), parameters: parameters))
  }

  private static func tunnelled(_ place: IllegalPlace) -> [IllegalCase] {
    [
      tunnel("--parallel", .parallel),
      tunnel("--postcopy", .postcopy),
      tunnel("--copy-storage-all", .nonSharedDisk),
      tunnel("--copy-storage-inc", .nonSharedIncremental),
      tunnel("--migrateuri tcp://\(place.destination)", [], [.uri("tcp://\(place.destination)")]),
      tunnel("--listen-address 0.0.0.0", [], [.listenAddress("0.0.0.0")]),
      tunnel("--disks-port 49200", [], [.disksPort(49200)]),
      tunnel("--disks-uri tcp://\(place.destination):49200", [], [.disksURI("tcp://\(place.destination):49200")]),
    ]
  }

  private static func offline(_ words: String, _ flags: MigrateFlags) -> IllegalCase {
    IllegalCase(
      name: words, words: words.split(separator: " ").map(String.init),
      call: Call(lead: .client, flags: flags.union(.offline), parameters: []))
  }

  private static let offline: [IllegalCase] = [
    offline("--offline --live", [.live, .persistDestination]),
    offline("--offline --no-persistent", []),
    offline("--offline --copy-storage-all", [.persistDestination, .nonSharedDisk]),
    offline("--offline --postcopy", [.persistDestination, .postcopy]),
    offline("--offline --tunnelled", [.persistDestination, .peer2peer, .tunnelled]).ledBySource,
  ]

  private var ledBySource: IllegalCase {
    var copy = self
    copy.call?.lead = .source
    return copy
  }

  private static let postcopy: [IllegalCase] = [
    IllegalCase(
      name: "--no-live --postcopy", words: ["--no-live", "--postcopy"],
      call: Call(lead: .client, flags: usual.subtracting(.live).union(.postcopy), parameters: [])),
    direct("--postcopy --suspend", [.postcopy, .paused]),
    direct("--postcopy-resume", .postcopyResume),
  ]

  private static let storage: [IllegalCase] = [
    direct("--migrate-disks vda", [], [.migrateDisk("vda")]),
    direct("--copy-storage-synchronous-writes", .nonSharedSynchronousWrites),
    direct(
      "--copy-storage-all --disks-port 49200 --disks-uri tcp://0.0.0.0:49200", .nonSharedDisk,
      [.disksPort(49200), .disksURI("tcp://0.0.0.0:49200")]),
    direct("--copy-storage-all --migrate-disks vda,vda", .nonSharedDisk, [.migrateDisk("vda"), .migrateDisk("vda")]),
  ]

  private static let compression: [IllegalCase] = [
    direct("--zerocopy", .zerocopy),
    direct(
      "--parallel --zerocopy --comp-methods xbzrle", [.parallel, .zerocopy, .compressed], [.compression("xbzrle")]),
    direct("--parallel --zerocopy --tls", [.parallel, .zerocopy, .tls]),
    direct("--parallel --zerocopy --comp-methods zstd", [.parallel, .zerocopy, .compressed], [.compression("zstd")]),
    direct("--parallel --comp-methods mt", [.parallel, .compressed], [.compression("mt")]),
    direct("--parallel --comp-methods xbzrle", [.parallel, .compressed], [.compression("xbzrle")]),
    direct("--comp-methods zlib", .compressed, [.compression("zlib")]),
    direct("--comp-methods zstd", .compressed, [.compression("zstd")]),
    direct(
      "--parallel --comp-methods zlib,zstd", [.parallel, .compressed], [.compression("zlib"), .compression("zstd")]),
    direct("--comp-methods lz4", .compressed, [.compression("lz4")]),
    direct("--comp-methods mt,mt", .compressed, [.compression("mt"), .compression("mt")]),
  ]

  private static let tuning: [IllegalCase] = [
    direct("--parallel-connections 4", [], [.parallelConnections(4)]),
    direct("--comp-mt-level 1", [], [.compressionLevel(1)]),
    direct("--comp-mt-threads 2", [], [.compressionThreads(2)]),
    direct("--comp-mt-dthreads 2", [], [.decompressionThreads(2)]),
    direct("--comp-xbzrle-cache 65536", [], [.compressionCache(65536)]),
    direct("--comp-methods mt --comp-xbzrle-cache 65536", .compressed, [.compression("mt"), .compressionCache(65536)]),
    direct("--auto-converge-initial 20", [], [.autoConvergeInitial(20)]),
    direct("--auto-converge-increment 10", [], [.autoConvergeIncrement(10)]),
    direct("--tls-destination kvm2", [], [.tlsDestination("kvm2")]),
  ]

  private static func addresses(_ place: IllegalPlace) -> [IllegalCase] {
    let (socket, disks) = ("unix:///run/migrate-illegal.sock", "unix:///run/migrate-illegal-disks.sock")
    return [
      direct(
        "--migrateuri \(socket) --listen-address 0.0.0.0", [], [.uri(socket), .listenAddress("0.0.0.0")]),
      direct("--migrateuri \(socket) --copy-storage-all", .nonSharedDisk, [.uri(socket)]),
      direct("--migrateuri \(socket) --tls", .tls, [.uri(socket)]),
      direct(
        "--copy-storage-all --disks-uri \(disks) --tls", [.nonSharedDisk, .tls], [.disksURI(disks)]),
      direct("--migrateuri http://\(place.destination)", [], [.uri("http://\(place.destination)")]),
      direct("--migrateuri \(place.destination)", [], [.uri(place.destination)]),
      direct("--migrateuri tcp://\(place.destination):99999", [], [.uri("tcp://\(place.destination):99999")]),
      direct("--migrateuri rdma://\(place.destination) --parallel", .parallel, [.uri("rdma://\(place.destination)")]),
      direct("--migrateuri rdma://\(place.destination) --tls", .tls, [.uri("rdma://\(place.destination)")]),
      direct("--dname a/b", [], [.destinationName("a/b")]),
    ]
  }

  private static func definitions(_ place: IllegalPlace) -> [IllegalCase] {
    [
      IllegalCase(
        name: "--no-persistent --persistent-xml FILE",
        words: ["--no-persistent", "--no-undefinesource", "--persistent-xml", place.xmlPath],
        call: Call(lead: .client, flags: [.live, .unsafe], parameters: [.persistentXML(place.xml)]))
    ]
  }

  /// libvirt has no such limits: its clients have.
  private static let limits: [IllegalCase] = [
    "--on-stall postcopy --deadline 60", "--no-live --deadline 60 --on-stall suspend", "--no-live --deadline 60",
    "--no-live --max-downtime 50", "--offline --deadline 60", "--offline --max-downtime 50",
    "--postcopy --postcopy-resume --deadline 60", "--max-downtime 0", "--max-downtime 2000001", "--deadline 0",
    "--on-stall throttle",
  ].map { IllegalCase(name: $0, words: $0.split(separator: " ").map(String.init), call: nil) }

  private static let values: [IllegalCase] = [
    direct("--auto-converge --auto-converge-initial 0", .autoConverge, [.autoConvergeInitial(0)]),
    direct("--auto-converge --auto-converge-initial 100", .autoConverge, [.autoConvergeInitial(100)]),
    direct("--auto-converge --auto-converge-increment 0", .autoConverge, [.autoConvergeIncrement(0)]),
    direct("--auto-converge --auto-converge-increment 100", .autoConverge, [.autoConvergeIncrement(100)]),
    direct("--comp-methods mt --comp-mt-level 10", .compressed, [.compression("mt"), .compressionLevel(10)]),
    direct("--comp-methods mt --comp-mt-level=-1", .compressed, [.compression("mt"), .compressionLevel(-1)]),
    direct("--comp-methods mt --comp-mt-threads 0", .compressed, [.compression("mt"), .compressionThreads(0)]),
    direct("--comp-methods mt --comp-mt-threads 256", .compressed, [.compression("mt"), .compressionThreads(256)]),
    direct("--comp-methods mt --comp-mt-dthreads 0", .compressed, [.compression("mt"), .decompressionThreads(0)]),
    direct("--comp-methods mt --comp-mt-dthreads 256", .compressed, [.compression("mt"), .decompressionThreads(256)]),
    direct("--comp-methods xbzrle --comp-xbzrle-cache 0", .compressed, [.compression("xbzrle"), .compressionCache(0)]),
    direct(
      "--comp-methods xbzrle --comp-xbzrle-cache 2048", .compressed, [.compression("xbzrle"), .compressionCache(2048)]),
    direct(
      "--comp-methods xbzrle --comp-xbzrle-cache 100000", .compressed,
      [.compression("xbzrle"), .compressionCache(100_000)]),
    direct("--parallel --parallel-connections 0", .parallel, [.parallelConnections(0)]),
    direct("--parallel --parallel-connections 256", .parallel, [.parallelConnections(256)]),
    direct("--copy-storage-all --disks-port 65536", .nonSharedDisk, [.disksPort(65536)]),
    direct("--bandwidth 8796093022208", [], [.bandwidth(8_796_093_022_208)]),
    direct("--postcopy --postcopy-bandwidth 17592186044416", .postcopy, [.postcopyBandwidth(17_592_186_044_416)]),
  ]

  /// What no options spell, because the tool sets the flags that belong together itself.
  private static let unspeakable: [IllegalCase] = [
    flags("TUNNELLED without PEER2PEER, led by the client", .client, .tunnelled),
    flags("TUNNELLED without PEER2PEER, led by the source", .source, .tunnelled),
    flags("PEER2PEER, led by the client", .client, .peer2peer),
    flags("neither PEER2PEER nor TUNNELLED, led by the source", .source, []),
    flags("PARALLEL and COMPRESSED without a method", .client, [.parallel, .compressed]),
    flags("COMPRESSED without a method", .client, .compressed),
    IllegalCase(
      name: "NON_SHARED_DISK and NON_SHARED_INC", words: ["--copy-storage-all", "--copy-storage-inc"],
      call: Call(lead: .client, flags: usual.union([.nonSharedDisk, .nonSharedIncremental]), parameters: [])),
  ]

  private static func flags(_ name: String, _ lead: Lead, _ flags: MigrateFlags) -> IllegalCase {
    IllegalCase(name: name, words: nil, call: Call(lead: lead, flags: usual.union(flags), parameters: []))
  }

  private static var dangerous: [IllegalCase] {
    var both = direct("--postcopy --parallel", [.postcopy, .parallel])
    both.needsHosts = true
    return [both, tunnel("--tls", .tls)]
  }
}
