import MigrationModel
import Testing

@testable import MigrateCommands

@Suite struct MatrixTests {
  private var matrix: Matrix {
    var matrix = Matrix(of: Survey(hosts: [host("kvm1"), host("kvm2")]))
    matrix.unusable = ["kvm3": "kvm3: no route to host"]
    let good = Assessment(verdict: .ready, findings: [], passed: ["host.identity"], notApplicable: [])
    let blocked = Assessment(verdict: .blocked, findings: [Sample.clock, Sample.bridge], passed: [], notApplicable: [])
    let warned = Assessment(verdict: .warnings, findings: [Sample.clock], passed: [], notApplicable: [])
    matrix.directions = [
      Matrix.Direction(
        source: "kvm1", destination: "kvm2", hosts: warned,
        guests: [
          Matrix.GuestAnswer(name: "db", uuid: "u1", assessment: blocked),
          Matrix.GuestAnswer(name: "web", uuid: "u2", assessment: warned),
        ]),
      Matrix.Direction(source: "kvm2", destination: "kvm1", hosts: good, guests: []),
    ]
    matrix.baseline = .known(CPUBaseline(model: "EPYC", features: ["pku"], xml: "<cpu/>"))
    matrix.restarts = ["db"]
    return matrix
  }

  private func host(_ name: String) -> HostFacts {
    HostFacts(name: name, uri: "qemu+ssh://\(name)/system", gap: Gap(source: "test", reason: "not asked"))
  }

  @Test func theMatrixAsTextAndAsJSON() throws {
    let text = HostsText(style: Style(isColoured: false), isVerbose: false)
    try expectGolden(text.matrix(matrix) + "\n", "matrix.txt")
    try expectGolden(JSON.document([MatrixDocument(matrix)]), "matrix.json")
  }

  @Test func theWorstWayDecidesTheExitCode() {
    #expect(matrix.status == .blocked)
    var rest = matrix
    rest.directions.removeFirst()
    #expect(rest.status == .failed)
    rest.unusable = [:]
    #expect(rest.status == .done)
  }

  @Test func theInventorySaysWhatIsKnown() throws {
    var one = host("kvm1")
    one.memory = .known(HostMemory(total: .mebibytes(2048), available: .mebibytes(1024)))
    one.cpusOnline = .known([0, 1])
    one.pools = .known([StoragePool(name: "images", type: "dir", isActive: true, target: "/srv")])
    var guest = DomainFacts(name: "web", uuid: "u")
    guest.memory = .mebibytes(512)
    guest.disks = [
      Disk(target: "vda", source: .file("/srv/a.img")), Disk(target: "vdb", source: .volume(pool: "fast", volume: "b")),
    ]
    guest.interfaces = [Interface(source: .bridge("br0"))]
    one.guests = [guest]
    var survey = Survey(hosts: [one])
    survey.unusable = ["kvm3": "kvm3: no route to host"]
    try expectGolden(JSON.document([Inventory(of: survey, uris: ["kvm3": "qemu+ssh://kvm3/system"])]), "inventory.json")
    try expectGolden(
      HostsText(style: Style(isColoured: false), isVerbose: false).inventory(survey) + "\n", "inventory.txt")
  }
}
