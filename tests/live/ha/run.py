#!/usr/bin/env python3
"""Two driftwardens with one configuration and one database: the leader is killed, frozen, told to stop, and left without its API server. All the while people
edit the cluster and ask: every edit has one alert, every question one answer, and never do two speak. Then two shards.

    run.py DRIFTWARDEN [--sandbox-cluster] [--keep]

Needs etcd and kube-apiserver in $SERVERS_HOME/bin; with --sandbox-cluster nothing: the Lease is in the sandbox's own cluster then, and none is frozen.
Prints how long each failover took. Ends with 0 or 1."""
import datetime
import http.client
import json
import os
import pathlib
import random
import re
import signal
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import live

NAMESPACE = "ha"
CHANNEL = "#gitops"        # the alerts
ASKED_IN = "#shop-prod"    # Slack takes one message a second and channel
LEASE_SECONDS = 9
MOST_SECONDS = 20    # 15 where nothing else runs
SILENT_SECONDS = LEASE_SECONDS * 2 / 3
APPS = 160


class SandboxApi:
    """The sandbox's cluster, as live.Api."""

    def __init__(self, cluster):
        self.host = urllib.parse.urlsplit(cluster["url"]).netloc
        token = re.search(r"token: *\"?([^\"\s,}]+)", pathlib.Path(cluster["kubeconfig"]).read_text())
        self.headers = {"Authorization": f"Bearer {token.group(1)}"} if token else {}

    def call(self, method, path, body=None, kind="application/merge-patch+json"):
        connection = http.client.HTTPConnection(self.host, timeout=30)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, {**self.headers, "Content-Type": kind, "Accept": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status >= 400:
            raise OSError(f"{method} {path}: {answer.status} {text[:300]}")
        return json.loads(text)


def apply(api, path, manifest, manager="live"):
    return api.call("PATCH", f"{path}?fieldManager={manager}&force=true", manifest, "application/apply-patch+yaml")


def config_map(name, value="as in Git"):
    # A key of its own: what happens to several Apps alike would share a message.
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": NAMESPACE}, "data": {f"of-{name}": value}}


def lease(api, name="driftwarden", namespace=NAMESPACE):
    return api.call("GET", f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/{name}")["spec"]


class Instance:
    """One of the two. Started again under the same name after its end."""

    def __init__(self, suite, name, arguments=()):
        self.suite, self.name, self.arguments = suite, name, list(arguments)
        self.port = live.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.lives = 0
        self.background = None

    def start(self, config, env):
        self.lives += 1
        self.background = live.Background([self.suite.driftwarden.binary, "run", "--config", config, *self.arguments], self.suite.work / f"{self.name}.{self.lives}.log", env={**self.suite.driftwarden.env, **env})

    @property
    def pid(self):
        return self.background.process.pid

    def get(self, path, seconds=3):
        """(status, text); (0, "") where nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def leads(self, seconds=3):
        status, text = self.get("/metrics", seconds)
        return status == 200 and live.metrics(text, "driftwarden_leader") == 1

    def ready(self):
        return self.get("/readyz")[0] == 200

    def standby(self):
        status, text = self.get("/readyz")
        return status == 503 and text.startswith("standby")

    def stop(self, how=signal.SIGTERM):
        if self.background:
            self.background.stop(how)

    def tail(self):
        return self.background.text()[-2500:] if self.background else ""


class Traffic:
    """Somebody edits an App, and somebody asks about one, every so often. Each App is edited once."""

    def __init__(self, suite, api, sandbox):
        self.suite, self.api, self.sandbox = suite, api, sandbox
        self.edited, self.asked, self.failures = {}, {}, []
        self.editing = True
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.edits), threading.Thread(target=self.questions)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)

    def edits(self):
        for i in range(APPS):
            while not self.editing and not self.stopping.is_set():
                self.stopping.wait(0.2)
            if self.stopping.wait(1.3):
                return
            name = f"app-{i}"
            try:
                self.api.call("PATCH", f"/api/v1/namespaces/{NAMESPACE}/configmaps/{name}?fieldManager=kubectl-edit", {"data": {f"of-{name}": "by hand"}})
                self.edited[name] = time.time()
            except OSError as error:
                self.failures.append(f"editing {name}: {error}")

    def questions(self):
        order = random.Random(7)
        while not self.stopping.wait(1.7):
            name = f"app-{order.randrange(APPS)}"
            try:
                self.asked[self.sandbox.say("alice", ASKED_IN, f"status {name}")] = (name, time.time())
            except (live.Failure, OSError) as error:
                self.failures.append(f"asking about {name}: {error}")


class LeaderWatch:
    """Looks all the time who says that it leads. Asked one after the other: two led at once only where the first still leads after the second said so."""

    def __init__(self, instances):
        self.instances, self.both, self.looks = instances, [], 0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self):
        while not self.stopping.wait(0.1):
            leading = [i.name for i in self.instances if i.background and i.leads(0.5)]
            self.looks += 1
            if len(leading) > 1 and next(i for i in self.instances if i.name == leading[0]).leads(0.5):
                self.both.append((time.time(), leading))

    def stop(self):
        self.stopping.set()
        self.thread.join(10)


class Suite:
    def __init__(self, args, work):
        self.args, self.work, self.checks = args, work, live.Checks("ha")
        self.driftwarden = live.Driftwarden(args.driftwarden, work)
        self.figures = {}

    # --- what there is

    def start_cluster(self):
        if self.args.sandbox_cluster:
            cluster = self.sandbox.clusters["prod-eu"]
            self.kubeconfig, self.api = cluster["kubeconfig"], SandboxApi(cluster)
            return
        self.cluster = live.Cluster(self.work / "kube")
        self.kubeconfig, self.api = self.cluster.kubeconfig, live.Api(self.work / "kube")

    def start(self):
        self.sandbox = live.Sandbox(self.driftwarden, self.work)
        live.fetch(f"{self.sandbox.info['chat_url']}sandbox/faults", "POST", json.dumps({"redeliver_within_ms": 60_000}), {"Content-Type": "application/json"})
        self.start_cluster()
        apply(self.api, f"/api/v1/namespaces/{NAMESPACE}", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        self.repository = live.Repository(self.work / "git")
        for i in range(APPS):
            manifest = config_map(f"app-{i}")
            self.repository.write(f"app-{i}/cm.json", manifest)
            apply(self.api, f"/api/v1/namespaces/{NAMESPACE}/configmaps/app-{i}", manifest)
        self.repository.commit("the Apps")
        self.instances = [Instance(self, "one"), Instance(self, "two")]
        self.configs = {i.name: self.config(i) for i in self.instances}
        _, self.env = self.sandbox.slack()

    def common(self):
        apps = [{"name": f"app-{i}", "repository": "config", "path": f"app-{i}", "cluster": "here", "namespace": NAMESPACE, "channel": CHANNEL} for i in range(APPS)]
        section, _ = self.sandbox.slack()
        return {"clusters": [{"name": "here", "environment": "test", "kubeconfig": self.kubeconfig}], "repositories": [self.repository.config()], "apps": apps,
                "slack": section, "storage": {"path": str(self.work / "shared/driftwarden.db")}, "people": self.sandbox.people(),
                "ha": {"cluster": "here", "namespace": NAMESPACE, "duration": f"{LEASE_SECONDS}s"},
                "policy": {"rules": [{"who": ["alice"], "may": ["*"], "apps": ["*"]}]}, "alerts": {"storm": 10000, "hold_off": {"live-edited": "0s"}}}

    def config(self, instance):
        return self.driftwarden.config({**self.common(), "http": {"listen": f"127.0.0.1:{instance.port}"}}, f"{instance.name}.yaml")

    def run_instance(self, instance):
        instance.start(self.configs[instance.name], self.env)

    def stop(self):
        for instance in getattr(self, "instances", []) + getattr(self, "shards", []):
            if instance.background:
                os.kill(instance.pid, signal.SIGCONT) if instance.background.alive() else None
                instance.stop()
        for sandbox in (getattr(self, "sandbox", None), getattr(self, "other_sandbox", None)):
            if sandbox:
                sandbox.stop()
        if not self.args.sandbox_cluster and getattr(self, "cluster", None):
            self.cluster.stop()

    # --- who leads

    def leader(self):
        return next((i for i in self.instances if i.background and i.background.alive() and i.leads()), None)

    def other(self, instance):
        return next(i for i in self.instances if i is not instance)

    def settled(self):
        """One leads and is ready, the other says that it waits."""
        def look():
            leader = self.leader()
            return leader if leader and leader.ready() and self.other(leader).standby() else None
        try:
            return live.wait_for("one to lead and the other to stand by", look)
        except live.Failure as failure:
            raise live.Failure(f"{failure}: {[(i.name, i.get('/readyz'), i.tail()) for i in self.instances]}") from None

    def bot_posts(self):
        return [(float(m["ts"]), words) for channel in (CHANNEL, ASKED_IN) for _, _, words, m in self.sandbox.messages(channel) if m.get("user") == self.sandbox.bot_user]

    def first_post_after(self, moment, since=None, seconds=live.PATIENCE):
        """Seconds from then until somebody spoke, `since` that moment. What was under way then doesn't count."""
        def look():
            later = [ts for ts, _ in self.bot_posts() if ts > (since or moment) + 0.3]
            return min(later) - moment if later else None
        return live.wait_for("a post", look, seconds, 0.1)

    def failed_over(self, what, moment, before, since=None):
        """`since` that moment it can't be the first who speaks; else since the Lease changed hands: what the first had sent may be late."""
        live.wait_for("the Lease to change hands", lambda: lease(self.api)["holderIdentity"] not in ("", before["holderIdentity"]))
        spec = lease(self.api)
        took = self.first_post_after(moment, since or datetime.datetime.fromisoformat(spec["acquireTime"]).timestamp())
        self.figures.setdefault(what, []).append(took)
        print(f"{what}: the next post after {took:.1f} s")
        self.checks.that(took < MOST_SECONDS, f"{what}: the other speaks within {MOST_SECONDS} s", took)
        self.checks.that(spec["leaseTransitions"] > before["leaseTransitions"] and spec["holderIdentity"] != before["holderIdentity"], f"{what}: the Lease says so, and counts the term", (before, spec))

    # --- what happens

    def killed(self):
        leader, before = self.settled(), lease(self.api)
        moment = time.time()
        leader.stop(signal.SIGKILL)
        self.failed_over("leader killed", moment, before)
        self.run_instance(leader)

    def frozen(self):
        leader, before = self.settled(), lease(self.api)
        moment = time.time()
        os.kill(leader.pid, signal.SIGSTOP)
        try:
            self.failed_over("leader frozen", moment, before)
            time.sleep(6)
        finally:
            os.kill(leader.pid, signal.SIGCONT)
        live.wait_for("the one that was frozen to stand by", leader.standby)
        self.checks.that("leads no more" in leader.background.text(), "leader frozen: it knows", leader.tail())

    def told_to_stop(self):
        leader, before = self.settled(), lease(self.api)
        moment = time.time()
        leader.stop(signal.SIGTERM)
        ended = time.time() - moment
        self.checks.that(leader.background.process.returncode == 0, "leader told to stop: it ends well", leader.tail())
        print(f"leader told to stop: it ended after {ended:.1f} s")
        self.failed_over("leader told to stop", moment, before, moment + ended)
        self.run_instance(leader)

    def apiserver_away(self):
        leader = self.settled()
        pid = next(int(line.split()[1]) for line in (self.work / "kube/pids").read_text().splitlines() if line.startswith("kube-apiserver "))
        self.traffic.editing = False
        time.sleep(1.5)
        moment = time.time()
        os.kill(pid, signal.SIGSTOP)
        try:
            live.wait_for("the leader to fall silent", lambda: not any(i.leads(1) for i in self.instances), every=0.05)
            fell = time.time() - moment
            time.sleep(max(0, 22 - (time.time() - moment)))
        finally:
            os.kill(pid, signal.SIGCONT)
        back = time.time()
        self.traffic.editing = True
        print(f"API server away: silent after {fell:.1f} s")
        self.checks.that(fell < LEASE_SECONDS, "API server away: the leader falls silent before another could lead", fell)
        said = [ts - moment for ts, _ in self.bot_posts() if moment + SILENT_SECONDS + 1 < ts < back]
        self.checks.that(not said, "API server away: nobody speaks meanwhile", said)
        again = self.first_post_after(back)
        self.figures["API server back"] = [again]
        print(f"API server back: the next post after {again:.1f} s")
        self.checks.that(again < MOST_SECONDS, f"API server back: one of them speaks within {MOST_SECONDS} s", again)
        self.checks.that(leader.background.alive(), "API server away: the leader lives on", leader.tail())

    # --- what must be true of all of it

    def alerts_of(self, name):
        return [words for words in self.alerts if re.search(rf"(?<![\w-]){name}(?![\w-])", words)]

    def answered(self):
        threads = {}
        for _, thread, words, message in self.sandbox.messages(ASKED_IN):
            if thread and message.get("user") == self.sandbox.bot_user:
                threads.setdefault(thread, []).append(words)
        return threads

    def look_at_posts(self):
        messages = self.sandbox.messages(CHANNEL)
        self.alerts = [words for ts, thread, words, m in messages if m.get("user") == self.sandbox.bot_user and (not thread or thread == ts)]
        return messages

    def counted(self):
        def all_told():
            self.look_at_posts()
            threads = self.answered()
            return all(self.alerts_of(n) for n in self.traffic.edited) and all(ts in threads for ts in self.traffic.asked)
        try:
            # An event that went to a frozen process comes again after a minute, and should that one freeze too, after one more (Slack takes five).
            live.wait_for("every edit's alert and every question's answer", all_told, 420, 1)
        except live.Failure:
            pass
        self.look_at_posts()
        threads = self.answered()
        alerts = {n: len(self.alerts_of(n)) for n in self.traffic.edited}
        answers = {ts: len(threads.get(ts, [])) for ts in self.traffic.asked}
        self.checks.that(len(alerts) > 30 and len(answers) > 30, "there was traffic", (len(alerts), len(answers), self.traffic.failures))
        self.checks.that(all(count == 1 for count in alerts.values()), f"each of {len(alerts)} edits has one alert", {n: c for n, c in alerts.items() if c != 1})
        self.checks.that(all(count == 1 for count in answers.values()), f"each of {len(answers)} questions has one answer",
                         {self.traffic.asked[ts]: threads.get(ts, []) for ts, c in answers.items() if c != 1})
        self.checks.that(not self.watch.both, f"never do two lead ({self.watch.looks} looks)", self.watch.both)

    def audited(self):
        done = live.run([self.driftwarden.binary, "audit", "verify", "--db", str(self.work / "shared/driftwarden.db")], check=False)
        self.checks.that(done.returncode == 0, "the audit log is whole", done.stdout + done.stderr)

    def failovers(self):
        for instance in self.instances:
            self.run_instance(instance)
        self.settled()
        _, text = self.instances[0].get("/healthz")
        self.checks.that(all(i.get("/healthz")[0] == 200 for i in self.instances), "both live", text)
        self.traffic = Traffic(self, self.api, self.sandbox)
        self.watch = LeaderWatch(self.instances)
        self.traffic.start()
        try:
            time.sleep(5)
            steps = [self.killed, self.frozen, self.told_to_stop] + ([] if self.args.sandbox_cluster else [self.apiserver_away]) + [self.killed, self.frozen]
            for step in steps:
                try:
                    step()
                except live.Failure as failure:
                    self.checks.that(False, step.__name__.replace("_", " "), f"{failure}; {[i.tail() for i in self.instances]}")
            self.settled()
        finally:
            self.traffic.stop()
            self.watch.stop()
        self.counted()
        for instance in self.instances:
            instance.stop()
        self.audited()

    # --- shards: two clusters, two workspaces, one file

    def shard_config(self, instance, sandbox):
        common = self.common()
        slack = {**sandbox.slack()[0], "app_token": {"env": "APP_EU"}, "bot_token": {"env": "BOT_EU"}}
        apps = [{"name": f"shop-{n}", "repository": "config", "path": f"shop-{n}", "cluster": n, "namespace": NAMESPACE, "channel": CHANNEL} for n in ("eu", "us")]
        return self.driftwarden.config({
            **common, "slack": slack, "apps": apps, "clusters": [{"name": n, "environment": "test", "kubeconfig": self.kubeconfig} for n in ("eu", "us")],
            "shards": [{"name": "east", "clusters": ["eu"]}, {"name": "west", "clusters": ["us"], "app_token": {"env": "APP_US"}, "bot_token": {"env": "BOT_US"}}],
            "ha": {**common["ha"], "cluster": "eu", "duration": "3s"}, "storage": {"path": str(self.work / "shards/driftwarden.db")}, "http": {"listen": f"127.0.0.1:{instance.port}"}}, f"{instance.name}.yaml")

    def sharded(self):
        other = self.work / "other"
        other.mkdir()
        self.other_sandbox = live.Sandbox(self.driftwarden, other)
        sandboxes = {"east": self.sandbox, "west": self.other_sandbox}
        for name in ("eu", "us"):
            manifest = config_map(f"shop-{name}")
            self.repository.write(f"shop-{name}/cm.json", manifest)
            apply(self.api, f"/api/v1/namespaces/{NAMESPACE}/configmaps/shop-{name}", manifest)
        self.repository.commit("two shops")
        env = {}
        for name, sandbox in (("EU", self.sandbox), ("US", self.other_sandbox)):
            env[f"APP_{name}"], env[f"BOT_{name}"] = sandbox.info["slack"]["app_token"], sandbox.info["slack"]["bot_token"]
        self.shards = [Instance(self, shard, ["--shard", shard]) for shard in sandboxes]
        configs = {i.name: self.shard_config(i, sandboxes[i.name]) for i in self.shards}
        nobody = live.run([self.driftwarden.binary, "run", "--config", configs["east"]], check=False, env={**self.driftwarden.env, **env})
        self.checks.that(nobody.returncode == 2 and "--shard" in nobody.stderr, "a config with shards needs one", nobody.stderr)
        for instance in self.shards:
            instance.start(configs[instance.name], env)
        for instance in self.shards:
            live.wait_for(f"the shard {instance.name} to be ready", instance.ready)
            self.checks.that(lease(self.api, f"driftwarden-{instance.name}")["holderIdentity"], f"{instance.name} has a Lease of its own")
            self.checks.that((self.work / f"shards/{instance.name}/driftwarden-{instance.name}.db").exists(), f"{instance.name} has a database of its own")
        for name in ("eu", "us"):
            self.api.call("PATCH", f"/api/v1/namespaces/{NAMESPACE}/configmaps/shop-{name}?fieldManager=kubectl-edit", {"data": {f"of-shop-{name}": "by hand"}})
        for shard, own, foreign in (("east", "shop-eu", "shop-us"), ("west", "shop-us", "shop-eu")):
            sandbox = sandboxes[shard]
            sandbox.answered("alice", CHANNEL, f"status {own}", own)
            answer = sandbox.answer("alice", CHANNEL, f"status {foreign}", "looked after by the shard")
            self.checks.that(("west" if shard == "east" else "east") in answer, f"{shard} says who looks after {foreign}", answer)
            live.wait_for(f"the alert of {own}", lambda: any(own in w and "ConfigMap" in w or own in w for _, t, w, m in sandbox.messages(CHANNEL) if not t and m.get("user") == sandbox.bot_user))
            told = [w for _, t, w, m in sandbox.messages(CHANNEL) if not t and m.get("user") == sandbox.bot_user and foreign in w]
            self.checks.that(not told, f"{shard} tells nothing of {foreign}", told)

    def run(self):
        began = time.monotonic()
        self.start()
        print(f"all up after {time.monotonic() - began:.0f} s")
        self.failovers()
        self.sharded()
        for what, took in self.figures.items():
            print(f"  {what:24} {', '.join(f'{t:.1f} s' for t in took)}")


if __name__ == "__main__":
    sys.exit(live.perform(Suite, "ha", __doc__, tools=False, options=lambda parser: parser.add_argument("--sandbox-cluster", action="store_true", help="the Lease and the Apps are in the sandbox's cluster")))
