#!/usr/bin/env python3
"""A real Argo CD on a real kube-apiserver with a real Gitea; driftwarden finds what it deploys, watches it itself and asks it to sync.

    ../servers/isolated.sh run.py DRIFTWARDEN DIRECTORY_OF_THE_TOOLS [--keep] [--no-bot]

Needs etcd, kube-apiserver, kwok and the like, argocd, gitea, kubectl in $SERVERS_HOME/bin and redis-server. Ends with 0 or 1."""
import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import live

NAMESPACE = "shop"
SERVER = "https://kubernetes.default.svc"


def deployment(name, replicas=2, image="registry.example.org/shop/web:1.0"):
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": {
        "metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "main", "image": image, "env": [{"name": "LEVEL", "value": "info"}]}]}}}}


def config_map(name, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data or {"colour": "green"}}


class Suite:
    def __init__(self, args, work):
        self.args, self.work, self.checks = args, work, live.Checks("argocd")
        self.driftwarden = live.Driftwarden(args.driftwarden, work, os.path.realpath(args.tools))
        self.cluster = self.gitea = self.argo = None

    # --- servers

    def start(self):
        began = time.monotonic()
        self.cluster = live.Cluster(self.work / "kube", "kwok")
        live.run([live.SERVERS / "gitea-up.sh", self.work / "gitea", "alice", "bob"])
        self.gitea = live.read_env(self.work / "gitea/env")
        self.start_argo()
        print(f"cluster, Gitea and Argo CD up after {time.monotonic() - began:.0f} s")

    def start_argo(self):
        # By itself it looks at Git so seldom that what happens here is by its watch, or by driftwarden's asking.
        live.run([live.SERVERS / "argocd-up.sh", self.work / "argocd", self.cluster.kubeconfig], seconds=400, env={**os.environ, "CONTROLLER_ARGS": "--app-resync 900"})
        self.argo = True

    def stop_argo(self):
        live.run([live.SERVERS / "down.sh", self.work / "argocd"], check=False)
        self.argo = None

    def stop(self):
        for part in ("argocd", "gitea", "kube"):
            live.run([live.SERVERS / "down.sh", self.work / part], check=False)

    # --- what the people have

    def api(self, method, path, body=None):
        return live.fetch(f"{self.gitea['GITEA_URL']}/api/v1{path}", method, json.dumps(body) if body is not None else None,
                          {"Authorization": f"token {self.gitea['GITEA_TOKEN']}", "Content-Type": "application/json"})

    def write(self):
        admin = self.gitea["GITEA_ADMIN"]
        self.api("POST", "/user/repos", {"name": "fleet", "default_branch": "main"})
        self.url = f"{self.gitea['GITEA_URL']}/{admin}/fleet.git"
        self.repository = live.Repository(self.work / "git")
        self.repository.git("remote", "set-url", "origin", self.url.replace("://", f"://{admin}:{self.gitea['GITEA_TOKEN']}@"))
        write = self.repository.write
        write("apps/web/deployment.json", deployment("web"))
        write("apps/web/cm.json", config_map("web"))
        write("apps/base/kustomization.yaml", {"resources": ["deployment.json", "cm.json"]})
        write("apps/base/deployment.json", deployment("over"))
        write("apps/base/cm.json", config_map("over"))
        write("apps/over/kustomization.yaml", {"resources": ["../base"], "configMapGenerator": [{"name": "made", "literals": ["a=1"]}]})
        write("charts/site/Chart.yaml", {"apiVersion": "v2", "name": "site", "version": "1.0.0"})
        write("charts/site/values.yaml", {"replicas": 1, "colour": "red", "note": "none"})
        write("charts/site/values-prod.yaml", {"replicas": 3})
        write("charts/site/templates/all.yaml", """apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ .Release.Name }}-site"}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: site}}
  template: {metadata: {labels: {app: site}}, spec: {containers: [{name: main, image: "registry.example.org/shop/site:1"}]}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}-site"}
data: {colour: "{{ .Values.colour }}", note: "{{ .Values.note }}"}
""")
        write("values/shared.yaml", {"colour": "blue", "note": "from another source"})
        write("apps/scaled/deployment.json", deployment("scaled"))
        for name in ("set-a", "set-b"):
            write(f"sets/{name}/cm.json", config_map(name))
        write("apps/child/cm.json", config_map("child"))
        write("children/child.json", self.application("child", {"path": "apps/child"}, syncPolicy={"automated": {}}))
        write("apps/open/deployment.json", deployment("open"))
        self.repository.commit("the fleet")

    def application(self, name, source, namespace=NAMESPACE, **spec):
        return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": name, "namespace": "argocd", "labels": {"team": "shop"}}, "spec": {
            "project": "default", "source": {"repoURL": self.url, "targetRevision": "main", **source}, "destination": {"server": SERVER, "namespace": namespace}, **spec}}

    def applications(self):
        automated = {"syncPolicy": {"automated": {"prune": True}, "syncOptions": ["CreateNamespace=true"]}}
        multi = self.application("multi", {}, **automated)
        del multi["spec"]["source"]
        multi["spec"]["sources"] = [{"repoURL": self.url, "targetRevision": "main", "path": "charts/site", "helm": {"releaseName": "multi", "valueFiles": ["$values/values/shared.yaml"]}},
                                    {"repoURL": self.url, "targetRevision": "main", "ref": "values"}]
        elsewhere = self.application("elsewhere", {"path": "x"}, **automated)
        elsewhere["spec"]["source"]["repoURL"] = f"{self.gitea['GITEA_URL']}/nobody/unknown.git"
        generated = {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "metadata": {"name": "sets", "namespace": "argocd"}, "spec": {
            "goTemplate": True, "generators": [{"list": {"elements": [{"name": "set-a"}, {"name": "set-b"}]}}], "template": {
                "metadata": {"name": "{{.name}}", "labels": {"team": "shop"}}, "spec": self.application("x", {"path": "sets/{{.name}}"}, **automated)["spec"]}}}
        return [
            self.application("web", {"path": "apps/web"}, **automated),
            self.application("over", {"path": "apps/over", "kustomize": {"namePrefix": "eu-", "images": ["registry.example.org/shop/web:2.0"], "commonLabels": {"region": "eu"}, "replicas": [{"name": "over", "count": 4}]}}, **automated),
            self.application("site", {"path": "charts/site", "helm": {"releaseName": "prod", "valueFiles": ["values-prod.yaml"], "parameters": [{"name": "colour", "value": "yellow"}], "valuesObject": {"note": "inline"}}}, **automated),
            self.application("scaled", {"path": "apps/scaled"}, ignoreDifferences=[{"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas"]}], **automated),
            multi, generated, elsewhere,
            self.application("parent", {"path": "children"}, "argocd", **automated),
            self.application("manual", {"path": "apps/open"}, syncPolicy={"syncOptions": ["CreateNamespace=true"]}),
        ]

    KNOWN = ["web", "over", "site", "scaled", "multi", "set-a", "set-b", "child"]

    def install(self):
        self.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        began = time.monotonic()
        self.cluster.apply(*self.applications())

        def synced():
            items = self.cluster.get("-n", "argocd", "applications")["items"]
            states = {i["metadata"]["name"]: i.get("status", {}).get("sync", {}).get("status") for i in items}
            return all(states.get(n) == "Synced" for n in self.KNOWN)
        try:
            live.wait_for("every Application to be Synced", synced, 300, 1)
        except live.Failure:
            print(self.cluster.kubectl("-n", "argocd", "get", "applications", "-o", "wide"), file=sys.stderr)
            raise
        print(f"{len(self.KNOWN)} Applications synced by Argo CD after {time.monotonic() - began:.0f} s")

    def argo_says(self, name):
        status = self.cluster.get("-n", "argocd", "application", name).get("status", {})
        return status.get("sync", {}).get("status"), status

    def config(self, **more):
        credentials = {"username": "oauth2", "password": {"file": str(self.work / "gitea" / f"token.{self.gitea['GITEA_ADMIN']}")}}
        forge = {"kind": "gitea", "api_url": f"{self.gitea['GITEA_URL']}/api/v1", "project": f"{self.gitea['GITEA_ADMIN']}/fleet", "token": credentials["password"]}
        return {"clusters": [{"name": "here", "environment": "test", "kubeconfig": self.cluster.kubeconfig, "aliases": ["in-cluster", SERVER]}],
                "repositories": [{"name": "fleet", "url": self.url, "branch": "main", "poll": "1s", "credentials": credentials, "forge": forge, "merge": "squash"}],
                "apps": [], "discover": [{"argocd": {"cluster": "here", "namespace": "argocd", "selector": "", "sync": True}, "channel": "#gitops"}], **more}

    # --- by one pass

    def found(self):
        self.file = self.driftwarden.config(self.config(), "drift.yaml")
        checked = self.driftwarden.check(self.file)
        if not self.checks.that(checked.returncode == 0, "the config is accepted", checked.stderr + checked.stdout):
            raise live.Failure("the config is refused")
        reports, watched = self.driftwarden.drift(self.file, cache=self.work / "clones")
        print(f"one pass over {len(reports)} Apps that Argo CD deploys: {watched.seconds:.1f} s")
        for name in self.KNOWN:
            report = reports.get(name, {"state": "not found", "objects": []})
            self.checks.that(report["state"] == "Synced" and not report["objects"], f"{name}: found, and in sync", report)
        self.checks.that(reports.get("manual", {}).get("state") == "OutOfSync", "manual: found, and not deployed yet", reports.get("manual"))
        self.checks.that("elsewhere" not in reports or reports["elsewhere"]["state"] == "Unknown", "elsewhere: nothing is made up of what nobody configured", reports.get("elsewhere"))
        self.reports = reports

    def edit(self, kind, name, patch, manager="kubectl-edit"):
        self.cluster.kubectl("-n", NAMESPACE, "patch", kind, name, "--type=strategic", f"--field-manager={manager}", "-p", json.dumps(patch))

    def fields(self, report):
        return {(o["object"]["name"], f["path"], f["op"]) for o in report.get("objects", []) for f in o.get("fields", [])}

    def argo_overlooks(self):
        self.edit("deployment", "web", {"spec": {"template": {"spec": {"containers": [{"name": "main", "securityContext": {"privileged": True}}]}}}})
        time.sleep(8)  # Argo CD sees it, and compares
        says, _ = self.argo_says("web")
        reports, _ = self.driftwarden.drift(self.file, "web", cache=self.work / "clones")
        report = reports.get("web", {})
        self.checks.that(says == "Synced", "Argo CD calls the added field Synced", says)
        self.checks.that(report.get("state") == "OutOfSync" and any("securityContext" in path for _, path, _ in self.fields(report)), "an added field is told though Argo CD says Synced", report)
        self.checks.that("kubectl-edit" in json.dumps(report), "and who added it", report)
        # Its sync wouldn't take it away: the rest is to begin in sync.
        self.edit("deployment", "web", {"spec": {"template": {"spec": {"containers": [{"name": "main", "securityContext": None}]}}}})

    def ignored(self):
        self.edit("deployment", "scaled", {"spec": {"replicas": 7}})
        reports, _ = self.driftwarden.drift(self.file, "scaled", cache=self.work / "clones")
        self.checks.that(not any("replicas" in path for _, path, _ in self.fields(reports.get("scaled", {}))), "ignoreDifferences are kept", reports.get("scaled"))

    def argo_is_down(self):
        self.stop_argo()
        self.edit("configmap", "child", {"data": {"colour": "black"}})
        reports, _ = self.driftwarden.drift(self.file, "child", "site", cache=self.work / "clones")
        report = reports.get("child", {})
        self.checks.that(report.get("state") == "OutOfSync" and ("child", ".data.colour", "changed") in self.fields(report), "Argo CD is down: a live edit is told", report)
        self.checks.that(reports.get("site", {}).get("state") == "Synced", "and what is in sync stays so", reports.get("site"))
        self.start_argo()
        # After a start it compares what it is asked for.
        self.cluster.kubectl("-n", "argocd", "annotate", "application", "child", "argocd.argoproj.io/refresh=normal")
        live.wait_for("Argo CD to see the edit", lambda: self.argo_says("child")[0] == "OutOfSync", 120)

    # --- by the bot

    def by_bot(self):
        sandbox = live.Sandbox(self.driftwarden, self.work)
        bot = None
        try:
            section, env = sandbox.slack()
            port = live.free_port()
            config = self.driftwarden.config(self.config(
                storage={"path": str(self.work / "bot.db")}, slack=section, http={"listen": f"127.0.0.1:{port}"}, people=sandbox.people(),
                policy={"rules": [{"who": ["alice", "bob"], "may": ["*"], "apps": ["*"]}], "approvals": [{"environment": "test", "need": 0}]}), "bot.yaml")
            bot = live.Bot(self.driftwarden, config, self.work / "bot.log", env, port)
            print(f"the bot is ready after {bot.ready_after:.1f} s, {bot.memory() >> 20} MiB")
            for step in (self.status, self.told_at_once, self.synced_by_operation, self.manual_is_synced, self.merged_is_put_in_force, self.refreshed, self.window_is_respected, self.new_one_is_found):
                try:
                    step(sandbox)
                except live.Failure as failure:
                    self.checks.that(False, step.__name__.replace("_", " "), f"{failure}; the bot's log: {bot.text()[-2500:]}")
        finally:
            if bot:
                bot.stop()
            sandbox.stop()

    def status(self, sandbox):
        answer = sandbox.answered("alice", "#gitops", "status site", "site")
        self.checks.that("Argo CD" in answer, "status names Argo CD's own word", answer)

    def alert(self, sandbox, app, field):
        live.wait_for(f"the alert of {app}", lambda: any(app in w and field in w for _, thread, w, _ in sandbox.messages("#gitops") if not thread or w.startswith(":rotating_light:")), 120, 0.02)

    def told_at_once(self, sandbox):
        began = time.monotonic()
        self.edit("configmap", "set-a", {"data": {"colour": "pink"}})
        self.alert(sandbox, "set-a", "pink")
        print(f"a live edit is told after {(time.monotonic() - began) * 1000:.0f} ms")

    def replicas(self, name):
        return self.cluster.get("-n", NAMESPACE, "deployment", name)["spec"]["replicas"]

    def was_asked(self, name, deployment, what):
        """Its last sync was driftwarden's, and driftwarden's hands were off the object."""
        _, status = self.argo_says(name)
        info = json.dumps(status.get("operationState", {}).get("operation", {}))
        self.checks.that("driftwarden" in info, f"{what}: it was Argo CD's sync, asked for by driftwarden", info)
        managers = {m["manager"] for m in self.cluster.get("-n", NAMESPACE, "deployment", deployment, "--show-managed-fields")["metadata"]["managedFields"]}
        self.checks.that("driftwarden" not in managers, f"{what}: and driftwarden wrote nothing itself", managers)

    def synced_by_operation(self, sandbox):
        self.edit("deployment", "web", {"spec": {"replicas": 6}})
        self.alert(sandbox, "web", "replicas")
        asked = sandbox.say("alice", "#gitops", "sync web because somebody scaled it")
        sandbox.change("alice", "#gitops", "sync", "web", "in sync and healthy", 240, asked)
        self.checks.that(self.replicas("web") == 2, "a sync puts back what was scaled", self.replicas("web"))
        self.was_asked("web", "web", "sync")

    def manual_is_synced(self, sandbox):
        asked = sandbox.say("alice", "#gitops", "sync manual because nobody else does")
        sandbox.change("alice", "#gitops", "sync", "manual", "in sync and healthy", 240, asked)
        self.checks.that(self.argo_says("manual")[0] == "Synced", "an Application without auto-sync is synced on demand", self.argo_says("manual"))
        self.was_asked("manual", "open", "auto-sync off")

    def merged_is_put_in_force(self, sandbox):
        asked = sandbox.say("alice", "#gitops", "scale web to 3")
        sandbox.change("alice", "#gitops", "scale", "web", "in sync and healthy", 240, asked)
        self.checks.that(self.replicas("web") == 3, "a merged change is put in force", self.replicas("web"))
        self.was_asked("web", "web", "a merged change")
        self.repository.git("pull", "-q", "--rebase", "origin", "main")
        self.checks.that(json.loads((self.repository.root / "apps/web/deployment.json").read_text())["spec"]["replicas"] == 3, "and Git says it")

    def refreshed(self, sandbox):
        before = self.argo_says("site")[1].get("reconciledAt")
        time.sleep(1.1)  # it tells whole seconds
        sandbox.say("alice", "#gitops", "refresh site")
        live.wait_for("Argo CD to have looked again", lambda: self.argo_says("site")[1].get("reconciledAt") != before, 120)
        self.checks.that(True, "refresh makes Argo CD look again")

    def window_is_respected(self, sandbox):
        self.cluster.kubectl("-n", "argocd", "patch", "appproject", "default", "--type=merge", "-p", json.dumps({"spec": {"syncWindows": [
            {"kind": "deny", "schedule": "* * * * *", "duration": "1h", "applications": ["set-b"], "manualSync": False}]}}))
        self.edit("configmap", "set-b", {"data": {"colour": "grey"}})
        self.alert(sandbox, "set-b", "grey")
        asked = sandbox.say("alice", "#gitops", "sync set-b because it is grey")
        said = sandbox.change("alice", "#gitops", "sync", "set-b", "window", 120, asked)
        time.sleep(3)
        colour = self.cluster.get("-n", NAMESPACE, "configmap", "set-b")["data"]["colour"]
        self.checks.that(colour == "grey", "nothing is synced while the window is closed", f"{colour}: {said}")
        self.cluster.kubectl("-n", "argocd", "patch", "appproject", "default", "--type=json", "-p", '[{"op": "remove", "path": "/spec/syncWindows"}]')
        sandbox.change("alice", "#gitops", "sync", "set-b", "in sync and healthy", 240, asked)
        colour = self.cluster.get("-n", NAMESPACE, "configmap", "set-b")["data"]["colour"]
        self.checks.that(colour == "green", "and it is synced once it is open", colour)

    def new_one_is_found(self, sandbox):
        self.repository.git("pull", "-q", "--rebase", "origin", "main")
        self.repository.write("sets/late/cm.json", config_map("late"))
        self.repository.commit("one more")
        self.cluster.apply(self.application("late", {"path": "sets/late"}, syncPolicy={"automated": {}}))
        self.await_synced("late")
        self.checks.that("late" in sandbox.answered("alice", "#gitops", "status late", "Synced"), "a new Application is an App at once")

    def await_synced(self, name):
        return live.wait_for(f"{name} to be synced", lambda: self.argo_says(name)[0] == "Synced", 180, 0.5)

    def run(self):
        self.start()
        self.write()
        self.install()
        for step in (self.found, self.argo_overlooks, self.ignored, self.argo_is_down, *([] if self.args.no_bot else [self.by_bot])):
            try:
                step()
            except live.Failure as failure:
                self.checks.that(False, step.__name__.replace("_", " "), failure)



if __name__ == "__main__":
    sys.exit(live.perform(Suite, "argocd", __doc__, options=lambda parser: parser.add_argument("--no-bot", action="store_true")))
