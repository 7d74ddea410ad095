"""init, slack-manifest, and the examples."""
import json
import os
import subprocess

import live

ANSWERS = "in-cluster\nprod-eu\n\nno\nhttps://ann:hunter2@git.example.com/acme/config.git\n\ngitea\n\n\nclusters/{cluster}/{namespace}/{app}\n\n\nann\nU0ANN\nann\n"


def read_yaml(ground, text):
    """By helm's own reader: there is none in Python's library."""
    chart = ground.directory("yaml-reader")
    (chart / "templates").mkdir(exist_ok=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: reader\nversion: 1.0.0\n")
    (chart / "templates/out.yaml").write_text("{{ toJson .Values.it }}\n")
    values = chart / "it.yaml"
    values.write_text("it:\n" + "\n".join("  " + line for line in text.splitlines()) + "\n")
    out = live.run([ground.tools / "helm", "template", "reader", chart, "-f", values]).stdout
    return json.loads("\n".join(line for line in out.splitlines() if not line.startswith(("---", "#"))))


def slack_manifest(ground):
    checks = ground.checks
    text = live.run([ground.driftwarden.binary, "slack-manifest"]).stdout
    checks.that(text == (ground.root / "deploy/slack-manifest.yaml").read_text(), "the app manifest that ships is the one that is printed")
    manifest = read_yaml(ground, text)
    required = [("display_information", "name"), ("features", "bot_user", "display_name"), ("oauth_config", "scopes", "bot"), ("settings", "socket_mode_enabled"), ("settings", "event_subscriptions", "bot_events")]
    for path in required:
        value = manifest
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        checks.that(value, f"the manifest has {'.'.join(path)}", manifest)
    scopes = manifest["oauth_config"]["scopes"]["bot"]
    checks.that(len(scopes) == len(set(scopes)) and "admin" not in " ".join(scopes) and "user" not in manifest["oauth_config"]["scopes"], "no scope twice, none of an administrator or a user", scopes)
    checks.that(len(manifest["display_information"]["description"]) <= 140 and len(manifest["display_information"]["name"]) <= 35, "within Slack's limits")


def init(ground):
    checks, binary, work = ground.checks, ground.driftwarden.binary, ground.directory("init")
    file = work / "driftwarden.yaml"
    done = subprocess.run([binary, "init", "--out", file], input=ANSWERS, capture_output=True, text=True, timeout=60)
    checks.that(done.returncode == 0, "init writes a config from piped answers", done.stdout + done.stderr)
    text = file.read_text()
    checks.that("hunter2" not in text + done.stdout + done.stderr, "and no credential of a URL")
    env = {"SLACK_APP_TOKEN": "xapp-1", "SLACK_BOT_TOKEN": "xoxb-1", "FORGE_TOKEN": "x"}
    checked = ground.driftwarden.check(file, env)
    checks.that(checked.returncode == 0, "check accepts it", checked.stdout)
    again = subprocess.run([binary, "init", "--out", file], input=ANSWERS, capture_output=True, text=True, timeout=60)
    checks.that(again.returncode == 2 and file.read_text() == text, "a second init leaves it alone", again.stderr)


def examples(ground):
    work = ground.directory("credentials")
    for name in ("slack-app-token", "slack-bot-token", "webhook-secret", "forge-token", "model-key", "infracost-key"):
        (work / name).write_text("x-" + name)
    (work / "heartbeat-url").write_text("https://beats.example.com/1")
    live.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", work / "signing-key"])
    file = work / "production.yaml"
    file.write_text((ground.root / "deploy/examples/production.yaml").read_text())
    checked = ground.driftwarden.check(file, {"CREDENTIALS_DIRECTORY": str(work)})
    ground.checks.that(checked.returncode == 0, "check accepts deploy/examples/production.yaml", checked.stdout)


def init_from_cluster(ground):
    """Argo CD's own definition isn't needed for that: one with the same name, and an Application with a token in its URL."""
    cluster, work = ground.cluster(), ground.directory("init")
    cluster.apply({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "applications.argoproj.io"}, "spec": {
        "group": "argoproj.io", "scope": "Namespaced", "names": {"plural": "applications", "singular": "application", "kind": "Application"},
        "versions": [{"name": "v1alpha1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}]}})
    cluster.kubectl("wait", "--for=condition=established", "crd/applications.argoproj.io", "--timeout=60s")
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}})
    live.wait_for("Applications to be served", lambda: cluster.apply({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "web", "namespace": "argocd"}, "spec": {
        "project": "default", "source": {"repoURL": "https://bot:ghp_s3cr3t@github.com/acme/config.git", "path": "apps/web", "targetRevision": "HEAD"},
        "destination": {"server": "https://kubernetes.default.svc", "namespace": "web"}}}))
    file = work / "found.yaml"
    done = live.run([ground.driftwarden.binary, "init", "--out", file, "--from-cluster", "live", "--kubeconfig", cluster.kubeconfig, "--yes"], check=False)
    text = file.read_text() if file.exists() else ""
    ground.checks.that(done.returncode == 0 and "argocd:" in text and "github.com/acme/config.git" in text, "init finds what Argo CD deploys", done.stdout + done.stderr)
    ground.checks.that("s3cr3t" not in text + done.stdout + done.stderr, "and leaves the token out")
    checked = ground.driftwarden.check(file, {**os.environ, "SLACK_APP_TOKEN": "xapp-1", "SLACK_BOT_TOKEN": "xoxb-1", "FORGE_TOKEN": "x"})
    ground.checks.that(checked.returncode == 0, "check accepts that, too", checked.stdout)
