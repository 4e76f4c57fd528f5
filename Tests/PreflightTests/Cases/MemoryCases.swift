import MigrationModel

@testable import Preflight

let memoryCases: [RuleCase] = []
