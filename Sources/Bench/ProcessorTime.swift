import FoundationEssentials
import Glibc
import Lab

/// What processes of this machine have cost, from proc(5).
enum ProcessorTime {
  /// CPU seconds of a process and all its threads, to a hundredth; nil for one that has ended.
  static func of(_ id: Int32) -> Double? {
    guard let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
      let name = text.lastIndex(of: ")")
    else { return nil }
    // After the name, which may hold anything: state is field 3, utime and stime are 14 and 15.
    let fields = text[text.index(after: name)...].split(separator: " ")
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// Bytes that left through a device of the network in which the process is; nil where there is none.
  static func bytesSent(by device: String, in id: Int32) -> UInt64? {
    guard let text = try? String(contentsOfFile: "/proc/\(id)/net/dev", encoding: .utf8) else { return nil }
    for line in text.split(separator: "\n") {
      let words = line.split(whereSeparator: { $0 == " " || $0 == ":" })
      if words.first == Substring(device), words.count > 9 { return UInt64(words[9]) }
    }
    return nil
  }
}

/// Looks at a process's CPU time every 10 ms, so that the last figure of one that ends is known.
final class ProcessorWatch: Sendable {
  private let task: Task<Double?, Never>

  init(of id: Int32) {
    task = Task {
      var latest = ProcessorTime.of(id)
      while !Task.isCancelled, let present = ProcessorTime.of(id) {
        latest = present
        try? await Task.sleep(for: .milliseconds(10))
      }
      return latest
    }
  }

  /// The latest figure.
  func stop() async -> Double? {
    task.cancel()
    return await task.value
  }
}
