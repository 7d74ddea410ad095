"""The fleet that is measured: N Apps of M objects each, shaped like what charts render, and as YAML in one Git commit."""
import hashlib
import json
import random
import subprocess

MIX = ["Deployment", "Service", "ConfigMap", "Ingress", "Deployment", "Service", "Deployment", "ConfigMap", "Service", "Deployment"]
NAMESPACES = 20
PLURALS = {"Deployment": ("apis/apps/v1", "deployments"), "Service": ("api/v1", "services"), "ConfigMap": ("api/v1", "configmaps"),
           "Ingress": ("apis/networking.k8s.io/v1", "ingresses")}


def app_name(index):
    return f"app-{index:04d}"


def namespace_of(index):
    return f"fleet-{index % NAMESPACES:02d}"


def url_of(thing, namespace=None):
    prefix, plural = PLURALS[thing["kind"]]
    return f"/{prefix}/namespaces/{thing['metadata']['namespace']}/{plural}/{thing['metadata']['name']}"


def labels(name, app, r):
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": app + "-prod", "app.kubernetes.io/managed-by": "Helm",
            "app.kubernetes.io/version": f"1.{r.randint(0, 40)}.{r.randint(0, 9)}", "helm.sh/chart": f"{app}-0.{r.randint(1, 30)}.0",
            "team": f"team-{r.randint(0, 40)}"}


def deployment(name, app, r):
    selector = {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": app + "-prod"}
    env = [{"name": "LOG_LEVEL", "value": r.choice(["info", "warn", "debug"])}, {"name": "REGION", "value": r.choice(["eu-1", "us-2", "ap-3"])},
           {"name": "DB_URL", "valueFrom": {"secretKeyRef": {"name": app + "-db", "key": "url"}}},
           {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]
    env += [{"name": f"FEATURE_{i:02d}", "value": r.choice(["on", "off"])} for i in range(r.randint(0, 12))]
    main = {"name": "main", "image": f"registry.example.test/team/{app}:v1.{r.randint(0, 40)}.{r.randint(0, 9)}",
            "ports": [{"name": "http", "containerPort": 8080}, {"name": "metrics", "containerPort": 9090}], "env": env,
            "resources": {"requests": {"cpu": r.choice(["100m", "250m", "0.5", "1000m"]), "memory": r.choice(["128Mi", "256Mi", "1Gi", "1024Mi"])},
                          "limits": {"memory": r.choice(["1Gi", "1024Mi", "2048Mi"])}},
            "livenessProbe": {"httpGet": {"path": "/healthz", "port": "http"}, "initialDelaySeconds": 10},
            "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
            "volumeMounts": [{"name": "config", "mountPath": "/etc/" + app}, {"name": "tmp", "mountPath": "/tmp"}],
            "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}}
    containers = [main]
    if r.random() < 0.3:
        containers.append({"name": "proxy", "image": f"registry.example.test/infra/proxy:2.{r.randint(0, 9)}", "args": ["--config", "/etc/proxy.yaml"],
                           "ports": [{"name": "admin", "containerPort": 15000}], "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}}})
    affinity = {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
        {"weight": 100, "podAffinityTerm": {"labelSelector": {"matchLabels": selector}, "topologyKey": "kubernetes.io/hostname"}}]}}
    template = {"metadata": {"labels": selector, "annotations": {"checksum/config": hashlib.sha256(name.encode()).hexdigest()}},
                "spec": {"serviceAccountName": app, "containers": containers, "affinity": affinity,
                         "volumes": [{"name": "config", "configMap": {"name": app + "-config"}}, {"name": "tmp", "emptyDir": {}}]}}
    return {"apiVersion": "apps/v1", "spec": {"replicas": r.randint(1, 6), "selector": {"matchLabels": selector}, "template": template}}


def service(name, app, r):
    return {"apiVersion": "v1", "spec": {"selector": {"app.kubernetes.io/name": name}, "ports": [
        {"name": "http", "port": 80, "targetPort": "http"}, {"name": "metrics", "port": 9090, "targetPort": 9090}]}}


def config_map(name, app, r):
    text = "".join(f"option_{i}: {r.choice(['true', 'false', '10s', 'fast'])}\n" for i in range(r.randint(5, 40)))
    return {"apiVersion": "v1", "data": {"app.yaml": text, **{f"KEY_{i}": r.choice(["on", "off", "1", "0", "auto"]) for i in range(r.randint(1, 10))}}}


def ingress(name, app, r):
    host = f"{name}.example.test"
    paths = [{"path": p, "pathType": "Prefix", "backend": {"service": {"name": name, "port": {"name": "http"}}}} for p in ["/", "/api"][:r.randint(1, 2)]]
    return {"apiVersion": "networking.k8s.io/v1", "spec": {"ingressClassName": "nginx", "tls": [{"hosts": [host], "secretName": name + "-tls"}],
                                                           "rules": [{"host": host, "http": {"paths": paths}}]}}


MAKERS = {"Deployment": deployment, "Service": service, "ConfigMap": config_map, "Ingress": ingress}


def make_app(index, objects):
    """The objects of one App. The first Deployment is the one that gets edited, and bears the App's name."""
    app, made, r = app_name(index), [], random.Random(index)
    for number in range(objects):
        kind = MIX[number % len(MIX)]
        name = app if number < 4 else f"{app}-{number}"
        body = MAKERS[kind](name, app, r)
        metadata = {"name": name, "namespace": namespace_of(index), "labels": labels(name, app, r)}
        made.append({"apiVersion": body.pop("apiVersion"), "kind": kind, "metadata": metadata, **body})
    return made


def scalar(value):
    if isinstance(value, str):
        plain = value and value[0].isalpha() and value.replace("-", "").replace(".", "").replace("/", "").replace("_", "").isalnum()
        return value if plain and value not in ("on", "off", "yes", "no", "true", "false", "null", "y", "n") else json.dumps(value)
    return json.dumps(value)


def yaml_lines(value, indent, out):
    pad = "  " * indent
    for key, item in value.items():
        key = key if all(c.isalnum() or c in "._-/" for c in key) else json.dumps(key)
        if isinstance(item, dict) and item:
            out.append(f"{pad}{key}:")
            yaml_lines(item, indent + 1, out)
        elif isinstance(item, list) and item:
            out.append(f"{pad}{key}:")
            for entry in item:
                if isinstance(entry, dict) and entry:
                    below = []
                    yaml_lines(entry, indent + 1, below)
                    out.append(f"{pad}- {below[0].lstrip()}")
                    out.extend(below[1:])
                else:
                    out.append(f"{pad}- {scalar(entry)}")
        elif isinstance(item, str) and "\n" in item:
            out.append(f"{pad}{key}: |")
            out.extend(f"{pad}  {line}" for line in item.rstrip("\n").split("\n"))
        else:
            out.append(f"{pad}{key}: {scalar(item)}")


def to_yaml(thing):
    out = []
    yaml_lines(thing, 0, out)
    return "\n".join(out) + "\n"


def path_of(app, number, thing):
    return f"apps/{app}/{number:03d}-{thing['kind'].lower()}.yaml"


class Repository:
    """A bare repository that is written without a checkout: commits by fast-import."""

    def __init__(self, directory):
        self.directory = directory
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", directory], check=True)
        self.commits = 0

    @property
    def url(self):
        return "file://" + self.directory

    def commit(self, files, message):
        """files: path -> text, on top of what is there. The branch has moved when this returns."""
        self.commits += 1
        head = [f"commit refs/heads/main\ncommitter bench <bench@example.test> {1790000000 + self.commits} +0000\ndata {len(message)}\n{message}\n"]
        if self.commits > 1:
            head.append("from refs/heads/main^0\n")
        with subprocess.Popen(["git", "-C", self.directory, "fast-import", "--quiet"], stdin=subprocess.PIPE) as importing:
            importing.stdin.write("".join(head).encode())
            for path, text in files.items():
                data = text.encode()
                importing.stdin.write(f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
            importing.stdin.close()
        if importing.returncode != 0:
            raise SystemExit(f"git fast-import failed in {self.directory}")


class Fleet:
    def __init__(self, apps, objects):
        self.apps, self.objects = apps, objects
        each, rest = divmod(objects, apps)
        self.sizes = [each + (1 if i < rest else 0) for i in range(apps)]

    def app(self, index):
        return make_app(index, self.sizes[index])

    def in_force(self):
        """Every object as Driftwarden applies it: with the annotation that says whose it is."""
        for index in range(self.apps):
            for thing in self.app(index):
                group = thing["apiVersion"].rpartition("/")[0]
                metadata = thing["metadata"]
                whose = f"{app_name(index)}:{group}/{thing['kind']}:{metadata['namespace']}/{metadata['name']}"
                yield {**thing, "metadata": {**metadata, "annotations": {"driftwarden.io/tracking": whose}}}

    def files(self):
        return {path_of(app_name(i), n, thing): to_yaml(thing) for i in range(self.apps) for n, thing in enumerate(self.app(i))}
