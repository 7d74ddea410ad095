#!/usr/bin/env python3
"""Argo CD on the same fleet, with the same edits and the same way of timing: run it under isolated.sh, since Argo CD listens on every address.

    isolated.sh argocd.py --servers DIR [--out FIGURES.jsonl] [--push] [SECTION...]

DIR has argocd-up.sh beside up.sh. Sections: edits burst status (default: all). --push also times one commit, found by polling: minutes."""
import argparse
import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import edits as editing
import fleet as ours
import kube
import measure
import servers
import shapes
from measure import milliseconds, now
from servers import say


def application(fleet, index, repository):
    app = shapes.app_name(index)
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": app, "namespace": "argocd"},
            "spec": {"project": "default", "source": {"repoURL": repository.url, "path": f"apps/{app}", "targetRevision": "main"},
                     "destination": {"server": "https://kubernetes.default.svc", "namespace": shapes.namespace_of(index)}},
            "operation": {"sync": {}}}


class Argo:
    def __init__(self, stack, options, figures):
        self.options, self.figures = options, figures
        self.fleet = shapes.Fleet(*ours.SMALL)
        self.directory = tempfile.mkdtemp(prefix="argocd-bench-")
        if not options.keep:
            stack.callback(shutil.rmtree, self.directory, True)
        self.cluster = servers.real_cluster(stack, options.servers, self.directory + "/cluster")
        self.repository = shapes.Repository(self.directory + "/config.git")
        self.repository.commit(self.fleet.files(), "the fleet")
        self.workspace = servers.Workspace(stack, self.directory, 0)
        self.connection = kube.Connection(self.cluster)
        for number in range(shapes.NAMESPACES):
            self.connection.call("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"fleet-{number:02d}"}})
        stack.callback(subprocess.run, [f"{options.servers}/down.sh", self.directory + "/argocd"], timeout=60)
        environment = {**os.environ, "SLACK_API_URL": self.workspace.url + "api/", "GIT_CONFIG_COUNT": "1",
                       "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
        subprocess.run([f"{options.servers}/argocd-up.sh", self.directory + "/argocd", self.cluster["kubeconfig"]], env=environment, check=True,
                       stdout=subprocess.DEVNULL, timeout=240)
        pids = [line.split() for line in Path(self.directory, "argocd/pids").read_text().splitlines()]
        self.pids = {name: int(pid) for name, pid in pids}
        self.watcher = servers.Watcher(stack, self.cluster, self.directory)

    def add(self, figure, value, unit, **more):
        self.figures.add(figure, value, unit, size=ours.size_name(self.fleet), cluster=self.cluster["kind"], **more)

    def cpu(self):
        return sum(measure.ticks_seconds(pid) for pid in self.pids.values())

    def synced(self):
        answer = self.connection.call("GET", "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications")
        return sum(1 for item in answer["items"] if item.get("status", {}).get("sync", {}).get("status") == "Synced")

    def wait_synced(self, timeout):
        deadline = time.monotonic() + timeout
        while self.synced() < self.fleet.apps:
            if time.monotonic() > deadline:
                say(f"Argo CD: {self.synced()} of {self.fleet.apps} Synced after {timeout} s")
                return False
            time.sleep(1)
        return True

    def settle(self, quiet_for=3):
        self.wait_synced(180)
        deadline, since, count = time.monotonic() + 60, time.monotonic(), len(self.workspace.read())
        while time.monotonic() - since < quiet_for and time.monotonic() < deadline:
            time.sleep(0.5)
            if len(self.workspace.read()) != count:
                since, count = time.monotonic(), len(self.workspace.calls)

    def first_sync(self):
        began = time.monotonic()
        for index in range(self.fleet.apps):
            self.connection.call("POST", "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications", application(self.fleet, index, self.repository))
        self.wait_synced(400)
        self.add("apply to all Synced", time.monotonic() - began, "s")
        self.settle(10)

    def measured(self, act, patience=60):
        def key_of_call(call):
            found = re.match(r"(\S+) is OutOfSync", call["text"])
            return found.group(1) if found else None
        cpu = self.cpu()
        done = act()
        posts = editing.told_within(self.workspace, done, key_of_call, lambda edit: edit.app, patience)
        cpu = self.cpu() - cpu
        return done, editing.latencies(done, posts, lambda edit: edit.app), editing.floors(done, self.watcher), cpu

    def single_edits(self, count=100, pause=0.5):
        cpu = self.cpu()
        time.sleep(10)
        idle = (self.cpu() - cpu) / 10
        chosen = [editing.Edit(self.fleet, i, ours.EDIT_KINDS[i % 3]) for i in range(count)]
        done, alert, floor, cpu = self.measured(lambda: editing.one_by_one(self.cluster, chosen, pause))
        ms = milliseconds(alert)
        self.add("edit to alert, p50", ms["p50"], "ms", edits=count, missed=count - len(alert), floor_ms=milliseconds(floor))
        self.add("edit to alert, p99", ms["p99"], "ms", max=ms["max"])
        self.add("CPU per edit", cpu / count * 1000, "ms", of_it_idle_ms=round(idle * pause * 1000, 1))
        self.add("idle CPU", idle * 100, "% of a core")
        editing.undo(self.cluster, chosen)
        self.settle()

    def bursts(self, count=100):
        for how, rounds in ours.BURSTS.items():
            act = editing.at_once if how == "at once" else lambda cluster, chosen: editing.one_by_one(cluster, chosen, 0)
            first, kind = rounds[0]
            chosen = [editing.Edit(self.fleet, first + i, kind) for i in range(count)]
            done, alert, floor, cpu = self.measured(lambda: act(self.cluster, chosen))
            ms, name = milliseconds(alert), f"burst of 100 {how}"
            self.add(f"{name}, edit to alert, p50", ms["p50"], "ms", missed=count - len(alert), floor_ms=milliseconds(floor))
            self.add(f"{name}, edit to alert, p99", ms["p99"], "ms", max=ms["max"])
            self.add(f"{name}, CPU per edit", cpu / count * 1000, "ms")
            editing.undo(self.cluster, chosen)
            self.settle()

    def status_updates(self):
        cpu = self.cpu()
        ours.send_status_updates(self.cluster, self.fleet, 1000)
        time.sleep(5)
        self.add("1,000 status-only updates, CPU", self.cpu() - cpu, "s")

    def push(self):
        thing = next(t for t in self.fleet.app(7) if t["kind"] == "ConfigMap")
        thing["data"]["KEY_0"] = "pushed"
        self.repository.commit({shapes.path_of("app-0007", 2, thing): shapes.to_yaml(thing)}, "app-0007")
        began = now()
        while time.monotonic_ns() - began < 400e9:
            told = [c["t"] for c in self.workspace.read() if c["t"] > began and c["text"].startswith("app-0007 is OutOfSync")]
            if told:
                self.add("pushed commit to alert by polling, default interval", (told[0] - began) / 1e6, "ms")
                return
            time.sleep(0.2)
        self.add("pushed commit to alert by polling, default interval", None, "ms")

    def memory(self):
        each = {name: measure.memory_mib(pid)["VmRSS"] for name, pid in self.pids.items()}
        self.add("RSS after edits and bursts", sum(each.values()), "MiB", each=each)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--servers", required=True)
    parser.add_argument("--out")
    parser.add_argument("--push", action="store_true")
    parser.add_argument("--keep", action="store_true", help="leave logs and data")
    parser.add_argument("--limit", type=int, default=1200, help="seconds after which it gives up")
    parser.add_argument("sections", nargs="*", default=[])
    options = parser.parse_args()
    options.sections = options.sections or ["edits", "burst", "status"]
    options.servers = os.path.abspath(options.servers)
    ours.give_up_after(options.limit)
    with contextlib.ExitStack() as stack:
        argo = Argo(stack, options, measure.Figures(options.out, "Argo CD"))
        argo.first_sync()
        each = {name: measure.memory_mib(pid)["VmRSS"] for name, pid in argo.pids.items()}
        argo.add("RSS after the first sync", sum(each.values()), "MiB", each=each)
        if "edits" in options.sections:
            argo.single_edits()
        if "burst" in options.sections:
            argo.bursts()
        if "status" in options.sections:
            argo.status_updates()
        argo.memory()
        if options.push:
            argo.push()


if __name__ == "__main__":
    main()
