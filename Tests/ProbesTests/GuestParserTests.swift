import MigrationModel
import Testing

@testable import Probes

@Suite struct GuestParserTests {
  @Test func freeSpaceIsTheAvailableColumn() {
    let head = "Filesystem     1024-blocks     Used Available Capacity Mounted on\n"
    #expect(Parse.freeSpace(head + "/dev/vda 264212084 17770984  81294628      18% /\n") == .kibibytes(81_294_628))
    #expect(Parse.freeSpace(head + "nas:/a b 100 60 40 60% /mnt/it is 7%\n") == .kibibytes(40))
    for text in ["", head, head + "x\n", head + "/dev/vda 1 2 many 18% /\n", head + "a 1 2 99999999999999999 1% /\n"] {
      #expect(Parse.freeSpace(text) == nil, "\(text)")
    }
  }

  @Test func anImagesSizeIsItsOwnNotThatOfNodesBelow() {
    let old = #"{ "virtual-size": 1073741824, "filename": "/a", "format": "qcow2" }"#
    let new = #"{ "children": [ { "name": "file", "info": { "virtual-size": 7 } } ], "virtual-size": 2048, "x": {} }"#
    let odd = #"{ "filename": "\"virtual-size\": 5", "virtual-size": 9 }"#
    #expect(Parse.imageSize(old) == .mebibytes(1024))
    #expect(Parse.imageSize(new) == .bytes(2048))
    #expect(Parse.imageSize(odd) == .bytes(9))
    for text in [
      "", "{", "qemu-img: Could not open", #"{"virtual-size": -"#, #"{"virtual-size": 99999999999999999999}"#,
    ] {
      #expect(Parse.imageSize(text) == nil, "\(text)")
    }
  }
}
