"""The rights that `driftwarden rbac` prints, and a bot that has these alone: nothing that it asks for is refused, and what it was given without ever using it
is told. By the API server's own audit log."""
import json
import os
import subprocess
import time

import live

NAMESPACE, APP = "driftwarden", "shop"
USER = f"system:serviceaccount:{NAMESPACE}:driftwarden"


class AuditedCluster(live.Cluster):
    def __init__(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        policy = directory / "audit-policy.json"
        policy.write_text(json.dumps({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"], "rules": [{"level": "Metadata", "users": [USER]}, {"level": "None"}]}))
        self.audit = directory / "audit.log"
        os.environ["APISERVER_ARGS"] = f"--audit-policy-file={policy} --audit-log-path={self.audit}"
        try:
            super().__init__(directory, "kwok")
        finally:
            del os.environ["APISERVER_ARGS"]

    def asked(self):
        """Every request of the bot's service account."""
        events = [json.loads(line) for line in self.audit.read_text().splitlines()] if self.audit.exists() else []
        return [e for e in events if e["user"]["username"] == USER and e["stage"] in ("ResponseStarted", "ResponseComplete", "Panic")]


def workload(kind, name, **spec):
    pod = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "main", "image": "registry.example.org/shop/web:1.0"}]}}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": pod, **spec}}


def manifests():
    return {
        "web.yaml": workload("Deployment", "web"),
        "cm.yaml": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"colour": "green"}},
        "old.yaml": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "old"}, "data": {"a": "b"}},
        "svc.yaml": {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}},
        "role.yaml": {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "reader"}, "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]},
        "binding.yaml": {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "readers"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
                         "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": APP}]},
        "class.yaml": {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "shop-high"}, "value": 1000},
    }


class Scene:
    def __init__(self, ground):
        self.ground, self.checks, self.cluster = ground, ground.checks, ground.cluster()
        self.work = ground.directory("rights")
        self.repository = live.Repository(self.work / "git")
        for name, body in manifests().items():
            self.repository.write(f"apps/shop/{name}", body)
        self.repository.commit("the shop")
        for name in (NAMESPACE, APP):
            self.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def config(self, kubeconfig, name, **more):
        return self.ground.driftwarden.config({
            "storage": {"path": str(self.work / f"{name}.db")},
            "clusters": [{"name": "here", "environment": "test", "kubeconfig": str(kubeconfig), "apply": True, "orphans": [APP]}],
            "repositories": [self.repository.config()],
            "apps": [{"name": "shop", "repository": "config", "path": "apps/shop", "cluster": "here", "namespace": APP}],
            "ha": {"cluster": "here", "namespace": NAMESPACE, "duration": "9s"}, **more}, f"{name}.yaml")

    def rbac(self, *options):
        done = live.run([self.ground.driftwarden.binary, "rbac", "--config", self.config(self.cluster.kubeconfig, "admin"), *options], check=False)
        self.checks.that(done.returncode == 0, f"rbac {' '.join(options)}", done.stderr)
        return done.stdout

    def grant(self):
        """What it prints for people is what it prints for programs, and the API server takes it."""
        self.cluster.kubectl("apply", "--server-side", "--validate=strict", "-f", "-", input=self.rbac())
        self.granted = json.loads(self.rbac("-o", "json"))["items"]
        text = json.dumps(self.granted)
        self.checks.that('"*"' not in text, "no right has a star")
        return self.granted

    def token(self):
        """Of the service account alone, by TokenRequest."""
        token = self.cluster.kubectl("-n", NAMESPACE, "create", "token", "driftwarden", "--duration=1h").strip()
        admin = json.loads(self.cluster.kubectl("config", "view", "--raw", "-o", "json"))
        file = self.work / "bot.kubeconfig"
        file.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", "current-context": "bot", "clusters": [{"name": "here", "cluster": admin["clusters"][0]["cluster"]}],
                                    "users": [{"name": "bot", "user": {"token": token}}], "contexts": [{"name": "bot", "context": {"cluster": "here", "user": "bot", "namespace": APP}}]}))
        file.chmod(0o600)
        return file

    # --- what the bot is made to do

    def everything(self, sandbox):
        channel = "#gitops"
        asked = sandbox.say("alice", channel, "sync shop because it isn't there yet")
        sandbox.change("alice", channel, "sync", "shop", "in sync and healthy", 240, asked)
        self.checks.that(self.cluster.get("-n", APP, "role", "reader"), "all is made: workloads, a role and its binding, an object without a namespace")
        self.cluster.kubectl("-n", APP, "patch", "deployment", "web", "--field-manager=kubectl-edit", "--type=merge", "-p", '{"spec": {"replicas": 3}}')
        live.wait_for("the alert", lambda: any("replicas" in w for _, _, w, _ in sandbox.messages(channel)), 120)
        self.checks.that(not any("unconfirmed" in w for _, _, w, _ in sandbox.messages(channel)), "drift is confirmed by a dry-run")
        for text, holds in (("pods shop", "web-"), ("events shop", "shop"), ("describe shop web", "web"), ("why shop", "shop")):
            sandbox.answered("alice", channel, text, holds)
        sandbox.say("alice", channel, "logs shop")
        pod = self.cluster.get("-n", APP, "pods")["items"][0]
        owner = next(o["name"] for o in pod["metadata"]["ownerReferences"])
        sandbox.answered("alice", channel, f"describe shop ReplicaSet/{owner}", "web")
        asked = sandbox.say("alice", channel, "restart shop")
        sandbox.change("alice", channel, "restart", "shop", "healthy", 240, asked)
        # The bot has committed, too.
        self.repository.git("pull", "-q", "--rebase", "origin", "main")
        (self.repository.root / "apps/shop/old.yaml").unlink()
        self.repository.commit("no old")
        live.wait_for("the leftover to be told", lambda: any("old" in w for _, _, w, _ in sandbox.messages(channel)), 120)
        asked = sandbox.say("alice", channel, "sync shop because old is over")
        sandbox.change("alice", channel, "sync", "shop", "in sync and healthy", 240, asked)
        left = self.cluster.kubectl("-n", APP, "get", "configmap", "old", "--ignore-not-found")
        self.checks.that(not left.strip(), "what is no longer in Git is deleted", left)

    def work_with(self, kubeconfig):
        sandbox = live.Sandbox(self.ground.driftwarden, self.work)
        bot = None
        try:
            section, env = sandbox.slack()
            port = live.free_port()
            config = self.config(kubeconfig, "bot", slack=section, http={"listen": f"127.0.0.1:{port}"}, people=sandbox.people(), alerts={"hold_off": {"git-ahead": "1s"}},
                                 policy={"rules": [{"who": ["alice", "bob"], "may": ["*"], "apps": ["*"]}], "approvals": [{"environment": "test", "need": 0}]})
            bot = live.Bot(self.ground.driftwarden, config, self.work / "bot.log", env, port)
            self.everything(sandbox)
        except live.Failure as failure:
            self.checks.that(False, "the bot works with these rights", f"{failure}; its log: {bot.text()[-2500:] if bot else ''}")
        finally:
            if bot:
                bot.stop()
            sandbox.stop()


def request_of(event):
    ref = event.get("objectRef", {})
    resource = ref.get("resource", "") + ("/" + ref["subresource"] if ref.get("subresource") else "")
    return event["verb"], ref.get("apiGroup", ""), resource, ref.get("namespace", ""), ref.get("name", "")


def single_rights(granted):
    """(verb, group, resource, namespace or "", name or "")"""
    out = set()
    for role in (o for o in granted if o["kind"] in ("Role", "ClusterRole")):
        for rule in role["rules"]:
            for verb in rule["verbs"]:
                for group in rule["apiGroups"]:
                    for resource in rule["resources"]:
                        for name in rule.get("resourceNames", [""]):
                            out.add((verb, group, resource, role["metadata"].get("namespace", ""), name))
    return out


def used_rights(rights, events):
    used = set()
    for event in events:
        verb, group, resource, namespace, name = request_of(event)
        verbs = {verb}
        # An apply of what wasn't there is a creation, and of a role or binding also what escalate and bind are for: the authoriser is asked from the inside.
        if verb == "patch" and event.get("responseStatus", {}).get("code") == 201:
            verbs |= {"create", "escalate"}
            if resource == "rolebindings":
                used |= {r for r in rights if r[0] == "bind" and r[3] in ("", namespace)}
        for right in rights:
            if right[0] in verbs and right[1:3] == (group, resource) and right[3] in ("", namespace) and right[4] in ("", name):
                used.add(right)
    return used


def rights(ground):
    scene = Scene(ground)
    checks = ground.checks
    granted = scene.grant()
    file = scene.token()
    began = time.monotonic()
    scene.work_with(file)
    events = scene.cluster.asked()
    refused = [e for e in events if e.get("responseStatus", {}).get("code") in (401, 403)]
    checks.that(len(events) > 50, "the API server's audit log has the bot's requests", len(events))
    checks.that(not refused, f"of {len(events)} requests none is refused", sorted({" ".join(request_of(e)) for e in refused})[:20])
    all_rights = single_rights(granted)
    unused = all_rights - used_rights(all_rights, events)
    print(f"{len(events)} requests in {time.monotonic() - began:.0f} s, {len(refused)} refused; {len(all_rights)} single rights granted, {len(unused)} not used in this run:")
    for right in sorted(unused):
        print("   " + " ".join(part or "*" for part in right))
    writes = {r for r in unused if r[0] in ("patch", "delete", "create", "update", "escalate", "bind")}
    checks.that(all(r[3] or r[4] or r[1] == "coordination.k8s.io" for r in all_rights if r[0] in ("create", "patch", "delete", "update", "escalate", "bind")), "every right to write is of one namespace or one object", writes)
    nobody_needs(ground, scene)


def nobody_needs(ground, scene):
    """A few things that it must not be able to do."""
    for verb, what, namespace in (("get", "secrets", "kube-system"), ("create", "pods", APP), ("patch", "deployments.apps", "default"), ("delete", "namespaces", ""), ("get", "nodes", ""),
                                  ("impersonate", "users", ""), ("create", "pods/exec", APP), ("escalate", "roles.rbac.authorization.k8s.io/other", APP), ("patch", "priorityclasses.scheduling.k8s.io/system-node-critical", "")):
        options = ["-n", namespace] if namespace else []
        done = subprocess.run([str(live.BIN / "kubectl"), "auth", "can-i", verb, what, "--as", USER, *options], capture_output=True, text=True, env=scene.cluster.env, timeout=60)
        ground.checks.that(done.stdout.strip() == "no", f"it may not {verb} {what}{' in ' + namespace if namespace else ''}", done.stdout + done.stderr)
