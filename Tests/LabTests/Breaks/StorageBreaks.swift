@testable import Lab

extension Bench {
  private var image: String { web.diskPath ?? "" }
  private var ownImage: String { "\(LabPlan.localPath)/\(web.id).img" }
  private var volume: String { "\(LabPlan.sharedPath)/\(Self.volume)" }
  private var localVolume: String { "\(LabPlan.localPath)/\(Self.volume)" }
  private var localImage: String { local.diskPath ?? "" }
  private var away: String { "\(LabPlan.localPath).away" }
  private var elsewhere: Fault { .shadowed(path: LabPlan.sharedPath, by: LabPlan.localPath, on: two) }

  var storageBreaks: [Break] {
    [
      Break(
        rule: "storage.present", what: "host2 has not mounted the shared storage", faults: [elsewhere],
        make: [run(two, "truncate", "-s", "1M", volume)], heal: [run(two, "rm", localVolume)],
        subject: image, destination: "absent",
        outcome: .refuses("Cannot access storage file")),
      Break(
        rule: "storage.identity", what: "host2 has another image under the same path", faults: [elsewhere],
        make: [run(two, "truncate", "-s", "8M", image), run(two, "truncate", "-s", "1M", volume)],
        heal: [run(two, "rm", ownImage, localVolume)],
        subject: image,
        outcome: .moves(
          "the guest goes on with the other image",
          [
            Look(
              step: run(
                two, "sh", "-c",
                "for file in /proc/$(cat /run/libvirt/qemu/web.pid)/fd/*; do"
                  + " [ $file -ef \(ownImage) ] && echo other; done"), says: "other")
          ])),
      Break(
        rule: "storage.filesystem", what: "host1 mounts the same storage as a file system that is not shared",
        faults: [.shadowed(path: LabPlan.sharedPath, by: lab.plan.sharedDirectory, on: one)], subject: image,
        outcome: .refuses("Unsafe migration")),
      Break(
        rule: "storage.pool", what: "host2's pool is not active",
        make: [virsh(two, "pool-destroy", "shared")], heal: [virsh(two, "pool-start", "shared")],
        subject: "shared", outcome: .refuses("storage pool 'shared' containing volume")),
      Break(
        rule: "storage.copy-space", what: "host2 has no directory to make the disk's image in", guest: .local,
        options: ["--copy-storage-all"], make: [run(two, "mv", LabPlan.localPath, away)],
        heal: [run(two, "mv", away, LabPlan.localPath)], subject: localImage, destination: "absent",
        outcome: .refuses("storage pool")),
      Break(
        rule: "storage.copy-space", what: "what the disk would be copied onto is too small", guest: .local,
        options: ["--copy-storage-all"], make: [run(two, "truncate", "-s", "4M", localImage)],
        heal: [run(two, "rm", localImage)], subject: localImage, destination: "4194304",
        outcome: .refuses("it has 4194304 bytes, and the disk has 8388608")),
      Break(
        rule: "storage.media", what: "host2 lacks an optional medium", make: [run(two, "rm", Self.medium)],
        heal: [run(two, "truncate", "-s", "1M", Self.medium)], severity: "warning", subject: Self.medium,
        destination: "absent",
        outcome: .moves(
          "the drive is empty", [Look(step: run(two, "sh", "-c", "virsh domblklist web | grep sdb"), says: " -")])),
      Break(
        rule: "storage.locks", what: "host2 has a lock manager, host1 has none",
        faults: [.qemuSettings(["lock_manager": "\"lockd\""], on: two)],
        source: "nop", destination: "lockd", outcome: .refuses("virtlockd-sock")),
    ]
  }
}
