"""The processes around what is measured, and the bot itself. Each is ended by the handle it was started with."""
import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import kube
import measure
import shapes

HERE = Path(__file__).resolve().parent
LOADERS = 6


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def end(process, patience=10):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def real_cluster(stack, servers, directory, keep=False):
    """etcd and kube-apiserver; its address as kube.py wants it."""
    up = subprocess.run([f"{servers}/up.sh", directory], stdout=subprocess.PIPE, text=True, timeout=180)
    stack.callback(subprocess.run, [f"{servers}/down.sh", directory] + ([] if keep else ["--wipe"]), timeout=60)
    if up.returncode != 0:
        raise SystemExit("the API server did not start")
    env = dict(re.findall(r"(\w+)=(\S+)", Path(directory, "env").read_text()))
    return {"url": env["KUBE_URL"], "token": env["KUBE_TOKEN"], "ca": env["KUBE_CA"], "kubeconfig": env["KUBECONFIG"], "kind": "kube-apiserver"}


def sandbox_cluster(stack, binary, directory):
    """The sandbox's own, where there is no kube-apiserver."""
    sandbox = subprocess.Popen([binary, "sandbox", "--no-bot", "--json", "--port", "0", "--data", directory], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    stack.callback(end, sandbox)
    cluster = json.loads(sandbox.stdout.readline())["clusters"][0]
    token = re.search(r'token: "?([\w-]+)', Path(cluster["kubeconfig"]).read_text()).group(1)
    return {"url": cluster["url"].rstrip("/"), "token": token, "ca": None, "kubeconfig": cluster["kubeconfig"], "kind": "sandbox"}


class KeptCluster:
    """A big fleet takes minutes to apply, so its cluster is kept under $BENCH_HOME for the next run, as long as it is as it was made."""

    def __init__(self, fleet):
        home = Path(os.environ.get("BENCH_HOME", Path.home() / ".cache/driftwarden-bench"))
        version = hashlib.sha256((HERE / "shapes.py").read_bytes()).hexdigest()[:12]
        self.directory = home / "clusters" / f"{fleet.apps}x{fleet.objects}"
        self.marker = self.directory / f"loaded-{version}"
        self.loading = self.directory / f"loading-{version}"  # an interrupted load goes on where it was
        self.loaded = self.marker.exists()
        if not self.loaded and not self.loading.exists():
            shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True, exist_ok=True)
        if not self.loaded:
            self.loading.touch()

    def touched(self):
        self.marker.unlink(missing_ok=True)

    def as_made(self):
        self.marker.touch()
        self.loading.unlink(missing_ok=True)


def load(cluster, fleet, directory):
    """Applies the whole fleet as `driftwarden`, several processes at once. Returns objects per second."""
    connection = kube.Connection(cluster)
    for number in range(shapes.NAMESPACES):
        connection.call("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"fleet-{number:02d}"}})
    address = Path(directory, "address.json")
    address.write_text(json.dumps(cluster))
    began = time.monotonic()
    workers = [subprocess.Popen([sys.executable, str(HERE / "kube.py"), "apply", str(address), str(fleet.apps), str(fleet.objects), str(n), str(LOADERS)])
               for n in range(LOADERS)]
    try:
        for worker in workers:
            if worker.wait(1200) != 0:
                raise SystemExit("applying the fleet failed")
    finally:
        for worker in workers:
            end(worker)
    return fleet.objects / (time.monotonic() - began)


class Log:
    """A file that another process appends lines to, read as it grows."""

    def __init__(self, path):
        Path(path).touch()
        self.file = open(path)
        self.rest = ""

    def lines(self):
        *whole, self.rest = (self.rest + self.file.read()).split("\n")
        return whole


class Workspace:
    """slack.py, and when which message arrived there."""

    def __init__(self, stack, directory, channels):
        path = f"{directory}/slack.jsonl"
        self.log = Log(path)
        self.process = subprocess.Popen([sys.executable, str(HERE / "slack.py"), path, str(channels)], stdout=subprocess.PIPE, text=True)
        stack.callback(end, self.process)
        self.url = self.process.stdout.readline().strip()
        self.calls = []

    def read(self):
        self.calls += [json.loads(line) for line in self.log.lines()]
        return self.calls

    def first_posts(self, since, key):
        """key(call) -> the ns of its first new top-level message since then."""
        found = {}
        for call in self.read():
            if call["t"] >= since and call["method"] == "chat.postMessage" and not call["thread"]:
                found.setdefault(key(call), call["t"])
        return found


class Watcher:
    """What a plain watch sees, and when."""

    def __init__(self, stack, cluster, directory):
        address = Path(directory, "address.json")
        address.write_text(json.dumps(cluster))
        self.log = Log(f"{directory}/watch.log")
        self.process = subprocess.Popen([sys.executable, str(HERE / "kube.py"), "watch", str(address), f"{directory}/watch.log"])
        stack.callback(end, self.process)
        self.seen = {}
        deadline = time.monotonic() + 10
        ready = 0
        while ready < len(kube.WATCHED) and time.monotonic() < deadline:
            ready += len(self.log.lines())
            time.sleep(0.05)

    def read(self):
        for line in self.log.lines():
            at, name, version = line.split()[:3]
            self.seen.setdefault(version, int(at))
        return self.seen


CONFIG = """slack:
  app_token: {{file: secrets/app}}
  bot_token: {{file: secrets/bot}}
  api_url: {slack}api/
  admin_channel: "#driftwarden"
  default_channel: "#gitops"
storage: {{path: driftwarden.db}}
http:
  listen: 127.0.0.1:{port}
  webhook_secret: {{file: secrets/webhook}}
clusters:
  - {{name: bench, environment: production, kubeconfig: "{kubeconfig}", apply: false{confirm}}}
repositories:
  - {{name: config, url: "{repository}", branch: main, poll: {poll}}}
alerts:
  hold_off: {{live-edited: 0s, git-ahead: 0s}}
apps:
{apps}"""
APP = '  - {{name: {0}, repository: config, path: apps/{0}, render: plain, cluster: bench, namespace: {1}, channel: "#{0}"}}\n'


class Bot:
    """`driftwarden run`, alone in its process."""

    def __init__(self, stack, binary, directory, cluster, workspace, repository, fleet, poll="30s", confirm=None):
        self.binary, self.directory, self.port = binary, directory, free_port()
        os.makedirs(f"{directory}/secrets", exist_ok=True)
        for name, text in (("app", "xapp-bench"), ("bot", "xoxb-bench"), ("webhook", "bench")):
            Path(directory, "secrets", name).write_text(text)
            os.chmod(Path(directory, "secrets", name), 0o600)
        apps = "".join(APP.format(shapes.app_name(i), shapes.namespace_of(i)) for i in range(fleet.apps))
        self.config = Path(directory, "driftwarden.yaml")
        self.config.write_text(CONFIG.format(slack=workspace.url, port=self.port, kubeconfig=cluster["kubeconfig"], repository=repository.url, poll=poll,
                                             confirm=f", confirm: {confirm}" if confirm else "", apps=apps))
        self.apps = fleet.apps
        self.process = None
        stack.callback(self.stop)

    def start(self, timeout, all_synced=True, prefix=()):
        """Seconds from exec to ready, and to every App Synced (None when they don't get there or aren't expected to)."""
        log = open(f"{self.directory}/bot.log", "a")
        began = time.monotonic()
        self.process = subprocess.Popen([*prefix, self.binary, "run", "--config", str(self.config)], stdout=log, stderr=log, cwd=self.directory)
        while self.get("/readyz")[0] != 200:
            if self.process.poll() is not None:
                raise SystemExit(f"the bot ended by itself; its log is {self.directory}/bot.log")
            if time.monotonic() - began > timeout:
                raise SystemExit(f"the bot was not ready after {timeout} s: {self.get('/readyz')}; log: {self.directory}/bot.log")
            time.sleep(0.005)
        ready = time.monotonic() - began
        return ready, (time.monotonic() - began) if all_synced and self.wait_synced(self.apps, 30) else None

    def get(self, path):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""

    def gauge(self, name):
        found = re.search(rf"^driftwarden_{name} (\S+)$", self.get("/metrics")[1], re.M)
        return float(found.group(1)) if found else None

    def wait_synced(self, apps, timeout):
        deadline = time.monotonic() + timeout
        while self.gauge("apps_synced") != apps:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def forget(self):
        """As if it had never run."""
        for entry in os.listdir(self.directory):
            if entry.startswith("driftwarden.db") or entry == "mirrors":
                subprocess.run(["rm", "-rf", f"{self.directory}/{entry}"], check=True)

    def cpu(self):
        return measure.cpu_seconds(self.process.pid)

    def memory(self):
        return measure.memory_mib(self.process.pid)

    def stop(self):
        if self.process:
            end(self.process, 20)
            self.process = None
