#!/usr/bin/env python3
"""Puts `migrate --check` beside the same questions asked by hand (check-by-hand.sh), for 1, 10 and 100 guests.

Run as root on a quiet machine after `bash Tests/demo.sh` has built the tool:  python3 Benchmarks/check-versus-script.py
Both look at paused guests of a lab of its own, in turn, after a warm-up. The counts come from neither of them: SSH
sessions and commands from the logs of the hosts' sshd, libvirt's connections and calls from the log of libvirt's own
client, in a run of its own that is not timed. Prints one JSON document; progress goes to stderr.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
MIGRATE = f"{os.path.dirname(HERE)}/.build/release/migrate"
BY_HAND = f"{HERE}/check-by-hand.sh"
LAB = "check-bench"
LAB_DIRECTORY = f"/var/lib/migrate-lab/{LAB}"
SSH_CONFIG = f"{LAB_DIRECTORY}/ssh_config"
HOSTS = ("host1", "host2")
# Runs of the peer for each number of guests: a hundred guests take it minutes.
PEER_RUNS = {1: 5, 10: 3, 100: 1}

# Paused from the start, so it takes memory and no CPU.
GUEST = """
<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>32</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <features><acpi/></features>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='usb' model='none'/>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw' cache='none'/>
      <source file='/var/lib/libvirt/shared/{name}.img'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <interface type='bridge'><source bridge='br0'/><model type='virtio'/></interface>
    <memballoon model='virtio'/>
  </devices>
</domain>
"""


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def run(command, environment=None):
    """Seconds, output and exit code; of a check, 2 and 3 are answers too, and the result says so."""
    accepted = (0, 2, 3) if "--check" in command else (0,)
    start = time.monotonic()
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env={**os.environ, **(environment or {})})
    seconds = time.monotonic() - start
    if done.returncode not in accepted:
        sys.exit(f"{' '.join(command)[:300]} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return seconds, done.stdout, done.returncode


# What is run


def uris():
    status = run([MIGRATE, "lab", "status", "--name", LAB])[1]
    return re.findall(r"qemu\+tcp://[0-9.]+/system", status)


def by_ssh(directory):
    """A configuration whose libvirt connections go through ssh too."""
    config = f"{directory}/config.yaml"
    with open(config, "w", encoding="utf-8") as file:
        file.write(f"ssh_config: {SSH_CONFIG}\nhosts:\n")
        file.writelines(f'  - name: {host}\n    uri: qemu+ssh://{host}/system\n' for host in HOSTS)
    return config


def check(guests, config=f"{LAB_DIRECTORY}/config.yaml"):
    return [MIGRATE, "--config", config, "-c", HOSTS[0], "--check", *guests, HOSTS[1]]


def by_hand(guests):
    return [BY_HAND, *uris(), SSH_CONFIG, *HOSTS, *guests]


def make(names):
    """Starts guests on the first host, some at a time."""
    uri = uris()[0]

    def start(name):
        with open(f"{LAB_DIRECTORY}/shared/{name}.img", "wb") as disk:
            disk.truncate(4 << 20)
        with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
            file.write(GUEST.format(name=name))
            file.flush()
            run(["virsh", "-c", uri, f"define '{file.name}'; start --paused {name}"])

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(start, names))


# What is measured


def turns(commands, runs):
    """Seconds of each run, the tools in turn, spread evenly over the longer series."""
    seconds = {name: [] for name in commands}
    for turn in range(max(runs.values())):
        for name in commands:
            if len(seconds[name]) <= turn * runs[name] // max(runs.values()):
                seconds[name].append(run(commands[name])[0])
    return seconds


def server_lines(pattern):
    count = 0
    for host in HOSTS:
        with open(f"{LAB_DIRECTORY}/{host}/log/sshd.log", encoding="utf-8", errors="replace") as log:
            count += sum(1 for line in log if line.startswith(pattern))
    return count


def counts(command):
    """What one run costs, as sshd and libvirt's client library log it; every process appends to one file."""
    before = [server_lines(pattern) for pattern in ("Accepted publickey", "Starting session: command")]
    with tempfile.NamedTemporaryFile("r", suffix=".log") as log:
        exit_code = run(command, environment={
            "LIBVIRT_LOG_FILTERS": "2:rpc.netclient", "LIBVIRT_LOG_OUTPUTS": f"1:file:{log.name}"})[2]
        seen = collections.Counter()
        for line in log:
            # Type 0 is a call, 1 its reply (virNetMessageType); keep-alive has a program number of its own.
            seen["calls"] += "RPC_CLIENT_MSG_TX_QUEUE" in line and " type=0 " in line
            seen["connections"] += "RPC_CLIENT_NEW:" in line
    time.sleep(0.5)  # sshd writes its log when it gets to it.
    after = [server_lines(pattern) for pattern in ("Accepted publickey", "Starting session: command")]
    return {
        "ssh_sessions": after[0] - before[0], "ssh_commands": after[1] - before[1],
        "libvirt_connections": seen["connections"], "libvirt_calls": seen["calls"], "exit_code": exit_code}


def summary(seconds):
    return {
        "median_s": round(statistics.median(seconds), 3), "min_s": round(min(seconds), 3),
        "max_s": round(max(seconds), 3), "n": len(seconds)}


def measure(guests, asked, ssh_config):
    """Both tools with the same guests: times, their ratio, and counts."""
    commands = {"migrate": check(guests), "by_hand": by_hand(guests)}
    say(f"{len(guests)} guests: warming up and counting")
    result = {name: {"counts": counts(command)} for name, command in commands.items()}
    run(commands["migrate"])
    say(f"{len(guests)} guests: timing")
    seconds = turns(commands, {"migrate": asked.runs, "by_hand": PEER_RUNS.get(len(guests), 1)})
    for name, values in seconds.items():
        result[name].update(summary(values))
    over_ssh = check(guests, ssh_config)
    result["migrate_qemu_ssh"] = {"counts": counts(over_ssh)}
    result["migrate_qemu_ssh"].update(summary([run(over_ssh)[0] for _ in range(asked.runs)]))
    result["times_faster"] = round(result["by_hand"]["median_s"] / result["migrate"]["median_s"], 1)
    say(json.dumps({str(len(guests)): result}))
    return result


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--guests", type=int, nargs="+", default=sorted(PEER_RUNS))
    options.add_argument("--runs", type=int, default=15, help="of migrate, for each number of guests")
    asked = options.parse_args()
    run([MIGRATE, "lab", "up", "--name", LAB])
    try:
        with tempfile.TemporaryDirectory() as directory:
            results, made = {}, []
            for number in sorted(asked.guests):
                names = [f"bench{index:03}" for index in range(1, number + 1)]
                make(names[len(made):])
                made = names
                results[number] = measure(names, asked, by_ssh(directory))
    finally:
        run([MIGRATE, "lab", "down", "--name", LAB])
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
