"""The chart and the kustomize base: by the real tools, and on a real API server."""
import json
import os
import subprocess

import live
import setup

CONFIG = {
    "slack": {"app_token": {"credential": "slack-app-token"}, "bot_token": {"credential": "slack-bot-token"}},
    "clusters": [{"name": "here", "environment": "production", "in_cluster": True, "confirm": "never"}],
    "repositories": [{"name": "config", "url": "https://git.example.com/acme/config.git", "forge": {"kind": "none"}}],
    "discover": [{"paths": "clusters/{cluster}/{namespace}/{app}", "repository": "config"}], "log": {"format": "json"},
}
SECRET = {"credentials": {"existingSecret": "driftwarden-credentials"}}
HA = {"enabled": True, "cluster": "here"}
RULE = {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["create", "patch", "delete"]}
GOOD = {
    "plain": {"config": CONFIG, **SECRET},
    "ha": {"config": CONFIG, **SECRET, "replicas": 2, "ha": HA, "persistence": {"accessMode": "ReadWriteMany"}},
    "ha-one-node": {"config": CONFIG, **SECRET, "replicas": 2, "ha": {**HA, "sameNode": True}},
    "shard": {"config": {**CONFIG, "shards": [{"name": "eu", "clusters": ["here"]}]}, **SECRET, "shard": "eu", "replicas": 2, "ha": {**HA, "sameNode": True}},
    "everything": {"config": CONFIG, **SECRET, "serviceMonitor": {"enabled": True, "labels": {"team": "sre"}}, "networkPolicy": {"enabled": True, "from": [{"namespaceSelector": {}}]},
                   "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}], "extraVolumes": [{"name": "ca", "emptyDir": {}}], "extraVolumeMounts": [{"name": "ca", "mountPath": "/ca"}],
                   "podLabels": {"a": "b"}, "podAnnotations": {"c": "d"}, "nodeSelector": {"kubernetes.io/os": "linux"}, "tolerations": [{"operator": "Exists"}], "image": {"digest": "sha256:" + "0" * 64},
                   "rbac": {"namespaces": {"shop": {"read": [{"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]}], "write": [RULE]}}}},
    "nothing-kept": {"config": CONFIG, **SECRET, "persistence": {"enabled": False, "acceptLoss": True}, "service": {"enabled": False}},
}
BAD = {
    "config is empty": {}, "replicas is more than 1 without ha": {"replicas": 2}, "fewer than 2 replicas": {"ha": HA},
    "isn't among config.clusters": {"replicas": 2, "ha": {**HA, "cluster": "there", "sameNode": True}},
    "a volume that both instances can mount": {"replicas": 2, "ha": HA}, "could never start": {"replicas": 2, "ha": {**HA, "sameNode": True}, "persistence": {"accessMode": "ReadWriteOncePod"}},
    "ha.enabled without persistence": {"replicas": 2, "ha": HA, "persistence": {"enabled": False}}, "ha.sameNode without ha.enabled": {"ha": {"sameNode": True}},
    "acceptLoss": {"persistence": {"enabled": False}}, "nothing to scrape": {"serviceMonitor": {"enabled": True}, "service": {"enabled": False}},
    "isn't among config.shards": {"shard": "us"}, "credentials.existingSecret must name": {"credentials": {"existingSecret": ""}},
    # By the schema.
    "replica": {"replica": 2}, "tag": {"image": {"tag": "latest"}}, "verbs": {"rbac": {"everywhere": {"read": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}]}}},
    "storage": {"config": {**CONFIG, "storage": {"path": "/elsewhere"}}},
}


def values_file(ground, name, values):
    file = ground.directory("values") / f"{name.replace(' ', '-').replace('/', '-')[:40]}.json"
    file.write_text(json.dumps(values, indent=1))
    return file


def helm(ground, *arguments, check=True):
    home = ground.directory("helm")
    env = {**os.environ, "HELM_CACHE_HOME": str(home), "HELM_CONFIG_HOME": str(home), "HELM_DATA_HOME": str(home)}
    return live.run([ground.tools / "helm", *arguments], check=check, env=env)


def template(ground, values, release="driftwarden", check=True, name="values"):
    return helm(ground, "template", release, ground.root / "deploy/chart", "--namespace", "driftwarden", "--kube-version", "1.36", "-f", values_file(ground, name, values), check=check)


def objects_of(ground, text):
    """Documents as values, by kubectl's reader; no server is asked."""
    if not text.strip():
        return []
    reading = subprocess.run([str(ground.driftwarden.binary), "render", "-o", "json", write(ground, text)], capture_output=True, text=True, timeout=120, env=ground.driftwarden.env)
    if reading.returncode:
        raise live.Failure(reading.stderr)
    return json.loads(reading.stdout)


def write(ground, text):
    file = ground.directory("rendered") / "objects.yaml"
    file.write_text(text)
    return str(file)


def chart(ground):
    checks = ground.checks
    for name, values in GOOD.items():
        file = values_file(ground, name, values)
        linted = helm(ground, "lint", "--strict", ground.root / "deploy/chart", "-f", file, check=False)
        checks.that(linted.returncode == 0 and "0 chart(s) failed" in linted.stdout, f"helm lint --strict: {name}", linted.stdout + linted.stderr)
        rendered = template(ground, values, check=False, name=name)
        if checks.that(rendered.returncode == 0, f"helm template: {name}", rendered.stderr):
            inside(ground, name, objects_of(ground, rendered.stdout))
    for why, values in BAD.items():
        whole = values if why == "config is empty" else {"config": CONFIG, **SECRET, **values}
        rendered = template(ground, whole, check=False, name="bad")
        checks.that(rendered.returncode != 0 and why in rendered.stderr, f"refused: {why}", rendered.stderr or "it was rendered")


def inside(ground, name, objects):
    checks = ground.checks
    deployment = next(o for o in objects if o["kind"] == "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    container = pod["containers"][0]["securityContext"]
    restricted = pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault" and container["capabilities"]["drop"] == ["ALL"]
    checks.that(restricted and container["readOnlyRootFilesystem"] and not container["allowPrivilegeEscalation"], f"{name}: runs as nobody in particular, on a read-only root", pod["securityContext"])
    config = setup.read_yaml(ground, next(o for o in objects if o["kind"] == "ConfigMap")["data"]["driftwarden.yaml"])
    credentials = ground.directory("chart-credentials")
    for key in ("slack-app-token", "slack-bot-token"):
        (credentials / key).write_text("xapp-1" if "app" in key else "xoxb-1")
    file = ground.directory("chart-configs") / f"{name}.json"
    file.write_text(json.dumps(config))
    checked = ground.driftwarden.check(file, {"CREDENTIALS_DIRECTORY": str(credentials)})
    checks.that(checked.returncode == 0, f"{name}: check accepts the config that it mounts", checked.stdout)
    wild = [o for o in objects if o["kind"].endswith("Role") and any("*" in r.get(k, []) for r in o["rules"] for k in ("verbs", "resources", "apiGroups"))]
    checks.that(not wild, f"{name}: no right has a star", wild)


def kustomized(ground):
    return live.run([ground.tools / "kustomize", "build", ground.root / "deploy/kustomize"]).stdout


def bare(thing):
    """An object without what only Helm or kustomize adds: their labels, the checksum, the hash in a name."""
    text = json.dumps(thing)
    thing = json.loads(text)
    for meta in (thing["metadata"], thing.get("spec", {}).get("template", {}).get("metadata", {}) if isinstance(thing.get("spec"), dict) else {}):
        meta.pop("annotations", None)
        meta.pop("namespace", None)
        for key in ("helm.sh/chart", "app.kubernetes.io/managed-by", "app.kubernetes.io/version"):
            meta.get("labels", {}).pop(key, None)
    volumes = thing.get("spec", {}).get("template", {}).get("spec", {}).get("volumes", []) if isinstance(thing.get("spec"), dict) else []
    for volume in volumes:
        if "configMap" in volume:
            volume["configMap"]["name"] = "driftwarden"
    if thing["kind"] == "ConfigMap":
        thing["metadata"]["name"], thing["data"] = "driftwarden", {}
    return thing


def kustomize(ground):
    checks = ground.checks
    text = kustomized(ground)
    objects = objects_of(ground, text)
    config = setup.read_yaml(ground, (ground.root / "deploy/kustomize/driftwarden.yaml").read_text())
    own = dict(config)
    own["http"] = {k: v for k, v in own["http"].items() if k != "listen"}
    own["storage"] = {k: v for k, v in own["storage"].items() if k != "path"}
    for empty in ("http", "storage"):
        if not own[empty]:
            del own[empty]
    by_helm = {(o["kind"], bare(o)["metadata"]["name"]): bare(o) for o in objects_of(ground, template(ground, {"config": own, **SECRET}, name="kustomize").stdout)}
    by_kustomize = {(o["kind"], bare(o)["metadata"]["name"]): bare(o) for o in objects if o["kind"] != "Namespace"}
    checks.that(set(by_helm) == set(by_kustomize), "the base and the chart make the same objects", set(by_helm) ^ set(by_kustomize))
    for key in sorted(set(by_helm) & set(by_kustomize)):
        checks.that(by_helm[key] == by_kustomize[key], f"and the same {key[0]} {key[1]}", f"chart {json.dumps(by_helm[key], sort_keys=True)}\nbase {json.dumps(by_kustomize[key], sort_keys=True)}")


MONITOR = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "servicemonitors.monitoring.coreos.com"}, "spec": {
    "group": "monitoring.coreos.com", "scope": "Namespaced", "names": {"plural": "servicemonitors", "singular": "servicemonitor", "kind": "ServiceMonitor"},
    "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}]}}


RESTRICTED = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "driftwarden", "labels": {f"pod-security.kubernetes.io/{how}": "restricted" for how in ("enforce", "warn")}}}


def placed(objects):
    """What names no namespace is the release's, as `helm install` has it."""
    for o in objects:
        if o["kind"] not in ("Namespace", "ClusterRole", "ClusterRoleBinding"):
            o["metadata"].setdefault("namespace", "driftwarden")
    return objects


def applied(ground):
    """Each in a namespace that takes nothing but `restricted` pods: a dry-run by the server, then for good, and the pods that come of it."""
    checks, cluster = ground.checks, ground.cluster()
    cluster.apply(MONITOR)
    cluster.kubectl("wait", "--for=condition=established", "crd/servicemonitors.monitoring.coreos.com", "--timeout=60s")
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    renderings = {name: placed(objects_of(ground, template(ground, values, name=name).stdout)) for name, values in GOOD.items()}
    renderings["kustomize"] = placed(objects_of(ground, kustomized(ground)))
    for name, objects in renderings.items():
        cluster.apply(RESTRICTED)
        for how in ("--dry-run=server", "--dry-run=none"):
            try:
                cluster.kubectl("apply", "--server-side", "--validate=strict", how, "-f", "-", input=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
                good, why = True, ""
            except live.Failure as failure:
                good, why = False, failure
            checks.that(good, f"{name}: applied with {how}", why)
        admitted(ground, name, GOOD.get(name, {}).get("replicas", 1))
        cluster.kubectl("delete", "namespace", "driftwarden", "--wait=true", "--timeout=120s")
        cluster.kubectl("delete", "clusterrole,clusterrolebinding", "-l", "app.kubernetes.io/name=driftwarden")
    released(ground)


def admitted(ground, name, wanted):
    cluster = ground.cluster()

    def pods():
        return [p for p in cluster.get("-n", "driftwarden", "pods")["items"] if not p["metadata"].get("deletionTimestamp")]
    try:
        live.wait_for(f"{name}: pods", lambda: len(pods()) == wanted, every=0.5)
        ground.checks.that(True, f"{name}: {wanted} pods are admitted by Pod Security restricted")
    except live.Failure:
        ground.checks.that(False, f"{name}: pods are admitted", cluster.kubectl("-n", "driftwarden", "get", "events"))


def released(ground):
    """By helm itself: installed, upgraded to two instances, taken away; the volume with the audit log stays."""
    checks, cluster = ground.checks, ground.cluster()
    cluster.apply(RESTRICTED)
    place = ("driftwarden", ground.root / "deploy/chart", "-n", "driftwarden", "--kubeconfig", cluster.kubeconfig)
    for verb, name in (("install", "plain"), ("upgrade", "ha-one-node")):
        done = helm(ground, verb, *place, "-f", values_file(ground, name, GOOD[name]), check=False)
        checks.that(done.returncode == 0 and "Warning" not in done.stderr, f"helm {verb}: {name}", done.stderr)
        admitted(ground, f"helm {verb}", GOOD[name].get("replicas", 1))
    helm(ground, "uninstall", "driftwarden", "-n", "driftwarden", "--kubeconfig", cluster.kubeconfig)
    left = {f"{o['kind']}/{o['metadata']['name']}" for o in cluster.get("-n", "driftwarden", "all,configmaps,serviceaccounts,roles,rolebindings,pvc")["items"] if o["metadata"].get("labels", {}).get("app.kubernetes.io/name") == "driftwarden" and not o["metadata"].get("deletionTimestamp") and o["kind"] not in ("Pod", "ReplicaSet")}
    checks.that(left == {"PersistentVolumeClaim/driftwarden"}, "helm uninstall leaves the volume and nothing else", left)
