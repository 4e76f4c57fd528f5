import Foundation
import Testing

@testable import Journal

@Suite struct ProcessIdentityTests {
  @Test func thisProcessRuns() {
    let current = ProcessIdentity.current()
    #expect(current.isAlive)
    #expect(current.start > 0)
    #expect(current.boot.count == 36)
  }

  @Test func theSameNumberOfAnotherProcessOrAnotherBootDoesNot() {
    let current = ProcessIdentity.current()
    var other = current
    other.start += 1
    #expect(!other.isAlive)
    other = current
    other.boot = "00000000-0000-0000-0000-000000000000"
    #expect(!other.isAlive)
  }

  @Test func aZombieIsAsDeadAsOneThatWasWaitedFor() throws {
    let child = try Child()
    let identity = ProcessIdentity(of: child.pid)
    #expect(identity.start > 0)
    try child.waitUntilItEnded()
    #expect(!identity.isAlive)
    try child.reap()
    #expect(!identity.isAlive)
  }
}
