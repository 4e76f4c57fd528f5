import MigrationModel

/// Devices, addresses and ports.
extension HostQuestions {
  /// Lines "link flags mtu stp delay tap master name", where stp and delay are "-" for what is no bridge and master is "/",
  /// which no device is called, for what is no port; then lines "vlan id name".
  ///
  /// `cd -P` tells where a link leads without a process. The table of VLANs is for root's eyes, so others ask ip.
  static let links = Shell.Section(
    name: "/sys/class/net",
    script: """
      cd /sys/class/net || exit
      for name in *; do
        { read -r flags <"$name/flags" && read -r mtu <"$name/mtu"; } 2>/dev/null || continue
        stp=-; delay=-; tap=0; master=/
        [ -d "$name/bridge" ] && { read -r stp <"$name/bridge/stp_state" && read -r delay <"$name/bridge/forward_delay" || exit; }
        [ -e "$name/tun_flags" ] && tap=1
        [ -e "$name/master" ] && cd -P "$name/master" && master=${PWD##*/} && cd /sys/class/net
        printf 'link %s %s %s %s %s %s %s\\n' "$flags" "$mtu" "$stp" "$delay" "$tap" "$master" "$name"
      done
      [ -d /proc/net/vlan ] || exit 0
      if [ -r /proc/net/vlan/config ]; then
        while IFS='| ' read -r name id rest; do
          case $id in [0-9]*) printf 'vlan %s %s\\n' "$id" "$name" ;; esac
        done </proc/net/vlan/config
      elif command -v ip >/dev/null; then
        ip -o -d link show type vlan | while read -r index name rest; do
          id=${rest##* id }
          printf 'vlan %s %s\\n' "${id%% *}" "${name%%[@:]*}"
        done
      fi
      """)

  static let addresses = Shell.Section(
    name: "ip -o address",
    script: "command -v ip >/dev/null || { echo \"ip is missing\"; exit 1; }; exec ip -o address show")

  /// One line for each listening TCP socket: its port in hexadecimal. State 0A is TCP_LISTEN (include/net/tcp_states.h).
  static let portsInUse = Shell.Section(
    name: "/proc/net/tcp, /proc/net/tcp6",
    script: """
      set -- /proc/net/tcp
      [ -e /proc/net/tcp6 ] && set -- "$@" /proc/net/tcp6
      exec sed -n 's/^ *[0-9]*: [0-9A-F]*:\\([0-9A-F]*\\) [0-9A-F]*:0000 0A .*/\\1/p' "$@"
      """)
}

extension Parse {
  /// Lines as `HostQuestions.links` prints them. Flags are hexadecimal, IFF_UP is bit 0; by name, and never none: each
  /// network has its loopback device.
  static func links(_ text: String) -> [Link]? {
    var links: [Link] = []
    var vlans: [Substring: Int] = [:]
    for line in lines(text) {
      if let (id, name) = vlan(line) {
        vlans[name] = id
      } else if let link = link(line) {
        links.append(link)
      } else {
        return nil
      }
    }
    guard !links.isEmpty, Set(links.map(\.name)).count == links.count else { return nil }
    for index in links.indices { links[index].vlan = vlans[links[index].name[...]] }
    return links.sorted { $0.name < $1.name }
  }

  private static func vlan(_ line: Substring) -> (id: Int, name: Substring)? {
    let words = words(line, atMost: 3)
    guard words.count == 3, words[0] == "vlan", let id = count(words[1], atMost: 4095) else { return nil }
    return (id, words[2])
  }

  private static func link(_ line: Substring) -> Link? {
    let words = words(line, atMost: 8)
    guard words.count == 8, words[0] == "link", words[1].hasPrefix("0x"),
      let flags = UInt32(words[1].dropFirst(2), radix: 16), let mtu = count(words[2])
    else { return nil }
    let isBridge = words[3] != "-"
    let delay = isBridge ? forwardDelay(spanningTree: words[3], delay: words[4]) : nil
    guard isBridge == (delay != nil) else { return nil }
    return Link(
      name: String(words[7]), isBridge: isBridge, isUp: flags & 1 == 1, mtu: mtu,
      master: words[6] == "/" ? nil : String(words[6]), isTap: words[5] == "1", forwardDelay: delay)
  }

  /// Seconds. The kernel counts in 1/100 s towards user space (USER_HZ), and without spanning tree a port forwards at
  /// once (`br_make_forwarding`, net/bridge/br_stp.c).
  private static func forwardDelay(spanningTree: Substring, delay: Substring) -> Double? {
    guard let state = count(spanningTree), let delay = count(delay) else { return nil }
    return state == 0 ? 0 : Double(delay) / 100
  }

  /// Addresses of `ip -o address`, without prefix length; loopback and link-local ones left out.
  static func addresses(_ text: String) -> [String]? {
    let lines = lines(text).map { words($0) }
    guard !lines.isEmpty, lines.allSatisfy({ $0.count > 3 }) else { return nil }
    return lines.filter { $0[2] == "inet" || $0[2] == "inet6" }.filter { words in
      let scope = words.firstIndex(of: "scope").map { words.dropFirst($0 + 1).first } ?? nil
      return scope != "host" && scope != "link"
    }.map { String(Substring($0[3].utf8.prefix { $0 != UInt8(ascii: "/") })) }
  }

  /// Lines of four hexadecimal digits; ascending, each once.
  static func ports(_ text: String) -> [Int]? {
    var ports: Set<Int> = []
    for line in lines(text) {
      guard line.utf8.count == 4, let port = UInt16(line, radix: 16) else { return nil }
      ports.insert(Int(port))
    }
    return ports.sorted()
  }
}
