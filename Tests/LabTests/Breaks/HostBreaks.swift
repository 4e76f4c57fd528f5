@testable import Lab

extension Bench {
  private static let emulator = "/usr/bin/qemu-system-x86_64"

  /// A program in QEMU's place that does something before it becomes QEMU.
  private func wrapper(_ commands: String) -> String {
    "#!/bin/sh\n\(commands)\nexec /run/qemu-system-x86_64 -L /usr/share/qemu -L /usr/share/seabios \"$@\"\n"
  }

  var hostBreaks: [Break] {
    [
      Break(
        rule: "host.identity", what: "host2 has host1's UUID", faults: [.hostUUID(of: one, on: two)],
        outcome: .refuses("same host")),
      Break(
        rule: "host.hostname", what: "both are called host1, and no migration_host tells them apart",
        faults: [.qemuSettings(["migration_host": nil], on: two), .hostName("host1", on: two)],
        source: "host1", destination: "host1", along: ["uri.resolves", "network.ports"],
        outcome: .refuses("unable to connect to server at 'host1:")),
      Break(
        rule: "uri.resolves", what: "host2's migration_host is a name that leads to host1",
        faults: [.qemuSettings(["migration_host": "\"host1\""], on: two)], destination: two.address,
        along: ["network.ports"], outcome: .refuses("unable to connect to server at 'host1:")),
      Break(
        rule: "network.ports", what: "host2's firewall rejects the migration ports",
        faults: [.migrationPortsClosed(on: two, rejecting: true)], destination: "refused, something listened",
        outcome: .refuses("Connection refused")),
      Break(
        rule: "network.ports", what: "host2's firewall drops packets to the migration ports",
        faults: [.migrationPortsClosed(on: two, rejecting: false)], destination: "dropped",
        outcome: .untried("libvirt would wait for as long as the kernel tries, two minutes")),
      Break(
        rule: "network.ports", what: "host1 has no way to host2",
        faults: [.unreachable(two, from: one)], destination: "unreachable", along: ["network.mtu"],
        outcome: .refuses("No route to host")),
      Break(
        rule: "network.ports", what: "host2's migration ports are taken",
        faults: [.qemuSettings(["migration_port_min": "49200", "migration_port_max": "49201"], on: two)],
        make: [
          run(
            two, "sh", "-c",
            "for port in 49200 49201; do nc -lk $port >/dev/null 2>&1 & echo $!; done >/run/taken;"
              + " for port in 49200 49201; do until nc -z 127.0.0.1 $port; do sleep 0.05; done; done")
        ], heal: [run(two, "sh", "-c", "kill $(cat /run/taken)")], subject: "ports 49200-49201",
        destination: "0 of 2 free", outcome: .refuses("Unable to find an unused port in range 'migration'")),
      Break(
        rule: "ssh.max-startups", what: "host2's sshd takes one connection at a time",
        faults: [.sshdSettings(["MaxStartups": "1:100:60"], on: two)], severity: "warning",
        destination: "drops some from 1",
        outcome: .shows(
          "sshd drops a login while another is at the door",
          [
            Look(
              step: run(
                one, "sh", "-c",
                "sleep 5 | nc host2 22 >/run/door & until grep -q SSH /run/door; do sleep 0.05; done;"
                  + " ssh -oBatchMode=yes host2 true"), says: "kex_exchange_identification")
          ])),
      Break(
        rule: "p2p.credentials", what: "host1's daemon does not know host2's key",
        options: ["--p2p", "--config", "\(lab.plan.directory)/by-ssh.yaml"],
        faults: [.fileSays("", path: lab.knownHostsPath, on: one)], source: "cannot connect",
        outcome: .refuses("Host key verification failed")),
      Break(
        rule: "version.qemu", what: "host2's QEMU says that it is 6.2.0",
        faults: [
          .fileSays(
            wrapper("case $1 in --version) echo 'QEMU emulator version 6.2.0'; exit ;; esac"), path: Self.emulator,
            on: two)
        ],
        destination: "6.2.0", outcome: .moves("libvirt compares no versions; this QEMU only says that it is old", [])),
      Break(
        rule: "machine.type", what: "host2's QEMU lacks the machine type",
        faults: [.capabilities(["pc-i440fx-7.2": "pc-i440fx-6.9"], on: two)], destination: "pc-i440fx-6.9",
        along: ["cpu.flags"],
        outcome: .refuses("does not support machine type")),
      Break(
        rule: "emulator.present", what: "host2 has no QEMU of that name",
        faults: [.fileSays("", path: Self.emulator, on: two)],
        make: [run(two, "chmod", "644", Self.emulator)], along: ["version.qemu", "cpu.flags"],
        outcome: .refuses("qemu-system-x86_64")),
      Break(
        rule: "clock.skew", what: "host2's clock is 2 s ahead", faults: [.clockAhead(seconds: 2, on: two)],
        subject: "clock", along: ["clock.sync"], outcome: .moves("libvirt does not look at clocks", [])),
      Break(
        rule: "clock.sync", what: "host2's time service has nothing to follow",
        faults: [.clockUnsynchronised(on: two)], severity: "warning", destination: "not synchronised",
        outcome: .moves("nothing yet: the clocks drift apart later", [])),
      Break(
        rule: "clock.sync", what: "no time service runs on host2", faults: [.timeServiceStopped(on: two)],
        severity: "unknown", outcome: .moves("nothing yet: the clocks drift apart later", [])),
      Break(
        rule: "plan.headroom", what: "host2 says that its load is 200",
        faults: [.fileSays("200.00 200.00 200.00 1/100 1\n", path: "/proc/loadavg", on: two)], severity: "warning",
        destination: "200", outcome: .moves("libvirt does not look at load", [])),
    ]
  }

  var resourceBreaks: [Break] {
    [
      Break(
        rule: "cpu.flags", what: "host2's QEMU gives no lahf_lm, which the guest's CPU has",
        guest: .made(
          GuestSpecification(
            name: "made", memory: 64, connection: .none,
            elements: ["<cpu mode='custom' match='exact' check='none'><model fallback='forbid'>qemu64</model></cpu>"]),
          runs: true),
        faults: [
          .fileSays(
            wrapper("set -f; IFS='\n'; set -- $(printf '%s\\n' \"$@\" | sed 's/^qemu64.*/&,lahf-lm=off/')"),
            path: Self.emulator, on: two),
          .capabilities(
            [
              "'lahf_lm' type='boolean' value='true'": "'lahf_lm' type='boolean' value='false'",
              "'lahf-lm' type='boolean' value='true'": "'lahf-lm' type='boolean' value='false'",
            ], on: two),
        ], destination: "lahf_lm", outcome: .refuses("lahf_lm")),
      Break(
        rule: "memory.free", what: "host2 says that it has 64 MiB of memory left",
        faults: [
          .fileSays("MemTotal: 8000000 kB\nMemFree: 65536 kB\nMemAvailable: 65536 kB\n", path: "/proc/meminfo", on: two)
        ], along: ["plan.headroom"], outcome: .moves("libvirt does not look at free memory", [])),
      Break(
        rule: "memory.locked", what: "host1's daemon may lock 1 MiB of memory", options: ["--zerocopy", "--parallel"],
        faults: [.lockedMemory(bytes: 1 << 20, on: one)], subject: "locked memory",
        outcome: .refuses("cannot limit locked memory")),
      Break(
        rule: "numa.placement", what: "the guest is bound to CPU 900, which host2 lacks",
        guest: .made(
          GuestSpecification(
            name: "made", memory: 64, connection: .none,
            elements: ["<cputune><vcpupin vcpu='0' cpuset='900'/></cputune>"]), runs: false),
        destination: "online", outcome: .doesNotStart("cannot set CPU affinity")),
      Break(
        rule: "vcpu.max", what: "host2's machine type takes one vCPU, the guest has two",
        guest: .made(GuestSpecification(name: "made", memory: 64, vcpus: 2, connection: .none), runs: false),
        faults: [.capabilities(["maxCpus='255'": "maxCpus='1'"], on: two)], destination: "1",
        outcome: .doesNotStart("Maximum CPUs greater than specified machine type limit 1")),
    ]
  }
}
