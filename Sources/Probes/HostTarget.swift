/// A host to look at: what the user calls it, its libvirt URI, and where its shell is.
public struct HostTarget: Sendable, Hashable {
  public var name: String
  public var uri: String
  public var shell: ShellAccess
  public init(name: String, uri: String, shell: ShellAccess) {
    self.name = name
    self.uri = uri
    self.shell = shell
  }
}
