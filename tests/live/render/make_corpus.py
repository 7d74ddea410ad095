#!/usr/bin/env python3
"""Overlays and charts of many shapes, the same ones for the same seed, with what each is rendered by.

    make_corpus.py DIRECTORY [--seed N] [--overlays N] [--charts N]

Writes DIRECTORY/corpus/... and DIRECTORY/cases.json: [{name, kind, path, release, values, set, uses}]."""
import argparse
import collections
import json
import pathlib
import random
import re

PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*")
WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def scalar(value):
    if isinstance(value, str) and PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    return json.dumps(value)


def block(value, depth):
    pad = "  " * depth
    if isinstance(value, dict) and value:
        lines = []
        for key, inner in value.items():
            if isinstance(inner, str) and "\n" in inner:
                lines.append(f"{pad}{scalar(key)}: |{'' if inner.endswith(chr(10)) else '-'}")
                lines += [f"{pad}  {line}" if line else "" for line in inner.splitlines()]
            elif isinstance(inner, (dict, list)) and inner:
                lines.append(f"{pad}{scalar(key)}:")
                lines += block(inner, depth + (1 if isinstance(inner, dict) else 0))
            else:
                lines.append(f"{pad}{scalar(key)}: {scalar(inner)}")
        return lines
    if isinstance(value, list) and value:
        lines = []
        for inner in value:
            first, *rest = block(inner, depth + 1)
            lines += [f"{pad}- {first.lstrip()}", *rest]
        return lines
    return [pad + scalar(value)]


def yaml(*documents):
    return "---\n".join("\n".join(block(d, 0)) + "\n" for d in documents)


class Tree:
    def __init__(self, root):
        self.root = root

    def write(self, path, content):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else yaml(*content) if isinstance(content, list) else yaml(content))


# --- what the objects are

def pod(rng, name, image):
    container = {"name": "main", "image": image, "ports": [{"name": "http", "containerPort": rng.choice((80, 8080, 9000))}],
                 "env": [{"name": "LEVEL", "value": rng.choice(("info", "debug", "1", "true"))}, {"name": "REGION", "value": "eu"}],
                 "resources": {"requests": {"cpu": rng.choice(("100m", 1, "0.5")), "memory": "64Mi"}},
                 "envFrom": [{"configMapRef": {"name": f"{name}-settings"}}]}
    spec = {"containers": [container], "volumes": [{"name": "settings", "configMap": {"name": f"{name}-settings"}}]}
    if rng.random() < 0.4:
        spec["containers"].append({"name": "sidecar", "image": "registry.example.org/mesh/proxy:2.1", "args": ["--mode", "on"]})
    if rng.random() < 0.3:
        spec["initContainers"] = [{"name": "wait", "image": "busybox", "command": ["sh", "-c", "until nc -z db 5432; do sleep 1; done\n"]}]
    return spec


def workload(rng, kind, name, image):
    labels = {"app": name}
    body = {"metadata": {"labels": dict(labels)}, "spec": pod(rng, name, image)}
    spec = {"selector": {"matchLabels": dict(labels)}, "template": body}
    if kind != "DaemonSet":
        spec["replicas"] = rng.randint(1, 4)
    if kind == "StatefulSet":
        spec["serviceName"] = name
        spec["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "labels": dict(labels)}, "spec": spec}


def service(name):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "labels": {"app": name}},
            "spec": {"selector": {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}}


def extras(rng, name):
    all_of = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}},
        {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": name, "annotations": {"cert-manager.io/issuer": "main"}},
         "spec": {"rules": [{"host": f"{name}.example.org", "http": {"paths": [
             {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": name, "port": {"name": "http"}}}}]}}]}},
        {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name},
         "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}, "minReplicas": 1, "maxReplicas": 5}},
        {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name}, "spec": {"minAvailable": "50%", "selector": {"matchLabels": {"app": name}}}},
        {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": f"{name}-sweep"},
         "spec": {"schedule": "*/5 * * * *", "jobTemplate": {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [
             {"name": "sweep", "image": "registry.example.org/tools/sweep:1"}]}}}}}},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": name}, "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": name},
         "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}, "subjects": [{"kind": "ServiceAccount", "name": name}]},
        {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name}, "spec": {"podSelector": {"matchLabels": {"app": name}}}},
        {"apiVersion": "shop.example.org/v1", "kind": "Widget", "metadata": {"name": name}, "spec": {"parts": [{"id": "a", "count": 1}, {"id": "b", "count": 2}]}},
    ]
    return rng.sample(all_of, rng.randint(2, 5))


# --- kustomize: each feature changes the overlay `k` in `path`; `base` tells what it stands on

Base = collections.namedtuple("Base", "path name kind image")
FEATURES = {}


def feature(function):
    FEATURES[function.__name__] = function
    return function


@feature
def prefix_and_suffix(tree, rng, path, k, base):
    k["namePrefix"] = rng.choice(("eu-", "blue-"))
    k["nameSuffix"] = rng.choice(("-v1", "-canary"))


@feature
def namespace(tree, rng, path, k, base):
    k["namespace"] = rng.choice(("shop", "search"))


@feature
def labels(tree, rng, path, k, base):
    k["labels"] = [{"pairs": {"tier": "web", "version": "1"}, "includeSelectors": rng.random() < 0.5}, {"pairs": {"cost": "42"}, "includeTemplates": rng.random() < 0.5},
                   {"pairs": {"kept": "y"}, "fields": [{"path": "spec/template/metadata/labels", "create": True, "kind": "Deployment"}]}]


@feature
def common_annotations(tree, rng, path, k, base):
    k["commonAnnotations"] = {"owner": "team-shop", "on-call": "true"}


@feature
def image_tag(tree, rng, path, k, base):
    k.setdefault("images", []).append({"name": base.image, "newTag": f"2.{rng.randint(0, 9)}"})


@feature
def image_name_and_digest(tree, rng, path, k, base):
    k.setdefault("images", []).append({"name": "registry.example.org/mesh/proxy", "newName": "mirror.example.org/proxy", "digest": "sha256:" + "%064x" % rng.getrandbits(255)})
    k["images"].append({"name": "busybox", "newTag": "1.36"})


@feature
def replicas(tree, rng, path, k, base):
    if base.kind != "DaemonSet":
        k["replicas"] = [{"name": base.name, "count": rng.randint(2, 9)}]


@feature
def strategic_patch_file(tree, rng, path, k, base):
    body = {"containers": [{"name": "main", "env": [{"name": "LEVEL", "value": "warn"}, {"name": "NEW", "value": "x"}], "livenessProbe": {"httpGet": {"path": "/live", "port": "http"}}}],
            "tolerations": [{"key": "spot", "operator": "Exists"}]}
    tree.write(f"{path}/patch.yaml", {"apiVersion": "apps/v1", "kind": base.kind, "metadata": {"name": base.name}, "spec": {"template": {"spec": body}}})
    k.setdefault("patches", []).append({"path": "patch.yaml"})


@feature
def strategic_patch_inline(tree, rng, path, k, base):
    patch = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": base.name}, "spec": {"ports": [{"port": 443, "name": "https", "targetPort": 8443}], "type": "NodePort"}}
    k.setdefault("patches", []).append({"patch": yaml(patch)})


@feature
def strategic_delete(tree, rng, path, k, base):
    patch = {"apiVersion": "apps/v1", "kind": base.kind, "metadata": {"name": base.name}, "spec": {"template": {"spec": {
        "containers": [{"name": "main", "env": [{"name": "REGION", "$patch": "delete"}], "envFrom": None}]}}}}
    k.setdefault("patches", []).append({"patch": yaml(patch)})


@feature
def delete_an_object(tree, rng, path, k, base):
    k.setdefault("patches", []).append({"patch": yaml({"$patch": "delete", "apiVersion": "v1", "kind": "Service", "metadata": {"name": base.name}})})


@feature
def json_patch_inline(tree, rng, path, k, base):
    operations = [{"op": "add", "path": "/metadata/annotations", "value": {"a/b": "1", "c": "two"}},
                  {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "registry.example.org/other:9"},
                  {"op": "add", "path": "/spec/template/spec/containers/0/args", "value": ["--x"]}, {"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--y"}]
    k.setdefault("patches", []).append({"target": {"kind": base.kind, "name": base.name}, "patch": yaml(operations)})


@feature
def json_patch_file(tree, rng, path, k, base):
    operations = [{"op": "test", "path": "/spec/selector/matchLabels/app", "value": base.name}, {"op": "remove", "path": "/spec/template/spec/volumes"}]
    tree.write(f"{path}/operations.json", json.dumps(operations))
    k.setdefault("patches", []).append({"target": {"group": "apps", "version": "v1", "kind": base.kind, "name": ".*"}, "path": "operations.json"})


@feature
def patch_by_label(tree, rng, path, k, base):
    patch = {"apiVersion": "v1", "kind": "Anything", "metadata": {"name": "any", "annotations": {"seen": "yes"}}}
    k.setdefault("patches", []).append({"target": {"labelSelector": f"app={base.name}"}, "patch": yaml(patch)})


@feature
def config_map(tree, rng, path, k, base):
    tree.write(f"{path}/app.properties", f"colour=green\nlimit={rng.randint(1, 99)}\n")
    tree.write(f"{path}/settings.env", "# a comment\nMODE=fast\nEMPTY=\nQUOTED=\"a b\"\n")
    k.setdefault("configMapGenerator", []).extend([
        {"name": f"{base.name}-settings", "files": ["app.properties", "renamed.txt=app.properties"], "literals": ["A=1", "B=two words", "C=x=y"]},
        {"name": "plain-env", "envs": ["settings.env"], "options": {"labels": {"from": "env"}, "annotations": {"n": "1"}}}])


@feature
def secret(tree, rng, path, k, base):
    k.setdefault("secretGenerator", []).append({"name": f"{base.name}-keys", "literals": [f"token={rng.getrandbits(60):x}"], "type": "Opaque"})
    k["generatorOptions"] = {"disableNameSuffixHash": rng.random() < 0.5, "labels": {"made": "here"}}


@feature
def component(tree, rng, path, k, base):
    up = "../" * (path.count("/") + 1)
    k["components"] = rng.sample([f"{up}components/probes", f"{up}components/tls", f"{up}components/debug"], 2)


@feature
def replacements(tree, rng, path, k, base):
    k["replacements"] = [{"source": {"kind": "Service", "name": base.name, "fieldPath": "metadata.name"},
                          "targets": [{"select": {"kind": base.kind}, "fieldPaths": ["spec.template.spec.containers.[name=main].env.[name=REGION].value"]},
                                      {"select": {"kind": base.kind}, "fieldPaths": ["metadata.annotations.address"], "options": {"create": True}}]}]


@feature
def old_words(tree, rng, path, k, base):
    k["commonLabels"] = {"release": "r1"}
    tree.write(f"{path}/old.yaml", {"apiVersion": "apps/v1", "kind": base.kind, "metadata": {"name": base.name}, "spec": {"revisionHistoryLimit": 3}})
    k["patchesStrategicMerge"] = ["old.yaml"]
    k["patchesJson6902"] = [{"target": {"version": "v1", "kind": "Service", "name": base.name}, "patch": yaml([{"op": "add", "path": "/spec/sessionAffinity", "value": "ClientIP"}])}]


@feature
def variables(tree, rng, path, k, base):
    k["vars"] = [{"name": "SERVICE", "objref": {"apiVersion": "v1", "kind": "Service", "name": base.name}, "fieldref": {"fieldpath": "metadata.name"}}]
    patch = {"apiVersion": "apps/v1", "kind": base.kind, "metadata": {"name": base.name}, "spec": {"template": {"spec": {"containers": [
        {"name": "main", "command": ["serve", "--as", "$(SERVICE)"]}]}}}}
    k.setdefault("patches", []).append({"patch": yaml(patch)})


@feature
def configurations(tree, rng, path, k, base):
    tree.write(f"{path}/names.yaml", {"nameReference": [{"kind": "ConfigMap", "fieldSpecs": [{"kind": "Widget", "path": "spec/settings"}]}],
                                      "images": [{"kind": "Widget", "path": "spec/image"}]})
    tree.write(f"{path}/widget.yaml", {"apiVersion": "shop.example.org/v1", "kind": "Widget", "metadata": {"name": "turned"}, "spec": {"settings": f"{base.name}-settings", "image": base.image + ":1"}})
    k["configurations"] = ["names.yaml"]
    k["resources"].append("widget.yaml")


@feature
def builtin_transformers(tree, rng, path, k, base):
    tree.write(f"{path}/transform.yaml", [{"apiVersion": "builtin", "kind": "AnnotationsTransformer", "metadata": {"name": "notes"}, "annotations": {"by": "transformer"},
                                           "fieldSpecs": [{"path": "metadata/annotations", "create": True}]}])
    tree.write(f"{path}/generate.yaml", {"apiVersion": "builtin", "kind": "ConfigMapGenerator", "metadata": {"name": "generated"}, "literals": ["g=1"]})
    k["transformers"], k["generators"] = ["transform.yaml"], ["generate.yaml"]


@feature
def sorted_and_marked(tree, rng, path, k, base):
    k["sortOptions"] = {"order": rng.choice(("legacy", "fifo"))}
    k["buildMetadata"] = ["managedByLabel", "originAnnotations"]


@feature
def more_resources(tree, rng, path, k, base):
    tree.write(f"{path}/more/kustomization.yaml", {"resources": ["list.yaml"], "nameSuffix": "-more"})
    tree.write(f"{path}/more/list.yaml", {"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": n}, "data": {"n": n}} for n in "ab"]})
    tree.write(f"{path}/crd.yaml", definition("gears"))
    k["resources"] += ["more", "crd.yaml"]


@feature
def anchors(tree, rng, path, k, base):
    tree.write(f"{path}/anchored.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: anchored\n  labels: &l\n    a: \"1\"\n  annotations: *l\ndata:\n  folded: >-\n    one\n    two\n  kept: |+\n    x\n\n  octal: '0755'\n")
    k["resources"].append("anchored.yaml")


def definition(plural):
    kind = plural[:-1].capitalize()
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": f"{plural}.shop.example.org"},
            "spec": {"group": "shop.example.org", "scope": "Namespaced", "names": {"kind": kind, "plural": plural}, "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}]}}


# Two of these in one overlay would contradict each other.
APART = [{"delete_an_object", "strategic_patch_inline"}, {"delete_an_object", "replacements"}, {"delete_an_object", "variables"}, {"delete_an_object", "old_words"},
         {"strategic_delete", "replacements"}, {"json_patch_inline", "common_annotations"}, {"variables", "prefix_and_suffix"}]


def pick(rng, must, how_many):
    chosen = [must]
    for name in rng.sample(sorted(FEATURES), len(FEATURES)):
        if len(chosen) < how_many and name not in chosen and not any(pair <= {*chosen, name} for pair in APART):
            chosen.append(name)
    return chosen


def components(tree):
    probes = {"apiVersion": "v1", "kind": "Any", "metadata": {"name": "any"}, "spec": {"template": {"spec": {"containers": [{"name": "main", "readinessProbe": {"tcpSocket": {"port": "http"}}}]}}}}
    tree.write("components/probes/kustomization.yaml", {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component", "patches": [
        {"target": {"group": "apps"}, "patch": yaml(probes)}]})
    tree.write("components/tls/kustomization.yaml", {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component", "secretGenerator": [
        {"name": "tls", "files": ["tls.crt"]}], "resources": ["issuer.yaml"]})
    tree.write("components/tls/tls.crt", "not a real one\n")
    tree.write("components/tls/issuer.yaml", {"apiVersion": "cert-manager.io/v1", "kind": "Issuer", "metadata": {"name": "main"}, "spec": {"selfSigned": {}}})
    tree.write("components/debug/kustomization.yaml", {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component", "configMapGenerator": [
        {"name": "debug", "literals": ["on=true"]}], "labels": [{"pairs": {"debug": "on"}}]})


def bases(tree, rng, count):
    made = []
    for i in range(count):
        name, kind = f"app{i}", ("Deployment", "StatefulSet", "DaemonSet", "Deployment")[i % 4]
        image = f"registry.example.org/shop/{name}"
        files = {"workload.yaml": workload(rng, kind, name, image + ":1.0"), "service.yaml": service(name)}
        for number, extra in enumerate(extras(rng, name)):
            files[f"extra{number}.yaml"] = extra
        for file, content in files.items():
            tree.write(f"bases/{name}/{file}", content)
        tree.write(f"bases/{name}/kustomization.yaml", {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": list(files)})
        made.append(Base(f"bases/{name}", name, kind, image))
    return made


def overlays(tree, rng, count):
    components(tree)
    foundation = bases(tree, rng, 16)
    names, cases, finished = sorted(FEATURES), [], []
    for i in range(count):
        base = foundation[i % len(foundation)]
        uses = pick(rng, names[i % len(names)], rng.randint(1, 5))
        path = f"overlays/o{i:03}"
        k = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": [f"../../{base.path}"]}
        # An overlay over an overlay that has kept the names.
        if finished and i % 5 == 4:
            base, under = rng.choice(finished)
            k["resources"] = [f"../{under.rpartition('/')[2]}"]
            uses = ["prefix_and_suffix", "image_tag"]
        for use in uses:
            FEATURES[use](tree, rng, path, k, base)
        file = ("kustomization.yaml", "kustomization.yml", "Kustomization")[i % 3]
        tree.write(f"{path}/{file}", k)
        if not {"prefix_and_suffix", "delete_an_object"} & set(uses):
            finished.append((base, path))
        cases.append({"name": f"o{i:03}", "kind": "kustomize", "path": path, "uses": uses})
    return cases


# --- helm: the parts of a chart's templates directory

HELPERS = """{{- define "NAME.fullname" -}}
{{- printf "%s-%s" .Release.Name (default .Chart.Name .Values.nameOverride) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- define "NAME.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.extraLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}
"""
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "NAME.fullname" . }}
  labels: {{- include "NAME.labels" . | nindent 4 }}
spec:
  {{- if not .Values.autoscaling.enabled }}
  replicas: {{ .Values.replicas }}
  {{- end }}
  selector:
    matchLabels:
      app: {{ .Chart.Name }}
  template:
    metadata:
      annotations:
        checksum/settings: {{ toJson .Values.settings | sha256sum }}
      labels:
        app: {{ .Chart.Name }}
    spec:
      containers:
        - name: {{ .Chart.Name }}
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          {{- with .Values.resources }}
          resources: {{- toYaml . | nindent 12 }}
          {{- end }}
          env:
            {{- range $key, $value := .Values.settings }}
            - name: {{ $key | upper | replace "." "_" }}
              value: {{ tpl (toString $value) $ | quote }}
            {{- end }}
"""
PARTS = {
    "service": """apiVersion: v1
kind: Service
metadata:
  name: {{ include "NAME.fullname" . }}
spec:
  type: {{ .Values.service.type }}
  selector: {app: {{ .Chart.Name }}}
  ports:
  {{- range .Values.service.ports }}
    - {name: {{ .name }}, port: {{ .port | int }}, targetPort: {{ .target | default .name }}}
  {{- end }}
""",
    "autoscaler": """{{- if .Values.autoscaling.enabled }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "NAME.fullname" . }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ include "NAME.fullname" . }}}
  minReplicas: {{ .Values.autoscaling.min }}
  maxReplicas: {{ max .Values.autoscaling.min .Values.autoscaling.max }}
{{- end }}
""",
    "by_capabilities": """{{- if .Capabilities.APIVersions.Has "monitoring.coreos.com/v1" }}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
{{- else }}
apiVersion: v1
kind: ConfigMap
{{- end }}
metadata:
  name: {{ .Release.Name }}-capabilities
data:
  modern: {{ semverCompare ">=1.20-0" .Capabilities.KubeVersion.Version | quote }}
  install: {{ .Release.IsInstall | quote }}
  revision: {{ .Release.Revision | quote }}
  template: {{ .Template.Name | base }}
""",
    "files": """apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-files
data:
  one: {{ .Files.Get "config/one.txt" | quote }}
  none: {{ .Files.Get "config/no-such.txt" | quote }}
{{ (.Files.Glob "config/*.ini").AsConfig | indent 2 }}
binaryData:
  blob: {{ .Files.Get "config/one.txt" | b64enc }}
""",
    "lookup": """{{- $found := lookup "v1" "Secret" .Release.Namespace "made-before" }}
apiVersion: v1
kind: Secret
metadata:
  name: {{ .Release.Name }}-kept
stringData:
  {{- if $found }}
  token: {{ index $found.data "token" | b64dec }}
  {{- else }}
  token: {{ sha256sum .Release.Name | trunc 16 }}
  {{- end }}
""",
    "many": """{{- range $i := until (int .Values.shards) }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $.Release.Name }}-shard-{{ $i }}
data:
  of: {{ $.Values.shards | quote }}
  {{- if eq (mod $i 2) 0 }}
  even: "yes"
  {{- end }}
{{- end }}
---
# only a comment
""",
    "hooks": """apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-migrate
  annotations:
    helm.sh/hook: pre-upgrade,pre-install
    helm.sh/hook-weight: "-1"
spec:
  template: {spec: {restartPolicy: Never, containers: [{name: m, image: busybox}]}}
---
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-test
  annotations: {helm.sh/hook: test}
spec: {restartPolicy: Never, containers: [{name: t, image: busybox}]}
""",
    "merging": """{{- $merged := mergeOverwrite (deepCopy .Values.defaults) .Values.overrides }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-merged
  {{- if hasKey .Values "extraLabels" }}
  labels: {{ .Values.extraLabels | toJson }}
  {{- end }}
data:
  merged.yaml: |
    {{- $merged | toYaml | nindent 4 }}
  names: {{ keys $merged | sortAlpha | join "," | quote }}
  coalesced: {{ coalesce .Values.missing .Values.alsoMissing "last" }}
  chosen: {{ ternary "big" "small" (gt (int .Values.shards) 2) }}
  slug: {{ regexReplaceAll "[^a-z0-9]+" (lower "Some Name, 2") "-" | quote }}
  parsed: {{ (fromYaml "a: {b: 7}").a.b | quote }}
  nested: {{ dig "x" "y" "fallback" .Values.defaults | quote }}
""",
    "templated": """{{- range $name, $text := .Values.templated }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $.Release.Name }}-{{ $name }}
  namespace: {{ $.Release.Namespace }}
data:
  text: {{ tpl $text $ | quote }}
{{- end }}
""",
    "demanding": """{{- if and .Values.image.repository (ne .Values.service.type "Never") }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ required "a name is needed" .Release.Name }}-demands
data:
  repository: {{ required "image.repository is needed" .Values.image.repository }}
{{- else }}
{{- fail "no repository" }}
{{- end }}
""",
}


def chart_values(rng):
    return {"replicas": rng.randint(1, 5), "shards": rng.randint(1, 4), "image": {"repository": "registry.example.org/shop/site", "tag": ""},
            "service": {"type": "ClusterIP", "ports": [{"name": "http", "port": 80}, {"name": "metrics", "port": 9090, "target": 9100}]},
            "autoscaling": {"enabled": rng.random() < 0.3, "min": 2, "max": 6}, "resources": {},
            "settings": {"log.level": "info", "retries": rng.randint(1, 9), "ratio": 0.5, "release": "{{ .Release.Name }}"},
            "templated": {"hello": "Hello {{ .Values.image.repository }}", "label": '{{ include "NAME.fullname" . }}'},
            "defaults": {"a": 1, "b": {"c": [1, 2]}, "x": {"z": 1}}, "overrides": {"b": {"d": True}}, "extraLabels": {"team": "shop"}}


def subchart(tree, path, name, kind="application"):
    tree.write(f"{path}/Chart.yaml", {"apiVersion": "v2", "name": name, "version": "0.3.0", "type": kind})
    if kind == "library":
        tree.write(f"{path}/templates/_shared.tpl", '{{- define "shared.note" -}}from the library of {{ .Release.Name }}{{- end -}}\n')
        return
    tree.write(f"{path}/values.yaml", {"size": "small", "enabled": True, "exports": {"port": 6379}})
    tree.write(f"{path}/templates/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-{{ .Chart.Name }}\ndata:\n  size: {{ .Values.size }}\n"
               "  zone: {{ ((.Values.global).zone) | default \"none\" }}\n")


def chart(tree, rng, index):
    name, path = f"chart{index}", f"charts/chart{index:03}"
    values = json.loads(json.dumps(chart_values(rng)).replace("NAME.", f"{name}."))
    parts = [sorted(PARTS)[index % len(PARTS)], *rng.sample(sorted(PARTS), 3)]
    about = {"apiVersion": "v2", "name": name, "version": f"1.{index}.0+build.{index}", "appVersion": f"3.{index}", "kubeVersion": ">=1.20.0-0"}
    uses = sorted(set(parts))
    tree.write(f"{path}/templates/_helpers.tpl", HELPERS.replace("NAME", name))
    tree.write(f"{path}/templates/deployment.yaml", DEPLOYMENT.replace("NAME", name))
    tree.write(f"{path}/templates/NOTES.txt", "Thank you for {{ .Chart.Name }}: {{ .Values.replicas }}\n")
    for part in uses:
        tree.write(f"{path}/templates/{'deep/er/' if part == 'service' else ''}{part}.yaml", PARTS[part].replace("NAME", name))
    tree.write(f"{path}/config/one.txt", "one\ntwo: {{ not a template }}\n")
    tree.write(f"{path}/config/a.ini", f"[a]\nn={index}\n")
    tree.write(f"{path}/.helmignore", "*.bak\nnotes/\n")
    tree.write(f"{path}/templates/old.yaml.bak", "{{ this is not looked at }}\n")
    if index % 2 == 0:
        uses.append("subcharts")
        about["dependencies"] = [{"name": "cache", "version": "0.3.0", "repository": "file://charts/cache", "condition": "cache.enabled"},
                                 {"name": "cache", "alias": "second", "version": "0.x", "repository": "", "tags": ["extra"], "import-values": [{"child": "exports", "parent": "imported"}]}]
        subchart(tree, f"{path}/charts/cache", "cache")
        values.update({"cache": {"enabled": index % 4 == 0, "size": "medium"}, "second": {"size": "large"}, "tags": {"extra": True}, "global": {"zone": f"z{index}"}})
    if index % 3 == 0:
        uses.append("library")
        about.setdefault("dependencies", []).append({"name": "shared", "version": "0.3.0", "repository": ""})
        subchart(tree, f"{path}/charts/shared", "shared", "library")
        tree.write(f"{path}/templates/note.yaml", 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: note}\ndata:\n  note: {{ include "shared.note" . | quote }}\n')
    if index % 4 == 0:
        uses.append("crds")
        tree.write(f"{path}/crds/gears.yaml", [definition("gears"), definition("wheels")])
    if index % 5 == 0:
        uses.append("schema")
        tree.write(f"{path}/values.schema.json", json.dumps({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {"replicas": {"type": "integer", "minimum": 1}}}))
    tree.write(f"{path}/Chart.yaml", about)
    tree.write(f"{path}/values.yaml", values)
    case = {"name": f"c{index:03}", "kind": "helm", "path": path, "release": f"r{index}", "values": [], "set": {}, "uses": uses}
    if index % 2:
        tree.write(f"{path}/values-prod.yaml", {"replicas": 7, "resources": {"limits": {"memory": "1Gi"}}, "settings": {"log.level": "warn", "extra": "on"}, "extraLabels": None})
        case["values"].append("values-prod.yaml")
    if index % 3 == 1:
        tree.write("values/eu.yaml", {"settings": {"region": "eu"}, "overrides": {"b": {"c": [9]}}, "autoscaling": {"enabled": True}})
        case["values"].append("../../values/eu.yaml")
    if index % 4 == 1:
        case["set"] = {"image.tag": "9.9.9", "settings.note": "a,b{c}", "shards": "3"}
    return case


def overlays_over_charts(tree, rng, count):
    cases = []
    for i in range(count):
        path = f"charted/h{i:02}"
        name = f"inner{i}"
        about = {"apiVersion": "v2", "name": name, "version": "1.0.0", "appVersion": "2"}
        tree.write(f"{path}/charts/{name}/Chart.yaml", about)
        tree.write(f"{path}/charts/{name}/values.yaml", chart_values(rng))
        tree.write(f"{path}/charts/{name}/templates/_helpers.tpl", HELPERS.replace("NAME", name))
        tree.write(f"{path}/charts/{name}/templates/deployment.yaml", DEPLOYMENT.replace("NAME", name))
        tree.write(f"{path}/charts/{name}/crds/gears.yaml", definition("gears"))
        tree.write(f"{path}/values.yaml", {"replicas": 3 + i, "settings": {"from": "overlay"}})
        inflated = {"name": name, "releaseName": f"rel{i}", "namespace": "shop", "valuesFile": "values.yaml", "includeCRDs": i % 2 == 0,
                    "valuesInline": {"image": {"tag": f"4.{i}"}, "autoscaling": {"enabled": False}}, "valuesMerge": ("override", "merge")[i % 2]}
        tree.write(f"{path}/kustomization.yaml", {"helmCharts": [inflated], "namePrefix": "eu-", "replicas": [{"name": f"rel{i}-{name}", "count": 11}], "commonAnnotations": {"by": "overlay"}})
        cases.append({"name": f"h{i:02}", "kind": "kustomize", "path": path, "uses": ["chart"], "enable_helm": True})
    return cases


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--overlays", type=int, default=72)
    parser.add_argument("--charts", type=int, default=40)
    args = parser.parse_args()
    root = pathlib.Path(args.directory)
    rng, tree = random.Random(args.seed), Tree(root / "corpus")
    cases = overlays(tree, rng, args.overlays) + [chart(tree, rng, i) for i in range(args.charts)] + overlays_over_charts(tree, rng, 8)
    (root / "cases.json").write_text(json.dumps(cases, indent=1))
    print(len(cases))


if __name__ == "__main__":
    main()
