import MigrationModel

extension DomainFacts {
  /// Architecture, machine, and the files of the host that QEMU starts with.
  mutating func readBoot(of domain: XMLElement) {
    let system = domain.child("os")
    arch = system?.child("type")?.attribute("arch") ?? ""
    machine = system?.child("type")?.attribute("machine") ?? ""
    for name in ["kernel", "initrd", "dtb", "shim", "loader"] { need(.file, system?.child(name)?.text, for: name) }
    need(.file, system?.child("acpi")?.child("table")?.text, for: "acpi table")
    if let nvram = system?.child("nvram") { readNVRAM(nvram) }
    for entry in domain.children("sysinfo").flatMap({ $0.children("entry") }) {
      need(.file, entry.attribute("file"), for: "fwcfg \(entry.attribute("name") ?? "")")
    }
    for device in domain.child("blkiotune")?.children("device") ?? [] {
      need(.file, device.child("path")?.text, for: "blkiotune")
    }
  }

  /// libvirt makes the variable store from its template where it is not there (`qemuPrepareNVRAM`), but no block device.
  private mutating func readNVRAM(_ element: XMLElement) {
    let source = element.child("source")
    need(.directory, source?.attribute("file"), for: "nvram")
    need(.file, source?.attribute("dev"), for: "nvram")
    if source == nil { need(.directory, element.text.trimmed, for: "nvram") }
    need(.file, element.attribute("template"), for: "nvram template")
  }

  /// Notes a path unless it is absent or empty.
  mutating func need(_ need: HostPath.Need, _ path: String?, for use: String) {
    guard let path, !path.isEmpty else { return }
    hostPaths.append(HostPath(path: path, use: use, need: need))
  }
}
