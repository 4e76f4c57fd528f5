import CLibvirt
import Glibc

/// One libvirt call: its failure is copied off the thread in the same synchronous step, and carries the context.
struct Call {
  var operation: String
  var host: String

  init(_ operation: String, on host: String) {
    self.operation = operation
    self.host = host
  }

  /// For calls that answer with a negative number when they fail.
  @discardableResult
  func count(_ body: () -> Int32) throws -> Int32 {
    let answer = body()
    guard answer >= 0 else { throw failure }
    return answer
  }

  /// For calls that answer with NULL when they fail.
  func pointer<Pointer>(_ body: () -> Pointer?) throws -> Pointer {
    guard let answer = body() else { throw failure }
    return answer
  }

  /// For calls that answer with a text which the caller frees.
  func string(_ body: () -> UnsafeMutablePointer<CChar>?) throws -> String {
    let text = try pointer(body)
    defer { free(text) }
    return String(cString: text)
  }

  private var failure: LibvirtError { .last(operation: operation, host: host) }
}
