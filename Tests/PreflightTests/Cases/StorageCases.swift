import MigrationModel

@testable import Preflight

let storageCases: [RuleCase] = []
