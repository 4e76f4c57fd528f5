import MigrationModel
import SSH
import Threads

#if canImport(Glibc)
  import Glibc
#endif

/// Makes something listen on one of a host's migration ports, for the time of a probe.
///
/// The listener is a child of the host's shell: it takes connections and closes them, is stopped by the conversation,
/// and ends by itself after `lifetime` whatever happens. SO_REUSEADDR lets it have a port on
/// which an earlier probe's connection is in TIME_WAIT: without a listener a firewall that rejects would not show.
struct PortListener: Sendable {
  let port: Int
  /// Seconds: as long as the slowest host may take to answer, and some more.
  let lifetime: Int64

  /// The port asked for, else the first of the range that nothing listens on; nil when it is taken, when all are, or when
  /// the facts are missing.
  init?(on host: HostFacts, port asked: Int? = nil, timeout: Duration = .seconds(10)) {
    lifetime = timeout.components.seconds + 5
    guard case .known(let settings) = host.qemuConf, case .known(let taken) = host.portsInUse else { return nil }
    if let asked {
      guard (1...65535).contains(asked), !taken.contains(asked) else { return nil }
      port = asked
      return
    }
    let first = settings["migration_port_min"].flatMap { Int($0) } ?? 49152
    let last = settings["migration_port_max"].flatMap { Int($0) } ?? 49215
    guard (1...65535).contains(first), (first...65535).contains(last) else { return nil }
    let busy = Set(taken)
    guard let port = (first...last).first(where: { !busy.contains($0) }) else { return nil }
    self.port = port
  }

  private static let perl = """
    use Socket qw(:all);
    my ($port, $life) = @ARGV;
    my $on = pack("i", 1);
    (socket(S, PF_INET6, SOCK_STREAM, 0) && setsockopt(S, IPPROTO_IPV6, IPV6_V6ONLY, pack("i", 0))
      && setsockopt(S, SOL_SOCKET, SO_REUSEADDR, $on)
      && bind(S, pack_sockaddr_in6($port, inet_pton(AF_INET6, "::"))))
    || (socket(S, PF_INET, SOCK_STREAM, 0) && setsockopt(S, SOL_SOCKET, SO_REUSEADDR, $on)
      && bind(S, pack_sockaddr_in($port, INADDR_ANY))) or die "bind: $!\\n";
    listen(S, 16) or die "listen: $!\\n";
    my $child = fork; defined $child or die "fork: $!\\n";
    if ($child) { print "$child\\n"; exit }
    open STDOUT, ">", "/dev/null"; open STDERR, ">", "/dev/null";
    alarm $life; while (accept(C, S)) { close C }
    """

  private static let python = """
    import os, signal, socket, sys
    port, life = int(sys.argv[1]), int(sys.argv[2])
    dual = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if dual else socket.AF_INET
    s = socket.create_server(("", port), family=family, dualstack_ipv6=dual)
    child = os.fork()
    if child: print(child); sys.exit()
    null = os.open("/dev/null", os.O_RDWR); os.dup2(null, 1); os.dup2(null, 2)
    signal.alarm(life)
    while True: s.accept()[0].close()
    """

  /// Prints the process id of the listener once it listens.
  var start: Shell.Section {
    let arguments = "\(port) \(lifetime)"
    return Shell.Section(
      name: "listen on port \(port)",
      script: """
        if command -v perl >/dev/null; then exec perl -e \(Self.perl.shellQuoted) \(arguments); fi
        if command -v python3 >/dev/null; then exec python3 -c \(Self.python.shellQuoted) \(arguments); fi
        echo "neither perl nor python3 is there to listen"; exit 1
        """)
  }

  /// Of what `start` printed; nil when it does not listen.
  static func process(_ answer: Fact<String>) -> Int? {
    answer.value.flatMap { Int($0.split(separator: "\n").first ?? "") }.flatMap { $0 > 1 ? $0 : nil }
  }

  /// Only where the number still names what was started.
  static func stop(_ process: Int) -> String {
    """
    case $(tr '\\0' ' ' 2>/dev/null </proc/\(process)/cmdline) in
      "perl -e "* | "python3 -c "*) kill \(process) ;;
    esac
    """
  }
}

/// Connects to TCP ports as one host sees the network.
enum Reach: Sendable {
  case fromHere
  case through(SSHSession)
  case impossible(reason: String)

  /// A packet that is dropped is sent again after one second; what is not answered then is called dropped.
  private static let patience = Duration.milliseconds(2500)

  /// - Parameter address: nil where it could not be read.
  func probe(_ address: String?, port: Int, hadListener: Bool, timeout: Duration) async -> Fact<PortProbe> {
    guard let address else {
      return .gap(Gap(source: "migration ports", reason: "the destination's address could not be read"))
    }
    let source = "connection to \(address) port \(port)"
    guard let number = UInt16(exactly: port), number > 0 else {
      return .gap(Gap(source: source, reason: "there is no such port"))
    }
    func answer(_ outcome: PortProbe.Outcome, _ message: String = "") -> Fact<PortProbe> {
      .known(
        PortProbe(outcome: outcome, address: address, port: port, hadListener: hadListener, message: message))
    }
    let limit = min(timeout, Self.patience)
    do {
      switch self {
      case .impossible(let reason): return .gap(Gap(source: source, reason: reason))
      case .fromHere: try await blocking { try connectOnce(to: address, port: number, within: limit) }
      case .through(let session): try await session.reach(address, port: number, timeout: limit)
      }
      return answer(.open)
    } catch let error as ConnectError {
      return error.outcome.map { answer($0, error.message) } ?? .gap(Gap(source: source, reason: error.message))
    } catch let error as SSHError {
      return Self.outcome(of: error.cause).map { answer($0, Self.words(of: error.cause)) }
        ?? .gap(Gap(source: source, reason: "\(error)"))
    } catch {
      return .gap(Gap(source: source, reason: "\(error)"))
    }
  }

  /// sshd reports the words of its own system for a connection that failed (`channel_connect_*`, channels.c), and "open
  /// failed" with code 2 when connect(2) fails at once, as it does where there is no way (`channel_connect_to_port`).
  static func outcome(of cause: SSHError.Cause) -> PortProbe.Outcome? {
    switch cause {
    case .timedOut: .dropped
    case .refused(let words) where words.contains("Connection refused"): .refused
    case .refused(let words) where words.contains("timed out"): .dropped
    case .refused(let words)
    where ["No route", "unreachable", "ermission denied", "(2) open failed"].contains(where: words.contains):
      .unreachable
    default: nil
    }
  }

  /// sshd's own words: libssh sets "Channel opening failure: channel 44 error (2) " before them.
  static func words(of cause: SSHError.Cause) -> String {
    guard case .refused(let text) = cause else { return "" }
    return text.split(separator: ") ").last.map(String.init) ?? text
  }
}

private struct ConnectError: Error {
  var outcome: PortProbe.Outcome?
  var message: String

  init(errno code: Int32) {
    message = String(cString: strerror(code))
    outcome =
      switch code {
      case ECONNREFUSED: .refused
      case ETIMEDOUT: .dropped
      case EHOSTUNREACH, ENETUNREACH, EACCES, EPERM: .unreachable
      default: nil
      }
  }

  init(_ outcome: PortProbe.Outcome?, _ message: String) {
    self.outcome = outcome
    self.message = message
  }
}

/// connect(2) with a time limit, to the first address that the name has.
private func connectOnce(to host: String, port: UInt16, within limit: Duration) throws {
  var hints = addrinfo()
  hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
  hints.ai_flags = AI_NUMERICSERV
  var list: UnsafeMutablePointer<addrinfo>?
  let status = getaddrinfo(host, "\(port)", &hints, &list)
  defer { if let list { freeaddrinfo(list) } }
  guard status == 0, let target = list?.pointee else {
    throw ConnectError(nil, "\(host): \(String(cString: gai_strerror(status)))")
  }
  let descriptor = socket(
    target.ai_family, target.ai_socktype | Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
  guard descriptor >= 0 else { throw ConnectError(errno: errno) }
  defer { close(descriptor) }
  if connect(descriptor, target.ai_addr, target.ai_addrlen) == 0 { return }
  guard errno == EINPROGRESS else { throw ConnectError(errno: errno) }
  var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
  let milliseconds = Int32(limit.components.seconds * 1000 + limit.components.attoseconds / 1_000_000_000_000_000)
  guard poll(&poller, 1, milliseconds) > 0 else { throw ConnectError(.dropped, "no answer") }
  var code: Int32 = 0
  var length = socklen_t(MemoryLayout<Int32>.size)
  guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 else { throw ConnectError(errno: errno) }
  guard code == 0 else { throw ConnectError(errno: code) }
}
