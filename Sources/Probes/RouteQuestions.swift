import MigrationModel

/// What is asked of a host because guests are to go from it to another one.
struct RouteQuestions: Sendable {
  /// The name that the destination hands back: migration_host, else its host name; nil when neither could be read.
  let name: String?
  /// Where the data goes: the host of --migrateuri, else `name`.
  let address: String?
  /// The question about the destination's URI, where the daemons talk to each other, or may.
  private let peer: Shell.Section?

  /// - Parameter choosesMode: a running guest goes this way, and what is found decides how it is led.
  init(to destination: HostFacts, _ request: MigrationRequest, choosesMode: Bool = false) {
    name = destination.migrationHost.value.flatMap { $0 } ?? destination.hostname.value
    address = request.migrateURI.map(Self.host) ?? name
    peer =
      switch request.mode {
      case .p2p, .tunnelled: Self.peer(destination.uri, limit: 8)
      // Only a preference hangs on it: no reason to use up the time of all other questions.
      case .auto where choosesMode && isOpenToPeers(uri: destination.uri): Self.peer(destination.uri, limit: 3)
      case .auto, .plain, .offline: nil
      }
  }

  private var resolution: Shell.Section? { name.map(Self.resolve) }
  private var mtu: Shell.Section? { address.map(Self.mtu) }

  var sections: [Shell.Section] { [resolution, mtu, peer].compactMap { $0 } }

  func read(_ answers: HostShell.Answers, into pair: inout PairFacts) {
    let nameless = Gap(source: "virConnectGetHostname", reason: "the destination's name could not be read")
    pair.destinationResolvedOnSource =
      resolution.map { answers[$0].map { $0.split(separator: "\n").map(String.init) } } ?? .gap(nameless)
    pair.pathMTU = mtu.map { answers.fact($0, Self.parseMTU) } ?? .gap(nameless)
    if let peer { pair.peer = answers.fact(peer, Self.parsePeer).map { $0 } }
  }

  /// The host of "tcp://[host]:port" or of "tcp:host:port", libvirt's older spelling.
  static func host(ofMigrateURI uri: String) -> String? {
    guard let colon = uri.firstIndex(of: ":"), !uri.hasPrefix("unix:") else { return nil }
    var rest = uri[uri.index(after: colon)...]
    rest = rest.hasPrefix("//") ? rest.dropFirst(2) : rest
    let isBracketed = rest.first == "["
    let host = isBracketed ? rest.dropFirst().prefix { $0 != "]" } : rest.prefix { $0 != ":" && $0 != "/" && $0 != "?" }
    return host.isEmpty ? nil : String(host)
  }

  /// The port of "tcp://host:port"; nil when it names none.
  static func port(ofMigrateURI uri: String) -> Int? {
    guard !uri.hasPrefix("unix:"), let host = host(ofMigrateURI: uri), let end = uri.firstRange(of: host)?.upperBound
    else {
      return nil
    }
    let rest = uri[end...].drop { $0 == "]" }
    return rest.first == ":" ? Int(rest.dropFirst().prefix(while: \.isNumber)) : nil
  }

  static func resolve(_ name: String) -> Shell.Section {
    Shell.Section(
      name: "getent ahosts \(name)",
      script: """
        command -v getent >/dev/null || { echo "getent is missing"; exit 1; }
        getent ahosts -- \(name.shellQuoted) | sed 's/ .*//' | sort -u
        """)
  }

  /// Prints the MTU of the device on the way, and the largest size that was answered without being fragmented, or "none".
  static func mtu(_ address: String) -> Shell.Section {
    Shell.Section(
      name: "ping -M do \(address)",
      script: """
        for tool in getent ip ping; do command -v $tool >/dev/null || { echo "$tool is missing"; exit 1; }; done
        address=$(getent ahosts -- \(address.shellQuoted)) || { echo "the name does not resolve"; exit 1; }
        address=${address%% *} header=28
        case $address in *:*) header=48 ;; esac
        set -- $(ip -o route get "$address") || exit
        while [ $# -gt 1 ]; do if [ "$1" = dev ]; then device=$2; fi; shift; done
        read -r mtu <"/sys/class/net/$device/mtu" || exit
        limit=$mtu tried=
        [ "$limit" -le 65500 ] || limit=65500
        for size in $limit 8900 1500 1400 1280; do
          if [ "$size" -ge "$limit" ] && [ -n "$tried" ]; then continue; fi
          tried=yes
          ping -n -q -c 1 -W 1 -M do -s $((size - header)) "$address" >/dev/null 2>&1 || continue
          [ "$size" -ne "$limit" ] || size=$mtu
          echo "$mtu $size"; exit 0
        done
        echo "$mtu none"
        """)
  }

  static func parseMTU(_ text: String) -> PathMTU? {
    let words = text.split(whereSeparator: \.isWhitespace)
    guard words.count == 2, let device = Int(words[0]), device > 0 else { return nil }
    if words[1] == "none" { return PathMTU(device: device, carried: nil) }
    return Int(words[1]).map { PathMTU(device: device, carried: $0) }
  }

  /// As the source's daemon would: as root, without the agent, the terminal and the environment of this session.
  /// Gives up after `limit` seconds.
  static func peer(_ uri: String, limit: Int) -> Shell.Section {
    Shell.Section(
      name: "virsh -c \(uri) capabilities",
      script: """
        command -v virsh >/dev/null || { echo "virsh is missing"; exit 1; }
        [ "$(id -u)" = 0 ] || { echo "the daemon's own credentials can be tried as root only"; exit 1; }
        if answer=$(env -i HOME=/root PATH="$PATH" timeout \(limit) virsh -c \(uri.shellQuoted) capabilities 2>&1); then
          echo answered
          printf '%s\\n' "$answer" | sed -n 's/^ *<uuid>\\(.*\\)<.uuid>.*/\\1/p'
        else
          printf 'failed\\n%s\\n' "$answer"
        fi
        """)
  }

  static func parsePeer(_ text: String) -> PeerConnection? {
    let lines = text.split(separator: "\n")
    switch lines.first {
    case "answered": return lines.count > 1 ? PeerConnection(uuid: String(lines[1])) : nil
    case "failed":
      let words = lines.dropFirst().joined(separator: " ")
      return PeerConnection(uuid: nil, message: words.isEmpty ? "no answer in time" : words)
    default: return nil
    }
  }
}
