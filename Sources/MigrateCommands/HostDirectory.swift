import Foundation
import Lab
import Probes
import SSH
import Yams

/// The hosts that a configuration file names; see docs/cli.md.
struct HostDirectory: Sendable, Equatable {
  struct Entry: Codable, Sendable, Equatable {
    var name: String
    var uri: String
    /// Where its shell is: `[user@]host[:port]`, or a Host of the ssh configuration.
    var ssh: String?
  }

  private struct Content: Codable {
    var hosts: [Entry]?
    /// An ssh configuration to use instead of the user's own, as `ssh -F`.
    var sshConfig: String?

    private enum CodingKeys: String, CodingKey {
      case hosts
      case sshConfig = "ssh_config"
    }
  }

  var entries: [Entry] = []
  var sshConfig: String?

  /// Reads `path`; throws CommandFailure naming the file, and the place in it when it is not what it should be.
  init(contentsOf path: String) throws {
    do {
      let text = try text(ofFile: path)
      guard try Yams.compose(yaml: text) != nil else { return }
      let file = try YAMLDecoder().decode(Content.self, from: text)
      entries = file.hosts ?? []
      sshConfig = file.sshConfig
      let names = Dictionary(grouping: entries, by: \.name)
      if let repeated = names.filter({ $1.count > 1 }).keys.min() {
        throw CommandFailure.usage("\(path) names more than one host “\(repeated)”")
      }
    } catch let failure as CommandFailure {
      throw failure
    } catch let error as DecodingError {
      throw CommandFailure.usage("\(path) is not a configuration: \(error.place)")
    } catch {
      throw CommandFailure.usage("\(path) cannot be read: \(error)")
    }
  }

  init(entries: [Entry] = [], sshConfig: String? = nil) {
    self.entries = entries
    self.sshConfig = sshConfig
  }

  private static var runningLab: String? { (try? Lab.attach())?.configurationPath }

  /// The file asked for, else the first that exists of the user's, the machine's and the running lab's.
  static func load(_ asked: String?, environment: [String: String]) throws -> HostDirectory {
    if let asked { return try HostDirectory(contentsOf: asked) }
    let found = places(environment, lab: runningLab).first { FileManager.default.fileExists(atPath: $0) }
    return try found.map(HostDirectory.init(contentsOf:)) ?? HostDirectory()
  }

  /// Where a configuration is looked for, in this order. An empty variable counts as none.
  static func places(_ environment: [String: String], lab: String?) -> [String] {
    func directory(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    let userDirectory = directory("XDG_CONFIG_HOME") ?? directory("HOME").map { "\($0)/.config" }
    return [userDirectory.map { "\($0)/migrate/config.yaml" }, "/etc/migrate/config.yaml", lab].compactMap(\.self)
  }

  /// The host that `reference` means: a configured name, else a libvirt URI.
  ///
  /// Throws CommandFailure (usage) for text that is neither, and for a malformed `ssh`.
  func target(_ reference: String, ssh: String?) throws -> HostTarget {
    if let entry = entries.first(where: { $0.name == reference }) {
      let shell = try self.shell(ssh ?? entry.ssh, uri: try URIParts(entry.uri))
      return HostTarget(name: entry.name, uri: entry.uri, shell: shell)
    }
    guard reference.contains(":/") else {
      let known =
        entries.isEmpty ? "no hosts are configured" : "configured are \(entries.map(\.name).joined(separator: ", "))"
      throw CommandFailure.usage("“\(reference)” is neither a configured host (\(known)) nor a libvirt URI")
    }
    let parts = try URIParts(reference)
    return HostTarget(name: parts.host ?? "localhost", uri: reference, shell: try shell(ssh, uri: parts))
  }

  private func shell(_ ssh: String?, uri: URIParts) throws -> ShellAccess {
    do {
      if let ssh { return .ssh(try SSHDestination(ssh), configFile: sshConfig) }
      guard let host = uri.host else { return .local }
      let port = uri.usesSSH ? uri.port : nil
      return .ssh(try SSHDestination(user: uri.usesSSH ? uri.user : nil, host: host, port: port), configFile: sshConfig)
    } catch {
      throw CommandFailure.usage("\(error)")
    }
  }
}

/// The parts of a libvirt URI that say where a host is: `driver[+transport]://[user@][host][:port]/path[?query]`
/// (https://libvirt.org/uri.html).
struct URIParts: Sendable, Equatable {
  var transport: String?
  var user: String?
  var host: String?
  var port: UInt16?

  var usesSSH: Bool { ["ssh", "libssh", "libssh2"].contains(transport) }

  init(_ text: String) throws {
    guard !text.contains(where: \.isWhitespace), let url = URLComponents(string: text), let scheme = url.scheme,
      scheme.split(separator: "+", omittingEmptySubsequences: false).allSatisfy({ !$0.isEmpty }),
      text.dropFirst(scheme.count).hasPrefix("://"),
      url.path.hasPrefix("/")
    else { throw CommandFailure.usage("“\(text)” is not a libvirt URI such as qemu+ssh://host/system") }
    let schemeParts = scheme.split(separator: "+").map(String.init)
    transport = schemeParts.count > 1 ? schemeParts[1] : nil
    user = url.user
    host = url.host.flatMap { $0.isEmpty ? nil : $0.filter { $0 != "[" && $0 != "]" } }
    if let number = url.port {
      guard let port = UInt16(exactly: number), port > 0 else {
        throw CommandFailure.usage("“\(text)” names port \(number), which is not from 1 to 65535")
      }
      self.port = port
    }
  }
}
