import MigrationModel

@testable import Preflight

let deviceCases: [RuleCase] = []
