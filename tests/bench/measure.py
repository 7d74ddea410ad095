"""Times, processor and memory of other processes, and how figures are said: one JSON line each, a table at the end."""
import json
import os
import time
from collections import namedtuple

TICKS = os.sysconf("SC_CLK_TCK")
Goal = namedtuple("Goal", "limit better")  # better: "less" or "more"


def now():
    return time.monotonic_ns()


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def milliseconds(values):
    """p50, p99 and the worst of nanoseconds, in ms."""
    return {name: None if not values else round(percentile(values, share) / 1e6, 2) for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))}


def cpu_seconds(pid):
    """Of all threads, by the scheduler's own count where it has one (the clock ticks of /proc/PID/stat are 10 ms)."""
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
        return sum(int(open(f"/proc/{pid}/task/{task}/schedstat").read().split()[0]) for task in tasks) / 1e9
    except (FileNotFoundError, IndexError):
        fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


def ticks_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mib(pid):
    """VmRSS now, VmHWM ever, and the part of RSS that is not files."""
    found = dict(line.split(":", 1) for line in open(f"/proc/{pid}/status") if line.startswith(("VmRSS", "VmHWM", "RssAnon")))
    return {name: round(int(text.split()[0]) / 1024, 1) for name, text in found.items()}


class Figures:
    """Prints each figure as it comes and keeps it in a file, from which table.py makes the table."""

    def __init__(self, path, who="driftwarden"):
        self.out = open(path, "a", buffering=1) if path else None
        self.who = who

    def add(self, figure, value, unit, goal=None, **more):
        line = {"figure": figure, "who": self.who, "value": value if value is None else round(value, 3), "unit": unit}
        if goal is not None:
            line["goal"] = ("<= " if goal.better == "less" else ">= ") + f"{goal.limit:g}"
            line["met"] = value is not None and (value <= goal.limit if goal.better == "less" else value >= goal.limit)
        line.update(more)
        text = json.dumps(line)
        print(text, flush=True)
        if self.out:
            self.out.write(text + "\n")


def at_most(limit):
    return Goal(limit, "less")


def at_least(limit):
    return Goal(limit, "more")
