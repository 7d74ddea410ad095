#!/usr/bin/env python3
"""Sentences about Apps of the real helm and kustomize: a scripted model drafts, the bot edits values, overlays and templates, somebody else approves, and then the
tools themselves must make of Git what was asked for, and nothing else.

    propose.py DRIFTWARDEN DIRECTORY_OF_THE_TOOLS [--keep] [--only WORD]

The sandbox is Slack, the cluster and the model. Ends with 0 or 1."""
import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import live

CHANNEL = "#gitops"
NAMESPACE = "shop"
CONTAINER = '.spec.template.spec.containers[name="%s"]'

BUDGET = """apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: %s
spec:
  minAvailable: 1
  selector:
    matchLabels:
      app: %s
"""

BASE = {
    "kustomization.yaml": "resources:\n  - deployment.yaml\n  - service.yaml\n",
    "deployment.yaml": """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: web
          image: registry.example.org/shop/web:1.0.0
          env:
            - name: LOG_LEVEL
              value: info
          resources:
            requests: {cpu: 100m, memory: 128Mi}
""",
    "service.yaml": "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector: {app: web}\n  ports:\n    - port: 80\n      targetPort: 8080\n",
}
OVERLAY = {
    "kustomization.yaml": """# what production says of web
namespace: shop
namePrefix: prod-
resources:
  - ../../base
  - hpa.yaml # it scales by CPU
  - extras.yaml
images:
  - name: registry.example.org/shop/web
    newTag: 1.4.2 # the release of May
replicas:
  - name: web
    count: 2
configMapGenerator:
  - name: settings
    literals:
      - COLOUR=green
patches:
  - path: limits.yaml
""",
    "limits.yaml": """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
        - name: web
          resources:
            limits:
              memory: 256Mi # as measured
""",
    "hpa.yaml": """apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: web
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 5
""",
    "extras.yaml": """# two of a kind
apiVersion: v1
kind: ConfigMap
metadata:
  name: banner
data:
  text: hello
---
# the second
apiVersion: v1
kind: ConfigMap
metadata:
  name: motd
data:
  text: hello again
""",
}
CHART = {
    "Chart.yaml": "apiVersion: v2\nname: site\nversion: 1.2.3\nappVersion: \"4.5\"\n",
    "values.yaml": """# what everybody gets
replicaCount: 1
image:
  repository: registry.example.org/shop/site
  tag: ""
resources: {}
env: []
autoscaling:
  enabled: false
service:
  port: 80
logLevel: info
worker:
  replicas: 1
  memory: 128Mi
  extraEnv: {}
""",
    "values-prod.yaml": """# production
replicaCount: 2
image:
  tag: 1.0.0 # the release of May
env:
  - name: REGION
    value: eu
autoscaling:
  enabled: true
  maxReplicas: 4
""",
    "templates/_helpers.tpl": """{{- define "site.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}
""",
    "templates/deployment.yaml": """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: {{- include "site.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicaCount }}
  selector:
    matchLabels: {app: {{ .Release.Name }}}
  template:
    metadata:
      labels: {app: {{ .Release.Name }}}
    spec:
      terminationGracePeriodSeconds: 30
      containers:
        - name: {{ .Chart.Name }}
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          env:
            - name: LOG_LEVEL
              value: {{ .Values.logLevel | quote }}
            {{- with .Values.env }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          {{- with .Values.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
""",
    "templates/hpa.yaml": """{{- if .Values.autoscaling.enabled }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ .Release.Name }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ .Release.Name }}}
  minReplicas: 2
  maxReplicas: {{ .Values.autoscaling.maxReplicas }}
{{- end }}
""",
    "templates/worker.yaml": """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-worker
spec:
  replicas: {{ .Values.worker.replicas }}
  selector:
    matchLabels: {app: {{ .Release.Name }}-worker}
  template:
    metadata:
      labels: {app: {{ .Release.Name }}-worker}
    spec:
      containers:
        - name: worker
          image: registry.example.org/shop/worker:2.0.0
          env:
            - name: QUEUE
              value: orders
            {{- range $name, $value := .Values.worker.extraEnv }}
            - name: {{ $name }}
              value: {{ $value | quote }}
            {{- end }}
          resources:
            requests: {memory: {{ .Values.worker.memory }}}
            limits: {memory: {{ .Values.worker.memory }}}
""",
    "templates/service.yaml": """apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
spec:
  selector: {app: {{ .Release.Name }}}
  ports:
    - port: {{ .Values.service.port }}
      targetPort: 8080
""",
}


def setting(target, path, value):
    return {"set": {"object": target, "path": path, "value": value}}


def creating(file, content):
    return {"create": {"file": file, "content": content}}


def deleting(target):
    return {"delete": target}


class Suite:
    def __init__(self, args, work):
        self.args, self.work, self.checks = args, work, live.Checks("propose")
        self.tools = os.path.realpath(args.tools)
        self.driftwarden = live.Driftwarden(args.driftwarden, work, self.tools)
        self.repository = live.Repository(work / "git")
        self.sandbox = self.bot = None

    # --- what there is

    def write(self):
        for directory, files in (("apps/base", BASE), ("apps/web/prod", OVERLAY), ("charts/site", CHART)):
            for name, text in files.items():
                self.repository.write(f"{directory}/{name}", text)
        self.repository.commit("an overlay and a chart")

    def start(self):
        self.sandbox = live.Sandbox(self.driftwarden, self.work)
        section, env = self.sandbox.slack()
        model = self.sandbox.info["model"]
        self.model = model["api_url"].removesuffix("/v1")
        self.model_headers = {"Content-Type": "application/json", "Authorization": f"Bearer {model['key']}"}
        env["LIVE_MODEL_KEY"] = model["key"]
        app = {"repository": "config", "cluster": "real", "namespace": NAMESPACE, "channel": CHANNEL, "owners": ["bob"]}
        port = live.free_port()
        config = self.driftwarden.config({
            "slack": section, "http": {"listen": f"127.0.0.1:{port}"}, "people": self.sandbox.people(), "repositories": [self.repository.config()],
            "clusters": [{"name": "real", "environment": "test", "kubeconfig": self.sandbox.clusters["prod-eu"]["kubeconfig"], "apply": True}],
            "model": {"api_url": model["api_url"], "model": model["model"], "key": {"env": "LIVE_MODEL_KEY"}, "per_person": 1000},
            "policy": {"rules": [{"who": ["alice", "bob"], "may": ["*"], "apps": ["*"]}], "approvals": [{"environment": "test", "need": 1}], "destructive": {"need": 1, "typed_name": False}},
            "apps": [{"name": "web", "path": "apps/web/prod", **app}, {"name": "site", "path": "charts/site", "helm": {"release": "site", "values": ["values-prod.yaml"]}, **app}]})
        self.bot = live.Bot(self.driftwarden, config, self.work / "bot.log", env, port)

    # --- what is done

    def script(self, steps):
        live.fetch(self.model + "/script", method="POST", body=json.dumps({"text": json.dumps({"summary": "as asked", "steps": steps})}), headers=self.model_headers)

    def pull(self):
        self.repository.git("fetch", "-q", "origin")
        self.repository.git("reset", "-q", "--hard", "origin/main")

    def in_cluster(self, kind):
        """The names of web's objects there."""
        path = {"configmaps": "/api/v1", "horizontalpodautoscalers.v2.autoscaling": "/apis/autoscaling/v2"}[kind] + f"/namespaces/{NAMESPACE}/{kind.split('.')[0]}"
        told = live.run([f"{self.tools}/kubectl", "--kubeconfig", self.sandbox.clusters["prod-eu"]["kubeconfig"], "get", "--raw", path]).stdout
        return sorted(item["metadata"]["name"] for item in json.loads(told)["items"] if item["metadata"]["name"].startswith("prod-"))

    def built(self, app):
        """The tool's own output."""
        self.pull()
        root = self.repository.root
        if app == "web":
            return live.run([f"{self.tools}/kustomize", "build", root / "apps/web/prod"]).stdout
        return live.run([f"{self.tools}/helm", "template", "site", root / "charts/site", "--namespace", NAMESPACE, "--values", root / "charts/site/values-prod.yaml"]).stdout

    def lines(self, before, after):
        """What came and what went, without order."""
        a, b = before.splitlines(), after.splitlines()
        gone, new = list(a), list(b)
        for line in b:
            if line in gone:
                gone.remove(line)
        for line in a:
            if line in new:
                new.remove(line)
        return [f"- {x.strip()}" for x in gone if x.strip() != "---" and not x.startswith("#")] + [f"+ {x.strip()}" for x in new if x.strip() != "---" and not x.startswith("#")]

    def card(self, asked, holds):
        def look():
            cards = [(w, m) for ts, _, w, m in self.sandbox.messages(CHANNEL) if m.get("user") == self.sandbox.bot_user and float(ts) >= float(asked) and w.startswith("*C-")]
            if cards and ":x:" in cards[-1][0] and ":x:" not in holds:
                raise live.Over(cards[-1][0])
            return cards[-1] if cards and any(h in cards[-1][0] for h in holds) else None
        return live.wait_for(f"{holds} on a card", look)

    def propose(self, app, sentence, steps):
        """The message's time."""
        if steps is not None:
            self.script(steps)
        return self.sandbox.say("alice", CHANNEL, f'propose {app} "{sentence}"')

    def accepted(self, name, app, sentence, steps, files, lines, says=()):
        """`files`: path -> texts that Git must hold then; None: the file is gone. `lines`: what the tool's output gains and loses, all of it."""
        if self.args.only and self.args.only not in name:
            return
        try:
            before = self.built(app)
            asked = self.propose(app, sentence, steps)
            words, message = self.card(asked, ["Approve"])
            for text in says:
                self.checks.that(text in words, f'{name}: the card says "{text}"', words)
            self.sandbox.press("bob", CHANNEL, message, "Approve")
            self.card(asked, ["in sync and healthy"])
            after = self.built(app)
        except (live.Failure, live.Over) as failure:
            self.checks.that(False, name, failure)
            return
        changed = self.lines(before, after)
        self.checks.that(sorted(changed) == sorted(lines), f"{name}: what the tool makes of it", json.dumps(changed, indent=1))
        for path, texts in files.items():
            there = (self.repository.root / path).exists()
            if texts is None:
                self.checks.that(not there, f"{name}: {path} is gone")
                continue
            text = (self.repository.root / path).read_text() if there else ""
            for wanted in texts:
                self.checks.that(wanted in text, f'{name}: {path} holds "{wanted}"', text)

    def refused(self, name, app, sentence, steps, *texts):
        if self.args.only and self.args.only not in name:
            return
        head = self.repository.git("ls-remote", "origin", "main")
        try:
            asked = self.propose(app, sentence, steps)
            words, _ = self.card(asked, [":x:"])
        except (live.Failure, live.Over) as failure:
            self.checks.that(False, name, failure)
            return
        for text in texts:
            self.checks.that(text in words, f'{name}: the words hold "{text}"', words)
        self.checks.that(self.repository.git("ls-remote", "origin", "main") == head, f"{name}: nothing went to Git")

    # --- kustomize

    def overlay(self):
        container = CONTAINER % "web"
        deployment = "Deployment/prod-web"
        self.accepted("kustomize: memory and a budget", "web", "give web 1 GiB and a PodDisruptionBudget",
                      [setting(deployment, container + ".resources.limits.memory", "1Gi"), creating("pdb.yaml", BUDGET % ("web", "web"))],
                      {"apps/web/prod/limits.yaml": ["memory: 1Gi # as measured"], "apps/web/prod/pdb.yaml": ["kind: PodDisruptionBudget"], "apps/web/prod/kustomization.yaml": ["  - pdb.yaml\n", "# it scales by CPU"]},
                      ["- memory: 256Mi", "+ memory: 1Gi", "+ apiVersion: policy/v1", "+ kind: PodDisruptionBudget", "+ metadata:", "+ name: prod-web", "+ namespace: shop", "+ spec:", "+ minAvailable: 1", "+ selector:",
                       "+ matchLabels:", "+ app: web"], ["New: PodDisruptionBudget"])
        self.accepted("kustomize: an environment variable that is there", "web", "debug logs", [setting(deployment, container + '.env[name="LOG_LEVEL"].value', "debug")], {}, ["- value: info", "+ value: debug"])
        self.accepted("kustomize: a new environment variable", "web", "set REGION to eu", [setting(deployment, container + '.env[name="REGION"].value', "eu")], {}, ["+ - name: REGION", "+ value: eu"])
        self.accepted("kustomize: a tag", "web", "run 1.5.0", [setting(deployment, container + ".image", "registry.example.org/shop/web:1.5.0")],
                      {"apps/web/prod/kustomization.yaml": ['newTag: "1.5.0" # the release of May']}, ["- image: registry.example.org/shop/web:1.4.2", "+ image: registry.example.org/shop/web:1.5.0"])
        self.accepted("kustomize: requests and limits at once", "web", "2 GiB", [setting(deployment, container + ".resources.requests.memory", "2Gi"), setting(deployment, container + ".resources.limits.memory", "2Gi"),
                                                                             setting(deployment, container + ".resources.requests.cpu", "250m")],
                      {}, ["- memory: 1Gi", "- memory: 128Mi", "- cpu: 100m", "+ memory: 2Gi", "+ memory: 2Gi", "+ cpu: 250m"])
        self.accepted("kustomize: an autoscaler's bounds", "web", "up to 9", [setting("HorizontalPodAutoscaler/prod-web", ".spec.maxReplicas", 9)], {"apps/web/prod/hpa.yaml": ["maxReplicas: 9"]}, ["- maxReplicas: 5", "+ maxReplicas: 9"])
        self.refused("kustomize: replicas that an autoscaler decides", "web", "web needs 4 replicas", [setting(deployment, ".spec.replicas", 4)], "HorizontalPodAutoscaler shop/prod-web decides how many replicas")

    def overlay_deletes(self):
        deployment = "Deployment/prod-web"
        self.accepted("kustomize: a file goes", "web", "remove the autoscaler of web, 4 replicas instead", [deleting("HorizontalPodAutoscaler/prod-web"), setting(deployment, ".spec.replicas", 4)],
                      {"apps/web/prod/hpa.yaml": None, "apps/web/prod/kustomization.yaml": ["resources:\n  - ../../base\n  - extras.yaml\n", "    count: 4"]},
                      ["- apiVersion: autoscaling/v2", "- kind: HorizontalPodAutoscaler", "- metadata:", "- name: prod-web", "- namespace: shop", "- spec:", "- maxReplicas: 9", "- minReplicas: 2", "- scaleTargetRef:",
                       "- apiVersion: apps/v1", "- kind: Deployment", "- name: prod-web", "- replicas: 2", "+ replicas: 4"], ["Removed: HorizontalPodAutoscaler shop/prod-web, with apps/web/prod/hpa.yaml", "destructive"])
        self.accepted("kustomize: one of two documents goes", "web", "remove prod-motd", [deleting("ConfigMap shop/prod-motd")],
                      {"apps/web/prod/extras.yaml": ["# two of a kind\n", "name: banner"], "apps/web/prod/kustomization.yaml": ["- extras.yaml"]},
                      ["- apiVersion: v1", "- data:", "- text: hello again", "- kind: ConfigMap", "- metadata:", "- name: prod-motd", "- namespace: shop"], ["Removed: ConfigMap shop/prod-motd, from apps/web/prod/extras.yaml"])
        if not self.args.only:
            self.checks.that(not self.in_cluster("horizontalpodautoscalers.v2.autoscaling") and self.in_cluster("configmaps") == ["prod-banner", self.settings().split("/")[1]], "what went from Git is gone in the cluster, and nothing else",
                             self.in_cluster("configmaps"))
        self.refused("kustomize: of the base", "web", "remove the service of web", [deleting("Service/prod-web")], "no file of apps/web/prod itself holds Service shop/prod-web", "from a base")
        self.refused("kustomize: of a generator", "web", "remove the ConfigMap of settings", [deleting(self.settings())], "no file of apps/web/prod itself holds ConfigMap")

    def settings(self):
        return "ConfigMap/" + next(line.split()[-1] for line in self.built("web").splitlines() if "prod-settings-" in line)

    # --- helm

    def chart(self):
        container, worker = CONTAINER % "site", CONTAINER % "worker"
        deployment, second = "Deployment/site", "Deployment/site-worker"
        values = "charts/site/values-prod.yaml"
        self.accepted("helm: memory and a budget", "site", "give site 1 GiB and a PodDisruptionBudget",
                      [setting(deployment, container + ".resources.requests.memory", "1Gi"), setting(deployment, container + ".resources.limits.memory", "1Gi"), creating("templates/pdb.yaml", BUDGET % ("site", "site"))],
                      {values: ["resources:\n  requests:\n    memory: 1Gi\n  limits:\n    memory: 1Gi\n"], "charts/site/templates/pdb.yaml": ["kind: PodDisruptionBudget"]},
                      ["+ resources:", "+ requests:", "+ memory: 1Gi", "+ limits:", "+ memory: 1Gi", "+ apiVersion: policy/v1", "+ kind: PodDisruptionBudget", "+ metadata:", "+ name: site", "+ spec:", "+ minAvailable: 1",
                       "+ selector:", "+ matchLabels:", "+ app: site"], ["New: PodDisruptionBudget"])
        self.accepted("helm: replicas", "site", "4 workers", [setting(second, ".spec.replicas", 4)], {values: ["worker:\n  replicas: 4\n"]}, ["- replicas: 1", "+ replicas: 4"])
        self.accepted("helm: a value that says two fields", "site", "512 MiB for the worker", [setting(second, worker + ".resources.requests.memory", "512Mi"), setting(second, worker + ".resources.limits.memory", "512Mi")],
                      {values: ["  memory: 512Mi\n"]}, ["- requests: {memory: 128Mi}", "- limits: {memory: 128Mi}", "+ requests: {memory: 512Mi}", "+ limits: {memory: 512Mi}"])
        self.accepted("helm: an environment variable that is there", "site", "the region is us", [setting(deployment, container + '.env[name="REGION"].value', "us")], {values: ["value: us"]}, ["- value: eu", "+ value: us"])
        self.accepted("helm: a new environment variable", "site", "set ZONE to b", [setting(deployment, container + '.env[name="ZONE"].value', "b")], {values: ["  - name: ZONE\n    value: b"]}, ["+ - name: ZONE", "+ value: b"])
        self.accepted("helm: a new environment variable by a map", "site", "set BATCH to 50", [setting(second, worker + '.env[name="BATCH"].value', "50")], {values: ["  extraEnv:\n    BATCH: "]}, ["+ - name: BATCH", '+ value: "50"'])
        self.accepted("helm: a variable that a template gives", "site", "debug logs", [setting(deployment, container + '.env[name="LOG_LEVEL"].value', "debug")], {values: ["logLevel: debug"]}, ['- value: "info"', '+ value: "debug"'])
        self.accepted("helm: a tag", "site", "run 1.5.0", [setting(deployment, container + ".image", "registry.example.org/shop/site:1.5.0")], {values: ['tag: "1.5.0" # the release of May']},
                      ['- image: "registry.example.org/shop/site:1.0.0"', '+ image: "registry.example.org/shop/site:1.5.0"'])
        self.accepted("helm: an autoscaler's bounds", "site", "up to 7", [setting("HorizontalPodAutoscaler/site", ".spec.maxReplicas", 7)], {values: ["maxReplicas: 7"]}, ["- maxReplicas: 4", "+ maxReplicas: 7"])
        self.accepted("helm: what a draft made goes again", "site", "remove the budget", [deleting("PodDisruptionBudget/site")], {"charts/site/templates/pdb.yaml": None},
                      ["- apiVersion: policy/v1", "- kind: PodDisruptionBudget", "- metadata:", "- name: site", "- spec:", "- minAvailable: 1", "- selector:", "- matchLabels:", "- app: site"], ["Removed: PodDisruptionBudget"])

    def chart_refuses(self):
        container, worker = CONTAINER % "site", CONTAINER % "worker"
        self.refused("helm: what only a template says", "site", "a longer end", [setting("Deployment/site", ".spec.template.spec.terminationGracePeriodSeconds", 60)], "terminationGracePeriodSeconds", "edit the chart's templates or values by hand")
        self.refused("helm: one of two fields that a value says", "site", "a higher limit", [setting("Deployment/site-worker", worker + ".resources.limits.memory", "2Gi")], "would also change at /spec/template/spec/containers/0/resources/requests/memory")
        self.refused("helm: replicas that an autoscaler decides", "site", "4 replicas", [setting("Deployment/site", ".spec.replicas", 4)], "HorizontalPodAutoscaler shop/site decides how many replicas")
        self.refused("helm: a manifest outside of templates", "site", "a budget", [creating("pdb.yaml", BUDGET % ("other", "site"))], "below templates/")
        self.refused("helm: a template", "site", "a budget", [creating("templates/x.yaml", BUDGET % ("{{ .Release.Name }}", "site"))], "a draft writes no templates")
        self.refused("helm: an object of the chart", "site", "remove the autoscaler", [deleting("HorizontalPodAutoscaler/site")], "charts/site/templates/hpa.yaml makes HorizontalPodAutoscaler shop/site where the chart's value autoscaling.enabled says so")
        self.refused("helm: another image", "site", "mine", [setting("Deployment/site", container + ".image", "evil.example/miner:1")], "an image that this App doesn't use yet")

    def run(self):
        self.write()
        self.start()
        for part in (self.overlay, self.chart, self.chart_refuses, self.overlay_deletes):
            part()

    def stop(self):
        for process in (self.bot, self.sandbox):
            if process:
                process.stop()


if __name__ == "__main__":
    sys.exit(live.perform(Suite, "propose", __doc__, options=lambda parser: parser.add_argument("--only", default="", help="the checks whose name holds this")))
