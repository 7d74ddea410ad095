#!/usr/bin/env python3
"""Flux's real kustomize-controller and all its definitions on a real kube-apiserver, with a real Gitea; driftwarden finds what it deploys, watches it
itself and asks it to reconcile.

    run.py DRIFTWARDEN DIRECTORY_OF_THE_TOOLS [--keep] [--no-bot]

source.py stands in for the source-controller; there is no helm-controller, so a HelmRelease is only found. Ends with 0 or 1."""
import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import live
import source

NAMESPACE = "shop"
KUSTOMIZE, HELM, SOURCE = "kustomize.toolkit.fluxcd.io/v1", "helm.toolkit.fluxcd.io/v2", "source.toolkit.fluxcd.io/v1"


def deployment(name, replicas=2):
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": {
        "metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "main", "image": "registry.example.org/shop/web:1.0", "env": [{"name": "LEVEL", "value": "info"}]}]}}}}


def config_map(name, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data or {"colour": "green"}}


class Suite:
    def __init__(self, args, work):
        self.args, self.work, self.checks = args, work, live.Checks("flux")
        self.driftwarden = live.Driftwarden(args.driftwarden, work, os.path.realpath(args.tools))
        self.controller = self.source = None

    def start(self):
        began = time.monotonic()
        self.cluster = live.Cluster(self.work / "kube", "kwok")
        live.run([live.SERVERS / "gitea-up.sh", self.work / "gitea", "alice", "bob"])
        self.gitea = live.read_env(self.work / "gitea/env")
        self.cluster.kubectl("apply", "--server-side", "-f", live.SERVERS_HOME / "share/flux/crds")
        self.cluster.kubectl("wait", "--for=condition=established", "crd", "--all", "--timeout=90s")
        for name in ("flux-system", NAMESPACE):
            self.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        print(f"cluster and Gitea up after {time.monotonic() - began:.0f} s")

    def start_flux(self):
        self.source = source.SourceController(live.Api(self.work / "kube"), self.repository.root, self.work / "artifacts")
        self.start_controller()

    def start_controller(self):
        (self.work / "tmp").mkdir(exist_ok=True)
        self.controller = live.Background([live.BIN / "flux-kustomize-controller", "--watch-all-namespaces", f"--metrics-addr=127.0.0.1:{live.free_port()}", f"--health-addr=127.0.0.1:{live.free_port()}"],
                                          self.work / "kustomize-controller.log", env={**os.environ, "KUBECONFIG": self.cluster.kubeconfig, "RUNTIME_NAMESPACE": "flux-system", "TMPDIR": str(self.work / "tmp")})

    def stop(self):
        if self.controller:
            self.controller.stop()
        if self.source:
            self.source.stop()
        for part in ("gitea", "kube"):
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
        # No kustomization.yaml: the controller makes one of what lies there.
        write("apps/web/deployment.yaml", deployment("web"))
        write("apps/web/cm.yaml", config_map("web"))
        write("apps/over/kustomization.yaml", {"resources": ["deployment.yaml", "cm.yaml"], "configMapGenerator": [{"name": "made", "literals": ["a=1"]}]})
        write("apps/over/deployment.yaml", deployment("over"))
        write("apps/over/cm.yaml", config_map("over", region="${REGION}", zone="${ZONE:=none}", plain="$${KEPT}"))
        write("apps/paused/cm.yaml", config_map("paused"))
        write("charts/site/Chart.yaml", {"apiVersion": "v2", "name": "site", "version": "1.0.0"})
        write("charts/site/values.yaml", {"colour": "red"})
        write("charts/site/templates/cm.yaml", 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}"}\ndata: {colour: "{{ .Values.colour }}"}\n')
        self.repository.commit("the fleet")

    def kustomization(self, name, path, **spec):
        return {"apiVersion": KUSTOMIZE, "kind": "Kustomization", "metadata": {"name": name, "namespace": "flux-system"}, "spec": {
            "interval": "30m", "path": path, "prune": True, "sourceRef": {"kind": "GitRepository", "name": "fleet"}, "targetNamespace": NAMESPACE, **spec}}

    def objects(self):
        return [
            {"apiVersion": SOURCE, "kind": "GitRepository", "metadata": {"name": "fleet", "namespace": "flux-system"}, "spec": {"interval": "30m", "url": self.url, "ref": {"branch": "main"}}},
            self.kustomization("web", "./apps/web"),
            self.kustomization("over", "./apps/over", namePrefix="eu-", images=[{"name": "registry.example.org/shop/web", "newTag": "2.0"}], commonMetadata={"labels": {"region": "eu"}},
                               patches=[{"target": {"kind": "Deployment"}, "patch": json.dumps([{"op": "replace", "path": "/spec/replicas", "value": 4}])}],
                               postBuild={"substitute": {"REGION": "eu-west"}}),
            self.kustomization("paused", "./apps/paused"),
            self.kustomization("failing", "./apps/there-is-none"),
            {"apiVersion": HELM, "kind": "HelmRelease", "metadata": {"name": "site", "namespace": NAMESPACE}, "spec": {"interval": "30m", "values": {"colour": "yellow"}, "chart": {"spec": {
                "chart": "./charts/site", "sourceRef": {"kind": "GitRepository", "name": "fleet", "namespace": "flux-system"}}}}},
        ]

    KNOWN = ["web", "over", "paused"]

    def ready(self, name):
        status = self.cluster.get("-n", "flux-system", "kustomization", name).get("status", {})
        return next((c["status"] for c in status.get("conditions", []) if c["type"] == "Ready"), ""), status

    def install(self):
        began = time.monotonic()
        self.cluster.apply(*self.objects())
        try:
            live.wait_for("every Kustomization to be Ready", lambda: all(self.ready(n)[0] == "True" for n in self.KNOWN), 240, 0.5)
        except live.Failure:
            print(self.cluster.kubectl("-n", "flux-system", "get", "kustomizations,gitrepositories"), self.source.errors[-3:], self.controller.text()[-1500:], file=sys.stderr)
            raise
        print(f"{len(self.KNOWN)} Kustomizations reconciled after {time.monotonic() - began:.0f} s")
        self.cluster.kubectl("-n", "flux-system", "patch", "kustomization", "paused", "--type=merge", "--field-manager=flux", "-p", '{"spec": {"suspend": true}}')

    def config(self, **more):
        credentials = {"username": "oauth2", "password": {"file": str(self.work / "gitea" / f"token.{self.gitea['GITEA_ADMIN']}")}}
        forge = {"kind": "gitea", "api_url": f"{self.gitea['GITEA_URL']}/api/v1", "project": f"{self.gitea['GITEA_ADMIN']}/fleet", "token": credentials["password"]}
        return {"clusters": [{"name": "here", "environment": "test", "kubeconfig": self.cluster.kubeconfig}],
                "repositories": [{"name": "fleet", "url": self.url, "branch": "main", "poll": "1s", "credentials": credentials, "forge": forge, "merge": "squash"}],
                "apps": [], "discover": [{"flux": {"cluster": "here", "namespace": "", "selector": "", "sync": True}, "channel": "#gitops"}], **more}

    # --- by one pass

    def found(self):
        self.file = self.driftwarden.config(self.config(), "drift.yaml")
        checked = self.driftwarden.check(self.file)
        if not self.checks.that(checked.returncode == 0, "the config is accepted", checked.stderr + checked.stdout):
            raise live.Failure("the config is refused")
        reports, watched = self.driftwarden.drift(self.file, cache=self.work / "clones")
        print(f"one pass over {len(reports)} Apps that Flux deploys: {watched.seconds:.1f} s")
        for name in self.KNOWN:
            report = reports.get(name, {"state": "not found", "objects": []})
            self.checks.that(report["state"] == "Synced" and not report["objects"], f"{name}: found, and in sync", report)
        self.checks.that(reports.get("failing", {}).get("state") == "Unknown", "failing: found, and can't be judged", reports.get("failing"))
        site = reports.get("site", {})
        self.checks.that(site.get("state") == "OutOfSync" and [o["verdict"] for o in site["objects"]] == ["Missing"], "site: the HelmRelease is found, and what it is to make is missing", site)

    def edit(self, kind, name, patch):
        self.cluster.kubectl("-n", NAMESPACE, "patch", kind, name, "--type=strategic", "--field-manager=kubectl-edit", "-p", json.dumps(patch))

    def told(self):
        self.edit("deployment", "eu-over", {"spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "main", "securityContext": {"privileged": True}}]}}}})
        reports, _ = self.driftwarden.drift(self.file, "over", cache=self.work / "clones")
        text = json.dumps(reports.get("over", {}))
        self.checks.that(".spec.replicas" in text and "securityContext" in text and "kubectl-edit" in text, "a live edit is told, the added field too", text)
        self.checks.that(self.ready("over")[0] == "True", "though Flux calls it Ready")

    def controller_is_down(self):
        self.controller.stop()
        self.edit("configmap", "web", {"data": {"colour": "black"}})
        reports, _ = self.driftwarden.drift(self.file, "web", cache=self.work / "clones")
        self.checks.that(".data.colour" in json.dumps(reports.get("web", {})), "the controller is down: a live edit is told", reports.get("web"))
        self.start_controller()
        # After a start it puts all that was edited back by itself: only then the bot's part begins.
        live.wait_for("the controller to have put all back", lambda: self.live_replicas() == 4 and self.colour("web") == "green", 180, 0.5)

    def live_replicas(self, name="eu-over"):
        return self.cluster.get("-n", NAMESPACE, "deployment", name)["spec"]["replicas"]

    def colour(self, name):
        return self.cluster.get("-n", NAMESPACE, "configmap", name)["data"]["colour"]

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
            for step in (self.suspended_is_shown, self.reconcile_is_requested, self.merged_is_put_in_force, self.what_flux_decides_is_left, self.refreshed):
                try:
                    step(sandbox)
                except live.Failure as failure:
                    self.checks.that(False, step.__name__.replace("_", " "), f"{failure}; the bot's log: {bot.text()[-2500:]}")
        finally:
            if bot:
                bot.stop()
            sandbox.stop()

    def suspended_is_shown(self, sandbox):
        answer = sandbox.answered("alice", "#gitops", "status paused", "suspended")
        self.checks.that("Flux" in answer and "Progressing" not in answer, "a suspended Kustomization is shown as such", answer)

    def reconcile_is_requested(self, sandbox):
        self.edit("deployment", "eu-over", {"spec": {"replicas": 6}})
        live.wait_for("the alert of over", lambda: any("over" in w and "replicas" in w for _, _, w, _ in sandbox.messages("#gitops")), 120, 0.2)
        before = self.ready("over")[1].get("lastHandledReconcileAt", "")
        asked = sandbox.say("alice", "#gitops", "sync over because somebody scaled it")
        sandbox.change("alice", "#gitops", "sync", "over", "in sync and healthy", 240, asked)
        self.checks.that(self.live_replicas() == 4, "a sync puts back what was scaled", self.live_replicas())
        handled = self.ready("over")[1].get("lastHandledReconcileAt", "")
        self.checks.that(handled and handled != before, "Flux was asked to reconcile, and did", f"{before} -> {handled}")
        managers = {m["manager"] for m in self.cluster.get("-n", NAMESPACE, "deployment", "eu-over", "--show-managed-fields")["metadata"]["managedFields"]}
        self.checks.that("driftwarden" not in managers, "and driftwarden wrote nothing itself", managers)

    def merged_is_put_in_force(self, sandbox):
        asked = sandbox.say("alice", "#gitops", "scale web to 3")
        sandbox.change("alice", "#gitops", "scale", "web", "in sync and healthy", 240, asked)
        self.checks.that(self.live_replicas("web") == 3, "a merged change is put in force by source and Kustomization", self.live_replicas("web"))

    def what_flux_decides_is_left(self, sandbox):
        asked = sandbox.say("alice", "#gitops", "set-image over main:3.0")
        said = sandbox.change("alice", "#gitops", "", "over", ":x:", 120, asked)
        self.checks.that("Kustomization flux-system/over" in said, "what the Kustomization says itself isn't edited in the files", said)

    def refreshed(self, sandbox):
        before, fetches = self.ready("web")[1].get("lastHandledReconcileAt", ""), self.source.fetches
        sandbox.say("alice", "#gitops", "refresh web")
        live.wait_for("Flux to have looked again", lambda: self.ready("web")[1].get("lastHandledReconcileAt", "") != before and self.source.fetches > fetches, 120)
        self.checks.that(True, "refresh makes Flux look at Git again")

    def run(self):
        self.start()
        self.write()
        self.start_flux()
        self.install()
        for step in (self.found, self.told, self.controller_is_down, *([] if self.args.no_bot else [self.by_bot])):
            try:
                step()
            except live.Failure as failure:
                self.checks.that(False, step.__name__.replace("_", " "), failure)



if __name__ == "__main__":
    sys.exit(live.perform(Suite, "flux", __doc__, options=lambda parser: parser.add_argument("--no-bot", action="store_true")))
