#!/usr/bin/env python3
"""What the bot costs and how fast it is, alone in its process, against a real API server.

    fleet.py --binary driftwarden --servers DIR [--out FIGURES.jsonl] [--cluster real|sandbox] [--profile DIR] [SECTION...]

Sections: start edits burst status push memory (default: all). --profile keeps a `perf record` of each phase. Goals: 200 Apps / 1,000 objects
and so on. Slack is slack.py with one channel per App, so that the channel's pace of one message a second isn't what is measured."""
import argparse
import contextlib
import hashlib
import hmac
import http.client
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time

import edits as editing
import kube
import measure
import servers
import shapes
from measure import at_most, milliseconds, now
from servers import say

SECTIONS = ["start", "edits", "burst", "status", "push", "memory"]
SMALL, MEDIUM, LARGE = (200, 1000), (100, 3000), (1000, 50000)
RSS_GOAL = {SMALL: 32, MEDIUM: 64, LARGE: 256}
PERF = ["perf", "record", "-q", "--call-graph", "dwarf,16384", "-F"]
KEPT_FROM = 10000  # objects
EDIT_KINDS = ["replicas", "image", "config"]
# (which Apps, what) of each round: the same field of the same App to and fro would be a fight
BURSTS = {"at once": [(100, "env"), (0, "memory"), (100, "probe")], "back to back": [(100, "memory"), (0, "env"), (0, "probe")]}


def size_name(fleet):
    return f"{fleet.apps} Apps / {fleet.objects} objects"


def give_up_after(seconds):
    def stop(why):
        def handler(*_):
            raise SystemExit(why)
        return handler

    signal.signal(signal.SIGALRM, stop(f"gave up after {seconds} s"))
    signal.signal(signal.SIGTERM, stop("told to stop"))
    signal.alarm(seconds)


def status_of(turn):
    at = f"2026-11-21T10:{turn // 60 % 60:02d}:{turn % 60:02d}Z"
    condition = {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", "message": f"turn {turn}",
                 "lastUpdateTime": at, "lastTransitionTime": at}
    counts = {name: 3 for name in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")}
    return {"status": {"observedGeneration": 1 + turn, **counts, "conditions": [condition]}}


def send_status_updates(cluster, fleet, count):
    connections = [kube.Connection(cluster) for _ in range(4)]
    for turn in range(0, count, len(connections)):
        for lane, connection in enumerate(connections):
            index = (turn + lane) % fleet.apps
            url = f"/apis/apps/v1/namespaces/{shapes.namespace_of(index)}/deployments/{shapes.app_name(index)}/status?fieldManager=kube-controller-manager"
            connection.send(connection.prepare("PATCH", url, status_of(turn), kube.MERGE))
        for connection in connections:
            editing.checked(connection)


class Bench:
    """One fleet in one cluster with one bot."""

    def __init__(self, stack, options, figures, size):
        self.options, self.figures = options, figures
        self.fleet = shapes.Fleet(*size)
        self.directory = tempfile.mkdtemp(prefix="driftwarden-bench-")
        if not options.keep:
            stack.callback(shutil.rmtree, self.directory, True)
        self.kept = servers.KeptCluster(self.fleet) if options.cluster == "real" and self.fleet.objects >= KEPT_FROM else None
        if options.cluster == "sandbox":
            self.cluster = servers.sandbox_cluster(stack, options.binary, self.directory + "/cluster")
        else:
            self.cluster = servers.real_cluster(stack, options.servers, str(self.kept.directory) if self.kept else self.directory + "/cluster", bool(self.kept))
        self.repository = shapes.Repository(self.directory + "/config.git")
        self.repository.commit(self.fleet.files(), "the fleet")
        self.workspace = servers.Workspace(stack, self.directory, self.fleet.apps)
        self.load()
        self.stack = stack
        self.bot = self.make_bot("bot")

    def load(self):
        if self.kept and self.kept.loaded:
            say(f"{size_name(self.fleet)}: kept from an earlier run")
            return
        rate = servers.load(self.cluster, self.fleet, self.directory)
        say(f"{size_name(self.fleet)}: applied at {rate:.0f} objects/s to {self.cluster['kind']}")
        if self.kept:
            self.kept.as_made()

    def make_bot(self, name, **more):
        return servers.Bot(self.stack, self.options.binary, f"{self.directory}/{name}", self.cluster, self.workspace, self.repository, self.fleet,
                           confirm=self.options.confirm, **more)

    def add(self, figure, value, unit, goal=None, **more):
        self.figures.add(figure, value, unit, goal, size=size_name(self.fleet), cluster=self.cluster["kind"], **more)

    @contextlib.contextmanager
    def profiled(self, phase):
        if not self.options.profile:
            yield
            return
        os.makedirs(self.options.profile, exist_ok=True)
        perf = subprocess.Popen([*PERF, "997", "-o", f"{self.options.profile}/{phase}-{self.fleet.objects}.data", "-p", str(self.bot.process.pid)],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            time.sleep(0.3)
            yield
        finally:
            perf.send_signal(signal.SIGINT)
            perf.wait(60)

    def start(self, rounds, timeout):
        """Cold `rounds` times, and warm; leaves the bot running."""
        cold = []
        for _ in range(rounds):
            self.bot.stop()
            self.bot.forget()
            cold.append(self.bot.start(timeout))
        cold_cpu = self.bot.cpu()
        time.sleep(5)
        peak = self.bot.memory()
        self.bot.stop()
        if self.options.profile:
            self.profile_start(timeout)
        warm = self.bot.start(timeout)
        judged = sorted(synced if synced else float("inf") for _, synced in cold)[len(cold) // 2]
        self.add("start to every App judged, nothing cached", judged if judged < float("inf") else None, "s",
                 at_most(3) if self.fleet.objects == 1000 else None, all=[s and round(s, 2) for _, s in cold], ready=[round(r, 2) for r, _ in cold],
                 cpu_s=round(cold_cpu, 2))
        self.add("start to every App judged, warm", warm[1], "s", ready=round(warm[0], 2))
        self.add("start, peak RSS / steady RSS", peak["VmHWM"] / peak["VmRSS"], "", at_most(1.3), peak_mib=peak["VmHWM"])
        self.add("RSS after a start with nothing cached", peak["VmRSS"], "MiB", at_most(RSS_GOAL[(self.fleet.apps, self.fleet.objects)]),
                 anonymous=peak.get("RssAnon"))

    def profile_start(self, timeout):
        os.makedirs(self.options.profile, exist_ok=True)
        self.bot.forget()
        self.bot.start(timeout, prefix=[*PERF, "997" if self.fleet.objects < KEPT_FROM else "99", "-o", f"{self.options.profile}/start-{self.fleet.objects}.data"])
        self.bot.stop()

    def settle(self):
        """The cluster as Git says, and nothing more to tell."""
        if not self.bot.wait_synced(self.fleet.apps, 60):
            say(f"not all Apps are Synced: {self.bot.gauge('apps_synced')} of {self.fleet.apps}")
        deadline, quiet = time.monotonic() + 60, 0
        while quiet < 3 and time.monotonic() < deadline:
            before = len(self.workspace.read())
            time.sleep(0.5)
            quiet = quiet + 1 if len(self.workspace.read()) == before else 0

    def idle(self, seconds=5):
        cpu = self.bot.cpu()
        time.sleep(seconds)
        return (self.bot.cpu() - cpu) / seconds

    def measured(self, what, act, patience=20):
        """Edits, their messages and their cost: (done, alert ns, floor ns, alert minus floor ns, CPU s)."""
        with self.profiled(what):
            cpu = self.bot.cpu()
            done = act()
            posts = editing.told_within(self.workspace, done, lambda call: call["channel"], self.channel, patience)
            cpu = self.bot.cpu() - cpu
        alert = editing.latencies(done, posts, self.channel)
        floor = editing.floors(done, self.watcher)
        own = [posts[self.channel(e)] - self.watcher.seen[v] for _, e, v in done if self.channel(e) in posts and v in self.watcher.seen]
        if len(alert) < len(done):
            say(f"{what}: {len(done) - len(alert)} of {len(done)} edits made no alert in {patience} s")
        return done, alert, floor, own, cpu

    @staticmethod
    def channel(edit):
        return f"C{edit.index:05d}"

    def single_edits(self, count=100, pause=0.5):
        idle = self.idle()
        chosen = [editing.Edit(self.fleet, i % self.fleet.apps, EDIT_KINDS[i % 3]) for i in range(count)]
        done, alert, floor, own, cpu = self.measured("edits", lambda: editing.one_by_one(self.cluster, chosen, pause))
        ms = milliseconds(alert)
        small = self.fleet.objects == 1000
        more = {"edits": count, "missed": count - len(alert), "floor_ms": milliseconds(floor), "after_watch_ms": milliseconds(own)}
        self.add("edit to alert, p50", ms["p50"], "ms", at_most(15) if small else None, **more)
        self.add("edit to alert, p99", ms["p99"], "ms", at_most(50) if small else None, max=ms["max"])
        self.add("CPU per edit", cpu / count * 1000, "ms", at_most(2) if small else None, of_it_idle_ms=round(idle * count * pause / count * 1000, 3))
        self.add("idle CPU", idle * 100, "% of a core")
        editing.undo(self.cluster, chosen)
        self.settle()

    def bursts(self, count=100):
        """All in flight at once on connections of their own, where the API server's own queue is in the figure; and one after the other as
        fast as it answers, where it is not."""
        for how, rounds in BURSTS.items():
            act = editing.at_once if how == "at once" else lambda cluster, chosen: editing.one_by_one(cluster, chosen, 0)
            alerts, floors, owns, cpus, worst = [], [], [], [], []
            for turn, (first, kind) in enumerate(rounds):
                chosen = [editing.Edit(self.fleet, first + i, kind) for i in range(count)]
                done, alert, floor, own, cpu = self.measured(f"burst-{how.replace(' ', '-')}-{turn}", lambda: act(self.cluster, chosen), 60)
                alerts, floors, owns = alerts + alert, floors + floor, owns + own
                cpus.append(cpu / count * 1000)
                worst.append(milliseconds(alert)["p99"])
                editing.undo(self.cluster, chosen)
                self.settle()
            ms, name = milliseconds(alerts), f"burst of 100 {how}"
            self.add(f"{name}, edit to alert, p50", ms["p50"], "ms", missed=3 * count - len(alerts), floor_ms=milliseconds(floors),
                     after_watch_ms=milliseconds(owns))
            self.add(f"{name}, edit to alert, p99", ms["p99"], "ms", at_most(200), rounds=worst)
            self.add(f"{name}, CPU per edit", measure.percentile(cpus, 0.5), "ms", at_most(2), rounds=[round(c, 2) for c in cpus])

    def status_updates(self, count=1000):
        messages = len(self.workspace.read())
        with self.profiled("status"):
            cpu, began = self.bot.cpu(), time.monotonic()
            send_status_updates(self.cluster, self.fleet, count)
            took = time.monotonic() - began
            time.sleep(1)
            cpu = self.bot.cpu() - cpu
        self.add("1,000 status-only updates, CPU", cpu, "s", per_update_ms=round(cpu / count * 1000, 3), updates_per_s=round(count / took),
                 messages=len(self.workspace.read()) - messages)

    def push(self, index, by):
        thing = next(t for t in self.fleet.app(index) if t["kind"] == "ConfigMap")
        number = next(n for n, t in enumerate(self.fleet.app(index)) if t["kind"] == "ConfigMap")
        thing["data"]["KEY_0"] = f"pushed for {by}"
        began = now()
        self.repository.commit({shapes.path_of(shapes.app_name(index), number, thing): shapes.to_yaml(thing)}, f"{shapes.app_name(index)} by {by}")
        return began

    def told(self, index, since, timeout):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            posts = self.workspace.first_posts(since, lambda call: call["channel"])
            if f"C{index:05d}" in posts:
                return posts[f"C{index:05d}"]
            time.sleep(0.005)
        return None

    def hook(self):
        body = b'{"ref":"refs/heads/main"}'
        signature = hmac.new(b"bench", body, hashlib.sha256).hexdigest()
        connection = http.client.HTTPConnection("127.0.0.1", self.bot.port, timeout=10)
        connection.request("POST", "/webhooks/git", body, {"Content-Type": "application/json", "X-Gitea-Signature": signature})
        answer = connection.getresponse()
        answer.read()
        if answer.status >= 300:
            raise SystemExit(f"the webhook was refused: {answer.status}")

    def pushes(self, count=12):
        """From the branch having moved to the message: by webhook, then by polling every 2 s."""
        for by, poll, first in (("webhook", "10m", 0), ("polling", "2s", count)):
            self.bot.stop()
            self.bot = self.make_bot("bot-" + by, poll=poll)
            self.bot.start(60, all_synced=False)
            time.sleep(2)
            times = []
            cpu = self.bot.cpu()
            with self.profiled("push-" + by):
                for number in range(count):
                    time.sleep(0.3 + random.random() * (2 if by == "polling" else 0.3))
                    self.push(first + number, by)
                    moved = now()
                    if by == "webhook":
                        self.hook()
                    told = self.told(first + number, moved, 15)
                    if told is None:
                        say(f"a commit by {by} made no alert")
                    else:
                        times.append(told - moved)
            ms = milliseconds(times)
            if by == "webhook":
                self.add("pushed commit to alert by webhook, p50", ms["p50"], "ms", at_most(150), missed=count - len(times), max=ms["max"],
                         cpu_ms_per_push=round((self.bot.cpu() - cpu) / count * 1000, 1))
            else:
                self.add("pushed commit to alert by polling each 2 s, worst", ms["max"], "ms", at_most(2200), missed=count - len(times), p50=ms["p50"])


def small_fleet(options, figures):
    with contextlib.ExitStack() as stack:
        bench = Bench(stack, options, figures, SMALL)
        bench.watcher = servers.Watcher(stack, bench.cluster, bench.directory)
        if "start" in options.sections or "memory" in options.sections:
            bench.start(3, 60)
        else:
            bench.bot.start(60)
        bench.settle()
        if "edits" in options.sections:
            bench.single_edits()
        if "burst" in options.sections:
            bench.bursts()
        if "status" in options.sections:
            bench.status_updates()
        if {"edits", "burst", "status"} & set(options.sections):
            memory = bench.bot.memory()
            bench.add("RSS after edits and bursts", memory["VmRSS"], "MiB", at_most(32), peak_mib=memory["VmHWM"])
        if "push" in options.sections:
            bench.pushes()


def memory_at(options, figures, size, timeout):
    with contextlib.ExitStack() as stack:
        bench = Bench(stack, options, figures, size)
        bench.watcher = servers.Watcher(stack, bench.cluster, bench.directory)
        bench.start(1, timeout)
        bench.settle()
        if bench.kept:
            bench.kept.touched()
        bench.single_edits(40)
        if bench.kept and bench.bot.wait_synced(bench.fleet.apps, 10):
            bench.kept.as_made()
        memory = bench.bot.memory()
        bench.add("RSS after a warm start and edits", memory["VmRSS"], "MiB", at_most(RSS_GOAL[size]), peak_mib=memory["VmHWM"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--servers", required=True)
    parser.add_argument("--out")
    parser.add_argument("--cluster", choices=["real", "sandbox"], default="real")
    parser.add_argument("--confirm", help="the cluster's confirm: dry-run or never (default: the bot's own)")
    parser.add_argument("--profile")
    parser.add_argument("--keep", action="store_true", help="leave logs and data")
    parser.add_argument("--limit", type=int, default=2400, help="seconds after which it gives up")
    parser.add_argument("sections", nargs="*", default=[])
    options = parser.parse_args()
    options.sections = options.sections or SECTIONS
    options.binary = os.path.abspath(options.binary)
    give_up_after(options.limit)
    figures = measure.Figures(options.out)
    if set(options.sections) - {"medium", "large"}:
        small_fleet(options, figures)
    if {"memory", "medium"} & set(options.sections):
        memory_at(options, figures, MEDIUM, 120)
    if {"memory", "large"} & set(options.sections):
        memory_at(options, figures, LARGE, 300)


if __name__ == "__main__":
    main()
