import MigrationModel

@testable import Preflight

let flagCases: [RuleCase] = []
