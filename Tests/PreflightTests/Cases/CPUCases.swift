import MigrationModel

@testable import Preflight

let cpuCases: [RuleCase] = []
