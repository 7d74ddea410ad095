#!/usr/bin/env python3
"""Comparator throughput, ours and gitops-engine's, in turns on the same generated pairs; absolute figures move, so the ratio is what counts.

    compare.py --binary driftwarden --peer DIR [--pairs N] [--out FIGURES.jsonl]

DIR holds gen_pairs.py and the peer's driver: driftbench, or main.go and go.mod to build it from. Without --peer only ours is measured, on pairs
that must be there already. Pairs and driver are kept under $BENCH_HOME."""
import argparse
import json
import os
import re
import resource
import subprocess
import time
from pathlib import Path

import measure

ROUNDS = 2


def ours(binary, pairs):
    """(compared a second, from bytes a second, drifted); per second of processor time too, by the share of a core that the process had."""
    command = [binary, "compare", "--pairs", str(pairs), "--repeat", "20", "--threads", "1", "-o", "json"]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=300)
    after, took = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - began
    if done.returncode > 1:
        raise SystemExit(f"{' '.join(command)} failed")
    answer = json.loads(done.stdout)
    share = min(1.0, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / took)
    rates = {"parsed": answer["compares_per_s"], "bytes": answer["end_to_end_per_s"]}
    return {what: (rate, rate / share) for what, rate in rates.items()}, answer["drifted"]


def theirs(driver, pairs, *more):
    """(objects a second, objects a second of processor time): the second is what it would do on a core of its own."""
    command = [driver, "-dir", str(pairs), "-procs", "1", "-rounds", "1", "-quiet", *more]
    out = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=600, check=True).stdout
    return tuple(float(re.search(rf"{name}=([\d.]+)", out).group(1)) for name in ("median", "objects/cpu-s"))


def driver_in(peer, home):
    if (peer / "driftbench").exists():
        return str(peer / "driftbench")
    if not (home / "driftbench").exists():
        subprocess.run(["go", "build", "-o", str(home / "driftbench"), "."], cwd=peer, check=True, timeout=1200)
    return str(home / "driftbench")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--peer")
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--out")
    options = parser.parse_args()
    home = Path(os.environ.get("BENCH_HOME", Path.home() / ".cache/driftwarden-bench"))
    home.mkdir(parents=True, exist_ok=True)
    pairs = home / f"pairs-{options.pairs}"
    if not (pairs / "truth.json").exists():
        if not options.peer:
            raise SystemExit("no pairs: give --peer, the directory with gen_pairs.py")
        subprocess.run(["python3", f"{options.peer}/gen_pairs.py", str(pairs), str(options.pairs), "--style", "ssa"], check=True, stdout=subprocess.DEVNULL)
    us, them = measure.Figures(options.out), measure.Figures(options.out, "gitops-engine")
    driver = driver_in(Path(options.peer).resolve(), home) if options.peer else None
    found = {"parsed": [], "bytes": []}
    peers = {"parsed": [], "bytes": []}
    for _ in range(ROUNDS):
        rates, drifted = ours(options.binary, pairs)
        for what, more in (("parsed", []), ("bytes", ["-parse"])):
            found[what].append(rates[what])
            if driver:
                peers[what].append(theirs(driver, pairs, "-mode", "threeway", *more))
    truly = sum(1 for truth in json.loads((pairs / "truth.json").read_text()).values() if truth["drifted"])
    size = f"{options.pairs} pairs"
    for what, name, goal in (("parsed", "compare, parsed objects", 200), ("bytes", "compare, from JSON bytes", 50)):
        wall, alone = (max(column) for column in zip(*found[what]))
        us.add(f"{name}, per second of one core", alone, "objects/s", size=size, by_the_clock=round(wall), drifted=drifted, truly_drifted=truly)
        if driver:
            their_wall, their_alone = (max(column) for column in zip(*peers[what]))
            them.add(f"{name}, per second of one core", their_alone, "objects/s", size=size, by_the_clock=their_wall)
            us.add(f"{name}: ours / gitops-engine", alone / their_alone, "x", measure.at_least(goal), size=size, by_the_clock=round(wall / their_wall, 1))
    if driver:
        rate, alone = theirs(driver, pairs, "-mode", "smd")
        them.add("compare, parsed objects, structured merge, per second of one core", alone, "objects/s", size=size, by_the_clock=rate)


if __name__ == "__main__":
    main()
