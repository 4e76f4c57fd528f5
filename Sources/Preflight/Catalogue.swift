/// Every rule that exists, in the order of docs/preflight.md, which is the order of reports.
public let catalogue: [Rule] = [
  hostIdentity, hostHostname, uriResolves,
  versionLibvirt, versionQEMU,
  machineType, emulatorPresent,
  cpuFlags,
  clockSkew, clockSync,
  storagePresent, storageIdentity, storagePool,
  networkBridge, networkLibvirt,
  memoryFree,
  guestState, guestCollision,
  flagsLegal,
]
