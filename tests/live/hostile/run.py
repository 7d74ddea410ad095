#!/usr/bin/env python3
"""Hostile charts, overlays and plugins, each as an App of its own in one repository, and some as a directory for `driftwarden render`.

    run.py DRIFTWARDEN DIRECTORY_OF_THE_TOOLS [--only TEXT]

Each must be refused with a message that says why, or be rendered without harm: within bounded time and memory, nothing read, written, called or left
running. One good App beside them must be told as always. Ends with 0 or 1."""
import argparse
import json
import os
import pathlib
import socket
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import live
from cases import CASES, config_map

CANARY = "canary-4711-of-the-live-suite"
# One rendering may take this; one repository's Apps are rendered one after the other.
TOOL_SECONDS = 4
RENDER_SECONDS = 60
MEMORY = 5 << 30          # two tools with 2 GiB each and ourselves
OWN_MEMORY = 1 << 30
SHOWN = 1500


class Listener(threading.Thread):
    """Counts who calls."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.calls = self.socket.getsockname()[1], 0
        self.start()

    def run(self):
        while True:
            connection, _ = self.socket.accept()
            self.calls += 1
            connection.close()


class Put:
    def __init__(self, repository, prefix):
        self.repository, self.prefix = repository, prefix

    def __call__(self, path, content, executable=False):
        file = self.repository.root / self.prefix / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        if executable:
            file.chmod(0o755)

    def link(self, path, target):
        self.repository.link(f"{self.prefix}/{path}", target)


class Suite:
    def __init__(self, args, work):
        self.work, self.checks = work, live.Checks("hostile")
        self.driftwarden = live.Driftwarden(args.driftwarden, work, os.path.realpath(args.tools))
        self.cases = [c for c in CASES if args.only in c.name]
        self.listener = Listener()
        self.outside = work / "outside"
        self.outside.mkdir(mode=0o777)
        self.canary = work / "canary.yaml"
        self.canary.write_text(f"secret: {CANARY}\n")
        self.tmp = work / "tmp"
        self.tmp.mkdir()
        home = work / "home"
        home.mkdir()
        self.driftwarden.env.update({"LIVE_SECRET": CANARY, "SLACK_BOT_TOKEN": CANARY, "TMPDIR": str(self.tmp), "HOME": str(home)})
        self.outside_before = self.contents()

    def contents(self):
        return sorted(str(p) for d in (self.outside, self.work / "home") for p in d.rglob("*"))

    def write(self):
        self.repository = live.Repository(self.work / "git")
        names = {"CANARY": str(self.canary), "OUTSIDE": str(self.outside), "PORT": self.listener.port}
        for case in self.cases:
            case.write(Put(self.repository, f"apps/{case.name}"), names)
        self.repository.write("apps/good/cm.yaml", config_map())
        self.repository.commit("all of them")

    def app(self, case):
        return {"name": case.name, "repository": "config", "path": f"apps/{case.name}", "cluster": "prod-eu", "namespace": "shop", "channel": "#gitops", **case.app}

    def config(self, sandbox):
        plain = {k: v for k, v in self.app(live_case("good")).items()}
        apps = [self.app(c) for c in self.cases] + [{**plain, "render": "plain"}]
        config = {"clusters": [{"name": "prod-eu", "environment": "test", "kubeconfig": sandbox.clusters["prod-eu"]["kubeconfig"]}], "repositories": [self.repository.config()], "apps": apps}
        if any(c.app.get("render") == "plugin" for c in self.cases):
            config["plugins"] = [{"name": "script", "command": ["bash", "make.sh"], "timeout": f"{TOOL_SECONDS}s"}]
        config["tools"] = {"timeout": f"{TOOL_SECONDS}s"}
        return self.driftwarden.config(config)

    def judge(self, case, refused, text, how):
        """`text`: all that came out for this case."""
        what = f"{case.name} ({how})"
        self.checks.that(CANARY not in text and "root:x:0" not in text, f"{what}: nothing is told that must not be", text[:SHOWN])
        if refused is None:
            self.checks.that(case.rendered, f"{what}: is refused", text[:SHOWN])
        elif case.refused:
            self.checks.that(any(word.lower() in refused.lower() for word in case.refused), f"{what}: the message says why", refused[:SHOWN])
            self.checks.that(len(refused) < 4000 and str(self.tmp) not in refused, f"{what}: the message is short and tells no path of ours", refused[:SHOWN])
        else:
            self.checks.that(False, f"{what}: is rendered without harm", refused[:SHOWN])

    def no_harm(self, watched, how, seconds):
        self.checks.that(not watched.timed_out, f"{how}: ends within {seconds} s", f"{watched.seconds:.0f} s")
        self.checks.that(watched.memory < MEMORY and watched.own_memory < OWN_MEMORY, f"{how}: memory is bounded", f"{watched.memory >> 20} MiB, itself {watched.own_memory >> 20}")
        self.checks.that(not watched.left, f"{how}: nothing is left running", watched.left)
        self.checks.that(self.contents() == self.outside_before, f"{how}: nothing is written outside", self.contents())
        self.checks.that(self.listener.calls == 0, f"{how}: nobody is called", self.listener.calls)
        self.checks.that(not list(self.tmp.iterdir()), f"{how}: nothing is left in the temporary directory", [p.name for p in self.tmp.iterdir()][:5])

    def pass_over_all(self, sandbox):
        config = self.config(sandbox)
        checked = self.driftwarden.check(config)
        self.checks.that(checked.returncode == 0, "the config is accepted", checked.stderr + checked.stdout)
        limit = (TOOL_SECONDS + 3) * len(self.cases)
        reports, watched = self.driftwarden.drift(config, cache=self.work / "clones", seconds=limit)
        print(f"one pass over {len(self.cases)} hostile Apps: {watched.seconds:.1f} s, most memory {watched.memory >> 20} MiB (driftwarden itself {watched.own_memory >> 20}), "
              f"most processes {watched.peak_processes}, exit code {watched.code}")
        self.checks.that(watched.code == 2, "the pass tells that some can't be judged", watched.code)
        self.no_harm(watched, "the pass", limit)
        for case in self.cases:
            report = reports.get(case.name)
            if self.checks.that(report, f"{case.name}: is told"):
                self.judge(case, report["reason"] if report["state"] == "Unknown" else None, json.dumps(report), "Git")
        self.checks.that(reports.get("good", {}).get("state") == "OutOfSync", "the good App is told as always", reports.get("good"))
        self.checks.that(CANARY not in watched.err + watched.out and "root:x:0" not in watched.err + watched.out, "nothing is told in the log")

    def render_each(self):
        for case in self.cases:
            if case.app.get("render") == "plugin":
                continue
            options = [x for v in case.app.get("helm", {}).get("values", []) for x in ("--values", v)]
            directory = self.repository.root / "apps" / case.name
            watched = live.Watched([self.driftwarden.binary, "render", "--namespace", "shop", "--timeout", f"{TOOL_SECONDS}s", *options, directory], env=self.driftwarden.env, seconds=RENDER_SECONDS)
            how = f"render {case.name}"
            self.no_harm(watched, how, RENDER_SECONDS)
            self.checks.that(watched.code in (0, 2), f"{how}: exit code", watched.code)
            self.judge(case, watched.err if watched.code else None, watched.out + watched.err, "directory")
            if watched.seconds > TOOL_SECONDS:
                print(f"  {how}: {watched.seconds:.1f} s, {watched.memory >> 20} MiB")


def live_case(name):
    return type("Good", (), {"name": name, "app": {}})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("driftwarden")
    parser.add_argument("tools")
    parser.add_argument("--only", default="", help="cases whose name has this")
    args = parser.parse_args()
    live.become_subreaper()
    work = pathlib.Path(tempfile.mkdtemp(prefix="driftwarden-hostile-")).resolve()
    suite = Suite(args, work)
    suite.write()
    (work / "sandbox-home").mkdir()
    sandbox = live.Sandbox(suite.driftwarden, work / "sandbox-home")
    try:
        suite.pass_over_all(sandbox)
    except live.Failure as failure:
        suite.checks.that(False, "the pass over all", failure)
    finally:
        sandbox.stop()
    suite.tmp.mkdir(exist_ok=True)
    suite.render_each()
    return live.finish(work, suite.checks.end())


if __name__ == "__main__":
    sys.exit(main())
