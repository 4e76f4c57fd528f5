/// What a lab's guests boot: a distribution's kernel and a first file system made for them.
public struct GuestImage: Sendable, Equatable {
  /// Paths on the hosts.
  public let kernel: String
  public let initramfs: String

  public init(kernel: String, initramfs: String) { (self.kernel, self.initramfs) = (kernel, initramfs) }

  /// The image in `cacheRoot`, made at the first use: downloads Debian's cloud kernel once, and unpacks it there. A guest
  /// that keeps memory has an image with that program.
  ///
  /// The files have the same paths on every host of every lab. Throws `LabError` that names the step that failed.
  public static func prepare(
    cacheRoot: String = LabConfiguration().cacheRoot, withKeeper: Bool
  ) async throws -> GuestImage {
    let lock = try await LabLock.acquire(in: cacheRoot)
    defer { withExtendedLifetime(lock) {} }
    let kernel = GuestKernel(directory: "\(cacheRoot)/kernel")
    if !kernel.isComplete { try await kernel.download() }
    let keeper = withKeeper ? try await KeeperProgram.bytes(cacheRoot: cacheRoot) : nil
    let archive = try firstFileSystem(modules: kernel.modules(), keeper: keeper)
    // Named by its contents: a migrating guest needs the very image it was started with.
    let path = "\(cacheRoot)/initramfs-\(String(fingerprint(archive), radix: 16)).cpio"
    if !Files.exists(path) { try Files.write(archive, to: path, mode: 0o644) }
    return GuestImage(kernel: kernel.imagePath, initramfs: path)
  }

  private static func firstFileSystem(
    modules: [(name: String, content: [UInt8])], keeper: [UInt8]?
  ) throws -> [UInt8] {
    var archive = Cpio()
    for directory in ["bin", "dev", "modules", "proc", "sys"] { archive.addDirectory(directory) }
    archive.addCharacterDevice("dev/console", major: 5, minor: 1)
    archive.addFile("bin/busybox", try Files.bytes("/bin/busybox"))
    archive.addLink("bin/sh", to: "busybox")
    if let keeper { archive.addFile("bin/keeper", keeper) }
    archive.addFile("init", PackageResources.guest_init_sh)
    for (name, content) in modules { archive.addFile("modules/\(name)", content, mode: 0o644) }
    archive.finish()
    return archive.bytes
  }
}

/// Debian's kernel for virtual machines, unpacked: the image and the few modules that a lab's guest loads.
struct GuestKernel {
  let directory: String

  var imagePath: String { "\(directory)/vmlinuz" }
  var isComplete: Bool { Files.exists(imagePath) }

  private static let package = "linux-image-cloud-amd64"
  private static let wanted = ["virtio_pci", "virtio_net", "virtio_blk", "virtio_console", "virtio_balloon"]

  /// The kept modules in loading order: their file names begin with their position.
  func modules() throws -> [(name: String, content: [UInt8])] {
    try Files.names(in: "\(directory)/modules").map { ($0, try Files.bytes("\(directory)/modules/\($0)")) }
  }

  /// Downloads the package, which is not installed, and keeps what is needed; the directory is complete or not there.
  func download() async throws {
    let scratch = "\(directory).new"
    try Files.remove(scratch)
    try Files.makeDirectory("\(scratch)/kept/modules")
    let name = try await packageName()
    try await executeOrThrow(
      ["env", "--chdir", scratch, "apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", name],
      to: "download \(name)")
    guard let archive = try Files.names(in: scratch).first(where: { $0.hasSuffix(".deb") }) else {
      throw LabError(.fileFailed, "download \(name)", "apt-get left no package in \(scratch)")
    }
    try await executeOrThrow(["dpkg-deb", "-x", "\(scratch)/\(archive)", "\(scratch)/tree"], to: "unpack \(archive)")
    try await keep(from: "\(scratch)/tree", in: "\(scratch)/kept")
    try Files.remove(directory)
    try Files.rename("\(scratch)/kept", to: directory)
    try Files.remove(scratch)
  }

  /// The package that the cloud kernel's meta package stands for.
  private func packageName() async throws -> String {
    let list = try await executeOrThrow(["apt-cache", "depends", Self.package], to: "look up \(Self.package)")
    let words = list.output.split(whereSeparator: \.isWhitespace).map(String.init)
    guard let name = words.first(where: { $0.hasPrefix("linux-image-") && $0 != Self.package }) else {
      throw LabError(.missingRequirement, "look up \(Self.package)", "apt does not know it; run apt-get update")
    }
    return name
  }

  private func keep(from tree: String, in target: String) async throws {
    guard let image = try Files.names(in: "\(tree)/boot").first(where: { $0.hasPrefix("vmlinuz") }) else {
      throw LabError(.fileFailed, "unpack \(Self.package)", "it holds no kernel image")
    }
    // Later packages hold their modules compressed.
    try await executeOrThrow(
      ["find", tree, "-name", "*.ko.xz", "-exec", "xz", "-d", "{}", "+"], to: "unpack the modules")
    let found = try await executeOrThrow(["find", tree, "-name", "*.ko"], to: "list the modules")
    let modules = KernelModules(paths: found.output.split(separator: "\n").map(String.init))
    for (position, module) in try modules.inLoadingOrder(Self.wanted, read: Files.bytes).enumerated() {
      let number = position < 10 ? "0\(position)" : "\(position)"
      try Files.write(module.content, to: "\(target)/modules/\(number)-\(module.name).ko", mode: 0o644)
    }
    try Files.rename("\(tree)/boot/\(image)", to: "\(target)/vmlinuz")
  }
}
