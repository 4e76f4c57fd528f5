import MigrationModel
import Testing

@testable import Probes

/// No host's text may stop this process: every parser is given what real hosts print, damaged in all ways that a line, a
/// login script or malice can damage it, and what it makes of that must still be a fact.
@Suite struct ParserFuzzTests {
  /// A parser with a text that it understands, and what must hold of all that it answers; false when it does not.
  struct Subject: Sendable {
    let name: String
    let text: String
    let read: @Sendable (String) -> Answer

    enum Answer: Equatable { case unreadable, sound, unsound }

    init<Value>(
      _ name: String, _ text: String, _ parse: @escaping @Sendable (String) -> Value?,
      _ isSound: @escaping @Sendable (Value) -> Bool = { _ in true }
    ) {
      self.name = name
      self.text = text
      read = { text in parse(text).map { isSound($0) ? .sound : .unsound } ?? .unreadable }
    }
  }

  static let subjects: [Subject] = [
    Subject("cpu", Captures.cpu, Parse.cpu) { !$0.vendor.contains("\n") && ($0.family ?? 0) >= 0 },
    Subject("armCPU", Captures.armCPU, Parse.cpu) { !$0.flags.contains("") },
    Subject("word", "6.1.0-18-amd64\n", Parse.word) { !$0.isEmpty && !$0.contains(" ") },
    Subject("moduleFlag", "Y\n", Parse.moduleFlag),
    Subject("memory", Captures.memory, Parse.memory) { $0.available <= $0.total },
    Subject("hugePages", Captures.hugePages, Parse.hugePages) { pools in
      zip(pools, pools.dropFirst()).allSatisfy { ($0.node, $0.size) < ($1.node, $1.size) }
    },
    Subject("ids", Captures.ids, Parse.ids) { isAscending($0, below: 65536) && !$0.isEmpty },
    Subject("load", Captures.load, Parse.load) { $0.isFinite && $0 >= 0 },
    Subject("links", Captures.links, Parse.links) { links in
      isAscending(links.map(\.name)) && links.allSatisfy { $0.isBridge == ($0.forwardDelay != nil) && $0.mtu >= 0 }
    },
    Subject("addresses", Captures.addresses, Parse.addresses) { $0.allSatisfy { !$0.contains("/") } },
    Subject("ports", Captures.ports, Parse.ports) { isAscending($0, below: 65536) },
    Subject("qemuConf", Captures.qemuConf, Parse.qemuConf) { Set($0.keys).isSubset(of: HostQuestions.qemuConfKeys) },
    Subject("secretValues", Captures.secrets, Parse.secretValues) { $0.keys.allSatisfy { $0.utf8.count == 36 } },
    Subject("daemonLimits", Captures.daemonLimits, Parse.daemonLimits),
    Subject("sshdLimits", Captures.sshd, Parse.sshdLimits) { 0 <= $0.begin && $0.begin <= $0.full },
    Subject("version", Captures.swtpm, Parse.version),
    Subject("chrony", Captures.chrony, Parse.clockSync, isSound),
    Subject("ntpd", Captures.ntpd, Parse.clockSync, isSound),
    Subject("timesyncd", Captures.timesyncd, Parse.clockSync, isSound),
    Subject("tls", Captures.tls, { Parse.tls($0, directory: "/d") }) { tls in
      [tls.authority, tls.server, tls.client].allSatisfy { $0.map { $0.fingerprint.utf8.count == 95 } ?? true }
        && tls.authority?.hasKey == nil
    },
    Subject("mounts", Captures.mounts, { Mount.table($0) }) { $0.allSatisfy { !$0.type.contains(" ") } },
    Subject("file", Captures.file, { Parse.file($0, at: "/srv/a", mounts: Mount.table(Captures.mounts)) }) {
      ["regular", "block", "directory", "other"].contains($0.kind)
    },
    Subject("fileRecords", Captures.files, { FileRecords($0) }) { records in
      records.resolved.isEmpty || records.resolved.count <= records.found.count
    },
    Subject("hugePageSizes", "2048\n", { Parse.hugePageSizes($0, mounts: Captures.mounts) }),
    Subject("lockConf", "file_lockspace_dir=\"/l\"\n", Parse.lockConf),
    Subject(
      "freeSpace", "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 9 2 7 22% /\n", Parse.freeSpace),
    Subject("imageSize", #"{ "children": [ { "virtual-size": 1 } ], "virtual-size": 2048 }"#, Parse.imageSize),
    Subject("pathMTU", "9000 1500\n", RouteQuestions.parseMTU),
    Subject("peer", "answered\nabc\n", RouteQuestions.parsePeer),
    Subject("runningQEMUs", "u1 8:1\n8:1 = QEMU emulator version 7.2.22\n", { RunningQEMUs.parse($0) }),
    Subject("nanoseconds", Captures.date, { Parse.nanoseconds($0) }) { 0 <= $0 && $0 < 1 << 62 },
  ]

  private static func isAscending<T: Comparable>(_ list: [T]) -> Bool { zip(list, list.dropFirst()).allSatisfy(<) }
  private static func isAscending(_ list: [Int], below limit: Int) -> Bool {
    isAscending(list) && (list.first ?? 0) >= 0 && (list.last ?? 0) < limit
  }
  @Sendable private static func isSound(_ sync: ClockSync) -> Bool {
    let limit: Int64 = 4_000_000_000_000_000_000
    return (-limit...limit).contains(sync.offset ?? 0) && (sync.synchronised || sync.offset == nil)
      && (0...255).contains(sync.stratum ?? 0)
  }

  @Test func theTextsAreUnderstoodWhole() {
    for subject in Self.subjects { #expect(subject.read(subject.text) == .sound, "\(subject.name)") }
  }

  @Test(.timeLimit(.minutes(2)), arguments: [UInt64(1), 2]) func damagedTextsNeverStopAParser(seed: UInt64) {
    var random = SplitMix64(state: seed)
    var tried = 0
    var readable = 0
    for _ in 0..<1200 {
      for subject in Self.subjects {
        let text = damaged(subject.text, &random)
        let answer = subject.read(text)
        if answer == .unsound { Issue.record("\(subject.name) believed \(text.debugDescription)") }
        tried += 1
        readable += answer == .sound ? 1 : 0
      }
    }
    print("parsers: \(tried) damaged texts tried with seed \(seed), \(readable) of them still understood")
    #expect(tried > 25_000)
    #expect(readable > tried / 20, "damage that leaves nothing to understand tests nothing")
    #expect(readable < tried, "damage that nothing notices tests nothing")
  }

  /// One to three kinds of damage.
  private func damaged(_ text: String, _ random: inout SplitMix64) -> String {
    var bytes = Array(text.utf8)
    for _ in 0...Int.random(in: 0...2, using: &random) {
      let place = Int.random(in: 0...bytes.count, using: &random)
      switch Int.random(in: 0..<8, using: &random) {
      case 0: bytes.removeLast(bytes.count - place)
      case 1: if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
      case 2: duplicateLine(&bytes, &random)
      case 3: bytes.insert(contentsOf: (0..<9).map { _ in UInt8.random(in: 0...255, using: &random) }, at: place)
      case 4:
        bytes.insert(contentsOf: Array(repeating: UInt8.random(in: 0x30...0x39, using: &random), count: 40), at: place)
      case 5: bytes.insert(contentsOf: "Welcome to kvm1!\r\nLast login: never\n\n".utf8, at: 0)
      case 6: spliceWord(&bytes, at: place, &random)
      default: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 0...12, using: &random)))
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func duplicateLine(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    guard let line = lines.randomElement(using: &random) else { return }
    bytes += line + [UInt8(ascii: "\n")]
  }

  private func spliceWord(_ bytes: inout [UInt8], at place: Int, _ random: inout SplitMix64) {
    let words = [
      "-1", "18446744073709551616", "9223372036854775807", "nan", "inf", "1e308", "0x", "\0", ",,,", "---", ":::", "=",
      "\u{301}", "\r", "\n", "4294967295-4294967296", "0-65535", "\u{FFFD}", "certificate server\n", " 5w 9999999d",
    ]
    bytes.insert(contentsOf: (words.randomElement(using: &random) ?? "").utf8, at: place)
  }

  /// A text that ends early tells less or nothing, never something else.
  @Test func truncatedTextsTellLess() {
    for subject in Self.subjects {
      for length in 0..<subject.text.utf8.count {
        #expect(subject.read(prefix(of: subject.text, length)) != .unsound, "\(subject.name), \(length) bytes")
      }
    }
    for length in 0..<Captures.links.utf8.count {
      #expect((Parse.links(prefix(of: Captures.links, length))?.count ?? 0) <= 6)
    }
    for length in 0..<(Captures.tls.utf8.count - 1) {
      #expect(Parse.tls(prefix(of: Captures.tls, length), directory: "/d")?.client == nil, "its last line is not whole")
    }
    for length in 0..<(Captures.chrony.utf8.count - 1) {
      #expect(Parse.clockSync(prefix(of: Captures.chrony, length)) == nil)
    }
  }

  private func prefix(of text: String, _ length: Int) -> String {
    String(decoding: text.utf8.prefix(length), as: UTF8.self)
  }

  /// As much as a host may print for one question: no parser's time may grow with the square of it.
  @Test(.timeLimit(.minutes(1)), arguments: subjects.map(\.name)) func longTextsTakeLittleTime(name: String) throws {
    let subject = try #require(Self.subjects.first { $0.name == name })
    let size = 256 << 10
    let lines = subject.text.split(separator: "\n").map(String.init)
    let manyLines = String(repeating: subject.text, count: size / subject.text.utf8.count)
    let clock = ContinuousClock()
    for text in [manyLines, String(repeating: "7", count: size), String(repeating: lines.last ?? "", count: 4000)] {
      let short = prefix(of: text, text.utf8.count / 8)
      let (brief, long) = (clock.measure { _ = subject.read(short) }, clock.measure { _ = subject.read(text) })
      #expect(long < brief * 40 + .milliseconds(300), "\(brief) for an eighth, \(long) for the whole")
    }
  }
}

/// Steele, Lea, Flood: Fast splittable pseudorandom number generators (OOPSLA 2014).
private struct SplitMix64: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
