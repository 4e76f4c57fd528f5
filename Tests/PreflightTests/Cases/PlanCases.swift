import MigrationModel

@testable import Preflight

let planCases: [RuleCase] = []
