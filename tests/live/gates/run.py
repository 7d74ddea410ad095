#!/usr/bin/env python3
"""Real conftest, kubeconform and Kyverno CLI in the fence, and programs of one's own: what they find is told, and whatever keeps them from judging blocks.

    run.py DRIFTWARDEN DIRECTORY_OF_THE_TOOLS [--keep]

Ends with 0 or 1."""
import json
import pathlib
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import live

SECRET = "hunter2-never-to-be-told"

REGO = """package main

deny_latest contains msg if {
  input.kind == "Deployment"
  some container in input.spec.template.spec.containers
  endswith(container.image, ":latest")
  msg := sprintf("%s runs %s", [input.metadata.name, container.image])
}

deny contains {"msg": "a Service has a selector", "rule": "service-selector", "path": ".spec.selector"} if {
  input.kind == "Service"
  not input.spec.selector
}

warn_team contains "no team" if {
  input.kind == "Deployment"
  not input.metadata.labels.team
}
"""
REGO_THAT_CALLS = """package main

deny contains "somebody outside says no" if {
  response := http.send({"method": "get", "url": "http://127.0.0.1:9/"})
  response.status_code == 200
}
"""
KYVERNO = {"apiVersion": "kyverno.io/v1", "kind": "ClusterPolicy", "metadata": {"name": "disallow-latest"},
           "spec": {"validationFailureAction": "Enforce", "background": True, "rules": [
               {"name": "require-tag", "match": {"any": [{"resources": {"kinds": ["Pod"]}}]},
                "validate": {"message": "an image has a version", "pattern": {"spec": {"containers": [{"image": "!*:latest"}]}}}}]}}
KYVERNO_BROKEN = {"apiVersion": "kyverno.io/v1", "kind": "ClusterPolicy", "metadata": {"name": "broken"},
                  "spec": {"rules": [{"name": "r", "match": {"any": [{"resources": {"kinds": ["Pod"]}}]},
                                      "validate": {"message": "{{ no.such.variable }}", "pattern": {"spec": {"x": "{{ element.name }}"}}}}]}}
DEPLOYMENT_SCHEMA = {"type": "object", "required": ["spec"], "properties": {
    "spec": {"type": "object", "required": ["selector"], "properties": {"replicas": {"type": "integer"}}}}}
ANY_SCHEMA = {"type": "object"}

OWN_TOOL = """#!/usr/bin/env python3
import json, os, pathlib, sys
results = []
for file in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    if ":latest" in file.read_text():
        results.append({"ruleId": "own/latest", "level": "error", "message": {"text": f"{file} runs latest"},
                        "locations": [{"physicalLocation": {"artifactLocation": {"uri": str(file)}}}]})
print(json.dumps({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "own", "rules": [{"id": "own/latest", "helpUri": "https://rules.example.com/latest"}]}}, "results": results}]}))
sys.exit(1 if results else 0)
"""
CURIOUS_TOOL = """#!/usr/bin/env python3
import json, pathlib, socket, sys
found = []
def attempt(what, do):
    try:
        do()
    except OSError:
        return
    found.append({"rule": "escaped", "message": what})
attempt("read passwd", lambda: open("/etc/passwd").read())
attempt("read the private file", lambda: open("%(private)s").read())
attempt("made a socket", lambda: socket.socket())
attempt("made a local socket", lambda: socket.socket(socket.AF_UNIX))
attempt("wrote beside the objects", lambda: (pathlib.Path(sys.argv[1]) / "more.yaml").write_text("x"))
attempt("wrote into tmp", lambda: open("/tmp/driftwarden-escaped", "w").write("x"))
attempt("listed tmp", lambda: list(pathlib.Path("/tmp").iterdir()))
for file in pathlib.Path(sys.argv[1]).iterdir():
    text = file.read_text()
    if "%(secret)s" in text or "%(encoded)s" in text:
        found.append({"rule": "escaped", "message": "saw the secret"})
print(json.dumps(found))
"""


def deployment(image="web:1.4", replicas=2, **metadata):
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop", **metadata},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
                     "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": image}]}}}}


SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}


class Suite:
    def __init__(self, args, work):
        self.work, self.checks = work, live.Checks("gates")
        self.driftwarden = live.Driftwarden(args.driftwarden, work, str(pathlib.Path(args.tools).resolve()))
        self.count = 0

    def directory(self, *objects):
        self.count += 1
        path = self.work / f"app-{self.count}"
        path.mkdir()
        for i, one in enumerate(objects):
            (path / f"{i}.yaml").write_text(json.dumps(one))
        return path

    def policies(self, **files):
        self.count += 1
        path = self.work / f"policies-{self.count}"
        for name, content in files.items():
            file = path / name.replace("__", "/").replace("_DOT_", ".")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def program(self, text):
        self.count += 1
        path = self.work / f"tool-{self.count}"
        path.write_text(text)
        path.chmod(0o755)
        return str(path)

    def config(self, *tools, **more):
        rules = {rule: "off" for rule in ("plaintext-secret", "privileged", "host-namespaces", "host-path", "floating-tag", "removed-pdb", "missing-limits")}
        return self.driftwarden.config({
            "clusters": [{"name": "here", "in_cluster": True}], "people": [{"name": "alice", "slack": "U0ALICE"}],
            "repositories": [{"name": "config", "url": (self.work / "git/bare.git").as_uri()}],
            "apps": [{"name": "checkout", "repository": "config", "path": "shop", "cluster": "here", "namespace": "shop"}],
            "gates": {"owners": ["alice"], "built_in": rules, "tools": list(tools)}, **more}, f"config-{self.count}.yaml")

    def gate(self, config, target, *options):
        began = time.monotonic()
        done = live.run([self.driftwarden.binary, "gate", target, "--config", config, "--json", *options], check=False, env=self.driftwarden.env)
        try:
            document = json.loads(done.stdout)
        except ValueError:
            raise live.Failure(f"driftwarden gate ended with {done.returncode} and no JSON: {done.stdout[:300]} {done.stderr[-1500:]}") from None
        gates = {one["gate"]: one for one in document["gates"]}
        return done.returncode, gates, time.monotonic() - began

    def passes(self, what, config, target, *options):
        code, gates, _ = self.gate(config, target, *options)
        self.checks.that(code == 0, f"{what}: passes", f"{code} {gates}")
        return gates

    def finds(self, what, config, target, rules, *options):
        code, gates, seconds = self.gate(config, target, *options)
        found = sorted((f["rule"], f["object"], f["blocks"]) for one in gates.values() for f in one["findings"])
        self.checks.that(code == 1 and found == sorted(rules), f"{what}: {rules}", f"{code} {gates}")
        print(f"  {what}: {seconds:.1f} s")
        return gates

    def cannot(self, what, config, target, words, *options):
        code, gates, _ = self.gate(config, target, *options)
        trouble = " ".join(one["trouble"] for one in gates.values())
        self.checks.that(code == 2 and words in trouble, f"{what}: can't judge: {words}", f"{code} {gates}")

    def by_conftest(self):
        rego = self.policies(**{"a_DOT_rego": REGO})
        tool = {"name": "policy", "tool": "conftest", "policies": str(rego)}
        config = self.config(tool)
        good, bad = self.directory(deployment(labels={"team": "shop"}), SERVICE), self.directory(deployment("web:latest"), {**SERVICE, "spec": {}})
        self.passes("conftest, good objects", config, good)
        gates = self.finds("conftest", config, bad, [("deny_latest", "Deployment shop/web", True), ("service-selector", "Service shop/web", True), ("warn_team", "Deployment shop/web", False)])
        self.checks.that("web runs web:latest" in json.dumps(gates), "conftest's own words are told", gates)
        known = self.passes("conftest, nothing new", config, bad, "--base", str(bad))
        self.checks.that(known["policy"]["known"] == 3, "conftest: what was in force is counted", known)
        self.cannot("conftest, broken rego", self.config({**tool, "policies": str(self.policies(**{"a_DOT_rego": "package main\ndeny contains msg if {"}))}), good, "gave no answer")
        self.cannot("conftest, no policies", self.config({**tool, "policies": str(self.policies(**{"readme": "none"}))}), good, "no policies found")
        self.cannot("conftest, another namespace", self.config({**tool, "arguments": ["--namespace", "elsewhere"]}), good, "--all-namespaces")
        self.cannot("conftest, a policy that calls somebody", self.config({**tool, "policies": str(self.policies(**{"a_DOT_rego": REGO_THAT_CALLS}))}), good, "gave no answer")
        self.cannot("conftest, nothing at that path", self.config({**tool, "policies": str(self.work / "nowhere")}), good, "isn't there")

    def by_kubeconform(self):
        schemas = self.policies(**{"master-standalone__deployment-apps-v1_DOT_json": DEPLOYMENT_SCHEMA, "master-standalone__service-v1_DOT_json": ANY_SCHEMA})
        tool = {"name": "schemas", "tool": "kubeconform", "policies": str(schemas)}
        config = self.config(tool)
        good, bad = self.directory(deployment(), SERVICE), self.directory(deployment(replicas="two"), SERVICE)
        other = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "shop"}}
        self.passes("kubeconform, good objects", config, good)
        gates = self.finds("kubeconform", config, bad, [("schema", "Deployment shop/web", True)])
        self.checks.that(gates["schemas"]["findings"][0]["path"] == ".spec.replicas", "kubeconform: the path is told", gates)
        self.finds("kubeconform, no schema", config, self.directory(deployment(), other), [("missing-schema", "Widget shop/w", True)])
        self.passes("kubeconform, missing schemas ignored", self.config({**tool, "arguments": ["-ignore-missing-schemas"]}), self.directory(deployment(), other))
        self.cannot("kubeconform, the wrong directory", self.config({**tool, "policies": str(self.policies(**{"x": "y"}))}), good, "a schema for none")
        self.cannot("kubeconform, schemas of the internet", self.config({k: v for k, v in tool.items() if k != "policies"}), good, "can't be validated")

    def by_kyverno(self):
        tool = {"name": "kyverno", "tool": "kyverno", "policies": str(self.policies(**{"latest_DOT_yaml": KYVERNO}))}
        config = self.config(tool)
        good, bad = self.directory(deployment(), SERVICE), self.directory(deployment("web:latest"), SERVICE)
        self.passes("Kyverno, good objects", config, good)
        gates = self.finds("Kyverno", config, bad, [("disallow-latest.require-tag", "Deployment shop/web", True)])
        self.checks.that("an image has a version" in json.dumps(gates), "Kyverno's own words are told", gates)
        self.checks.that(self.passes("Kyverno, nothing new", config, bad, "--base", str(bad))["kyverno"]["known"] == 1, "Kyverno: what was in force is counted")
        self.passes("Kyverno, nothing that a policy is about", config, self.directory(SERVICE))
        # Kyverno goes on without what it can't read, and ends well.
        typo = {**KYVERNO, "spec": {**KYVERNO["spec"], "rulez": []}}
        kustomization = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": ["latest.yaml"]}
        for what, more, words in (("a policy with an unknown variable", KYVERNO_BROKEN, "no.such.variable"), ("a policy with an unknown field", typo, "unknown field"),
                                  ("a policy that is no YAML", "kind: ClusterPolicy\n  x: [", "failed to parse"), ("something else beside it", kustomization, "policies and nothing else"),
                                  ("an object beside it", deployment(), "policy type not supported")):
            both = self.policies(**{"latest_DOT_yaml": KYVERNO, "more_DOT_yaml": more})
            self.cannot(f"Kyverno, {what}", self.config({**tool, "policies": str(both)}), good, words)
        for what, files in (("no policy at all", {"readme": "none"}), ("a policy in a comment", {"a_DOT_yaml": "# kind: ClusterPolicy\n"})):
            self.cannot(f"Kyverno, {what}", self.config({**tool, "policies": str(self.policies(**files))}), good, "no policy of Kyverno")

    def by_programs(self):
        bad, good = self.directory(deployment("web:latest"), SERVICE), self.directory(deployment(), SERVICE)
        own = {"name": "own", "command": [self.program(OWN_TOOL), "{manifests}"]}
        self.passes("a program of one's own, good objects", self.config(own), good)
        gates = self.finds("a program of one's own", self.config(own), bad, [("own.latest", "Deployment shop/web", True)])
        finding = gates["own"]["findings"][0]
        self.checks.that(finding["link"] == "https://rules.example.com/latest" and "/tmp/" not in finding["message"], "help is linked, and no place of ours is told", finding)
        private = self.work / "private"
        private.write_text(SECRET)
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "shop"}, "stringData": {"password": SECRET}}
        curious = self.program(CURIOUS_TOOL % {"private": private, "secret": SECRET, "encoded": "aHVudGVyMi1uZXZlci10by1iZS10b2xk"})
        self.passes("a curious program", self.config({"name": "curious", "command": [curious, "{manifests}"], "output": "json"}), self.directory(secret, deployment()))
        for what, text, words in (("slow", "#!/bin/sh\nsleep 60\n", "no answer within"), ("silent", "#!/bin/sh\nexit 0\n", "printed nothing"), ("endless", "#!/bin/sh\nexec yes\n", "printed more than"),
                                  ("lying", "#!/bin/sh\necho '{\"version\": \"2.1.0\", \"runs\": []}'\n", "nothing was looked at"), ("failing", "#!/bin/sh\necho boom >&2\nexit 7\n", "ended with 7 and gave no answer: boom"),
                                  ("killed", "#!/bin/sh\nkill -9 $$\n", "signal 9"), ("greedy", "#!/usr/bin/env python3\nx = bytearray(8 << 30)\n", "gave no answer: MemoryError")):
            self.cannot(f"a {what} program", self.config({"name": what, "command": [self.program(text), "{manifests}"], "timeout": "3s" if what == "slow" else "60s"}), good, words)
        self.cannot("a program that isn't there", self.config({"name": "gone", "command": ["no-such-gate", "{manifests}"]}), good, "isn't installed")
        code, gates, _ = self.gate(self.config({"name": "warner", "command": [self.program("#!/bin/sh\nexit 7\n"), "{manifests}"], "effect": "warn"}), good)
        self.checks.that(code == 0 and gates["warner"]["trouble"], "a gate that only warns blocks nothing", f"{code} {gates}")

    def policies_in_git(self):
        repository = live.Repository(self.work / "git")
        repository.write("shop/web.yaml", deployment("web:latest"))
        repository.write("policies/a.rego", REGO)
        repository.commit("strict policies")
        config = self.config({"name": "policy", "tool": "conftest", "repository": "config", "policies": "policies"})
        # As a branch would have it that is to be judged.
        repository.write("policies/a.rego", "package main\n\ndeny contains \"never\" if input.kind == \"Nothing\"\n")
        rules = [("deny_latest", "Deployment shop/web", True), ("warn_team", "Deployment shop/web", False)]
        self.finds("policies of the branch, not of what is judged", config, repository.root / "shop", rules, "--app", "checkout")
        self.finds("an App as Git has it", config, "checkout", rules)
        repository.commit("no policies any more")
        self.passes("the branch's new policies", config, repository.root / "shop", "--app", "checkout")
        self.cannot("policies that are gone", self.config({"name": "policy", "tool": "conftest", "repository": "config", "policies": "nowhere"}), repository.root / "shop", "nowhere")

    def as_sarif(self):
        config = self.config({"name": "own", "command": [self.program(OWN_TOOL), "{manifests}"]}, {"name": "slow", "command": [self.program("#!/bin/sh\nexit 3\n"), "{manifests}"]})
        done = live.run([self.driftwarden.binary, "gate", self.directory(deployment("web:latest")), "--config", config, "--sarif"], check=False, env=self.driftwarden.env)
        document = json.loads(done.stdout)
        runs = {run["tool"]["driver"]["name"]: run for run in document["runs"]}
        self.checks.that(document["version"] == "2.1.0" and done.returncode == 2, "SARIF: an unjudged gate ends with 2", done.returncode)
        result = runs["driftwarden own"]["results"][0]
        place = result["locations"][0]["physicalLocation"]
        self.checks.that(result["ruleId"] == "own.latest" and place["artifactLocation"]["uri"].endswith("0.yaml"), "SARIF: the finding is at its file", result)
        self.checks.that(runs["driftwarden slow"]["invocations"][0]["executionSuccessful"] is False, "SARIF: the gate that couldn't judge says so", runs["driftwarden slow"])

    def by_doctor(self):
        config = self.config({"name": "policy", "tool": "conftest", "policies": str(self.work / "nowhere")}, {"name": "schemas", "tool": "kubeconform"},
                             {"name": "kyverno", "tool": "kyverno", "policies": str(self.work)}, {"name": "gone", "command": ["no-such-gate", "{manifests}"]})
        done = live.run([self.driftwarden.binary, "doctor", "--config", config, "-o", "json"], check=False, env=self.driftwarden.env)
        found = {(f["about"], f["check"]): f for f in json.loads(done.stdout)["findings"]}
        for tool in ("conftest", "kubeconform", "kyverno"):
            self.checks.that(found[("tools", tool)]["state"] == "ok", f"doctor: {tool} is there", found[("tools", tool)])
        self.checks.that(found[("tools", "no-such-gate")]["state"] == "problem" and found[("gates", "policy")]["state"] == "problem", "doctor: what is missing is told", found)

    def stop(self):
        """Nothing of it runs on."""

    def run(self):
        for tool in ("conftest", "kubeconform", "kyverno"):
            if not shutil.which(tool, path=self.driftwarden.env["PATH"]):
                raise live.Failure(f"{tool} isn't among the tools: tests/live/servers/build.sh {tool}")
        for step in (self.by_programs, self.by_conftest, self.by_kubeconform, self.by_kyverno, self.policies_in_git, self.as_sarif, self.by_doctor):
            try:
                step()
            except live.Failure as failure:
                self.checks.that(False, step.__name__, failure)



if __name__ == "__main__":
    sys.exit(live.perform(Suite, "gates", __doc__))
