import MigrationModel

/// The processor, the memory and the kernel that runs them.
extension HostQuestions {
  static let cpu = Shell.Section(name: "/proc/cpuinfo", script: "exec sed '/^$/q' /proc/cpuinfo")

  static let kernel = Shell.Section(
    name: "/proc/sys/kernel/osrelease",
    script: "read -r release </proc/sys/kernel/osrelease && printf '%s\\n' \"$release\"")

  /// No output: neither module is loaded.
  static let nested = Shell.Section(
    name: "/sys/module/kvm_*/parameters/nested",
    script: """
      for file in /sys/module/kvm_intel/parameters/nested /sys/module/kvm_amd/parameters/nested; do
        [ -e "$file" ] || continue
        read -r nested <"$file" && printf '%s\\n' "$nested"
        exit
      done
      """)

  static let memory = Shell.Section(
    name: "/proc/meminfo",
    script: """
      while read -r line; do
        case $line in MemTotal:* | MemAvailable:*) printf '%s\\n' "$line" ;; esac
        case $line in MemAvailable:*) exit 0 ;; esac
      done </proc/meminfo
      """)

  /// Lines "node kB total free"; without NUMA in the kernel all belong to node 0.
  static let hugePages = Shell.Section(
    name: "/sys/devices/system/node/node*/hugepages",
    script: """
      set -- /sys/devices/system/node/node*/hugepages/hugepages-*kB
      [ -d "$1" ] || set -- /sys/kernel/mm/hugepages/hugepages-*kB
      for pool in "$@"; do
        [ -d "$pool" ] || continue
        node=${pool#/sys/devices/system/node/node}; node=${node%%/*}
        size=${pool##*-}
        read -r total <"$pool/nr_hugepages" && read -r free <"$pool/free_hugepages" || exit
        printf '%s %s %s %s\\n' "${node:-0}" "${size%kB}" "$total" "$free"
      done
      """)

  /// The standard size in kB; nothing where the kernel has no huge pages.
  static let hugePageSize = Shell.Section(
    name: "Hugepagesize of /proc/meminfo",
    script: """
      while read -r key size rest; do
        if [ "$key" = Hugepagesize: ]; then printf '%s\\n' "$size"; exit; fi
      done </proc/meminfo
      """)

  static let numaNodes = Shell.Section(
    name: "/sys/devices/system/node/online",
    script: """
      [ -d /sys/devices/system/node ] || { echo 0; exit; }
      read -r nodes </sys/devices/system/node/online && printf '%s\\n' "$nodes"
      """)

  static let cpusOnline = Shell.Section(
    name: "/sys/devices/system/cpu/online",
    script: "read -r cpus </sys/devices/system/cpu/online && printf '%s\\n' \"$cpus\"")

  static let load = Shell.Section(
    name: "/proc/loadavg", script: "read -r load </proc/loadavg && printf '%s\\n' \"$load\"")
}

extension Parse {
  /// `key : value` lines of /proc/cpuinfo's first processor.
  static func cpu(_ text: String) -> HostCPU? {
    let fields = keyed(text, by: ":")
    guard let vendor = fields["vendor_id"] ?? fields["CPU implementer"],
      let flags = fields["flags"] ?? fields["Features"]
    else { return nil }
    var cpu = HostCPU(
      vendor: String(vendor), model: String(fields["model name"] ?? ""), flags: Set(words(flags).map(String.init)))
    cpu.family = count(fields["cpu family"])
    cpu.modelNumber = count(fields["model"])
    cpu.stepping = count(fields["stepping"])
    cpu.microcode = fields["microcode"].map(String.init)
    return cpu
  }

  /// The one word that a text is.
  static func word(_ text: String) -> String? {
    let words = words(text[...], atMost: 2)
    return words.count == 1 ? String(words[0]) : nil
  }

  /// A boolean parameter of a kernel module: kvm_intel prints "Y" or "N", kvm_amd 1 or 0.
  static func moduleFlag(_ text: String) -> Bool? {
    switch word(text) {
    case "Y", "1": true
    case "N", "0": false
    default: nil
    }
  }

  /// MemTotal and MemAvailable of /proc/meminfo, which counts in kB of 1024 bytes.
  static func memory(_ text: String) -> HostMemory? {
    let fields = keyed(text, by: ":")
    func bytes(_ key: Substring) -> ByteCount? {
      fields[key].map { words($0) }.flatMap { $0.count == 2 && $0[1] == "kB" ? kibibytes($0[0]) : nil }
    }
    guard let total = bytes("MemTotal"), let available = bytes("MemAvailable"), available <= total else { return nil }
    return HostMemory(total: total, available: available)
  }

  private static func kibibytes(_ text: Substring) -> ByteCount? {
    count(text).map { .kibibytes(UInt64($0)) }
  }

  /// Lines "node kB total free" as `HostQuestions.hugePages` prints them; by node, then size.
  /// The standard size, and `pagesize=` of every hugetlbfs in the mount table (hugetlbpage.rst of the kernel). A kernel
  /// without huge pages has none of either: zero and no mounts.
  static func hugePageSizes(_ standard: String, mounts: String) -> HugePageSizes? {
    let sizes = lines(mounts).compactMap { line -> ByteCount? in
      let halves = fields(line, by: " ").split(separator: "-", maxSplits: 1)
      guard halves.count == 2, halves[1].first == "hugetlbfs", let options = halves[1].last else { return nil }
      return fields(options, by: ",").first { $0.hasPrefix("pagesize=") }.flatMap { byteCount($0.dropFirst(9)) }
    }
    guard let word = word(standard) else {
      return lines(standard).isEmpty ? HugePageSizes(standard: .bytes(0), mounted: []) : nil
    }
    return kibibytes(word[...]).map { HugePageSizes(standard: $0, mounted: Array(Set(sizes)).sorted()) }
  }

  /// "2M", as a mount option counts bytes.
  private static func byteCount(_ text: Substring) -> ByteCount? {
    let units: [Character: UInt64] = ["K": 10, "M": 20, "G": 30]
    let shift = text.last.flatMap { units[$0] }
    return count(shift == nil ? text : text.dropLast(), atMost: 1 << 20).map { .bytes(UInt64($0) << (shift ?? 0)) }
  }

  static func hugePages(_ text: String) -> [HugePagePool]? {
    var pools: [HugePagePool] = []
    for line in lines(text) {
      let words = words(line)
      guard words.count == 4, let node = count(words[0]), let size = kibibytes(words[1]), let total = count(words[2]),
        let free = count(words[3])
      else { return nil }
      pools.append(HugePagePool(node: node, size: size, total: total, free: free))
    }
    guard Set(pools.map { [$0.node, Int(clamping: $0.size.rawValue)] }).count == pools.count else { return nil }
    return pools.sorted { ($0.node, $0.size) < ($1.node, $1.size) }
  }

  /// A list such as "0-3,8" (`bitmap_print_to_pagebuf`, lib/bitmap.c), ascending; nil when it is empty or names an id
  /// beyond 65535, more than any kernel is built for.
  static func ids(_ text: String) -> [Int]? {
    var ids: [Int] = []
    guard let list = word(text) else { return nil }
    for range in fields(list[...], by: ",") {
      let ends = fields(range, by: "-").map { count($0, atMost: 65535) }
      guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], first <= last,
        first > ids.last ?? -1
      else { return nil }
      ids += first...last
    }
    return ids
  }

  /// The second number of /proc/loadavg: over five minutes.
  static func load(_ text: String) -> Double? {
    let words = words(text[...])
    guard words.count == 5, let load = Double(words[1]), load.isFinite, load >= 0 else { return nil }
    return load
  }
}
