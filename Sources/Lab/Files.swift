import FoundationEssentials
import Glibc

/// The lab's few uses of the file system; every failure is a `LabError` of code `fileFailed` that names the path.
enum Files {
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  static func read(_ path: String) throws -> String {
    try naming("read", path) { try String(contentsOfFile: path, encoding: .utf8) }
  }

  static func bytes(_ path: String) throws -> [UInt8] {
    try naming("read", path) { [UInt8](try Data(contentsOf: URL(filePath: path))) }
  }

  /// Writes the whole file or nothing, readable by root alone unless `mode` says more.
  static func write(_ text: String, to path: String, mode: mode_t = 0o600) throws {
    try write(Array(text.utf8), to: path, mode: mode)
  }

  static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o600) throws {
    try naming("write", path) { try Data(bytes).write(to: URL(filePath: path), options: .atomic) }
    try call("change the mode of \(path)") { chmod(path, mode) }
  }

  static func makeDirectory(_ path: String, mode: mode_t = 0o755) throws {
    try naming("create", path) {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    try call("change the mode of \(path)") { chmod(path, mode) }
  }

  static func link(_ path: String, to target: String) throws {
    try call("link \(path)") { symlink(target, path) }
  }

  static func rename(_ path: String, to target: String) throws {
    try call("rename \(path)") { Glibc.rename(path, target) }
  }

  /// Removes the file or the whole directory; a path that is not there is as good.
  static func remove(_ path: String) throws {
    guard exists(path) else { return }
    try naming("remove", path) { try FileManager.default.removeItem(atPath: path) }
  }

  /// The names in a directory, sorted; none where there is no directory.
  static func names(in directory: String) throws -> [String] {
    guard exists(directory) else { return [] }
    return try naming("list", directory) { try FileManager.default.contentsOfDirectory(atPath: directory) }.sorted()
  }

  /// Throws `LabError` of code `systemCallFailed` when `body` returns a negative number, with errno's text.
  @discardableResult
  static func call(_ action: String, _ body: () -> Int32) throws -> Int32 {
    let result = body()
    guard result >= 0 else {
      throw LabError(.systemCallFailed, action, String(cString: strerror(errno)))
    }
    return result
  }

  private static func naming<T>(_ verb: String, _ path: String, _ body: () throws -> T) throws -> T {
    do { return try body() } catch { throw LabError(.fileFailed, "\(verb) \(path)", "\(error)") }
  }
}
