import MigrationModel

@testable import Preflight

let clockCases: [RuleCase] = []
