import MigrationModel
import Testing

@testable import DomainXML

@Suite struct DestinationXMLTests {
  private let odd = "/srv/it's \"top\" & <é>.qcow2"

  private func edited(_ edits: DestinationEdit...) throws -> DomainFacts {
    try DomainDescription(parsing: destinationXML(of: boundGuest, edits)).facts
  }

  @Test func withoutEditsEverythingStays() throws {
    let text = try destinationXML(of: boundGuest, [])
    #expect(try DomainDescription(parsing: text).facts == DomainDescription(parsing: boundGuest).facts)
    #expect(try destinationXML(of: text, []) == text, "written once, it is written the same again")
    for kept in [
      #"xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0""#, #"<qemu:arg value="debug-threads=on"/>"#,
      #"<app:note xmlns:app="urn:example:app">kept &lt;as&gt; it is <!-- this too --> é</app:note>"#,
    ] {
      #expect(text.contains(kept))
    }
    #expect(text.hasPrefix("<domain"), "no XML declaration")
    #expect(lines(text).count == lines(boundGuest).count)
  }

  @Test func aBridgeIsRenamedAndNothingElse() throws {
    var expected = try edited()
    expected.interfaces[0].source = .bridge("br\"9\" & <x>")
    #expect(try edited(.bridge(from: "br0", to: "br\"9\" & <x>")) == expected)
  }

  @Test func theBridgeOfANetworkIsNotTheGuests() throws {
    let live = """
      <domain type='kvm'><devices>
        <interface type='bridge'><source network='guests' bridge='br0'/></interface>
      </devices></domain>
      """
    #expect(throws: XMLError(.nothingToEdit("interface on bridge “br0”"))) {
      try destinationXML(of: live, [.bridge(from: "br0", to: "br1")])
    }
  }

  @Test func aListenAddressIsReplacedInBothPlaces() throws {
    let text = try destinationXML(of: boundGuest, [.listenAddress(from: "192.0.2.7", to: "::")])
    #expect(!text.contains("192.0.2.7"))
    #expect(text.contains(#"listen="::""#) && text.contains(#"address="::""#))
    #expect(text.contains("192.0.2.8"), "an address of a network is found anew")
  }

  @Test func oddDiskPathsAreMapped() throws {
    let new = "/mnt/näw & \"x\" <y>'\n.qcow2"
    let facts = try edited(
      .diskPath(from: odd, to: new), .diskPath(from: "/srv/top.data", to: "/mnt/top.data"),
      .diskPath(from: "/dev/disk/by-id/wwn-1", to: "/dev/disk/by-id/wwn-2"))
    #expect(facts.disks.map(\.path) == [new, nil, nil, "/dev/disk/by-id/wwn-2"])
    #expect(facts.disks[0].backingFiles == ["/mnt/top.data"])
  }

  @Test func backingFilesAreMappedAndMirrorsAreNot() throws {
    let path = "/var/lib/libvirt/images/base.qcow2"
    let facts = try DomainDescription(
      parsing: destinationXML(of: runningGuest, [.diskPath(from: path, to: "/mnt/base.qcow2")])
    ).facts
    #expect(facts.disks[0].backingFiles == ["/var/lib/libvirt/images/mid.qcow2", "/mnt/base.qcow2"])
    #expect(throws: XMLError(.nothingToEdit("disk on “/srv/copy.qcow2”"))) {
      try destinationXML(of: guestOfEveryDevice, [.diskPath(from: "/srv/copy.qcow2", to: "/mnt/copy.qcow2")])
    }
  }

  @Test func pathsAreComparedByBytes() {
    let decomposed = "/srv/it's \"top\" & <e\u{301}>.qcow2"
    #expect(decomposed == odd, "one text to Swift, two files to the host")
    #expect(throws: XMLError.self) { try edited(.diskPath(from: decomposed, to: "/mnt/x")) }
  }

  @Test func namesCanBeSwapped() throws {
    let text = """
      <domain type='kvm'><devices>
        <interface type='bridge'><source bridge='a'/></interface><interface type='bridge'><source bridge='b'/></interface>
      </devices></domain>
      """
    let swapped = try destinationXML(of: text, [.bridge(from: "a", to: "b"), .bridge(from: "b", to: "a")])
    #expect(swapped.contains(#"<source bridge="b"/></interface><interface type="bridge"><source bridge="a"/>"#))
  }

  @Test func theEmulatorIsReplaced() throws {
    #expect(try edited(.emulator("/opt/q & <q>/qemu")).emulator == "/opt/q & <q>/qemu")
  }

  @Test func bindingsAreDropped() throws {
    let text = try destinationXML(of: boundGuest, [.unbound])
    let facts = try DomainDescription(parsing: text).facts
    #expect(facts.placements.isEmpty)
    #expect(facts.maxVCPUs == 4 && facts.vcpus == 2)
    #expect(!text.contains("numatune"))
    #expect(text.contains("<shares>2048</shares>"))
    #expect(text.contains("<pagesize unit=\"KiB\">2048</pagesize>"))
    #expect(!text.contains("\n\n"), "no empty lines are left")
  }

  @Test func bindingsAreRestricted() throws {
    let facts = try edited(.bound(cpus: Array(0...3), nodes: [0]))
    #expect(
      facts.placements == [
        Placement(element: "vcpu cpuset", kind: .cpus, ids: [0, 1, 2, 3]),
        Placement(element: "vcpupin 0", kind: .cpus, ids: [0, 1, 2, 3]),
        Placement(element: "emulatorpin", kind: .cpus, ids: [1, 3]),
        Placement(element: "numatune memory", kind: .nodes, ids: [0]),
        Placement(element: "memnode 0", kind: .nodes, ids: [0]),
        Placement(element: "memory dimm0", kind: .nodes, ids: [0]),
      ], "what would be bound to nothing is free")
  }

  @Test func editsOfTheSameElementDoNotHurt() throws {
    #expect(try edited(.unbound, .bound(cpus: [0], nodes: [0]), .unbound).placements.isEmpty)
  }

  @Test(
    arguments: [
      (.bridge(from: "br7", to: "br8"), "interface on bridge “br7”"),
      (.listenAddress(from: "192.0.2.8", to: "::"), "graphics server on address “192.0.2.8”"),
      (.diskPath(from: "/no/such", to: "/x"), "disk on “/no/such”"),
    ] as [(DestinationEdit, String)])
  func anEditThatFindsNothingIsNamed(edit: DestinationEdit, thing: String) {
    let error = #expect(throws: XMLError(.nothingToEdit(thing))) { try edited(edit) }
    #expect(error?.description == "nothing to edit: the domain has no \(thing)")
  }

  @Test func aBareGuestHasNothingToEdit() {
    for edit in [DestinationEdit.unbound, .bound(cpus: [0], nodes: [0]), .emulator("/x")] {
      #expect(throws: XMLError.self) { try destinationXML(of: "<domain type='kvm'/>", [edit]) }
    }
    #expect(throws: XMLError.self) { try destinationXML(of: "<network/>", []) }
  }

  @Test(arguments: ["", "a\u{0}b", "\u{1}", "\u{FFFE}"])
  func whatXMLCannotHoldIsRefused(value: String) {
    #expect(throws: XMLError.self) { try edited(.bridge(from: "br0", to: value)) }
    #expect(throws: XMLError.self) { try edited(.emulator(value)) }
  }

  private func lines(_ text: String) -> [Substring] {
    text.split(separator: "\n", omittingEmptySubsequences: true)
  }
}
