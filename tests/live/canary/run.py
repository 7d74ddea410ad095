#!/usr/bin/env python3
"""Secrets that are known by name are put wherever secrets are, the bot is worked with as people do, and then everything that it said or kept is searched for them:
what people saw in Slack, pull requests and commits, logs, the database, /metrics, the audit export, and (of a build without AddressSanitizer) a core dump.

    run.py DRIFTWARDEN [--keep]

Ends with 0 or 1."""
import base64
import collections
import json
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import live

CHANNELS = ("#shop-prod", "#gitops", "#driftwarden")
CHANNEL = "#shop-prod"
MOST_PRESSES = 5  # of what somebody else must approve, too
UNDER_WAY = ("is being prepared", "is being merged", "is being applied", "is being verified")


def canary(name):
    return f"c4n4ry-{name}-{secrets.token_hex(8)}"


class Suite:
    def __init__(self, arguments, work):
        self.arguments, self.work = arguments, work
        self.checks = live.Checks("canary")
        self.driftwarden = live.Driftwarden(arguments.driftwarden, work)
        self.seen = {}  # (channel, ts, text's hash): what the bot ever said there
        self.presses = collections.Counter()
        self.bot = self.sandbox = None

    def start(self):
        self.sandbox = live.Sandbox(self.driftwarden, self.work)
        info = self.sandbox.info
        self.data = pathlib.Path(info["data"])
        self.http, self.forge = info["http"], info["forge"]
        self.project = urllib.parse.urlsplit(self.forge["git_url"]).path.split("/forge/", 1)[1].removesuffix(".git")
        cluster = self.sandbox.clusters["prod-eu"]
        self.kube = cluster["url"]
        token = re.search(r'token"?: *"?([^"\s]+)', pathlib.Path(cluster["kubeconfig"]).read_text())
        # What the bot must know to work; none of it may be told or kept in clear.
        self.tokens = {"slack app token": info["slack"]["app_token"], "slack bot token": info["slack"]["bot_token"], "forge token": self.forge["token"],
                       "webhook secret": (self.data / "secrets/webhook").read_text().strip(), "cluster token": token.group(1) if token else "-"}
        self.canaries = {name: canary(name) for name in ("secret-live", "secret-git", "env-password", "env-pass", "argument", "address", "annotation", "typed", "typed-form", "config-map")}
        config = self.data / "canary.yaml"
        config.write_text((self.data / "driftwarden.yaml").read_text() + "log: {level: debug, format: json}\n")
        self.config = config
        self.bot = live.Background([self.driftwarden.binary, "run", "--config", config], self.work / "bot.log")

        def ready():
            if not self.bot.alive():
                raise live.Over(f"the bot ended by itself ({self.bot.process.returncode}): {self.bot.text()[-1500:]}")
            return "ready" in live.fetch(self.http + "/readyz", seconds=5)
        live.wait_for("the bot to be ready", ready)

    # --- where secrets are

    def call(self, method, path, body=None, kind="application/json"):
        return live.fetch(self.kube + path, method, json.dumps(body) if body is not None else None, {"Content-Type": kind})

    def put_into_git(self):
        """As a person who knows no better: with the forge's token, and an author of their own."""
        url = urllib.parse.urlsplit(self.forge["git_url"])
        remote = f"http://warden:{self.forge['token']}@{url.netloc}{url.path}"
        tree = self.work / "tree"
        git = ["git", "-c", "user.name=alice", "-c", "user.email=alice@acme.example", "-c", "core.hooksPath=/dev/null"]
        live.run([*git, "clone", "-q", remote, tree])
        (tree / "apps/checkout/prod/secret.yaml").write_text(json.dumps(
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "checkout-db", "namespace": "shop"}, "stringData": {"password": self.canaries["secret-git"]}}))
        (tree / "apps/checkout/prod/settings.yaml").write_text(json.dumps(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "checkout-settings", "namespace": "shop"}, "data": {"api_token": self.canaries["config-map"], "mode": "on"}}))
        live.run([*git, "-C", tree, "add", "-A"])
        live.run([*git, "-C", tree, "commit", "-q", "-m", "checkout: its database"])
        live.run([*git, "-C", tree, "push", "-q", "origin", "HEAD:main"])
        self.own_commit = live.run([*git, "-C", tree, "rev-parse", "HEAD"]).stdout.strip()
        self.tree, self.git = tree, git

    def put_into_cluster(self):
        encoded = base64.b64encode(self.canaries["secret-live"].encode()).decode()
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "checkout-db", "namespace": "shop", "annotations": {
            "driftwarden.io/tracking": "checkout:/Secret:shop/checkout-db",
            "kubectl.kubernetes.io/last-applied-configuration": json.dumps({"kind": "Secret", "stringData": {"password": self.canaries["annotation"]}})}},
            "type": "Opaque", "data": {"password": encoded}}
        self.call("POST", "/api/v1/namespaces/shop/secrets?fieldManager=kubectl-create", secret)
        path = "/apis/apps/v1/namespaces/shop/deployments/checkout"
        spec = self.call("GET", path)["spec"]["template"]["spec"]
        container = spec["containers"][0]
        container.setdefault("env", []).extend([{"name": "DB_PASSWORD", "value": self.canaries["env-password"]}, {"name": "DB_PASS", "value": self.canaries["env-pass"]},
                                                {"name": "DATABASE_URL", "value": f"postgres://app:{self.canaries['address']}@db/shop"}])
        container["args"] = ["--verbose", "--api-token", self.canaries["argument"]]
        self.call("PATCH", path + "?fieldManager=kubectl-edit", {"spec": {"replicas": 5, "template": {"spec": {"containers": spec["containers"]}}}}, "application/merge-patch+json")

    # --- what people do

    def collect(self):
        """What the bot says now: edited messages are looked at before they are edited, too."""
        for person, user in self.sandbox.users.items():
            for channel in CHANNELS:
                for ts, _, _, message in self.sandbox.messages(channel, person):
                    if message.get("user") == self.sandbox.bot_user or message.get("bot_id"):
                        text = json.dumps(message)
                        self.seen[(channel, ts, hash(text))] = text
            state = live.fetch(f"{self.sandbox.info['chat_url']}sandbox/state?user={user['id']}")
            for part in ("views", "home"):
                text = json.dumps(state.get(part))
                self.seen[(person, part, hash(text))] = text

    def ask(self, person, text):
        """Waits for the bot's answer, whatever it is: below what was said, or a card, which stands by itself."""
        ts = self.sandbox.say(person, CHANNEL, text)

        def answered():
            self.collect()
            return any(channel == CHANNEL and (ts in t or (isinstance(at, str) and "." in at and float(at) > float(ts) and '"*C-' in t)) for (channel, at, _), t in self.seen.items())
        try:
            live.wait_for(f'an answer to "{text}"', answered)
        except live.Failure as failure:
            self.checks.that(False, f"{text.split()[0]} is answered", failure)

    def at_work(self):
        """Approves what waits for it; whether a Change is still under way."""
        busy = False
        for _, _, words, message in self.sandbox.messages(CHANNEL):
            if message.get("user") != self.sandbox.bot_user or not words.startswith("*C-"):
                continue
            busy = busy or any(s in words for s in UNDER_WAY)
            if self.presses[message["ts"]] < MOST_PRESSES:
                try:
                    self.sandbox.press("bob", CHANNEL, message, "Approve")
                except live.Failure:
                    continue
                self.presses[message["ts"]] += 1
                busy = True
        return busy

    def play(self):
        self.put_into_git()
        self.put_into_cluster()
        live.wait_for("the drift to be told", lambda: (self.collect(), [t for t in self.seen.values() if "checkout" in t and "replicas" in t])[1], every=0.5)
        for text in ("status", "diff checkout", "why checkout", "describe checkout Secret/checkout-db", "describe checkout Deployment/checkout", "logs checkout", "logs checkout tail 200", "events checkout",
                     "pods checkout", "history checkout", f"set checkout .spec.template.spec.containers[name=\"checkout\"].env[name=\"DB_PASSWORD\"].value={self.canaries['typed']}",
                     f"sync checkout because password={self.canaries['typed-form']}", "rollback checkout --previous", "adopt checkout", "pending", "audit checkout", "audit", "digest", "whoami"):
            self.ask("alice", text)
        calm = 0
        for _ in range(90):
            time.sleep(1)
            self.collect()
            calm = 0 if self.at_work() else calm + 1
            if calm == 5:
                break
        self.collect()

    # --- the search

    def search(self, where, text, but=()):
        data = text if isinstance(text, bytes) else text.encode(errors="replace")
        for name, value in {**self.tokens, **self.canaries}.items():
            if name in but or value == "-":
                continue
            for form, needle in (("", value.encode()), (" in base64", base64.b64encode(value.encode()).rstrip(b"=")), (" as JSON", json.dumps(value)[1:-1].encode())):
                found = needle in data
                if found:
                    at = data.index(needle)
                    self.checks.that(False, f"{name}{form} is not in {where}", data[max(0, at - 160):at + 40])
                    break
            else:
                self.checks.passed += 1

    def search_all(self):
        said = "\n".join(self.seen.values())
        self.checks.that("checkout" in said and len(self.seen) > 20, "the bot said a lot", len(self.seen))
        self.search("Slack", said)
        for pattern in (r"s3cr3t-\d+", r"changeme-\d+"):
            found = re.search(pattern, said)
            self.checks.that(not found, f"no log line shows {pattern}", found and said[max(0, found.start() - 160):found.end()])
        self.checks.that("***" in said, "log lines were shown, with something hidden")
        headers = {"Authorization": f"token {self.forge['token']}"}
        pulls = live.fetch(f"{self.forge['api_url']}/repos/{self.project}/pulls?state=all&limit=100", headers=headers)
        texts = [json.dumps(pulls)]
        for pull in pulls:
            for part in (f"issues/{pull['number']}/comments", f"pulls/{pull['number']}/reviews", f"pulls/{pull['number']}.diff"):
                try:
                    texts.append(json.dumps(live.fetch(f"{self.forge['api_url']}/repos/{self.project}/{part}", headers=headers)))
                except live.Failure:
                    pass
        self.checks.that(pulls, "pull requests were opened")
        # What somebody else committed stands in a diff against what was before it.
        self.search("pull requests", "\n".join(texts))
        live.run([*self.git, "-C", self.tree, "fetch", "-q", "origin", "+refs/*:refs/all/*"])
        own = live.run([*self.git, "-C", self.tree, "log", "--all", "--format=%H", "--author=warden\\|driftwarden"]).stdout.split()
        commits = "".join(live.run([*self.git, "-C", self.tree, "show", "--format=%B%an%ae", sha]).stdout for sha in own)
        added = "\n".join(line for line in commits.splitlines() if not line.startswith("-"))
        self.search("the bot's commits", added)
        self.search("/metrics", live.fetch(self.http + "/metrics"))
        self.search("the bot's log", self.bot.text())
        exported = live.run([self.driftwarden.binary, "audit", "export", "--db", self.data / "driftwarden.db"], check=False)
        listed = live.run([self.driftwarden.binary, "audit", "list", "--db", self.data / "driftwarden.db", "-o", "json", "--limit", "100000"], check=False)
        self.checks.that(exported.returncode == 0 or listed.returncode == 0, "the audit log can be exported", exported.stderr + listed.stderr)
        self.search("the audit export", exported.stdout + listed.stdout)
        for file in sorted(self.data.glob("driftwarden.db*")):
            # What people said is kept until it is answered, and in the write-ahead log until that is written over.
            self.search(f"the database ({file.name})", file.read_bytes(), but=("typed", "typed-form"))
        for directory in ("renderings", "plans"):
            for file in sorted(p for p in (self.data / directory).rglob("*") if p.is_file()):
                self.search(f"{directory}/{file.name}", file.read_bytes())

    def dump_core(self):
        if b"__asan_init" in pathlib.Path(self.arguments.driftwarden).read_bytes():
            print("canary: no core dump: this build has AddressSanitizer, whose cores are as large as its shadow")
            return
        if not shutil.which("gcore"):
            print("canary: no core dump: gcore isn't installed (package gdb)")
            return
        core = self.work / "core"
        subprocess.run(["gcore", "-o", str(core), str(self.bot.process.pid)], check=True, capture_output=True, timeout=120)
        data = b"".join(p.read_bytes() for p in self.work.glob("core.*"))
        # A process that works with these has them in its memory; they are named so that nobody thinks otherwise.
        needed = {*self.tokens, "secret-live", "secret-git", "config-map", "annotation", "env-password", "env-pass", "argument", "address"}
        for name, value in {**self.tokens, **self.canaries}.items():
            copies = data.count(value.encode())
            print(f"canary: core dump: {name}: {copies} copies{', needed while it runs' if name in needed else ''}")
        for file in self.work.glob("core.*"):
            file.unlink()

    def stop(self):
        if self.bot and self.bot.alive():
            self.bot.stop()
        if self.sandbox:
            self.sandbox.stop()

    def run(self):
        self.start()
        self.play()
        self.dump_core()
        self.search_all()
        self.stop()
        self.search("the bot's log at its end", self.bot.text())
        for file in sorted(self.data.glob("driftwarden.db*")):
            self.search(f"the database at its end ({file.name})", file.read_bytes())
        print(f"canary: {len(self.tokens)} tokens and {len(self.canaries)} canaries, {len(self.seen)} versions of messages and views")


if __name__ == "__main__":
    sys.exit(live.perform(Suite, "canary", __doc__, tools=False))
