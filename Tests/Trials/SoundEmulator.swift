import Foundation
import Lab

/// A QEMU whose emulated guests keep their memory when they move.
///
/// Before QEMU 9.0 TCG loses writes while a guest moves: the quick way to read the dirty bits clears them without telling
/// the CPUs' TLBs (commit 03bfc2188f, "physmem: Fix migration dirty bitmap coherency with TCG memory access"). It is taken
/// for memory whose length is a multiple of 64 pages, so this one has two pages more than libvirt knows of.
enum SoundEmulator {
  /// Where it is, the same on every host; written when it is not there.
  static func install(in lab: Lab) throws -> String {
    let path = "\(lab.plan.cacheRoot)/qemu-odd-memory"
    guard (try? String(contentsOfFile: path, encoding: .utf8)) != script else { return path }
    let draft = "\(path).\(UUID().uuidString)"
    try Data(script.utf8).write(to: URL(filePath: draft))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: draft)
    guard rename(draft, path) == 0 else {
      throw LabError(.fileFailed, "write \(path)", String(cString: strerror(errno)))
    }
    return path
  }

  private static let script = #"""
    #!/bin/sh
    # QEMU with 8 KiB more memory than it is told.
    before=
    for word; do
      shift
      case $before:$word in
        -m:*[!0-9]*) ;;
        -m:*) word=$((word * 1024 + 8))k ;;
        -object:*memory-backend-ram*'"size":'*)
          size=${word##*'"size":'}
          rest=${size#"${size%%[!0-9]*}"}
          size=${size%"$rest"}
          word=${word%'"size":'*}'"size":'$((size + 8192))$rest
          ;;
      esac
      before=$word
      set -- "$@" "$word"
    done
    exec /usr/bin/qemu-system-x86_64 "$@"

    """#
}
