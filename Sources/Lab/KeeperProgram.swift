/// The program by which a guest keeps and checks memory, compiled once for all labs of a machine.
enum KeeperProgram {
  private static let compilers = ["cc", "clang", "gcc"]

  /// The first C compiler on the search path; nil where there is none.
  static var compiler: String? { compilers.first(where: LabRequirements.isInstalled) }

  /// The static program's bytes, from the cache or compiled from the source; the caller holds the cache's lock.
  ///
  /// Throws `LabError` of code `missingRequirement` without a compiler, `commandFailed` with the compiler's words.
  static func bytes(cacheRoot: String) async throws -> [UInt8] {
    let source = PackageResources.keeper_c
    let path = "\(cacheRoot)/keeper-\(String(fingerprint(source), radix: 16))"
    if !Files.exists(path) { try await compile(source, to: path) }
    return try Files.bytes(path)
  }

  private static func compile(_ source: [UInt8], to path: String) async throws {
    guard let compiler else {
      throw LabError(.missingRequirement, "compile the keeper", "no C compiler: \(compilers.joined(separator: ", "))")
    }
    try Files.write(source, to: "\(path).c")
    let options = ["-static", "-pthread", "-O2", "-s", "-o", "\(path).new", "\(path).c"]
    try await executeOrThrow([compiler] + options, to: "compile the keeper")
    try Files.rename("\(path).new", to: path)
    try Files.remove("\(path).c")
  }
}

/// FNV-1a: tells contents apart that were made by other versions of this code; nobody means harm here.
func fingerprint(_ bytes: [UInt8]) -> UInt64 {
  bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}
