/// Why a command could not go on before anything was changed: one sentence that names the host and the cause.
struct CommandFailure: Error, Sendable, Equatable, CustomStringConvertible {
  var status: ExitStatus
  var message: String
  /// libvirt's error code, where libvirt gave one.
  var code: Int?
  var description: String { message }

  static func usage(_ message: String) -> CommandFailure { CommandFailure(status: .usage, message: message) }
}
