import CLibvirt

extension Connection {
  /// The pool of that name, active or not; an unknown name is `.noStoragePool` (`virStoragePoolLookupByName`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func pool(named name: String) throws -> Pool {
    try call("look up storage pool \(name)") { raw, call in
      try Pool(adopting: try call.pointer { virStoragePoolLookupByName(raw, name) }, of: self)
    }
  }

  /// The active pool whose target is exactly `directory`, links not followed; nil when there is none
  /// (`virStoragePoolLookupByTargetPath`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func pool(ofDirectory directory: String) throws -> Pool? {
    do {
      return try call("look for a storage pool of \(directory)") { raw, call in
        try Pool(adopting: try call.pointer { virStoragePoolLookupByTargetPath(raw, directory) }, of: self)
      }
    } catch let error as LibvirtError where error.code == .noStoragePool {
      return nil
    }
  }

  /// Makes a pool of a directory that is there, known to libvirt until it ends or the daemon does; nothing in the directory
  /// changes.
  ///
  /// Fails when the directory cannot be opened, and where a pool of type dir has it already, active or not
  /// (`virStoragePoolCreateXML`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func makeTransientPool(named name: String, ofDirectory directory: String) throws -> Pool {
    let xml =
      "<pool type='dir'><name>\(name.escapedForXML)</name>"
      + "<target><path>\(directory.escapedForXML)</path></target></pool>"
    return try call("make a storage pool of \(directory)") { raw, call in
      try Pool(adopting: try call.pointer { virStoragePoolCreateXML(raw, xml, 0) }, of: self)
    }
  }
}
