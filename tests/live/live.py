"""What the live suites in Python share: repositories, a watched run of driftwarden, the sandbox as Slack and cluster, and counted checks."""
import argparse
import ctypes
import http.client
import json
import os
import pathlib
import random
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

SERVERS = pathlib.Path(__file__).resolve().parent / "servers"
SERVERS_HOME = pathlib.Path(os.environ.get("SERVERS_HOME", os.path.expanduser("~/.cache/live-servers")))
BIN = SERVERS_HOME / "bin"
SECONDS = 120
PATIENCE = 120  # of whoever waits for what comes in a second: two processors under load, and a build with sanitizers
PORTS = (10000, 16000)  # below those that up.sh takes, and below those that the kernel gives to whoever calls out
PR_SET_CHILD_SUBREAPER = 36


class Failure(Exception):
    pass


class Over(Exception):
    """What is waited for can't come any more."""


class Checks:
    """Goes on after a failed check, so that one run tells all."""

    def __init__(self, suite):
        self.suite, self.passed, self.failed = suite, 0, []

    def that(self, good, what, detail=""):
        if good:
            self.passed += 1
        else:
            self.failed.append(what)
            print(f"  FAILED {what}{': ' + str(detail)[:1500] if detail else ''}", file=sys.stderr)
        return bool(good)

    def end(self):
        print(f"{self.suite}: {self.passed} checks passed, {len(self.failed)} failed")
        return 1 if self.failed else 0


def run(command, *, check=True, seconds=SECONDS, **options):
    try:
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL, **options)
    except subprocess.TimeoutExpired as late:
        raise Failure(f"{' '.join(map(str, command))}: not done within {seconds} s: {late.stderr or late.stdout or ''}"[:2000]) from None
    if check and done.returncode:
        raise Failure(f"{' '.join(map(str, command))}: exit code {done.returncode}: {(done.stderr + done.stdout).strip()[-2000:]}")
    return done


def wait_for(what, ready, seconds=PATIENCE, every=0.2):
    until = time.monotonic() + seconds
    why = ""
    while time.monotonic() < until:
        try:
            last, why = ready(), ""
        except (Failure, OSError, ValueError, LookupError, TypeError, http.client.HTTPException) as error:
            last, why = None, f"({type(error).__name__}: {error})"
        if last:
            return last
        time.sleep(every)
    raise Failure(f"{what}: not within {seconds} s {why}")


def free_port(given=set()):
    """Nobody else gets it before it is bound, nor while a process that listens there is started again."""
    while True:
        port = random.SystemRandom().randrange(*PORTS)
        if port in given:
            continue
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
        given.add(port)
        return port


class Repository:
    """A work tree and the bare repository that it is pushed to."""

    GIT = ["git", "-c", "user.name=live", "-c", "user.email=live@example.com", "-c", "init.defaultBranch=main", "-c", "core.hooksPath=/dev/null"]

    def __init__(self, directory):
        self.root, self.bare = directory / "work", directory / "bare.git"
        self.root.mkdir(parents=True)
        self.git("init", "-q")
        run([*self.GIT, "init", "-q", "--bare", self.bare])
        self.git("remote", "add", "origin", self.bare)
        self.url = self.bare.as_uri()

    def git(self, *arguments):
        return run([*self.GIT, *arguments], cwd=self.root).stdout.strip()

    def write(self, path, content):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content, indent=1) + "\n")
        return file

    def link(self, path, target):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.symlink_to(target)

    def commit(self, message="a change"):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        self.git("push", "-q", "origin", "HEAD:main")
        return self.git("rev-parse", "HEAD")

    def config(self, name="config", **more):
        return {"name": name, "url": self.url, "branch": "main", "poll": "1s", "forge": {"kind": "none"}, **more}


# --- a run whose whole tree of processes is watched

def become_subreaper():
    """What a child leaves behind becomes ours, however it hides; and whoever ends us ends what we started, too."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def processes():
    """{pid: (parent, resident bytes, state, name)}"""
    table = {}
    page = os.sysconf("SC_PAGE_SIZE")
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            stat = pathlib.Path(f"/proc/{entry}/stat").read_text()
        except OSError:
            continue
        name, _, rest = stat.partition("(")[2].rpartition(") ")
        fields = rest.split()
        table[int(entry)] = (int(fields[1]), int(fields[21]) * page, fields[0], name)
    return table


def descendants(of, table=None):
    table = processes() if table is None else table
    children = {}
    for pid, (parent, *_) in table.items():
        children.setdefault(parent, []).append(pid)
    found, todo = [], [of]
    while todo:
        for pid in children.get(todo.pop(), []):
            found.append(pid)
            todo.append(pid)
    return found


class Watched:
    """Runs a command and keeps its seconds, the most memory of its whole tree, the most processes at once, and what it left behind."""

    def __init__(self, command, *, seconds=SECONDS, env=None, cwd=None, every=0.05, preexec=None):
        before = set(descendants(os.getpid()))
        began = time.monotonic()
        self.process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=env, cwd=cwd, preexec_fn=preexec)
        self.memory = self.peak_processes = 0
        self.own_memory = 0
        collected = {}
        readers = [threading.Thread(target=lambda n=n, f=f: collected.__setitem__(n, f.read())) for n, f in (("out", self.process.stdout), ("err", self.process.stderr))]
        for reader in readers:
            reader.start()
        self.timed_out = False
        while self.process.poll() is None:
            table = processes()
            tree = [p for p in descendants(self.process.pid, table) + [self.process.pid] if p in table]
            self.memory = max(self.memory, sum(table[p][1] for p in tree))
            self.peak_processes = max(self.peak_processes, len(tree))
            if self.process.pid in table:
                self.own_memory = max(self.own_memory, table[self.process.pid][1])
            if time.monotonic() - began > seconds:
                self.timed_out = True
                self.process.kill()
            time.sleep(every)
        self.seconds = time.monotonic() - began
        self.code = self.process.returncode
        self.left = self.survivors(before)
        for pid in self.left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for reader in readers:
            reader.join(10)
        self.out, self.err = (collected.get(n, b"").decode(errors="replace") for n in ("out", "err"))

    @staticmethod
    def survivors(before, seconds=5):
        """What was told to end may need a moment for it."""
        until = time.monotonic() + seconds
        while True:
            time.sleep(0.2)
            reap()
            table = processes()
            left = [p for p in descendants(os.getpid(), table) if p not in before and table[p][2] != "Z"]
            if not left or time.monotonic() > until:
                return left


def reap():
    """Orphans that ended; children that somebody waits for are left alone."""
    table = processes()
    for pid, (parent, _, state, _) in table.items():
        if parent == os.getpid() and state == "Z" and pid not in KNOWN:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass


KNOWN = set()


# --- driftwarden

class Driftwarden:
    def __init__(self, binary, work, tools=None):
        self.binary, self.work = pathlib.Path(binary).resolve(), work
        self.env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}" if tools else os.environ["PATH"]}

    def config(self, config, name="config.yaml"):
        file = self.work / name
        file.write_text(json.dumps({"storage": {"path": str(self.work / "driftwarden.db")}, **config}, indent=1))
        return file

    def check(self, config, env=None):
        return run([self.binary, "check", "--config", config], check=False, env={**self.env, **(env or {})})

    def drift(self, config, *apps, cache=None, seconds=SECONDS, env=None):
        """{app: report}, and how it was."""
        options = ["--cache", cache] if cache else []
        watched = Watched([self.binary, "drift", "--config", config, "-o", "json", *options, *apps], env={**self.env, **(env or {})}, seconds=seconds)
        try:
            document = json.loads(watched.out)
        except ValueError:
            raise Failure(f"driftwarden drift ended with {watched.code} after {watched.seconds:.1f} s and no JSON: {watched.out[:500]} {watched.err[-2000:]}") from None
        watched.document = document
        return {r["app"]: r for r in document["apps"]}, watched


class Background:
    """A process of ours that ends with us."""

    def __init__(self, command, log, env=None, cwd=None):
        self.log = log
        self.out = open(log, "wb")
        self.process = subprocess.Popen([str(c) for c in command], stdout=self.out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=env, cwd=cwd)
        KNOWN.add(self.process.pid)

    def stop(self, how=signal.SIGTERM, seconds=60):
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.out.close()
        KNOWN.discard(self.process.pid)

    def alive(self):
        return self.process.poll() is None

    def text(self):
        return pathlib.Path(self.log).read_text(errors="replace")


class Sandbox(Background):
    """A Slack workspace, two clusters and a forge; nobody's bot."""

    def __init__(self, driftwarden, work):
        self.file = work / "workspace.json"
        with open(self.file, "wb") as out, open(work / "sandbox.log", "wb") as err:
            self.process = subprocess.Popen([str(driftwarden.binary), "sandbox", "--no-bot", "--json", "--port", "0", "--data", str(work / "sandbox")], stdout=out, stderr=err, stdin=subprocess.DEVNULL)
        KNOWN.add(self.process.pid)
        self.out, self.log = open(os.devnull), work / "sandbox.log"
        self.info = wait_for("the sandbox", lambda: json.loads(self.file.read_text()), 120)
        self.clusters = {c["name"]: c for c in self.info["clusters"]}
        self.users = {u["name"]: u for u in self.info["slack"]["users"]}
        self.bot_user = self.call("auth.test")["user_id"]

    def slack(self):
        """The config's section, with the tokens in the environment."""
        slack = self.info["slack"]
        env = {"LIVE_APP_TOKEN": slack["app_token"], "LIVE_BOT_TOKEN": slack["bot_token"]}
        section = {"app_token": {"env": "LIVE_APP_TOKEN"}, "bot_token": {"env": "LIVE_BOT_TOKEN"}, "api_url": slack["api_url"], "admin_channel": "#driftwarden", "default_channel": "#gitops"}
        return section, env

    def call(self, method, token=None, **arguments):
        token = token or self.info["slack"]["bot_token"]
        answer = fetch(self.info["slack"]["api_url"] + method, method="POST", body=json.dumps(arguments),
                       headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json; charset=utf-8"})
        if not answer.get("ok"):
            raise Failure(f"{method}: {answer}")
        return answer

    def people(self):
        return [{"name": n, "slack": u["id"], "forge": n, "emails": [f"{n}@acme.example"]} for n, u in self.users.items()]

    def say(self, person, channel, text):
        """What they write to the bot; the message's time."""
        return self.call("chat.postMessage", token=self.users[person]["token"], channel=channel, text=f"<@{self.bot_user}> {text}")["ts"]

    def messages(self, channel, person="alice"):
        """[(time, thread's time, all words, the message)]"""
        answer = fetch(f"{self.info['chat_url']}sandbox/messages?user={self.users[person]['id']}&channel={channel.lstrip('#')}")
        return [(m["ts"], m.get("thread_ts"), words(m), m) for m in answer["messages"]]

    def answer(self, person, channel, text, holds, seconds=PATIENCE):
        """The bot's words below what they say, once they hold `holds`."""
        return self.answered(person, channel, text, holds, seconds, again=seconds)

    def answered(self, person, channel, text, holds, seconds=180, again=10):
        """As `answer`, asked again every so often: the first answer may have come before what it is to tell of. A late answer counts, too."""
        began, asked = time.monotonic(), [self.say(person, channel, text)]

        def look():
            said = self.messages(channel, person)
            for ts in asked:
                below = "\n".join(w for _, thread, w, m in said if thread == ts and m.get("user") == self.bot_user)
                if holds.lower() in below.lower():
                    return below
            if time.monotonic() - began > again * len(asked):
                asked.append(self.say(person, channel, text))
            return None
        try:
            return wait_for(f'"{holds}" in answer to "{text}"', look, seconds)
        except Failure as failure:
            raise Failure(f"{failure}: {[w for _, thread, w, _ in self.messages(channel, person) if thread in asked]}") from None

    def change(self, person, channel, verb, app, holds, seconds=240, since="0"):
        """The words of their Change's card, once they hold `holds`; a failed one is told at once. `since`: the time of the message that asked for it."""
        def is_card(w):
            title = w.partition("\n")[0]
            return title.startswith("*C-") and f"*{app}*" in title and f"{verb} " in title

        def look():
            cards = [w for ts, _, w, m in self.messages(channel, person) if m.get("user") == self.bot_user and float(ts) >= float(since) and is_card(w)]
            if cards and ":x:" in cards[-1] and ":x:" not in holds:
                raise Over(cards[-1])
            return cards[-1] if cards and holds in cards[-1] else None
        try:
            return wait_for(f'"{holds}" on the card of {verb} {app}', look, seconds)
        except Over as over:
            raise Failure(f"{verb} {app} failed: {over}") from None
        except Failure as failure:
            raise Failure(f"{failure}: {[w for *_, w, _ in self.messages(channel, person)][-5:]}") from None

    def press(self, person, channel, message, button):
        for block in message.get("blocks", []):
            for element in block.get("elements", []) if block.get("type") == "actions" else []:
                if element.get("text", {}).get("text") == button:
                    return fetch(f"{self.info['chat_url']}sandbox/act", method="POST", headers={"Content-Type": "application/json"}, body=json.dumps({
                        "user": self.users[person]["id"], "message": {"channel": self.channel_id(channel), "ts": message["ts"]}, "action_id": element["action_id"], "block_id": block.get("block_id", "")}))
        raise Failure(f'no button "{button}" on: {words(message)}')

    def channel_id(self, channel):
        return fetch(f"{self.info['chat_url']}sandbox/messages?user={self.users['alice']['id']}&channel={channel.lstrip('#')}")["channel"]


def words(value):
    """All that a message says."""
    if isinstance(value, list):
        return "\n".join(filter(None, map(words, value)))
    if isinstance(value, dict):
        return "\n".join(filter(None, (v if k == "text" and isinstance(v, str) else words(v) if isinstance(v, (dict, list)) else "" for k, v in value.items())))
    return ""


class Bot(Background):
    """driftwarden run, ready."""

    def __init__(self, driftwarden, config, log, env, port, seconds=120):
        self.began = time.monotonic()
        super().__init__([driftwarden.binary, "run", "--config", config], log, env={**driftwarden.env, **env})
        self.url = f"http://127.0.0.1:{port}"

        def ready():
            if not self.alive():
                raise Failure(f"the bot ended: {self.text()[-2000:]}")
            return "ready" in fetch(self.url + "/readyz")
        try:
            wait_for("the bot to be ready", ready, seconds, 0.05)
        except Failure:
            self.stop()
            raise
        self.ready_after = time.monotonic() - self.began

    def metric(self, name):
        value = metrics(fetch(self.url + "/metrics"), name)
        if value is None:
            raise Failure(f"/metrics has no {name}")
        return value

    def memory(self):
        return processes()[self.process.pid][1]


def fetch(url, method="GET", body=None, headers=None, seconds=30):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=seconds)
    try:
        connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), body, headers or {})
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
    finally:
        connection.close()
    if answer.status >= 400:
        raise Failure(f"{method} {url}: {answer.status} {text[:300]}")
    return json.loads(text) if "json" in (answer.getheader("Content-Type") or "") else text


def metrics(text, name):
    """The sum of a metric over its labels; None where it isn't there."""
    values = [float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.split("{")[0].split(" ")[0] == name]
    return sum(values) if values else None


# --- a real cluster, a real forge

def build_servers(*names):
    run([SERVERS / "build.sh", *names], seconds=3600)


def read_env(file):
    words = (word for line in file.read_text().splitlines() for word in shlex.split(line.replace("export ", "")))
    return dict(word.split("=", 1) for word in words if "=" in word)


class Api:
    """The cluster's API with a token."""

    def __init__(self, directory):
        """`directory`: where up.sh put its files."""
        env = read_env(directory / "env")
        self.host, self.token = urllib.parse.urlsplit(env["KUBE_URL"]).netloc, env["KUBE_TOKEN"]
        self.context = ssl.create_default_context(cafile=env["KUBE_CA"])

    def call(self, method, path, body=None, kind="application/merge-patch+json"):
        connection = http.client.HTTPSConnection(self.host, timeout=30, context=self.context)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, {"Authorization": f"Bearer {self.token}", "Content-Type": kind, "Accept": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status >= 400:
            raise OSError(f"{method} {path}: {answer.status} {text[:300]}")
        return json.loads(text)


class Cluster:
    def __init__(self, directory, *parts):
        self.directory = directory
        self.kubeconfig = run([SERVERS / "up.sh", directory, *parts], seconds=400).stdout.splitlines()[-1]
        self.env = {**os.environ, "KUBECONFIG": self.kubeconfig, "KUBECACHEDIR": str(directory / "kubectl-cache")}

    def kubectl(self, *arguments, check=True, input=None, seconds=120):
        given = {"input": input} if input is not None else {"stdin": subprocess.DEVNULL}
        try:
            done = subprocess.run([str(BIN / "kubectl"), *map(str, arguments)], capture_output=True, text=True, timeout=seconds, env=self.env, **given)
        except subprocess.TimeoutExpired:
            raise Failure(f"kubectl {' '.join(map(str, arguments))}: not done within {seconds} s") from None
        if check and done.returncode:
            raise Failure(f"kubectl {' '.join(map(str, arguments))}: {done.stderr.strip()[-1500:]}")
        return done.stdout

    def apply(self, *objects, manager="live"):
        text = "\n---\n".join(json.dumps(o) for o in objects)
        return self.kubectl("apply", "--server-side", "--force-conflicts", f"--field-manager={manager}", "-f", "-", input=text)

    def get(self, *arguments):
        return json.loads(self.kubectl("get", *arguments, "-o", "json"))

    def stop(self):
        run([SERVERS / "down.sh", self.directory], check=False)


# --- a suite, from its command line to its exit code

def perform(make, name, text, *, tools=True, options=lambda parser: None):
    """`make(args, work)` is told run() and, whatever happened, stop(); it has its `checks`. `text`: its file's own words, of which the first paragraph is shown."""
    parser = argparse.ArgumentParser(description=text.split("\n\n")[0])
    parser.add_argument("driftwarden")
    if tools:
        parser.add_argument("tools", help="the directory of the tools")
    parser.add_argument("--keep", action="store_true", help="leave the directory that it worked in")
    options(parser)
    args = parser.parse_args()
    become_subreaper()
    work = pathlib.Path(tempfile.mkdtemp(prefix=f"driftwarden-{name}-")).resolve()
    suite = make(args, work)
    try:
        suite.run()
    except (Failure, Over, OSError, subprocess.SubprocessError) as failure:
        suite.checks.that(False, "the suite comes to its end", failure)
    finally:
        suite.stop()
    return finish(work, suite.checks.end(), args.keep)


def finish(work, code, keep=False):
    if code == 0 and not keep:
        shutil.rmtree(work, ignore_errors=True)
    elif code:
        print(f"what it worked with is in {work}", file=sys.stderr)
    return code
