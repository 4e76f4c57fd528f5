import MigrationModel

/// The chip of a host stays there; an emulated one needs swtpm, and its state goes with the memory or not at all.
///
/// `qemuTPMEmulatorStart`, `qemuTPMEmulatorCleanupHost`; QEMU's tpm-emulator puts the state into the migration stream.
let deviceTPM = Rule("device.tpm", .blocker, "the virtual TPM, swtpm, and where the TPM's state is") { move in
  guard let tpm = move.domain.tpm else { return .notApplicable("\(move.domain.name) has no TPM") }
  switch tpm.backend {
  case "external": return .notApplicable("its TPM is served from outside libvirt; for its socket see device.paths")
  case "emulator":
    return Answer(
      all: [swtpmThere(move), move.nothingRuns == nil ? swtpmVersions(move) : Answer([stateStays(move)])], ifNone: "")
  case "passthrough":
    return Answer([
      tpmIssue(
        .blocker, source: "the host's chip", destination: "another chip",
        "\(move.domain.name) uses the TPM chip of \(move.source.name), and what it sealed with it opens nowhere else.",
        ["Give it an emulated TPM instead, after you have exported what its keys protect."])
    ])
  default:
    return Answer([
      tpmIssue(
        .unknown, source: tpm.backend, destination: tpm.backend,
        "Whether a TPM of the type \(tpm.backend) can follow \(move.domain.name) to \(move.destination.name) is not"
          + " known.", ["Look its backend up in libvirt's documentation, then: --allow device.tpm"])
    ])
  }
}

private func tpmIssue(
  _ severity: Severity, source: String, destination: String, _ message: String, _ remedy: [String]
) -> Issue {
  Issue(severity, "TPM", source: source, destination: destination, message, remedy: remedy)
}

private func swtpmThere(_ move: Move) -> Answer {
  let there = move.destination.name
  return move.onDestination("swtpm", \.swtpm).answer { version in
    guard version == nil else { return .holds }
    return Answer([
      tpmIssue(
        .blocker, source: "emulated", destination: "no swtpm",
        "swtpm, which emulates the TPM of \(move.domain.name), is not installed on \(there).",
        ["On \(there): apt install swtpm swtpm-tools, or dnf install swtpm swtpm-tools"])
    ])
  }
}

/// An older swtpm may not understand the state, or may; so whatever is not known here only deserves a look.
private func swtpmVersions(_ move: Move) -> Answer {
  let (here, there) = (move.source.name, move.destination.name)
  guard case .known(let destination?) = move.destination.swtpm else { return .notApplicable("no swtpm to compare") }
  let answer = move.onSource("swtpm", \.swtpm).answer { source in
    guard let source, destination < source else { return .holds }
    return Answer([
      tpmIssue(
        .warning, source: "swtpm \(source)", destination: "swtpm \(destination)",
        "swtpm on \(there) (\(destination)) is older than on \(here) (\(source)) and may not be able to load the TPM's"
          + " state.", ["Upgrade swtpm and libtpms on \(there)."])
    ])
  }
  return Answer(
    answer.issues.map { issue in
      var issue = issue
      issue.worst = .warning
      return issue
    })
}

private func stateStays(_ move: Move) -> Issue {
  let directory = "/var/lib/libvirt/swtpm/\(move.domain.uuid)"
  let (here, there) = (move.source.name, move.destination.name)
  return tpmIssue(
    .blocker, source: directory, destination: "an empty TPM",
    "An offline move leaves the TPM's state on \(here), where it can go with the definition, so \(move.domain.name)"
      + " starts on \(there) with an empty TPM and cannot open what it sealed.",
    [
      "Start it and move it live, which takes the state along: "
        + move.source.virsh("start --domain \(move.domain.name)"),
      "Or copy \(directory.shellQuoted) from \(here) to \(there), with owner and mode, then: --allow device.tpm",
    ])
}

/// libvirt hands keys of encrypted disks, of Ceph and iSCSI and of the TPM to QEMU and swtpm out of its own store.
///
/// `qemuDomainSecretInfoSetup`, which looks a secret up by UUID or by usage; migration transfers none.
let deviceSecrets = Rule("device.secrets", .blocker, "secrets of disks and of the TPM, defined and with values") {
  move in
  let uses = secretUses(of: move.domain)
  guard !uses.isEmpty else { return .notApplicable("\(move.domain.name) needs no secret") }
  return move.onDestination("the list of secrets", \.secrets).answer { secrets in
    Answer(uses.compactMap { use in secretIssue(use, secrets.first { use.means($0) }, move) })
  }
}

/// Each secret once, with everything that uses it.
private func secretUses(of domain: DomainFacts) -> [SecretUse] {
  let ofTPM = domain.tpm?.secret.map { SecretUse(uuid: $0, usageType: "vtpm", user: "tpm") }
  return (domain.secrets + (ofTPM.map { [$0] } ?? [])).reduce(into: []) { uses, use in
    guard let known = uses.firstIndex(where: { $0.uuid == use.uuid && $0.usage == use.usage }) else {
      return uses.append(use)
    }
    if uses[known].user != use.user { uses[known].user += ", \(use.user)" }
  }
}

extension SecretUse {
  fileprivate func means(_ secret: SecretIdentity) -> Bool {
    if let uuid { return secret.uuid == uuid }
    return secret.usage == usage && (usageType ?? secret.usageType) == secret.usageType
  }

  fileprivate var text: String { uuid ?? [usageType, usage].compactMap(\.self).joined(separator: " ") }
}

private func secretIssue(_ use: SecretUse, _ secret: SecretIdentity?, _ move: Move) -> Issue? {
  let there = move.destination.name
  let needed = "The secret \(use.text), which \(use.user) of \(move.domain.name) needs,"
  let id = secret?.uuid ?? use.uuid ?? move.source.secrets.value?.first { use.means($0) }?.uuid ?? "UUID"
  let give = "Give it its value: \(move.destination.virsh("secret-set-value --secret \(id) --interactive"))"
  func issue(_ severity: Severity, _ value: String, _ message: String, _ remedy: [String]) -> Issue {
    Issue(severity, use.text, source: "used by \(use.user)", destination: value, message, remedy: remedy)
  }
  guard let secret else {
    return issue(
      .blocker, "not defined", "\(needed) is not defined on \(there).",
      [
        "\(move.source.virsh("secret-dumpxml --secret \(id)")) > secret.xml; "
          + move.destination.virsh("secret-define --file secret.xml"), give,
      ])
  }
  switch secret.hasValue {
  case true: return nil
  case false: return issue(.blocker, "no value", "\(needed) has no value on \(there).", [give])
  default:
    return issue(
      .unknown, "defined", "\(needed) is defined on \(there), but whether it has a value could not be seen.",
      [give, "Or, if you know that it has one: --allow device.secrets"])
  }
}
