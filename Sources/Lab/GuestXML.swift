/// A guest's domain XML.
struct GuestXML {
  let guest: GuestSpecification
  let image: GuestImage

  var text: String {
    """
    <domain type='\(guest.accelerator.rawValue)' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
      <name>\(Self.escape(guest.name))</name>
      <uuid>\(guest.id)</uuid>
      <memory unit='MiB'>\(guest.memory)</memory>
      <vcpu>\(guest.vcpus)</vcpu>
      <os>
        <type arch='x86_64' machine='\(Self.escape(guest.machine))'>hvm</type>
        <kernel>\(Self.escape(image.kernel))</kernel>
        <initrd>\(Self.escape(image.initramfs))</initrd>
        <cmdline>\(Self.escape(commandLine))</cmdline>
      </os>
      <features><acpi/></features>
      <on_crash>preserve</on_crash>
      \(guest.elements.joined(separator: "\n"))
      <devices>
        <emulator>/usr/bin/qemu-system-x86_64</emulator>
        \(disk)
        \(interface)
        <serial type='file'><source path='\(Self.escape(guest.consolePath))' append='on'/></serial>
        <memballoon model='virtio'/>
        \(heart)
        \(guest.devices.joined(separator: "\n"))
      </devices>
      \(exactMemory)
    </domain>

    """
  }

  private var commandLine: String {
    var words = ["console=ttyS0", "quiet", "panic=-1", "random.trust_cpu=on", "net.ifnames=0"]
    if let address = guest.address { words.append("lab.address=\(address)/\(guest.prefixLength)") }
    if let workload = guest.workload {
      words += ["lab.dirty=\(workload.mebibytesPerSecond)", "lab.working_set=\(workload.workingSet)"]
    }
    if let keeper = guest.keeper { words.append("lab.keeper=" + keeperWords(keeper).joined(separator: ",")) }
    return words.joined(separator: " ")
  }

  private func keeperWords(_ keeper: GuestSpecification.Keeper) -> [String] {
    let rate = keeper.mebibytesPerSecond.map(String.init) ?? "max"
    let beat = keeper.heart.map { ["\(Int($0.period / .microseconds(1)))"] } ?? []
    return ["\(keeper.mebibytes)", rate, keeper.pattern.rawValue] + beat
  }

  private var heart: String {
    guard let heart = guest.keeper?.heart else { return "" }
    let target = "<target type='virtio' name='migrate.beat'/></channel>"
    switch heart.collector {
    case .unix(let path):
      return "<channel type='unix'><source mode='connect' path='\(Self.escape(path))'/>" + target
    case .tcp(let address, let port):
      let source = "<source mode='connect' host='\(Self.escape(address))' service='\(port)'/>"
      return "<channel type='tcp'>\(source)<protocol type='raw'/>" + target
    }
  }

  /// Memory 8 KiB larger than libvirt believes, so that an emulated guest moves without losing writes.
  ///
  /// QEMU before 9.0 (03bfc2188f, "Fix migration dirty bitmap coherency with TCG memory access") forgets to watch for
  /// writes after each look at them, but only where it looks at 64 pages at a time: not in memory that is no multiple of
  /// 256 KiB. libvirt rounds to whole MiB, so QEMU is told behind its back.
  private var exactMemory: String {
    guard guest.accelerator == .emulated else { return "" }
    let size = "\(guest.memory * 1024 + 8)k"
    let words = [
      "-m", size, "-object", "memory-backend-ram,id=lab.ram,size=\(size)", "-machine", "memory-backend=lab.ram",
    ]
    let arguments = words.map { "<qemu:arg value='\(Self.escape($0))'/>" }
    return "<qemu:commandline>\(arguments.joined())</qemu:commandline>"
  }

  private var disk: String {
    guard let path = guest.diskPath else { return "" }
    return """
      <disk type='file' device='disk'>
            <driver name='qemu' type='\(guest.diskFormat.rawValue)' cache='none'/>
            <source file='\(Self.escape(path))'/>
            <target dev='vda' bus='virtio'/>
          </disk>
      """
  }

  private var interface: String {
    let rest = "<mac address='\(guest.macAddress)'/><model type='virtio'/></interface>"
    switch guest.connection {
    case .none: return ""
    case .bridge(let name): return "<interface type='bridge'><source bridge='\(Self.escape(name))'/>" + rest
    case .network(let name): return "<interface type='network'><source network='\(Self.escape(name))'/>" + rest
    }
  }

  /// Text that stands for itself in XML, in an element or in an attribute in either quotes.
  static func escape(_ text: String) -> String {
    text.map { character in
      switch character {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "\"": "&quot;"
      case "'": "&apos;"
      default: String(character)
      }
    }.joined()
  }
}
