import DomainXML
import MigrationModel

extension HostCapabilities { var securityModels: [SecurityModel] { [] }; var tsc: TimeStampCounter? { nil } }
