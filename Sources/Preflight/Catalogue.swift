/// Every rule that exists, in the order of docs/preflight.md, which is the order of reports.
public let catalogue: [Rule] = [
  hostIdentity, hostHostname, uriResolves,
  networkPorts, sshMaxStartups, p2pCredentials,
  versionLibvirt, versionQEMU,
  machineType, emulatorPresent,
  cpuFlags, cpuPassthrough, cpuNested, cpuTSC,
  clockSkew, clockSync,
  storagePresent, storageIdentity, storageFilesystem, storageCache, storagePool, storageCopySpace, storageMedia,
  storageLocks,
  networkBridge, networkLibvirt, networkDirect, networkMTU, networkAddress, networkFilter,
  securityModel, securityTLS,
  memoryFree, memoryHugePages, memoryLocked,
  numaPlacement, vcpuMax,
  devicePassthrough, deviceUnsupported, devicePaths, deviceTPM, deviceGraphics, deviceSecrets,
  guestState, guestSnapshots, guestJobs, guestAgent, guestCollision, guestPersistence,
  flagsLegal,
  planHeadroom,
]
