import MigrationModel

@testable import Preflight

let connectionCases: [RuleCase] = []
