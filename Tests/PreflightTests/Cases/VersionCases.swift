import MigrationModel

@testable import Preflight

let versionCases: [RuleCase] = []
