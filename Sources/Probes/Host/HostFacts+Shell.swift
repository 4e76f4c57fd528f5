import MigrationModel

extension HostFacts {
  /// Takes in what the shell answered to `HostQuestions.all`. The secrets are to be known from libvirt before: only
  /// whether they have values shows here.
  mutating func fill(from answers: HostShell.Answers) {
    cpu = answers.fact(HostQuestions.cpu, Parse.cpu)
    kernel = answers.fact(HostQuestions.kernel, Parse.word)
    nested = answers.optionalFact(HostQuestions.nested, Parse.moduleFlag)
    memory = answers.fact(HostQuestions.memory, Parse.memory)
    hugePages = answers.fact(HostQuestions.hugePages, Parse.hugePages)
    hugePageSizes = answers.fact(HostQuestions.hugePageSize) { size in
      answers[HostQuestions.mounts].value.flatMap { Parse.hugePageSizes(size, mounts: $0) }
    }
    numaNodes = answers.fact(HostQuestions.numaNodes, Parse.ids)
    cpusOnline = answers.fact(HostQuestions.cpusOnline, Parse.ids)
    load = answers.fact(HostQuestions.load, Parse.load)
    links = answers.fact(HostQuestions.links, Parse.links)
    addresses = answers.fact(HostQuestions.addresses, Parse.addresses)
    portsInUse = answers.fact(HostQuestions.portsInUse, Parse.ports)
    qemuConf = answers.fact(HostQuestions.qemuConf, Parse.qemuConf)
    lockConf = answers.fact(HostQuestions.lockConf, Parse.lockConf)
    daemonLimits = answers.fact(HostQuestions.daemonLimits, Parse.daemonLimits)
    sshd = answers.optionalFact(HostQuestions.sshd, Parse.sshdLimits)
    swtpm = answers.optionalFact(HostQuestions.swtpm, Parse.version)
    imageTool = answers.optionalFact(HostQuestions.imageTool, Parse.version)
    clockSync = answers.fact(HostQuestions.clockSync, Parse.clockSync)
    fillSecrets(answers.fact(HostQuestions.secrets, Parse.secretValues).value ?? [:])
  }

  /// Takes in what the shell answered to `HostQuestions.tls(directory:)`.
  mutating func fillTLS(directory: String, from answers: HostShell.Answers) {
    tls = answers.fact(HostQuestions.tls(directory: directory)) { Parse.tls($0, directory: directory) }.map { $0 }
  }

  private mutating func fillSecrets(_ values: [String: Bool]) {
    secrets = secrets.map { secrets in
      secrets.map { secret in
        var secret = secret
        secret.hasValue = values[secret.uuid.lowercased()]
        return secret
      }
    }
  }
}

extension HostShell.Answers {
  /// As `fact`, where printing nothing is an answer: there is no such thing on this host.
  fileprivate func optionalFact<Value>(_ section: Shell.Section, _ parse: (String) -> Value?) -> Fact<Value?> {
    if case .known("") = self[section] { return .known(nil) }
    return fact(section, parse).map { $0 }
  }
}
