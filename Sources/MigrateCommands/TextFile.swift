#if canImport(Glibc)
  @preconcurrency import Glibc
#endif

/// Why a file that the user named gives no text.
struct UnreadableFile: Error, CustomStringConvertible {
  var description: String
}

/// The UTF-8 text of a file, also of a pipe or a device such as /dev/null, which Foundation refuses.
///
/// Throws UnreadableFile with the system's words (fopen(3), fread(3)).
func text(ofFile path: String) throws(UnreadableFile) -> String {
  guard let file = fopen(path, "re") else { throw UnreadableFile(description: String(cString: strerror(errno))) }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&buffer, 1, buffer.count, file)
    bytes += buffer.prefix(count)
    if count == 0 { break }
  }
  guard ferror(file) == 0 else { throw UnreadableFile(description: String(cString: strerror(errno))) }
  guard let text = String(validating: bytes, as: UTF8.self) else {
    throw UnreadableFile(description: "it is not UTF-8 text")
  }
  return text
}
