import MigrationModel

@testable import Preflight

let networkCases: [RuleCase] = []
