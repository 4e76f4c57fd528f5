import MigrationModel

/// Pure functions from what a host printed to facts. nil: the text is not what it should be.
enum Parse {
  /// `key : value` lines of /proc/cpuinfo's first processor.
  static func cpu(_ text: String) -> HostCPU? {
    let fields = keyed(text, by: ":")
    guard let vendor = fields["vendor_id"] ?? fields["CPU implementer"],
      let flags = fields["flags"] ?? fields["Features"]
    else { return nil }
    return HostCPU(
      vendor: vendor, model: fields["model name"] ?? "", flags: Set(flags.split(separator: " ").map(String.init)))
  }

  /// MemTotal and MemAvailable of /proc/meminfo, which counts in kB of 1024 bytes.
  static func memory(_ text: String) -> HostMemory? {
    let fields = keyed(text, by: ":")
    func bytes(_ key: String) -> ByteCount? {
      fields[key]?.split(separator: " ").first.flatMap { UInt64($0) }.map { .kibibytes($0) }
    }
    guard let total = bytes("MemTotal"), let available = bytes("MemAvailable") else { return nil }
    return HostMemory(total: total, available: available)
  }

  /// Lines "isBridge flags mtu name" as `HostQuestions.links` prints them; flags are hexadecimal, IFF_UP is bit 0.
  static func links(_ text: String) -> [Link]? {
    var links: [Link] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 3)
      guard words.count == 4, let flags = UInt32(words[1].dropFirst(2), radix: 16), let mtu = Int(words[2]) else {
        return nil
      }
      links.append(Link(name: String(words[3]), isBridge: words[0] == "1", isUp: flags & 1 == 1, mtu: mtu))
    }
    return links
  }

  /// Addresses of `ip -o address`, without prefix length; loopback and link-local ones left out.
  static func addresses(_ text: String) -> [String]? {
    text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard let family = words.firstIndex(where: { $0 == "inet" || $0 == "inet6" }), family + 1 < words.count,
        !words.contains("host"), !words.contains("link")
      else { return nil }
      return String(words[family + 1].prefix { $0 != "/" })
    }
  }

  /// The last `migration_host = "…"` of qemu.conf; known(nil) when it is not set.
  static func migrationHost(_ text: String) -> String? {
    text.split(separator: "\n").reduce(nil) { found, line in
      let parts = line.split(separator: "=", maxSplits: 1).map(trimmed)
      guard parts.count == 2, parts[0] == "migration_host", let quote = parts[1].first, quote == "\"" || quote == "'"
      else { return found }
      return String(parts[1].dropFirst().prefix { $0 != quote })
    }
  }

  /// First line the service, then what it says of itself: `chronyc -c tracking`, `timedatectl show`, `ntpq -c rv`.
  static func clockSync(_ text: String) -> ClockSync? {
    let lines = text.split(separator: "\n", maxSplits: 1).map(String.init)
    guard lines.count == 2 else { return nil }
    switch lines[0] {
    case "chrony": return chrony(lines[1])
    case "timesyncd": return timesyncd(lines[1])
    case "ntpd": return ntpd(lines[1])
    default: return nil
    }
  }

  /// Fields of `chronyc -c tracking`: reference id, name, stratum, …, leap status last (chronyc(1)).
  private static func chrony(_ text: String) -> ClockSync? {
    let fields = text.split(separator: ",", omittingEmptySubsequences: false).map(trimmed)
    guard fields.count >= 14, let stratum = Int(fields[2]), let leap = fields.last else { return nil }
    return ClockSync(
      service: "chrony", synchronised: leap != "Not synchronised" && stratum > 0,
      reference: fields[1].isEmpty ? fields[0] : fields[1], stratum: stratum)
  }

  private static func timesyncd(_ text: String) -> ClockSync? {
    let fields = keyed(text, by: "=")
    guard let synchronised = fields["NTPSynchronized"] else { return nil }
    let stratum = fields["NTPMessage"]?.split(separator: ",").map(trimmed)
      .first { $0.hasPrefix("Stratum=") }.flatMap { Int($0.dropFirst(8)) }
    return ClockSync(
      service: "timesyncd", synchronised: synchronised == "yes", reference: fields["ServerName"], stratum: stratum)
  }

  /// `stratum=16` means unsynchronised (RFC 5905).
  private static func ntpd(_ text: String) -> ClockSync? {
    let fields = text.split(whereSeparator: { $0 == "," || $0 == "\n" }).map(trimmed)
    func field(_ name: String) -> String? {
      fields.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
    }
    guard let stratum = field("stratum").flatMap({ Int($0) }) else { return nil }
    return ClockSync(service: "ntpd", synchronised: stratum < 16, reference: field("refid"), stratum: stratum)
  }

  /// "regular file|1024|99" and the resolved path, as `GuestQuestions.identity` prints them, against the mount table.
  static func file(_ text: String, mounts: [Mount]) -> FileIdentity? {
    let lines = text.split(separator: "\n", maxSplits: 1).map(String.init)
    guard lines.count == 2 else { return nil }
    let fields = lines[0].split(separator: "|")
    guard fields.count == 3, let size = UInt64(fields[1]), let inode = UInt64(fields[2]) else { return nil }
    let path = lines[1].hasSuffix("\n") ? String(lines[1].dropLast()) : lines[1]
    let mount = Mount.holding(path, among: mounts)
    return FileIdentity(
      kind: kind(fields[0]), size: .bytes(size), fileSystem: mount?.type ?? "", mountSource: mount?.source ?? "",
      inode: inode)
  }

  private static func kind(_ name: Substring) -> String {
    switch name {
    case "regular file", "regular empty file": "regular"
    case "block special file": "block"
    case "directory": "directory"
    default: "other"
    }
  }

  static func version(_ text: String) -> Version? { Version(firstIn: text) }

  /// Seconds with nine decimals since 1970, as `date +%s.%N` prints them; nil where date knows no %N, and for a year
  /// beyond 2106.
  static func nanoseconds(_ text: String) -> Int64? {
    let parts = trimmed(text[...]).split(separator: ".")
    guard parts.count == 2, parts[1].count == 9, let seconds = UInt32(parts[0]), let rest = UInt32(parts[1]) else {
      return nil
    }
    return Int64(seconds) * 1_000_000_000 + Int64(rest)
  }

  private static func keyed(_ text: String, by separator: Character) -> [String: String] {
    Dictionary(
      text.split(separator: "\n").compactMap { line in
        let parts = line.split(separator: separator, maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 ? (trimmed(parts[0]), trimmed(parts[1])) : nil
      },
      uniquingKeysWith: { first, _ in first })
  }

  private static func trimmed(_ text: Substring) -> String {
    String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}

/// A line of /proc/self/mountinfo (proc(5)): where a file system is mounted, its type and its source.
struct Mount: Equatable {
  var point: String
  var type: String
  var source: String

  static func table(_ text: String) -> [Mount] {
    text.split(separator: "\n").compactMap { line in
      let halves = line.split(separator: " ", omittingEmptySubsequences: false).split(separator: "-", maxSplits: 1)
      guard halves.count == 2, halves[0].count >= 5, halves[1].count >= 2 else { return nil }
      let head = Array(halves[0])
      let tail = Array(halves[1])
      return Mount(point: unescaped(head[4]), type: String(tail[0]), source: unescaped(tail[1]))
    }
  }

  /// The last mount on the longest mount point that holds `path`: later mounts cover earlier ones.
  static func holding(_ path: String, among mounts: [Mount]) -> Mount? {
    mounts.filter { path == $0.point || $0.point == "/" || path.hasPrefix($0.point + "/") }
      .reduce(nil) { best, mount in mount.point.utf8.count >= (best?.point.utf8.count ?? 0) ? mount : best }
  }

  /// The kernel writes space, tab, newline and backslash as three octal digits (`mangle_path`, fs/seq_file.c).
  private static func unescaped(_ field: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(field.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.count >= 3,
        let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
      {
        bytes.append(code)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
