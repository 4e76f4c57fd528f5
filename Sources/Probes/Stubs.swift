import DomainXML
import MigrationModel

extension HostFacts {
  mutating func fill(from answers: HostShell.Answers) {
    cpu = answers.fact(HostQuestions.cpu, Parse.cpu)
    memory = answers.fact(HostQuestions.memory, Parse.memory)
    links = answers.fact(HostQuestions.links, Parse.links)
    addresses = answers.fact(HostQuestions.addresses, Parse.addresses)
    clockSync = answers.fact(HostQuestions.clockSync, Parse.clockSync)
  }
}
extension HostQuestions {
  static func tls(of: HostFacts) -> Shell.Section { Shell.Section(name: "tls", script: "exit 1") }
}
extension Parse {
  static func tls(_ text: String) -> TLSCredentials? { nil }
}
extension HostCapabilities { var securityModels: [SecurityModel] { [] }; var tsc: TimeStampCounter? { nil } }
