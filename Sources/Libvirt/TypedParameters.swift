import CLibvirt
import MigrationModel

/// Reads a `virTypedParameter` array that somebody else owns; a field that is absent or of another type is nil.
struct TypedParameterReader {
  var pointer: virTypedParameterPtr?
  var count: Int32

  func unsigned(_ name: String) -> UInt64? {
    var value: UInt64 = 0
    return virTypedParamsGetULLong(pointer, count, name, &value) == 1 ? value : nil
  }

  func unsigned32(_ name: String) -> UInt32? {
    var value: UInt32 = 0
    return virTypedParamsGetUInt(pointer, count, name, &value) == 1 ? value : nil
  }

  func int(_ name: String) -> Int32? {
    var value: Int32 = 0
    return virTypedParamsGetInt(pointer, count, name, &value) == 1 ? value : nil
  }

  func bool(_ name: String) -> Bool? {
    var value: Int32 = 0
    return virTypedParamsGetBoolean(pointer, count, name, &value) == 1 ? value != 0 : nil
  }

  func string(_ name: String) -> String? {
    var value: UnsafePointer<CChar>?
    guard virTypedParamsGetString(pointer, count, name, &value) == 1 else { return nil }
    return value.map { String(cString: $0) }
  }

  func bytes(_ name: String) -> ByteCount? { unsigned(name).map(ByteCount.bytes) }

  func milliseconds(_ name: String) -> Duration? { unsigned(name).map { .milliseconds($0) } }
}

/// Owns a growing `virTypedParameter` array.
final class TypedParameters {
  private(set) var pointer: virTypedParameterPtr?
  private(set) var count: Int32 = 0
  private var capacity: Int32 = 0

  /// Initialises libvirt first: before that its error functions write through thread-local keys of other libraries.
  init() throws { try LibvirtRuntime.start() }

  deinit { virTypedParamsFree(pointer, count) }

  var reader: TypedParameterReader { TypedParameterReader(pointer: pointer, count: count) }

  /// Appends; a name that is there already is repeated, as `migrate_disks` needs it (`virTypedParamsAdd…`).
  func add(_ name: String, _ value: TypedValue, _ call: Call) throws {
    try call.count {
      switch value {
      case .string(let text): virTypedParamsAddString(&pointer, &count, &capacity, name, text)
      case .unsigned(let number): virTypedParamsAddULLong(&pointer, &count, &capacity, name, number)
      case .int(let number): virTypedParamsAddInt(&pointer, &count, &capacity, name, number)
      case .bool(let truth): virTypedParamsAddBoolean(&pointer, &count, &capacity, name, truth ? 1 : 0)
      }
    }
  }
}

/// The types of `virTypedParameter` that this package sends or reads.
public enum TypedValue: Sendable, Hashable {
  case string(String)
  case unsigned(UInt64)
  case int(Int32)
  case bool(Bool)
}
