import MigrationModel

/// What disciplines the clock, and how well it says that it does.
extension HostQuestions {
  /// First line: who answers. The bus that timedatectl asks may have to start a service first, so it comes last.
  static let clockSync = Shell.Section(
    name: "chronyc, ntpq, timedatectl",
    script: """
      if command -v chronyc >/dev/null && out=$(chronyc -c tracking 2>&1); then printf 'chrony\\n%s\\n' "$out"
      elif command -v ntpq >/dev/null && out=$(ntpq -c rv 2>/dev/null) && [ -n "$out" ]; then printf 'ntpd\\n%s\\n' "$out"
      elif command -v timedatectl >/dev/null && out=$(timedatectl show -p NTP -p NTPSynchronized 2>&1); then
        printf 'kernel\\n%s\\n' "$out"
        case $out in *NTP=yes*) timedatectl timesync-status 2>/dev/null ;; esac
        exit 0
      else echo "none of them answers"; exit 1; fi
      """)
}

extension Parse {
  /// First line the service, then what it says of itself: `chronyc -c tracking`, `ntpq -c rv`, `timedatectl show`.
  static func clockSync(_ text: String) -> ClockSync? {
    switch lines(text).first {
    case "chrony": chrony(lines(text).dropFirst())
    case "ntpd": ntpd(text)
    case "kernel": timesyncd(text)
    default: nil
    }
  }

  /// Fields of `chronyc -c tracking` (`process_cmd_tracking`, client.c): reference id, name, stratum, reference time,
  /// correction, last offset, RMS offset, frequency, residual frequency, skew, root delay, root dispersion, update
  /// interval, leap status. A positive correction is a clock that is slow; the error is at most half the root delay and
  /// the root dispersion (chronyc(1), "tracking").
  private static func chrony(_ lines: ArraySlice<Substring>) -> ClockSync? {
    guard lines.count == 1, let line = lines.first else { return nil }
    let fields = fields(line, by: ",")
    guard fields.count >= 14, let stratum = count(fields[2], atMost: 255), let correction = nanoseconds(fields[4]),
      let delay = nanoseconds(fields[10]), let dispersion = nanoseconds(fields[11]),
      ["Normal", "Insert second", "Delete second", "Not synchronised"].contains(fields[13])
    else { return nil }
    let synchronised = fields[13] != "Not synchronised" && stratum > 0
    return ClockSync(
      service: "chrony", synchronised: synchronised, reference: String(fields[1].isEmpty ? fields[0] : fields[1]),
      stratum: stratum, offset: synchronised ? -correction : nil,
      errorBound: synchronised ? delay / 2 + dispersion : nil)
  }

  /// System variables of RFC 5905: times in milliseconds, the offset positive where the clock is slow. Stratum 16 and a
  /// leap indicator of 3 mean unsynchronised.
  private static func ntpd(_ text: String) -> ClockSync? {
    let variables = text.utf8.split(whereSeparator: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\n") })
    let fields = keyed(variables.map { String(Substring($0)) }.joined(separator: "\n"), by: "=")
    guard let stratum = count(fields["stratum"], atMost: 255) else { return nil }
    func milliseconds(_ key: Substring) -> Int64? { fields[key].flatMap { nanoseconds($0, unit: 1e6) } }
    let synchronised = stratum < 16 && fields["leap"] != "11"
    let bound = milliseconds("rootdelay").flatMap { delay in milliseconds("rootdisp").map { delay / 2 + $0 } }
    return ClockSync(
      service: "ntpd", synchronised: synchronised, reference: fields["refid"].map(String.init), stratum: stratum,
      offset: synchronised ? milliseconds("offset").map { -$0 } : nil, errorBound: synchronised ? bound : nil)
  }

  /// The kernel's own flag, and what `timedatectl timesync-status` adds when systemd-timesyncd is what sets it.
  ///
  /// Its offset is that of the last answer, positive where the clock is slow, and may have been corrected since: so it is
  /// part of the error as well (`print_ntp_status_info`, timedatectl.c).
  private static func timesyncd(_ text: String) -> ClockSync? {
    let flags = keyed(text, by: "=")
    guard let flag = flags["NTPSynchronized"], flag == "yes" || flag == "no" else { return nil }
    let synchronised = flag == "yes"
    let status = keyed(text, by: ":")
    guard let server = status["Server"] else { return ClockSync(service: "kernel", synchronised: synchronised) }
    let name = server.split(separator: "(").last.map { trimmed($0.prefix { $0 != ")" }) }
    let offset = status["Offset"].flatMap(timespan)
    let bound = sum([
      offset.map(abs), status["Delay"].flatMap(timespan).map { $0 / 2 }, status["Jitter"].flatMap(timespan),
      status["Root distance"].flatMap { timespan($0.prefix { $0 != "(" }) },
    ])
    return ClockSync(
      service: "timesyncd", synchronised: synchronised, reference: name == "n/a" ? nil : name.map(String.init),
      stratum: count(status["Stratum"], atMost: 255), offset: synchronised ? offset.map { -$0 } : nil,
      errorBound: synchronised ? bound : nil)
  }

  /// nil when one is missing.
  private static func sum(_ parts: [Int64?]) -> Int64? {
    let known = parts.compactMap { $0 }
    return known.count == parts.count ? known.reduce(0, +) : nil
  }

  /// A span as systemd prints it, such as "+1.073ms" or "2min 3.5s" (`format_timespan`); nanoseconds.
  private static func timespan(_ text: Substring) -> Int64? {
    let isNegative = text.utf8.first == UInt8(ascii: "-")
    let signs = [UInt8(ascii: "-"), UInt8(ascii: "+")]
    let parts = words(Substring(text.utf8.drop(while: signs.contains)), atMost: 8)
    guard !parts.isEmpty else { return nil }
    return sum(parts.map(timespanPart)).map { isNegative ? -$0 : $0 }
  }

  private static func timespanPart(_ text: Substring) -> Int64? {
    let number = Substring(text.utf8.prefix { isDigit($0) || $0 == UInt8(ascii: ".") })
    let units: [Substring: Double] = [
      "us": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "min": 60e9, "h": 3600e9, "d": 86400e9, "w": 604800e9,
    ]
    if text == "0" { return 0 }
    return units[text.dropFirst(number.count)].flatMap { nanoseconds(number, unit: $0) }
  }

  /// A decimal number of `unit`s; nil beyond three years, so that sums of them fit.
  private static func nanoseconds(_ text: Substring, unit: Double = 1e9) -> Int64? {
    guard let number = Double(text), abs(number * unit) < 1e17 else { return nil }
    return Int64((number * unit).rounded())
  }
}
