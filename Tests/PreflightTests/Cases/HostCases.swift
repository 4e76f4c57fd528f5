import MigrationModel

@testable import Preflight

let hostCases: [RuleCase] = []
