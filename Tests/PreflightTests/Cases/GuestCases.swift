import MigrationModel

@testable import Preflight

let guestCases: [RuleCase] = []
