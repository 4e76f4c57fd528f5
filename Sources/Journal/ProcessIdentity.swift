#if canImport(Glibc)
  import Glibc
#endif

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// One process of this machine for all time: a number that is used again is another start, and another boot another one.
public struct ProcessIdentity: Sendable, Hashable {
  public var pid: Int32
  /// Clock ticks from the boot to the process's start (/proc/PID/stat, field 22).
  public var start: UInt64
  /// /proc/sys/kernel/random/boot_id.
  public var boot: String

  public init(pid: Int32, start: UInt64, boot: String) {
    self.pid = pid
    self.start = start
    self.boot = boot
  }

  /// This process.
  public static func current() -> ProcessIdentity { ProcessIdentity(of: getpid()) }

  /// A process that runs now; what /proc does not give is 0 and empty.
  init(of pid: Int32) {
    self.init(pid: pid, start: Status(of: pid)?.start ?? 0, boot: Self.currentBoot ?? "")
  }

  /// Whether that process runs at this moment; true also where that cannot be excluded. A zombie does not run.
  public var isAlive: Bool {
    if let current = Self.currentBoot, current != boot { return false }
    guard let status = Status(of: pid) else {
      // Someone else's process may be hidden (the mount option hidepid of /proc).
      return kill(pid, 0) == 0 || errno == EPERM
    }
    return status.start == start && !["Z", "X"].contains(status.state)
  }

  private static var currentBoot: String? {
    contents(of: "/proc/sys/kernel/random/boot_id")?.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

/// The fields of /proc/PID/stat that tell processes apart (proc(5)).
private struct Status {
  var state: Substring
  var start: UInt64

  init?(of pid: Int32) {
    // The command's name stands in brackets and may hold anything, also brackets.
    guard let text = contents(of: "/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: end)...].split(whereSeparator: \.isWhitespace)
    guard fields.count > 19, let start = UInt64(fields[19]) else { return nil }
    self.state = fields[0]
    self.start = start
  }
}

/// The text of a file of /proc, whose size is not known before it is read.
private func contents(of path: String) -> String? {
  guard let file = fopen(path, "re") else { return nil }
  defer { fclose(file) }
  var buffer = [UInt8](repeating: 0, count: 4096)
  let count = fread(&buffer, 1, buffer.count, file)
  return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
}
