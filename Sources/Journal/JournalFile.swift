#if canImport(Glibc)
  import Glibc
#endif

/// The journal's file before SQLite has it: where it is, whom it belongs to, and who may set it up.
struct JournalFile: Sendable {
  /// Absolute: SQLite would read a name that begins with "file:" as a URI.
  let path: String

  init(_ path: String) throws {
    guard !path.isEmpty else { throw JournalError.cannotOpen(file: path, cause: "its name is empty") }
    if path.hasPrefix("/") {
      self.path = path
    } else {
      guard let directory = getcwd(nil, 0) else { throw JournalError.cannotOpen(file: path, cause: systemMessage()) }
      defer { free(directory) }
      self.path = "\(String(cString: directory))/\(path)"
    }
  }

  var directory: String {
    let end = path.lastIndex(of: "/") ?? path.startIndex
    return end == path.startIndex ? "/" : String(path[..<end])
  }

  var exists: Bool { access(path, F_OK) == 0 }

  /// In bytes; nil when it cannot be had.
  var size: Int? { bytes(of: path) }

  /// Whether there is something beside the journal that is not in it yet, as while a process writes to it.
  var hasWriteAheadLog: Bool { bytes(of: "\(path)-wal") ?? 0 > 0 }

  private func bytes(of path: String) -> Int? {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : nil
  }

  /// The file as SQLite's URI of a database that nobody writes to (https://www.sqlite.org/uri.html).
  var immutableURI: String {
    let escaped = path.utf8.map { byte in
      switch byte {
      case UInt8(ascii: "%"), UInt8(ascii: "?"), UInt8(ascii: "#"): "%" + String(byte, radix: 16, uppercase: true)
      default: String(decoding: [byte], as: UTF8.self)
      }
    }
    return "file:\(escaped.joined())?immutable=1"
  }

  /// Makes the directory (0700) and an empty file (0600) where there are none, since requests may hold passwords.
  func create() throws {
    try makeDirectory(directory)
    // Never opened when it is there: closing it would drop the locks that SQLite has on it in this process.
    let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
    if descriptor >= 0 {
      close(descriptor)
    } else if errno == EROFS || (errno == EACCES && !exists) {
      throw JournalError.readOnly(file: path)
    } else if errno == ENOSPC {
      throw JournalError.full(file: path)
    } else if errno != EEXIST {
      throw JournalError.cannotOpen(file: path, cause: systemMessage())
    }
    // SQLite would open what it cannot write to all the same, for reading.
    guard access(path, R_OK | W_OK) == 0, access(directory, W_OK | X_OK) == 0 else {
      throw JournalError.readOnly(file: path)
    }
  }

  private func makeDirectory(_ directory: String) throws {
    guard access(directory, F_OK) != 0 else { return }
    let end = directory.lastIndex(of: "/") ?? directory.startIndex
    if end > directory.startIndex { try makeDirectory(String(directory[..<end])) }
    guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
      throw JournalError.cannotOpen(file: path, cause: "\(directory): \(systemMessage())")
    }
  }

  /// Runs `body` while no other process sets up a journal in this directory: of two that change the journal mode or make
  /// the tables at once, one would be told "locked" without a wait, or see them half made.
  ///
  /// Throws JournalError.busy after 5 s; a file system without flock(2) is not waited for.
  func whileSettingUp<Result>(_ body: () throws -> Result) throws -> Result {
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return try body() }
    defer { close(descriptor) }
    for attempt in 0... {
      guard flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK || errno == EINTR else { break }
      guard attempt < 500 else { throw JournalError.busy(file: path) }
      usleep(10_000)
    }
    return try body()
  }
}

private func systemMessage() -> String { String(cString: strerror(errno)) }
