/// A cpio archive in the "newc" format that the kernel unpacks as its first file system.
///
/// Every entry is root's and dated 0, so equal contents make equal archives.
/// Documentation/driver-api/early-userspace/buffer-format.rst of the kernel describes it.
struct Cpio {
  private(set) var bytes: [UInt8] = []
  private var inode: UInt32 = 0

  mutating func addDirectory(_ name: String) { add(name, mode: 0o040755, content: []) }
  mutating func addFile(_ name: String, _ content: [UInt8], mode: UInt32 = 0o755) {
    add(name, mode: 0o100000 | mode, content: content)
  }
  mutating func addLink(_ name: String, to target: String) { add(name, mode: 0o120777, content: Array(target.utf8)) }
  mutating func addCharacterDevice(_ name: String, major: UInt32, minor: UInt32) {
    add(name, mode: 0o020600, content: [], device: (major, minor))
  }

  /// Ends the archive; nothing may be added after it.
  mutating func finish() { add("TRAILER!!!", mode: 0, content: []) }

  private mutating func add(
    _ name: String, mode: UInt32, content: [UInt8], device: (major: UInt32, minor: UInt32) = (0, 0)
  ) {
    inode += 1
    let links: UInt32 = mode & 0o170000 == 0o040000 ? 2 : 1
    let fields = [
      inode, mode, 0, 0, links, 0, UInt32(content.count), 0, 0, device.major, device.minor,
      UInt32(name.utf8.count + 1), 0,
    ]
    bytes += Array("070701".utf8) + fields.flatMap(Self.hexadecimal) + Array(name.utf8) + [0]
    pad()
    bytes += content
    pad()
  }

  private mutating func pad() {
    while bytes.count % 4 != 0 { bytes.append(0) }
  }

  /// Eight digits, as every number in a header.
  private static func hexadecimal(_ value: UInt32) -> [UInt8] {
    let digits = Array(String(value, radix: 16).utf8)
    return Array(repeating: 0x30, count: 8 - digits.count) + digits
  }
}
