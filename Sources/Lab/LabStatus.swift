/// A lab as it is now.
public struct LabStatus: Codable, Sendable, Equatable {
  public struct Host: Codable, Sendable, Equatable {
    public var name: String
    public var address: String
    public var uri: String
    /// Its first process lives.
    public var isUp: Bool
    /// The guests that run on it; absent when its libvirtd does not answer.
    public var guests: [String]?
  }

  public var name: String
  public var index: Int
  public var life: LabLife
  public var directory: String
  public var configurationPath: String
  public var hosts: [Host]
}

extension Lab {
  /// The names of the labs on this machine, sorted, dead ones included.
  public static func names(stateRoot: String = LabConfiguration().stateRoot) throws -> [String] {
    try Files.names(in: stateRoot).filter { LabRecord.read(in: "\(stateRoot)/\($0)") != nil }
  }

  /// Looks at every host; one that does not answer within a few seconds is reported so.
  public func status() async throws -> LabStatus {
    var states: [LabStatus.Host] = []
    for host in hosts { states.append(try await state(of: host)) }
    return LabStatus(
      name: name, index: plan.index, life: life, directory: plan.directory, configurationPath: configurationPath,
      hosts: states)
  }

  private func state(of host: LabHost) async throws -> LabStatus.Host {
    let isUp = LabProcess(registeredIn: host.stateDirectory)?.isAlive == true
    var guests: [String]?
    if isUp {
      let list = try await execute(["timeout", "5", "virsh", "-c", host.uri, "list", "--name"])
      if list.isSuccess { guests = list.output.split(separator: "\n").map(String.init) }
    }
    return LabStatus.Host(name: host.name, address: host.address, uri: host.uri, isUp: isUp, guests: guests)
  }
}
