#!/usr/bin/env python3
"""One repository with a thousand kustomize Apps on a real kube-apiserver: what a commit makes the bot render, and how long it takes; what a second
start renders.

    monorepo.py DRIFTWARDEN DIRECTORY_OF_THE_TOOLS [--apps N] [--listed] [--keep]

--listed writes the Apps into the config instead of finding them by their directories. Ends with 0 or 1."""
import concurrent.futures
import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import live

NAMESPACE = "shop"
BASES = 10
MOST_SECONDS = 900  # for a thousand renderings of a build with sanitizers, beside other suites
RENDERED, ASKED = "driftwarden_renders_by_tool_total", "driftwarden_renders_total"


class Suite:
    def __init__(self, args, work):
        self.args, self.work, self.checks = args, work, live.Checks("monorepo")
        self.driftwarden = live.Driftwarden(args.driftwarden, work, os.path.realpath(args.tools))
        self.names = [f"app-{i:04}" for i in range(args.apps)]
        self.sandbox = None
        self.figures = []

    def note(self, what, value):
        self.figures.append((what, value))
        print(f"{what:64} {value}", flush=True)

    # --- the repository: ten bases and a component, an overlay for each App

    def write(self):
        self.repository = live.Repository(self.work / "git")
        write = self.repository.write
        for b in range(BASES):
            labels = {"base": f"base-{b}"}
            write(f"bases/base-{b}/kustomization.yaml", {"resources": ["deployment.yaml", "service.yaml"]})
            write(f"bases/base-{b}/deployment.yaml", {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {
                "replicas": 1, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {"containers": [
                    {"name": "main", "image": "registry.example.org/shop/web:1.0", "env": [{"name": "BASE", "value": str(b)}]}]}}}})
            write(f"bases/base-{b}/service.yaml", {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"selector": labels, "ports": [{"name": "http", "port": 80}]}})
        write("components/owned/kustomization.yaml", {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component", "commonAnnotations": {"owner": "team-shop"}})
        for i, name in enumerate(self.names):
            write(f"clusters/prod/{NAMESPACE}/{name}/kustomization.yaml", self.overlay(i, name))
        self.head = self.repository.commit("a thousand Apps")

    @staticmethod
    def overlay(i, name, tag="1.0"):
        return {"resources": [f"../../../../bases/base-{i % BASES}"], "components": ["../../../../components/owned"], "namePrefix": f"{name}-", "labels": [{"pairs": {"app": name}, "includeSelectors": True}],
                "images": [{"name": "registry.example.org/shop/web", "newTag": tag}], "replicas": [{"name": "web", "count": 1 + i % 3}]}

    def objects(self, i, name):
        """What the overlay comes to, as somebody who knows kustomize would write it."""
        labels = {"app": name, "base": f"base-{i % BASES}"}
        meta = {"name": f"{name}-web", "namespace": NAMESPACE, "labels": {"app": name}, "annotations": {"owner": "team-shop"}}
        deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": {"replicas": 1 + i % 3, "selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels, "annotations": {"owner": "team-shop"}}, "spec": {"containers": [
                {"name": "main", "image": "registry.example.org/shop/web:1.0", "env": [{"name": "BASE", "value": str(i % BASES)}]}]}}}}
        service = {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"selector": labels, "ports": [{"name": "http", "port": 80}]}}
        return deployment, service

    def apply_all(self):
        began = time.monotonic()
        api = live.Api(self.work / "kube")
        api.call("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}}, "application/json")

        def apply(pair):
            i, name = pair
            deployment, service = self.objects(i, name)
            options = "?fieldManager=driftwarden&force=true"
            api.call("PATCH", f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{name}-web{options}", deployment, "application/apply-patch+yaml")
            api.call("PATCH", f"/api/v1/namespaces/{NAMESPACE}/services/{name}-web{options}", service, "application/apply-patch+yaml")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(apply, enumerate(self.names)))
        print(f"{2 * len(self.names)} objects applied in {time.monotonic() - began:.0f} s")

    def config(self):
        section, self.env = self.sandbox.slack()
        self.port = live.free_port()
        config = {"slack": section, "storage": {"path": str(self.work / "bot.db")}, "http": {"listen": f"127.0.0.1:{self.port}"}, "people": self.sandbox.people(),
                  "clusters": [{"name": "prod", "environment": "test", "kubeconfig": self.cluster.kubeconfig}], "repositories": [self.repository.config()],
                  "policy": {"rules": [{"who": ["alice"], "may": ["*"], "apps": ["*"]}]}, "alerts": {"hold_off": {"git-ahead": "0s", "live-edited": "0s"}}}
        if self.args.listed:
            config["apps"] = [{"name": n, "repository": "config", "path": f"clusters/prod/{NAMESPACE}/{n}", "cluster": "prod", "namespace": NAMESPACE, "channel": "#gitops"} for n in self.names]
        else:
            config["apps"] = []
            config["discover"] = [{"paths": "clusters/{cluster}/{namespace}/{app}", "repository": "config", "channel": "#gitops"}]
        return self.driftwarden.config(config, "bot.yaml")

    # --- the bot

    def start_bot(self, log):
        bot = live.Bot(self.driftwarden, self.file, self.work / log, self.env, self.port, seconds=MOST_SECONDS)
        synced = lambda: bot.metric("driftwarden_apps_synced")
        live.wait_for(f"{len(self.names)} Apps in sync", lambda: synced() == len(self.names), MOST_SECONDS, 0.1)
        return bot, time.monotonic() - bot.began

    def after(self, bot, change, expected, name):
        """Commits, and waits until so many Apps are OutOfSync and as many were rendered."""
        before, asked = bot.metric(RENDERED), bot.metric(ASKED)
        change()
        self.repository.git("add", "-A")
        self.repository.git("commit", "-q", "-m", name)
        self.repository.git("push", "-q", "origin", "HEAD:main")
        pushed = time.monotonic()
        if expected:
            live.wait_for(f"{expected} Apps to be re-evaluated after {name}", lambda: bot.metric("driftwarden_apps_out_of_sync") >= expected, MOST_SECONDS, 0.02)
        else:
            time.sleep(4)
        took = time.monotonic() - pushed
        time.sleep(1)
        renders = bot.metric(RENDERED) - before
        self.note(f"{name}: renders by the tool (asked for)", f"{renders:.0f} ({bot.metric(ASKED) - asked:.0f})")
        if expected:
            self.note(f"{name}: commit to re-evaluated (polled each second)", f"{took:.2f} s")
        self.checks.that(renders == expected, f"{name}: {expected} renders", renders)
        self.revert(bot)

    def revert(self, bot):
        self.repository.git("revert", "--no-edit", "HEAD")
        self.repository.git("push", "-q", "origin", "HEAD:main")
        live.wait_for("all in sync again", lambda: bot.metric("driftwarden_apps_synced") == len(self.names), MOST_SECONDS, 0.05)
        time.sleep(1)

    def edit(self, path, old, new):
        file = self.repository.root / path
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    def stop(self):
        if self.sandbox:
            self.sandbox.stop()
        live.run([live.SERVERS / "down.sh", self.work / "kube"], check=False)

    def run(self):
        self.write()
        self.cluster = live.Cluster(self.work / "kube")
        self.apply_all()
        self.sandbox = live.Sandbox(self.driftwarden, self.work)
        self.file = self.config()
        checked = self.driftwarden.check(self.file, self.env)
        if not self.checks.that(checked.returncode == 0, "the config is accepted", checked.stderr + checked.stdout):
            return
        count = len(self.names)
        bot, seconds = self.start_bot("first.log")
        try:
            self.note("first start: all Apps judged after", f"{seconds:.1f} s")
            self.note("first start: renders by the tool", f"{bot.metric(RENDERED):.0f}")
            self.note("memory, all judged", f"{bot.memory() >> 20} MiB")
            self.checks.that(bot.metric(RENDERED) == count, "each App is rendered once", bot.metric(RENDERED))
            middle = count // 2
            self.after(bot, lambda: self.repository.write(f"clusters/prod/{NAMESPACE}/{self.names[middle]}/kustomization.yaml", self.overlay(middle, self.names[middle], "2.0")), 1, "one App's overlay")
            before = bot.metric(RENDERED)
            self.after(bot, lambda: self.repository.write("README.md", f"nothing\n{before}\n"), 0, "a file of nobody")
            self.after(bot, lambda: self.edit("bases/base-3/deployment.yaml", '"replicas": 1', '"revisionHistoryLimit": 3, "replicas": 1'), len(range(3, count, BASES)), "a base of a tenth")
            self.after(bot, lambda: self.edit("components/owned/kustomization.yaml", "team-shop", "team-search"), count, "a component of all")
            self.note("memory, at the end", f"{bot.memory() >> 20} MiB")
        finally:
            bot.stop()
        bot, seconds = self.start_bot("second.log")
        try:
            self.note("second start: all Apps judged after", f"{seconds:.1f} s")
            self.note("second start: renders by the tool", f"{bot.metric(RENDERED):.0f}")
            self.checks.that(bot.metric(RENDERED) == 0, "a second start renders nothing", bot.metric(RENDERED))
            self.note("memory of the second start", f"{bot.memory() >> 20} MiB")
            kept = sum(f.stat().st_size for f in self.work.rglob("*") if f.is_file() and "render" in str(f.relative_to(self.work)))
            self.note("renderings kept on disk", f"{kept / 1024:.0f} KiB")
        finally:
            bot.stop()


def options(parser):
    parser.add_argument("--apps", type=int, default=1000)
    parser.add_argument("--listed", action="store_true")


if __name__ == "__main__":
    sys.exit(live.perform(Suite, "monorepo", __doc__, options=options))
