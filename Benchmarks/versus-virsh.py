#!/usr/bin/env python3
"""Puts the release build of migrate beside virsh: start-up, and the wall time of the same p2p move.

Run as root after `bash Tests/demo.sh` has built the tool:  python3 Benchmarks/versus-virsh.py [--pairs 15]
Both tools move one guest between two hosts of a lab of its own, in turn: A then B in one pair, B then A in the next, so
that a drift of the machine and the direction of the move touch both alike. Prints one JSON document.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MIGRATE = f"{ROOT}/.build/release/migrate"
LAB = "versus"
CONFIG = f"/var/lib/migrate-lab/{LAB}/config.yaml"


def timed(command):
    start = time.monotonic()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    seconds = time.monotonic() - start
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return seconds, done.stdout


def migrate(source, destination):
    words = ["-c", source["name"], "guest", destination["name"], "--p2p", "--skip-check", "--quiet"]
    return [MIGRATE, "--config", CONFIG, *words]


def virsh(source, destination):
    flags = ["--live", "--p2p", "--persistent", "--undefinesource"]
    return ["virsh", "-c", source["uri"], "migrate", *flags, "guest", destination["uri"]]


def moves(hosts, pairs):
    """Seconds of each move by tool, pair by pair; the guest changes hosts with every move."""
    seconds = {"migrate": [], "virsh": []}
    tools = {"migrate": migrate, "virsh": virsh}
    here, there = hosts
    for pair in range(pairs):
        for name in ("migrate", "virsh") if pair % 2 == 0 else ("virsh", "migrate"):
            seconds[name].append(timed(tools[name](here, there))[0])
            here, there = there, here
    return seconds


def start_up(runs):
    commands = {"migrate": [MIGRATE, "--version"], "virsh": ["virsh", "--version"]}
    seconds = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            seconds[name].append(timed(command)[0])
    return seconds


def summary(seconds):
    ratios = [a / b for a, b in zip(seconds["migrate"], seconds["virsh"])]
    medians = {f"{name}_median_s": round(statistics.median(values), 4) for name, values in seconds.items()}
    spread = [round(value, 3) for value in (min(ratios), max(ratios))]
    return {**medians, "ratio_median": round(statistics.median(ratios), 3), "ratio_range": spread, "n": len(ratios)}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--pairs", type=int, default=15)
    options.add_argument("--starts", type=int, default=40)
    asked = options.parse_args()
    start_up(3)
    result = {"start_up": summary(start_up(asked.starts))}
    timed([MIGRATE, "lab", "up", "--name", LAB, "--guest", "guest"])
    try:
        status = timed([MIGRATE, "lab", "status", "--name", LAB])[1]
        uris = re.findall(r"qemu\+tcp://[0-9.]+/system", status)
        hosts = [{"name": f"host{index + 1}", "uri": uri} for index, uri in enumerate(uris)]
        moves(hosts, 1)
        result["p2p_move"] = summary(moves(hosts, asked.pairs))
    finally:
        timed([MIGRATE, "lab", "down", "--name", LAB])
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
