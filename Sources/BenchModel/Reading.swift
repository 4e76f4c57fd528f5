/// Reports are read with what they have: whoever writes one by hand, or an earlier version, need not know every field.
extension KeyedDecodingContainer {
  func read<Value: Decodable>(_ key: Key, else absent: Value) throws -> Value {
    try decodeIfPresent(Value.self, forKey: key) ?? absent
  }
  func read<Value: Decodable>(_ key: Key, else absent: Value?) throws -> Value? {
    try decodeIfPresent(Value.self, forKey: key)
  }
}
