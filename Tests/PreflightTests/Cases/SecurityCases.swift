import MigrationModel

@testable import Preflight

let securityCases: [RuleCase] = []
