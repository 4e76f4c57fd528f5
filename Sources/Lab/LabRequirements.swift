import Glibc

/// What a machine must have for a lab.
public enum LabRequirements {
  /// One line for everything that is missing, in words for a person; none when a lab can be made here.
  public static func missing() async -> [String] {
    var lines: [String] = []
    if geteuid() != 0 { lines.append("root (this process has user id \(geteuid()))") }
    for (program, package) in programs where !isInstalled(program) {
      lines.append("\(program) (Debian package \(package))")
    }
    if KeeperProgram.compiler == nil { lines.append("a C compiler (Debian package gcc)") }
    for device in ["/dev/net/tun", "/dev/fuse"] where !Files.exists(device) { lines.append("the device \(device)") }
    guard lines.isEmpty else { return lines }
    for (feature, command) in kernelTrials where await !works(command) { lines.append(feature) }
    return lines
  }

  private static let programs = [
    ("libvirtd", "libvirt-daemon-system"), ("virtlogd", "libvirt-daemon-system"), ("virsh", "libvirt-clients"),
    ("qemu-system-x86_64", "qemu-system-x86"), ("sshd", "openssh-server"), ("ssh-keygen", "openssh-client"),
    ("bindfs", "bindfs"), ("busybox", "busybox-static"), ("chronyd", "chrony"), ("ip", "iproute2"), ("tc", "iproute2"),
    ("nft", "nftables"), ("openssl", "openssl"), ("qemu-img", "qemu-utils"),
    ("ping", "iputils-ping"), ("unshare", "util-linux"), ("nsenter", "util-linux"), ("dpkg-deb", "dpkg"),
    ("apt-get", "apt"),
  ]

  /// Tried for real, each in a network namespace that ends with the trial.
  private static let kernelTrials = [
    ("network, mount, UTS and PID namespaces", ["true"]),
    ("bridges in the kernel", ["ip", "link", "add", "trial", "type", "bridge"]),
    ("veth pairs in the kernel", ["ip", "link", "add", "trial", "type", "veth"]),
    (
      "the token bucket filter in the kernel",
      ["tc", "qdisc", "add", "dev", "lo", "root", "tbf", "rate", "1mbit", "burst", "32kb", "latency", "50ms"]
    ),
  ]

  private static func works(_ command: [String]) async -> Bool {
    let namespaces = ["unshare", "--net", "--mount", "--uts", "--pid", "--fork"]
    return (try? await execute(namespaces + command))?.isSuccess == true
  }

  static func isInstalled(_ program: String) -> Bool {
    searchPath().split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
  }
}
