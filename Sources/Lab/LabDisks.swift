import Glibc

extension Lab {
  /// Makes the files of a guest's disk on a host, as for the destination of a copied one; what is there keeps its contents.
  ///
  /// Throws `LabError` that names the file. qemu-img(1) makes what is not raw.
  public func makeDisk(of guest: GuestSpecification, on host: LabHost) async throws {
    switch guest.disk {
    case .none: break
    case .shared(let size): try Self.makeRaw("\(plan.sharedDirectory)/\(guest.id).img", mebibytes: size)
    case .local(let size, .raw): try Self.makeRaw("\(host.localDirectory)/\(guest.id).img", mebibytes: size)
    case .local(let size, .qcow2): try await makeImage(guest.diskPath, ["\(size)M"], on: host)
    case .localChain(let size):
      if try await makeImage(guest.diskBasePath, ["\(size)M"], on: host) {
        let write = "write -P \(GuestSpecification.Disk.chainBaseByte) 0 64k"
        try await require(on: host, ["qemu-io", "-c", write, guest.diskBasePath], to: "fill \(guest.diskBasePath)")
      }
      try await makeImage(guest.diskPath, [], over: guest.diskBasePath, on: host)
    }
  }

  /// False when the file was there.
  @discardableResult
  private func makeImage(
    _ path: String?, _ size: [String], over base: String? = nil, on host: LabHost
  ) async throws -> Bool {
    guard let path, try await !run(on: host, ["test", "-e", path]).isSuccess else { return false }
    let backing = base.map { ["-b", $0, "-F", "qcow2"] } ?? []
    try await require(
      on: host, ["qemu-img", "create", "-q", "-f", "qcow2"] + backing + [path] + size, to: "make \(path)")
    return true
  }

  /// Makes a sparse file of that size; one that is there already keeps its contents.
  private static func makeRaw(_ path: String, mebibytes: Int) throws {
    let file = try Files.call("open \(path)") { open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600) }
    defer { close(file) }
    try Files.call("size \(path)") { ftruncate(file, off_t(mebibytes) << 20) }
  }
}
