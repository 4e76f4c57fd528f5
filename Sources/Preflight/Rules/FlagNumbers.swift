import MigrationModel

/// Numbers that QEMU refuses when the destination is prepared or the transfer runs, and those that say something else.
func numbers(_ request: MigrationRequest) -> [Issue] {
  NumberRange.all.compactMap { $0.issue(in: request) } + cache(request) + bandwidths(request)
}

/// The numbers that an option takes.
private struct NumberRange: Sendable {
  var option: String
  var numbers: ClosedRange<Int>
  /// Of what: "ms".
  var meaning: String
  var value: @Sendable (MigrationRequest) -> Int?

  init(
    _ option: String, _ numbers: ClosedRange<Int>, _ meaning: String,
    _ value: @escaping @Sendable (MigrationRequest) -> Int?
  ) {
    self.option = option
    self.numbers = numbers
    self.meaning = meaning
    self.value = value
  }

  func issue(in request: MigrationRequest) -> Issue? {
    guard let number = value(request), !numbers.contains(number) else { return nil }
    let range = "\(numbers.lowerBound) to \(numbers.upperBound)"
    return valueIssue(
      .blocker, option, "\(number)", "\(number) is not within \(range) \(meaning)", ["Give \(range), or leave it out."])
  }

  /// A year, so that no sum of times overflows.
  private static let longest = 31_536_000

  /// `migrate_params_check` of QEMU; port numbers as libvirt checks them; the rest are this tool's own.
  static let all = [
    NumberRange("--disks-port", 0...65535, "(0: any port)") { $0.disksPort },
    NumberRange("--parallel-connections", 1...255, "connections") { $0.parallelConnections },
    NumberRange("--auto-converge-initial", 1...99, "per cent") { $0.autoConvergeInitial },
    NumberRange("--auto-converge-increment", 1...99, "per cent") { $0.autoConvergeIncrement },
    NumberRange("--comp-mt-level", 0...9, "(zlib's levels)") { $0.compressionLevel },
    NumberRange("--comp-mt-threads", 1...255, "threads") { $0.compressionThreads },
    NumberRange("--comp-mt-dthreads", 1...255, "threads") { $0.decompressionThreads },
    NumberRange("--max-downtime", 1...2_000_000, "ms") { $0.maxDowntime.map { Int(clamping: $0) } },
    NumberRange("--deadline", 1...longest, "seconds") { $0.deadline.map { Int(clamping: $0) } },
    NumberRange("--hang-timeout", 0...longest, "seconds (0: never)") { Int(clamping: $0.hangTimeout) },
  ]
}

/// QEMU wants a power of two that holds a page of the guest at least; those have 4 KiB or more.
private func cache(_ request: MigrationRequest) -> [Issue] {
  guard let size = request.compressionCache, size < 4096 || size.nonzeroBitCount != 1 else { return [] }
  let lower = max(4096, size == 0 ? 0 : UInt64(1) << (63 - UInt64(size.leadingZeroBitCount)))
  return [
    valueIssue(
      .blocker, "--comp-xbzrle-cache", "\(size)", "QEMU takes powers of two from 4096 bytes on, and \(size) is none",
      ["Give a power of two, such as --comp-xbzrle-cache \(lower)"])
  ]
}

/// Limits of `QEMU_DOMAIN_MIG_BANDWIDTH_MAX` (signed bytes a second) and of bandwidth.postcopy (unsigned).
/// Zero is taken for "not set": `qemuMigrationSrcRun` then uses the domain's own limit.
private func bandwidths(_ request: MigrationRequest) -> [Issue] {
  let limits = [
    (
      "--bandwidth", request.bandwidth, UInt64(Int64.max) >> 20,
      "the domain's own limit (virsh migrate-getspeed), at first none"
    ),
    ("--postcopy-bandwidth", request.postcopyBandwidth, UInt64.max >> 20, "no limit"),
  ]
  return limits.compactMap { option, value, limit, meaning in
    switch value {
    case .some(0):
      valueIssue(.info, option, "0", "0 does not stop the transfer, it means \(meaning)", ["Leave \(option) out."])
    case .some(let value) where value > limit:
      valueIssue(
        .blocker, option, "\(value)", "\(value) MiB/s is more than libvirt can pass on",
        ["Leave \(option) out for no limit."])
    default: nil
    }
  }
}
