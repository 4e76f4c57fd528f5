import MigrationModel

extension DomainFacts {
  /// One walk over `<devices>`.
  mutating func readDevices(of domain: XMLElement) throws {
    guard let devices = domain.child("devices") else { return }
    for device in devices.children {
      switch device.name {
      case "emulator": emulator = emulator ?? device.text
      case "disk": readDisk(device)
      case "interface": try readInterface(device)
      case "hostdev": readHostDevice(device)
      case "serial", "parallel", "console", "channel", "redirdev", "smartcard": readCharacterDevice(device)
      case "graphics": try readGraphics(device)
      case "tpm": readTPM(device)
      case "lease": readLease(device)
      default: readOther(device)
      }
    }
  }

  /// Devices of which only the kind matters, or a path. Kinds are those that `OtherDevice.kind` lists.
  private mutating func readOther(_ device: XMLElement) {
    let model = device.attribute("model") ?? ""
    switch device.name {
    case "filesystem": readFileSystem(device)
    case "shmem": readSharedMemory(device)
    case "memory":
      other("memory \(model)", device.alias)
      need(.file, device.child("source")?.child("path")?.text, for: "memory \(device.alias)")
    case "video": readVideo(device)
    case "input": readInput(device)
    case "rng": readRandomSource(device)
    case "audio": readAudio(device)
    case "crypto": other("crypto \(model)", device.alias)
    case "sound" where model == "virtio": other("sound virtio", device.alias)
    case "iommu" where model == "amd": other("iommu amd", device.alias)
    case "controller" where device.attribute("type") == "nvme": other("controller nvme", device.alias)
    case "pstore": need(.directory, device.child("path")?.text, for: "pstore")
    default: break
    }
  }

  private mutating func other(_ kind: String, _ name: String) {
    otherDevices.append(OtherDevice(kind: kind, name: name))
  }

  private mutating func readLease(_ device: XMLElement) {
    leases.append(device.child("lockspace")?.text ?? "")
    need(.file, device.child("target")?.attribute("path"), for: "lease \(device.child("key")?.text ?? "")")
  }

  /// A passthrough TPM outweighs another one: it is what cannot move.
  private mutating func readTPM(_ device: XMLElement) {
    guard let backend = device.child("backend") else { return }
    let type = backend.attribute("type") ?? ""
    let secret = backend.child("encryption")?.attribute("secret")
    if tpm == nil || type == "passthrough" {
      tpm = TPM(backend: type, version: backend.attribute("version"), secret: secret)
    }
    if let secret { secrets.append(SecretUse(uuid: secret, user: "tpm")) }
    need(.file, backend.child("device")?.attribute("path"), for: "tpm")
    need(type == "external" ? .file : .directory, backend.child("source")?.attribute("path"), for: "tpm")
  }

  private mutating func readFileSystem(_ device: XMLElement) {
    let target = device.child("target")?.attribute("dir") ?? ""
    let driver = device.child("driver")?.attribute("type") ?? "path"
    other("filesystem \(driver)", target)
    for name in ["dir", "file", "dev", "socket"] {
      need(.file, device.child("source")?.attribute(name), for: "filesystem \(target)")
    }
    need(.file, device.child("binary")?.attribute("path"), for: "virtiofsd of filesystem \(target)")
  }

  /// libvirt moves only role "master" (`qemuMigrationSrcIsAllowed`).
  private mutating func readSharedMemory(_ device: XMLElement) {
    let name = device.attribute("name") ?? ""
    let model = device.child("model")?.attribute("type") ?? "ivshmem"
    other("shmem \(model)" + (device.attribute("role").map { " \($0)" } ?? ""), name)
    need(.file, device.child("server")?.attribute("path"), for: "shmem \(name)")
  }

  /// A GPU that draws with the host's, or in a process of its own, blocks a migration in QEMU (virtio-gpu, vhost-user-gpu).
  private mutating func readVideo(_ device: XMLElement) {
    let model = device.child("model")
    if device.child("driver")?.attribute("name") == "vhostuser" { other("video vhostuser", device.alias) }
    if model?.child("acceleration")?.attribute("accel3d") == "yes" { other("video accel3d", device.alias) }
    if model?.attribute("blob") == "on" { other("video blob", device.alias) }
  }

  private mutating func readInput(_ device: XMLElement) {
    let type = device.attribute("type") ?? ""
    guard ["passthrough", "evdev"].contains(type) else { return }
    other("input \(type)", device.alias)
    for name in ["evdev", "dev"] { need(.file, device.child("source")?.attribute(name), for: "input \(device.alias)") }
  }

  private mutating func readRandomSource(_ device: XMLElement) {
    guard let backend = device.child("backend") else { return }
    if backend.attribute("model") == "random" { need(.file, backend.text.trimmed, for: "rng") }
    if backend.attribute("model") == "egd" { readSource(of: backend, for: "rng") }
  }

  private mutating func readAudio(_ device: XMLElement) {
    if device.attribute("type") == "file" { need(.directory, device.attribute("path"), for: "audio") }
    guard device.attribute("type") == "oss" else { return }
    for name in ["input", "output"] { need(.file, device.child(name)?.attribute("dev"), for: "audio \(name)") }
  }
}
