#!/usr/bin/env python3
"""Puts the release build of migrate beside virsh, and times what it tells; docs/benchmarks.md says how to read it.

    python3 Benchmarks/versus-virsh.py [--output FILE.json]     # as root, after `bash Tests/demo.sh` has built the tool

Parts, in a lab of its own with a guest of 256 MiB:
  start   start-up of both tools
  wall    wall time of the same move by both, in four modes, in interleaved pairs
  events  from an event of libvirt's to the tool's line of JSON
  polls   total time of a move with the tool's sampling and without
Prints tables; every sample goes into the file that --output names. What was started is taken down, also on Ctrl-C.
"""

import argparse
import contextlib
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = 20260101
GUEST = "calm"
MODES = {
    "plain": [], "p2p": ["--p2p"], "tunnelled": ["--p2p", "--tunnelled"],
    "parallel": ["--p2p", "--parallel", "--parallel-connections", "2"]}
# As libvirt numbers them (virDomainEventType and its details) and as the tool's lines name them.
WORDS = {
    (0, 0): ("defined", "added"), (0, 1): ("defined", "updated"), (1, 0): ("undefined", "removed"),
    (2, 1): ("started", "migrated"), (3, 0): ("suspended", "paused"), (3, 1): ("suspended", "migrated"),
    (4, 0): ("resumed", "unpaused"), (4, 1): ("resumed", "migrated"), (5, 3): ("stopped", "migrated")}
# MiB/s, for a transfer that takes some seconds and is asked about some dozens of times.
BANDWIDTH = 16


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def run(command, environment=None, text=None):
    """Seconds and output; a command that fails ends everything."""
    start = time.monotonic()
    done = subprocess.run(
        command, input=text, stdin=None if text else subprocess.DEVNULL, capture_output=True, text=True,
        env={**os.environ, **(environment or {})})
    seconds = time.monotonic() - start
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return seconds, done.stdout


# What is run


class Lab:
    """Two hosts, between which guests go back and forth."""

    def __init__(self, tool, name):
        self.tool, self.name, self.directory = tool, name, f"/var/lib/migrate-lab/{name}"
        self.at = 0
        self.uris = []

    def __enter__(self):
        if os.path.exists(self.directory):
            sys.exit(f"a lab {self.name} is there: {self.tool} lab down --name {self.name}")
        try:
            run([self.tool, "lab", "up", "--name", self.name, "--guest", GUEST])
            status = run([self.tool, "lab", "status", "--name", self.name])[1]
            self.uris = re.findall(r"qemu\+tcp://[0-9.]+/system", status)
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, *_):
        self.down()

    def down(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        say("taking the lab down")
        subprocess.run([self.tool, "lab", "down", "--name", self.name], check=False)

    def words(self, tool, options):
        """The same words for both tools, for a move to where the guest is not."""
        here, there = self.uris[self.at], self.uris[1 - self.at]
        flags = ["--live", "--persistent", "--undefinesource", *options]
        if tool == "virsh":
            return ["virsh", "-c", here, "migrate", *flags, GUEST, there]
        config = f"{self.directory}/config.yaml"
        return [self.tool, "--config", config, "-c", here, "--skip-check", *flags, GUEST, there]

    @property
    def environment(self):
        return {"MIGRATE_JOURNAL": f"{self.directory}/journal.sqlite"}

    def move(self, tool, options=(), environment=None):
        """Seconds and output of one move."""
        result = run(self.words(tool, options), {**self.environment, **(environment or {})})
        self.at = 1 - self.at
        return result


def in_pairs(arms, pairs, seed):
    """What each arm measured, pair by pair, in an order that is drawn within each; as many begin with one as the other.

    `arms`: two names and what measures once.
    """
    orders = [list(arms) if index % 2 else list(arms)[::-1] for index in range(pairs)]
    random.Random(f"{SEED} {seed}").shuffle(orders)
    samples = []
    for order in orders:
        pair = {name: arms[name]() for name in order}
        samples.append({"first": order[0], **pair})
    return samples


# What is made of it


def interval(values, rounds=10_000):
    """95 % of the medians of samples drawn from `values` with replacement."""
    draw = random.Random(SEED)
    medians = sorted(statistics.median(draw.choices(values, k=len(values))) for _ in range(rounds))
    return [medians[int(rounds * 0.025)], medians[int(rounds * 0.975) - 1]]


def compared(samples, one, other):
    """Both arms and the ratio one/other of each pair."""
    ratios = [pair[one] / pair[other] for pair in samples]
    arms = {
        arm: {"median_s": statistics.median(values), "min_s": min(values), "max_s": max(values)}
        for arm in (one, other) for values in [[pair[arm] for pair in samples]]}
    return {
        **arms, "ratio_median": statistics.median(ratios), "ratio_ci95": interval(ratios),
        "ratio_min": min(ratios), "ratio_max": max(ratios), "pairs": len(samples), "samples": samples}


def percentile(values, percent):
    """The smallest value that so many percent are not above."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def spread(values):
    return {
        "n": len(values), "min_ms": min(values), "p50_ms": percentile(values, 50), "p99_ms": percentile(values, 99),
        "max_ms": max(values)}


def table(title, heads, rows):
    widths = [max(len(str(row[index])) for row in [heads, *rows]) for index in range(len(heads))]
    print(f"\n{title}")
    for row in [heads, *rows]:
        print("  " + "  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip())
    sys.stdout.flush()


def compared_rows(results, one, other):
    def seconds(arm):
        return f"{arm['median_s']:.3f} ({arm['min_s']:.3f}-{arm['max_s']:.3f})"

    return [
        [name, result["pairs"], seconds(result[one]), seconds(result[other]), f"{result['ratio_median']:.3f}",
         "{:.3f}-{:.3f}".format(*result["ratio_ci95"]), f"{result['ratio_min']:.3f}-{result['ratio_max']:.3f}"]
        for name, result in results.items()]


def heads(what, one, other):
    ratio = f"{one}/{other}"
    return [what, "pairs", f"{one} s (min-max)", f"{other} s (min-max)", ratio, "95 %", "min-max"]


# The parts


def measure_start(lab, asked):
    arms = {"migrate": lambda: run([lab.tool, "--version"])[0], "virsh": lambda: run(["virsh", "--version"])[0]}
    in_pairs(arms, 3, "warm-up")
    result = {"--version": compared(in_pairs(arms, asked.starts, "start"), "migrate", "virsh")}
    table("Start-up", heads("", "migrate", "virsh"), compared_rows(result, "migrate", "virsh"))
    return result


def measure_wall(lab, asked):
    results = {}
    for name, options in MODES.items():
        say(f"wall: {name}")
        arms = {
            "migrate": lambda: lab.move("migrate", options=[*options, "--quiet"])[0],
            "virsh": lambda: lab.move("virsh", options=options)[0]}
        in_pairs(arms, 1, name)
        results[name] = compared(in_pairs(arms, asked.pairs, name), "migrate", "virsh")
    table(
        "Wall time of a move: command started until it ended, no load in the guest",
        heads("mode", "migrate", "virsh"), compared_rows(results, "migrate", "virsh"))
    return results


@contextlib.contextmanager
def listening(uris, path):
    """A peer that writes what it hears into a file."""
    with open(path, "wb") as file, subprocess.Popen(
            [sys.executable, f"{HERE}/listen.py", *uris], stdin=subprocess.PIPE, stdout=file) as peer:
        try:
            while os.path.getsize(path) == 0:
                if peer.poll() is not None:
                    sys.exit("the listener ended before it listened")
                time.sleep(0.01)
            yield
        finally:
            peer.stdin.close()


def heard(path):
    """(host, words) of each event to its times in order."""
    times = {}
    with open(path, encoding="utf-8") as file:
        for line in file.read().splitlines()[1:]:
            at, host, event, detail, domain = line.split(" ", 4)
            words = WORDS.get((int(event), int(detail)))
            if domain == GUEST and words:
                times.setdefault((int(host), *words), []).append(int(at))
    return times


def follow(lab):
    """Moves the guest with JSON lines; when the move began, and each line of an event with when it was readable."""
    source = lab.at
    command = lab.words("migrate", ["--p2p", "--output", "jsonl"])
    began, lines, rest = time.monotonic_ns(), [], b""
    with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            env={**os.environ, **lab.environment}) as process:
        while chunk := os.read(process.stdout.fileno(), 1 << 16):
            at = time.monotonic_ns()
            *whole, rest = (rest + chunk).split(b"\n")
            lines += [(at, line) for line in whole]
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}: {lines[-1:]}")
    lab.at = 1 - source
    told = [(at, json.loads(line)) for at, line in lines]
    return began, [
        (at, (source if line["side"] == "source" else 1 - source, line["event"], line.get("detail")))
        for at, line in told if line["type"] == "guest"]


def matched(moves, peers):
    """Each line beside the two peers' stamps of its event, and the lines of which a peer heard nothing."""
    samples, unheard = [], []
    for began, lines in moves:
        for line_at, key in lines:
            at = [next((at for at in times.get(key, []) if at > began), None) for times in peers]
            if None in at:
                unheard.append(" ".join(map(str, key)))
                continue
            for times, used in zip(peers, at):
                times[key].remove(used)
            samples.append({
                "event": f"host{key[0] + 1} {key[1]} {key[2]}", "line_ms": (line_at - min(at)) / 1e6,
                "peers_apart_ms": (at[1] - at[0]) / 1e6})
    return samples, unheard


def measure_events(lab, asked):
    say("events")
    with tempfile.TemporaryDirectory() as directory:
        paths, moves = [f"{directory}/{name}" for name in ("one", "two")], []
        with listening(lab.uris, paths[0]), listening(lab.uris, paths[1]):
            while sum(len(lines) for _, lines in moves) < asked.events:
                moves.append(follow(lab))
                if not moves[-1][1]:
                    sys.exit("a move told of no event")
            # A peer may hear the last events later than the tool.
            deadline = time.monotonic() + 10
            while (found := matched(moves, [heard(path) for path in paths]))[1] and time.monotonic() < deadline:
                time.sleep(0.1)
    samples, unheard = found
    results = {
        "event to line": spread([sample["line_ms"] for sample in samples]),
        "between the peers": spread([abs(sample["peers_apart_ms"]) for sample in samples])}
    table(
        f"From event to line in {len(moves)} p2p moves, ms: line readable, less the earlier of two peers' stamps",
        ["", "n", "min", "p50", "p99", "max"],
        [[name, values["n"], *(f"{values[f'{key}_ms']:.2f}" for key in ("min", "p50", "p99", "max"))]
         for name, values in results.items()])
    if unheard:
        print(f"  left out, for a peer heard nothing of the event: {', '.join(unheard)}")
    return {**results, "moves": len(moves), "unheard": unheard, "samples": samples}


def measure_polls(lab, asked):
    with tempfile.TemporaryDirectory() as directory:
        library, count = f"{directory}/no-job-stats.so", f"{directory}/count"
        run(["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", library, f"{HERE}/no-job-stats.c"])
        results = {}
        for name, options in (("unlimited", []), (f"{BANDWIDTH} MiB/s", ["--bandwidth", str(BANDWIDTH)])):
            say(f"polls: {name}")
            questions = {"on": [], "off": []}

            def move(state, options=options, questions=questions):
                seconds, _ = lab.move(
                    "migrate", ["--p2p", "--quiet", *options],
                    {"LD_PRELOAD": library, "JOB_STATS": state, "JOB_STATS_COUNT": count})
                with open(count, encoding="utf-8") as file:
                    questions[state].append(int(file.read()))
                os.unlink(count)
                return seconds

            arms = {state: lambda move=move, state=state: move(state) for state in questions}
            in_pairs(arms, 1, name)
            results[name] = {**compared(in_pairs(arms, asked.poll_pairs, name), "on", "off"), "questions": questions}
    table(
        "Wall time of a p2p move whose questions for the job's statistics reach libvirt (on) or do not (off)",
        heads("", "on", "off"), compared_rows(results, "on", "off"))
    for name, result in results.items():
        asked_for = ", ".join(f"{state} {statistics.median(counts):g}" for state, counts in result["questions"].items())
        print(f"  {name}: questions a move (medians): {asked_for}")
    return results


PARTS = {"start": measure_start, "wall": measure_wall, "events": measure_events, "polls": measure_polls}


def interrupted(*_):
    raise KeyboardInterrupt


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} (default: all)")
    options.add_argument("--pairs", type=int, default=15, help="of moves, in each mode")
    options.add_argument("--events", type=int, default=200, help="how many lines of events at least")
    options.add_argument("--poll-pairs", type=int, default=30, help="of moves with and without sampling")
    options.add_argument("--starts", type=int, default=40, help="of each tool")
    options.add_argument("--output", metavar="FILE", help="every sample, as JSON")
    options.add_argument(
        "--tool", default=f"{os.path.dirname(HERE)}/.build/release/migrate", help="the build to measure")
    options.add_argument("--lab", default="versus", help="name of the lab, which must not be there yet")
    asked = options.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        options.error(f"no such part: {', '.join(sorted(unknown))}")
    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGHUP, interrupted)
    before = os.getloadavg()
    result = {
        "began": time.strftime("%FT%TZ", time.gmtime()), "seed": SEED, "kernel": os.uname().release,
        "cpus": os.cpu_count(), "libvirt": run(["virsh", "--version"])[1].strip()}
    with Lab(asked.tool, asked.lab) as lab:
        for part in asked.parts or PARTS:
            result[part] = PARTS[part](lab, asked)
        result["load"] = {"before": before, "after": os.getloadavg()}
    print("\nload of the machine, 1 min: {:.1f} before, {:.1f} after".format(before[0], result["load"]["after"][0]))
    if asked.output:
        with open(asked.output, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("interrupted")
