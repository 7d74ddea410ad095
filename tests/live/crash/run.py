#!/usr/bin/env python3
"""kill -9 in a loop while people edit, ask, request and approve: afterwards every edit was told once, every question answered once, every Change proposed,
merged and carried out once, and the audit log is whole.

    run.py DRIFTWARDEN [--kills N] [--seed N] [--keep]

Ends with 0 or 1. Says its seed; what is killed when depends on the machine all the same."""
import collections
import json
import pathlib
import random
import re
import signal
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import live

QUIET = 240  # seconds within which all must be settled after the last kill
APPS = {"checkout": "checkout", "cart": "cart", "storefront": "storefront"}  # App: its Deployment; all on prod-eu, told in #shop-prod
CHANNEL = "#shop-prod"


class Kube:
    """The sandbox's cluster, as somebody with kubectl has it."""

    def __init__(self, info):
        self.url = info["url"]
        text = pathlib.Path(info["kubeconfig"]).read_text()
        token = re.search(r'token"?: *"?([^"\s]+)', text)
        self.headers = {"Authorization": f"Bearer {token.group(1)}"} if token else {}

    def deployment(self, name):
        return live.fetch(f"{self.url}/apis/apps/v1/namespaces/shop/deployments/{name}", headers=self.headers)

    def scale(self, name, replicas):
        path = f"{self.url}/apis/apps/v1/namespaces/shop/deployments/{name}/scale?fieldManager=kubectl"
        live.fetch(path, "PATCH", json.dumps({"spec": {"replicas": replicas}}), {**self.headers, "Content-Type": "application/merge-patch+json"})


class Suite:
    def __init__(self, arguments, work):
        self.arguments, self.work = arguments, work
        self.random = random.Random(arguments.seed)
        self.checks = live.Checks("crash")
        self.driftwarden = live.Driftwarden(arguments.driftwarden, work)
        self.questions = []  # (time, text)
        self.requests = []   # the same, of what is answered by a card or by words
        self.edits = collections.Counter()
        self.kills = self.starts = 0
        self.bot = self.sandbox = None

    def start(self):
        self.sandbox = live.Sandbox(self.driftwarden, self.work)
        self.data = pathlib.Path(self.sandbox.info["data"])
        self.database = self.data / "driftwarden.db"
        self.http = self.sandbox.info["http"]
        self.kube = Kube(self.sandbox.clusters["prod-eu"])

    def start_bot(self):
        self.starts += 1
        self.bot = live.Background([self.driftwarden.binary, "run", "--config", self.data / "driftwarden.yaml"], self.work / f"bot-{self.starts}.log")

    def wait_ready(self):
        def ready():
            if not self.bot.alive():
                raise live.Over(f"the bot ended by itself: {self.bot.text()[-1500:]}")
            return "ready" in live.fetch(self.http + "/readyz", seconds=5)
        live.wait_for("the bot to be ready", ready, every=0.1)

    def kill(self):
        ended = not self.bot.alive()
        self.checks.that(not ended, "the bot lives until it is killed", self.bot.text()[-800:] if ended else "")
        self.bot.stop(signal.SIGKILL)
        self.kills += 1

    # --- what people do

    def cards(self):
        return [(ts, w, m) for ts, _, w, m in self.sandbox.messages(CHANNEL) if m.get("user") == self.sandbox.bot_user and w.startswith("*C-")]

    def approve_something(self):
        for _, _, message in reversed(self.cards()):
            try:
                self.sandbox.press("bob", CHANNEL, message, "Approve")
                return
            except live.Failure:
                continue  # no such button any more

    def edit(self):
        app = self.random.choice(list(APPS))
        now = self.kube.deployment(APPS[app])["spec"]["replicas"]
        self.kube.scale(APPS[app], self.random.choice([n for n in range(3, 9) if n != now]))
        self.edits[app] += 1

    def ask(self):
        text = self.random.choice(["status", "history checkout", "diff cart", "apps", "whoami", "audit"])
        self.questions.append((self.sandbox.say("alice", CHANNEL, text), text))

    def request(self):
        app = self.random.choice(list(APPS))
        text = self.random.choice([f"sync {app} because crash", f"scale {app} {self.random.randint(2, 5)} because crash", f"rollback {app} because crash"])
        self.requests.append((self.sandbox.say("alice", CHANNEL, text), text))

    def act(self):
        self.random.choices([self.edit, self.ask, self.request, self.approve_something], [4, 4, 3, 5])[0]()

    def loop(self):
        self.start_bot()
        self.wait_ready()
        for round_ in range(self.arguments.kills):
            for _ in range(self.random.randint(1, 4)):
                self.act()
                time.sleep(self.random.uniform(0, 0.5))
            time.sleep(self.random.expovariate(1 / 0.5))
            self.kill()
            if self.random.random() < 0.3:
                self.act()  # while nobody listens
            self.start_bot()
            # Now and then it is killed again before it is ready.
            if self.random.random() < 0.75:
                self.wait_ready()
            else:
                time.sleep(self.random.uniform(0, 1.5))

    # --- afterwards

    def settled(self):
        """Nothing waits any more, and what may be approved is approved."""
        self.approve_something()
        open_states = ("is being prepared", "waits for", "is being merged", "is being applied", "is being verified")
        busy = [w for _, w, _ in self.cards() if any(s in w for s in open_states)]
        unanswered = [q for q in self.questions if not self.answers_to(q[0])]
        moved = live.fetch(self.http + "/metrics")
        calm = not unanswered and live.metrics(moved, "driftwarden_slack_messages_waiting") == 0 and live.metrics(moved, "driftwarden_outbox_lanes_busy") == 0
        words = [w for *_, w, _ in self.sandbox.messages(CHANNEL)]
        self.unsettled = f"unanswered {unanswered}, busy {[w[:300] for w in busy]}, calm {calm}"
        if calm and not busy and words == getattr(self, "words_before", None):
            self.calm_for = getattr(self, "calm_for", 0) + 1
        else:
            self.calm_for = 0
        self.words_before = words
        return self.calm_for >= 5

    def wait_until_settled(self):
        try:
            live.wait_for("everything to settle", self.settled, QUIET, 1)
        except live.Failure as failure:
            raise live.Failure(f"{failure}: {self.unsettled}") from None

    def answers_to(self, ts):
        return [m for _, thread, _, m in self.sandbox.messages(CHANNEL) if thread == ts and m.get("user") == self.sandbox.bot_user] + [
            m for _, _, w, m in self.sandbox.messages(CHANNEL) if self.key(m).startswith("answer:") and ts in self.key(m)]

    def unanswered_requests(self, rows):
        asked_at = " ".join(r["where"] for r in rows if r["action"] == "change.requested")
        return [r for r in self.requests if not self.answers_to(r[0]) and r[0] not in asked_at]

    @staticmethod
    def key(message):
        return str(message.get("metadata", {}).get("event_payload", {}).get("key", ""))

    def all_messages(self):
        for channel in (CHANNEL, "#gitops", "#driftwarden"):
            for ts, thread, text, message in self.sandbox.messages(channel):
                if message.get("user") == self.sandbox.bot_user:
                    yield channel, ts, thread, text, message

    def rows(self):
        # Read beside the running bot.
        return json.loads(live.run([self.driftwarden.binary, "audit", "list", "--db", self.database, "-o", "json", "--limit", "100000"]).stdout)

    def check_chat(self):
        keys = collections.Counter(self.key(m) for *_, m in self.all_messages() if self.key(m))
        twice = {k: n for k, n in keys.items() if n > 1}
        self.checks.that(keys, "messages carry their keys")
        self.checks.that(not twice, "no message was posted twice", twice)
        for ts, text in self.questions:
            said = {m["ts"]: live.words(m)[:200] for m in self.answers_to(ts)}
            self.checks.that(len(said) == 1, f'"{text}" was answered once', said)

    def check_forge(self, rows):
        forge = self.sandbox.info["forge"]
        project = urllib.parse.urlsplit(forge["git_url"]).path.split("/forge/", 1)[1].removesuffix(".git")
        headers = {"Authorization": f"token {forge['token']}"}
        pulls = live.fetch(f"{forge['api_url']}/repos/{project}/pulls?state=all&limit=1000", headers=headers)
        commits = live.fetch(f"{forge['api_url']}/repos/{project}/commits?limit=1000", headers=headers)
        of_branch = collections.Counter(p["head"]["ref"] for p in pulls)
        self.checks.that(pulls, "pull requests were opened")
        self.checks.that(all(n == 1 for n in of_branch.values()), "one pull request for each branch", {b: n for b, n in of_branch.items() if n > 1})
        changes = collections.Counter(c for commit in commits for c in re.findall(r"^Driftwarden-Change: (C-\d+)", commit["commit"]["message"], re.M))
        self.checks.that(all(n == 1 for n in changes.values()), "each Change was merged once", {c: n for c, n in changes.items() if n > 1})
        merged = {r["subject"] for r in rows if r["action"] == "change.merged"}
        self.checks.that(set(changes) == merged, "what was merged is what the audit log says", set(changes) ^ merged)
        own = {commit["sha"] for commit in commits if re.search(r"^Driftwarden-Change: ", commit["commit"]["message"], re.M)}
        told = collections.Counter(r["on"] for r in rows if r["action"] == "commit.landed")
        self.checks.that(not own & set(told), "no commit of a Change is told as past the bot", own & set(told))
        self.checks.that(all(n == 1 for n in told.values()), "each commit past the bot is told once", {c: n for c, n in told.items() if n > 1})
        approved = {r["subject"] for r in rows if r["action"] == "change.approved"}
        self.checks.that(merged <= approved, "nothing was merged that nobody approved", merged - approved)
        return len(changes)

    def check_rows(self, rows):
        verified = live.run([self.driftwarden.binary, "audit", "verify", "--db", self.database], check=False)
        self.checks.that(verified.returncode == 0, "the audit log is intact", verified.stdout + verified.stderr)
        opened = collections.Counter(r["subject"] for r in rows if r["action"] == "incident.opened")
        self.checks.that(opened and all(n == 1 for n in opened.values()), "each incident was opened once", opened)
        gave_up = [r for r in rows if r["action"] == "effect.given-up"]
        self.checks.that(not gave_up, "no effect was given up", gave_up[:3])
        for app, times in self.edits.items():
            self.checks.that(any(r["app"] == app for r in rows if r["action"] == "incident.opened"), f"{times} edits of {app} were told")
        return len(opened)

    def check_end(self):
        self.bot.stop()
        self.checks.that(self.bot.process.returncode == 0, "a stop is clean", self.bot.process.returncode)

    def run(self):
        self.start()
        self.loop()
        self.wait_ready()
        self.wait_until_settled()
        rows = self.rows()
        self.check_chat()
        unanswered = self.unanswered_requests(rows)
        self.checks.that(not unanswered, "each request became a Change or was answered", unanswered)
        merged = self.check_forge(rows)
        incidents = self.check_rows(rows)
        self.check_end()
        print(f"crash: seed {self.arguments.seed}: {self.kills} kills, {sum(self.edits.values())} edits, {incidents} incidents, {len(self.questions)} questions, {len(self.requests)} requests, "
              f"{merged} Changes merged, {len(rows)} audit rows")

    def stop(self):
        if self.bot and self.bot.alive():
            self.bot.stop(signal.SIGKILL)
        if self.sandbox:
            self.sandbox.stop()


def options(parser):
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)


if __name__ == "__main__":
    sys.exit(live.perform(Suite, "crash", __doc__, tools=False, options=options))
