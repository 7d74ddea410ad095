#!/usr/bin/env python3
"""Every way an App can be made: what the same tool makes of an equivalent directory is put into a real cluster, and then the App must be Synced; with one
field of it changed it must be OutOfSync.

    sources.py DRIFTWARDEN DIRECTORY_OF_THE_TOOLS [--keep]

kustomize's words in the config, helm's inline values, several paths, a tag, jsonnet as a plugin, secrets encrypted with SOPS. Ends with 0 or 1."""
import base64
import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import live

SECRET = "hunter2-in-a-secret"


def deployment(name, image="registry.example.org/shop/web:1.0"):
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": {
        "metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "main", "image": image}]}}}}


def config_map(name, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data or {"a": "1"}}


class Suite:
    def __init__(self, args, work):
        self.work, self.checks = work, live.Checks("sources")
        self.tools = os.path.realpath(args.tools)
        self.driftwarden = live.Driftwarden(args.driftwarden, work, self.tools)
        self.apps = {}       # name -> keys of the config
        self.same = {}       # name -> YAML of the equivalent
        self.repository = live.Repository(work / "git")
        self.equal = work / "equal"

    def tool(self, *command, cwd=None, env=None):
        return live.run(command, cwd=cwd or self.work, env={**self.driftwarden.env, **(env or {})}).stdout

    def put(self, path, content, where=None):
        file = (where or self.repository.root) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))

    def built(self, name, files):
        """What kustomize makes of these files."""
        for path, content in files.items():
            self.put(f"{name}/{path}", content, self.equal)
        return self.tool("kustomize", "build", self.equal / name)

    # --- the ways

    def kustomize_words_over_manifests(self, name):
        self.put(f"apps/{name}/d.yaml", deployment("web"))
        self.put(f"apps/{name}/c.yaml", config_map("web", region="${REGION}", zone="${ZONE:-none}"))
        patch = {"target": {"kind": "Deployment"}, "patch": json.dumps([{"op": "add", "path": "/spec/minReadySeconds", "value": 7}])}
        self.apps[name] = {"kustomize": {"images": ["registry.example.org/shop/web=mirror.example.org/web:2.0"], "name_prefix": "eu-", "name_suffix": "-x", "labels": {"tier": "web"},
                                         "annotations": {"owner": "shop"}, "replicas": {"web": 3}, "patches": [patch], "substitute": {"REGION": "eu-west"}}}
        # Labels and annotations of the config go to the objects themselves, not to what they select or make.
        annotate = {"apiVersion": "builtin", "kind": "AnnotationsTransformer", "metadata": {"name": "a"}, "annotations": {"owner": "shop"}, "fieldSpecs": [{"path": "metadata/annotations", "create": True}]}
        return self.built(name, {"annotate.yaml": annotate, "d.yaml": deployment("web"), "c.yaml": config_map("web", region="eu-west", zone="none"), "kustomization.yaml": {
            "resources": ["d.yaml", "c.yaml"], "namePrefix": "eu-", "nameSuffix": "-x", "transformers": ["annotate.yaml"], "replicas": [{"name": "web", "count": 3}], "patches": [patch],
            "labels": [{"pairs": {"tier": "web"}}], "images": [{"name": "registry.example.org/shop/web", "newName": "mirror.example.org/web", "newTag": "2.0"}]}})

    def kustomize_words_over_an_overlay(self, name):
        self.put(f"apps/{name}/kustomization.yaml", {"resources": ["d.yaml"], "configMapGenerator": [{"name": "made", "literals": ["a=1"]}]})
        self.put(f"apps/{name}/d.yaml", deployment("over"))
        component = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component", "commonAnnotations": {"from": "component"}}
        self.put(f"apps/{name}/extra/kustomization.yaml", component)
        self.apps[name] = {"kustomize": {"images": ["registry.example.org/shop/web:3.1"], "replicas": {"over": 2}, "components": ["extra"]}}
        return self.built(name, {"extra/kustomization.yaml": component, "d.yaml": deployment("over", "registry.example.org/shop/web:3.1"), "kustomization.yaml": {
            "resources": ["d.yaml"], "components": ["extra"], "configMapGenerator": [{"name": "made", "literals": ["a=1"]}], "replicas": [{"name": "over", "count": 2}]}})

    def helm_words(self, name):
        template = ('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}"}\ndata:\n  colour: {{ .Values.colour | quote }}\n  note: {{ .Values.note | quote }}\n'
                    '  kind: {{ kindOf .Values.number | quote }}\n  n: {{ .Values.number | quote }}\n')
        self.put(f"apps/{name}/Chart.yaml", {"apiVersion": "v2", "name": "site", "version": "1.0.0"})
        self.put(f"apps/{name}/values.yaml", {"colour": "red", "note": "none", "number": 1})
        self.put(f"apps/{name}/values-prod.yaml", {"colour": "blue", "note": "file"})
        self.put(f"apps/{name}/templates/cm.yaml", template)
        self.put(f"apps/{name}/crds/never.yaml", {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "nevers.example.org"}})
        self.apps[name] = {"helm": {"release": "rel", "values": ["values-prod.yaml"], "inline": {"note": "inline"}, "set_string": {"number": "0755"}, "skip_crds": True}}
        self.put("inline.yaml", {"note": "inline"}, self.equal)
        chart = self.repository.root / f"apps/{name}"
        return self.tool("helm", "template", "rel", chart, "--namespace", name, "--values", chart / "values-prod.yaml", "--values", self.equal / "inline.yaml", "--set-string", "number=0755", "--skip-crds")

    def several_paths(self, name):
        self.put(f"apps/{name}/c.yaml", config_map("first"))
        self.put(f"more/{name}/kustomization.yaml", {"resources": ["c.yaml"], "nameSuffix": "-more"})
        self.put(f"more/{name}/c.yaml", config_map("second"))
        self.apps[name] = {"more": [{"path": f"more/{name}", "render": "kustomize"}]}
        return json.dumps(config_map("first")) + "\n---\n" + json.dumps(config_map("second-more"))

    def a_tag(self, name):
        """write() tags this and goes on."""
        self.put(f"apps/{name}/c.yaml", config_map("tagged", is_="old"))
        self.apps[name] = {"revision": "v1.0.0"}
        return json.dumps(config_map("tagged", is_="old"))

    def jsonnet_plugin(self, name):
        body = "local lib = import 'lib/make.libsonnet';\n[lib.cm('one', 1), lib.cm('two', 2)]\n"
        lib = "{ cm(name, n):: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: name }, data: { n: std.toString(n * 2) } } }\n"
        self.put(f"apps/{name}/main.jsonnet", body)
        self.put(f"apps/{name}/lib/make.libsonnet", lib)
        self.apps[name] = {"render": "plugin", "plugin": "jsonnet"}
        return self.tool("jsonnet", "--yaml-stream", "main.jsonnet", cwd=self.repository.root / f"apps/{name}")

    def sops_secret(self, name):
        clear = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys"}, "stringData": {"token": SECRET}}
        key = self.equal / "age.key"
        self.tool("age-keygen", "-o", key)
        public = next(line.split()[-1] for line in key.read_text().splitlines() if "public key" in line)
        self.put("secret.json", clear, self.equal)
        self.put(f"apps/{name}/secret.yaml", self.tool("sops", "encrypt", "--age", public, "--encrypted-regex", "^(data|stringData)$", "--input-type", "json", "--output-type", "yaml", self.equal / "secret.json"))
        self.apps[name] = {}
        return json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys"}, "data": {"token": base64.b64encode(SECRET.encode()).decode()}})

    WAYS = (kustomize_words_over_manifests, kustomize_words_over_an_overlay, helm_words, several_paths, a_tag, jsonnet_plugin, sops_secret)

    # --- the run

    def write(self):
        for way in self.WAYS:
            name = way.__name__.replace("_", "-")
            self.same[name] = way(self, name)
        self.repository.commit("every way")
        self.repository.git("tag", "v1.0.0")
        self.repository.git("push", "-q", "origin", "v1.0.0")
        self.put("apps/a-tag/c.yaml", config_map("tagged", is_="new"))
        self.repository.commit("the head goes on")

    def config(self):
        apps = [{"name": name, "repository": "config", "path": f"apps/{name}", "cluster": "real", "namespace": name, "channel": "#c", **keys} for name, keys in self.apps.items()]
        return self.driftwarden.config({
            "clusters": [{"name": "real", "environment": "test", "kubeconfig": self.cluster.kubeconfig}], "repositories": [self.repository.config()], "apps": apps,
            "plugins": [{"name": "jsonnet", "command": ["jsonnet", "--yaml-stream", "main.jsonnet"], "timeout": "20s"}]})

    def stop(self):
        live.run([live.SERVERS / "down.sh", self.work / "kube"], check=False)

    def run(self):
        self.write()
        self.cluster = live.Cluster(self.work / "kube")
        for name, text in self.same.items():
            self.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
            self.cluster.kubectl("-n", name, "apply", "--server-side", "--field-manager=driftwarden", "-f", "-", input=text)
        config = self.config()
        checked = self.driftwarden.check(config)
        if not self.checks.that(checked.returncode == 0, "the config is accepted", checked.stderr + checked.stdout):
            return
        reports, watched = self.driftwarden.drift(config, cache=self.work / "clones")
        for name in self.apps:
            report = reports.get(name, {"state": "not told"})
            self.checks.that(report["state"] == "Synced", f"{name}: the same as the tool's own", report)
        self.checks.that("encrypted" in json.dumps(reports.get("sops-secret")) or reports.get("sops-secret", {}).get("state") == "Synced", "sops-secret: compared as far as it can be", reports.get("sops-secret"))
        self.checks.that(SECRET not in watched.out + watched.err and base64.b64encode(SECRET.encode()).decode() not in watched.out + watched.err, "no secret is told")
        for name in self.apps:
            kind = "secret" if name == "sops-secret" else "configmap" if "over-an-overlay" not in name else "deployment"
            items = [i for i in self.cluster.get("-n", name, kind)["items"] if i["metadata"]["name"] != "kube-root-ca.crt"]
            self.cluster.kubectl("-n", name, "delete", kind, items[0]["metadata"]["name"])
        reports, _ = self.driftwarden.drift(config, cache=self.work / "clones")
        for name in self.apps:
            report = reports.get(name, {"state": "not told", "objects": []})
            self.checks.that(report["state"] == "OutOfSync" and [o["verdict"] for o in report["objects"]] == ["Missing"], f"{name}: what is deleted is missing", report)


if __name__ == "__main__":
    sys.exit(live.perform(Suite, "sources", __doc__))
