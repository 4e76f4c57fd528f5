import MigrationModel

extension Connection {
  @available(*, noasync) public func networkFilters() throws -> [String] { [] }
  @available(*, noasync) public func secrets() throws -> [SecretIdentity] { [] }
  @available(*, noasync) public func domainsWithSnapshots() throws -> Set<String> { [] }
  @available(*, noasync) public func domainsWithCheckpoints() throws -> Set<String> { [] }
  @available(*, noasync) public func diskSizes() throws -> [String: [String: DiskSize]] { [:] }
}
extension Domain {
  @available(*, noasync) public func jobInProgress() throws -> String? { nil }
  @available(*, noasync) public func blockJob(on: String) throws -> String? { nil }
}
