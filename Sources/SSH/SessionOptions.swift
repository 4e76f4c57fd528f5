import CLibssh

// ssh_options_set takes `const void *`: each kind of value has its own setter here, so that no option is ever read
// through a pointer to the wrong width.
extension ClientSession {
  /// Everything explicit: libssh reads no configuration file and no known_hosts file of its own.
  func setOptions(descriptor: Int32) throws(SSHError) {
    try set(SSH_OPTIONS_PROCESS_CONFIG, flag: false)
    try set(SSH_OPTIONS_NODELAY, flag: true)
    try set(SSH_OPTIONS_HOST, text: configuration.hostKeyAlias ?? configuration.hostName)
    try set(SSH_OPTIONS_PORT, number: UInt32(configuration.port))
    try set(SSH_OPTIONS_USER, text: configuration.user)
    try set(SSH_OPTIONS_KNOWNHOSTS, text: "/dev/null")
    try set(SSH_OPTIONS_GLOBAL_KNOWNHOSTS, text: "/dev/null")
    try set(SSH_OPTIONS_IDENTITY_AGENT, text: "/dev/null")
    let algorithms = configuration.algorithms
    try set(SSH_OPTIONS_KEY_EXCHANGE, list: algorithms.keyExchange)
    try set(SSH_OPTIONS_CIPHERS_C_S, list: algorithms.ciphers)
    try set(SSH_OPTIONS_CIPHERS_S_C, list: algorithms.ciphers)
    try set(SSH_OPTIONS_HMAC_C_S, list: algorithms.macs)
    try set(SSH_OPTIONS_HMAC_S_C, list: algorithms.macs)
    try set(SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES, list: algorithms.publicKey)
    try set(SSH_OPTIONS_FD, socket: descriptor)
  }

  /// An empty list keeps libssh's default. Names that libssh does not know are left out; none known is an error.
  func set(_ option: ssh_options_e, list: [String]) throws(SSHError) {
    if !list.isEmpty { try set(option, text: list.joined(separator: ",")) }
  }

  private func set(_ option: ssh_options_e, text: String) throws(SSHError) {
    try check(ssh_options_set(raw, option, text))
  }

  private func set(_ option: ssh_options_e, flag: Bool) throws(SSHError) {
    var value: Int32 = flag ? 1 : 0
    try check(ssh_options_set(raw, option, &value))
  }

  private func set(_ option: ssh_options_e, socket: Int32) throws(SSHError) {
    var value: socket_t = socket
    try check(ssh_options_set(raw, option, &value))
  }

  private func set(_ option: ssh_options_e, number: UInt32) throws(SSHError) {
    var value = number
    try check(ssh_options_set(raw, option, &value))
  }

  private func check(_ status: Int32) throws(SSHError) {
    guard status == SSH_OK else { throw error(.keyExchange, .configuration(message)) }
  }
}
