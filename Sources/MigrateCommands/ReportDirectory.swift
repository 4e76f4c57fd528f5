import BenchModel
import Foundation

/// Where a bench leaves its report: `report.json` for programs, `report.html` for people.
struct ReportDirectory: Sendable {
  private let url: URL

  /// Makes the directory; throws CommandFailure that names it before anything is measured.
  init(_ path: String) throws {
    url = URL(filePath: path, directoryHint: .isDirectory)
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      let trial = url.appending(path: ".trial-\(ProcessInfo.processInfo.processIdentifier)")
      try Data().write(to: trial)
      try FileManager.default.removeItem(at: trial)
    } catch {
      throw CommandFailure(status: .failed, message: "the report cannot be written to \(path): \(error)")
    }
  }

  /// Keeps what there is so far, in case this process is killed; the next time is soon. No page of another report stays
  /// beside it.
  func keep(_ report: BenchReport) {
    try? FileManager.default.removeItem(at: url.appending(path: "report.html"))
    do {
      try Data(JSON.line(report).utf8).write(to: url.appending(path: "report.json"), options: .atomic)
    } catch { inform("the report cannot be kept in \(url.path()): \(error)") }
  }

  /// Both files; throws CommandFailure.
  func write(_ report: BenchReport) throws {
    do {
      try Data(JSON.line(report).utf8).write(to: url.appending(path: "report.json"), options: .atomic)
      try Data(reportPage(report).utf8).write(to: url.appending(path: "report.html"), options: .atomic)
    } catch {
      throw CommandFailure(status: .failed, message: "the report cannot be written to \(url.path()): \(error)")
    }
  }

  /// The report in a file, or in the directory that `--report` named. Throws CommandFailure (usage) that names it.
  static func read(_ path: String) throws -> BenchReport {
    var isDirectory: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
    let file = exists && isDirectory.boolValue ? path + "/report.json" : path
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    struct Head: Decodable { var schema: String }
    do {
      let data = Data(try text(ofFile: file).utf8)
      let schema = try decoder.decode(Head.self, from: data).schema
      guard schema == BenchReport.schema else {
        throw CommandFailure.usage("\(file) holds “\(schema)”; this migrate reads “\(BenchReport.schema)”")
      }
      return try decoder.decode(BenchReport.self, from: data)
    } catch let failure as CommandFailure {
      throw failure
    } catch let error as DecodingError {
      throw CommandFailure.usage("\(file) is no report of a bench: \(error.place)")
    } catch {
      throw CommandFailure.usage("\(file) cannot be read: \(error)")
    }
  }
}
