#!/usr/bin/env python3
"""The corpus: realistic applications on a real kube-apiserver. Left alone they must be Synced, and every edit by hand must be told.

    run.py --kubeconfig FILE --driftwarden BINARY [--kubectl BINARY] [--work DIR] [--alone SECONDS] [--keep]

The server needs its controller manager, scheduler and nodes that run pods (tests/live/servers/up.sh DIR kwok). apps.txt lists the Apps,
controllers.txt what their controllers write meanwhile, edits.txt what people do and what has to be reported. Ends with 0 or 1.
A run that passes deletes what it applied; one that fails leaves it to be looked at."""
import argparse
import collections
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
APPS = HERE / "apps"
FIRST = ("namespace.yaml", "crds.yaml")
# How each App gets into the cluster, and its manager.
WAYS = {
    "apply": ["apply", "--server-side", "--force-conflicts", "--field-manager=driftwarden"],
    "client": ["apply", "--field-manager=argocd-controller"],
    "create": ["create", "--field-manager=helm"],
}
# What waits for a controller that does not run here before it can go.
HELD = {"argo-cd": "appproject/shop", "flux": "kustomization/infra", "keda": "scaledobject/worker", "web-shop": "configmap/web"}
COMMAND_SECONDS = 120
SETTLE_SECONDS = 3
PUT_BACK_SECONDS = 60  # within which controllers have done their part, too

App = collections.namedtuple("App", "name namespace way")
Edit = collections.namedtuple("Edit", "commands expected allowed undo")


class Failure(Exception):
    pass


def lines_of(name):
    for line in (HERE / name).read_text().splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield line


def read_apps():
    return [App(*line.split()) for line in lines_of("apps.txt")]


def read_blocks(name):
    """{app: [line...]} of a file in which an App's lines are indented below its name."""
    blocks, lines = {}, None
    for line in lines_of(name):
        if line[0] != " ":
            lines = blocks.setdefault(line.strip(), [])
        else:
            lines.append(line.strip())
    return blocks


def read_expectation(words):
    """KIND/NAME Missing | KIND/NAME OP PATH [by MANAGER], as the tuple that `findings` makes of a report."""
    what, op, *rest = words.split()
    by = rest[rest.index("by") + 1] if "by" in rest else None
    path = words.split(f" {op} ", 1)[1].split(" by ")[0] if rest else ""
    return what, op, path, by


def read_edits():
    edits = {}
    for app, lines in read_blocks("edits.txt").items():
        edit = edits.setdefault(app, Edit([], set(), set(), []))
        for line in lines:
            word, _, rest = line.partition(" ")
            if word == "expect":
                edit.expected.add(read_expectation(rest))
            elif word == "may":
                edit.allowed.add(read_expectation(rest))
            elif word == "undo":
                edit.undo.append(rest)
            else:
                edit.commands.append(line)
    return edits


class Kubectl:
    """kubectl with one context for each namespace, so that a manifest's own namespace is not contradicted."""

    def __init__(self, binary, kubeconfig, work, namespaces):
        self.binary, self.work = binary, work
        self.config = work / "kubeconfig"
        shown = subprocess.run([binary, "--kubeconfig", kubeconfig, "config", "view", "--raw", "--minify", "--flatten", "-o", "json"],
                               check=True, capture_output=True, text=True, timeout=COMMAND_SECONDS)
        config = json.loads(shown.stdout)
        self.ca = config["clusters"][0]["cluster"]["certificate-authority-data"]
        context = config["contexts"][0]["context"]
        config["contexts"] += [{"name": n, "context": {**context, "namespace": n}} for n in sorted(namespaces)]
        self.config.touch(mode=0o600)
        self.config.write_text(json.dumps(config))

    def run(self, arguments, namespace=None, check=True, env=None):
        command = [self.binary, "--kubeconfig", str(self.config), "--cache-dir", str(self.work / "cache")]
        command += ["--context", namespace] if namespace else []
        done = subprocess.run(command + arguments, capture_output=True, text=True, timeout=COMMAND_SECONDS, stdin=subprocess.DEVNULL,
                              env={**os.environ, **(env or {})})
        if check and done.returncode:
            raise Failure(f"kubectl {' '.join(arguments)}: {done.stderr.strip()[-1500:]}")
        return done

    def typed(self, line, app):
        """A line of controllers.txt or edits.txt."""
        if line.startswith("edit "):
            _, what, sed = line.split(" ", 2)
            script = self.work / "edit.sed"
            script.write_text(sed + "\n")
            done = self.run(["edit", what], app.namespace, env={"KUBE_EDITOR": f"sed -i -f {script}"})
            if " edited" not in done.stdout:
                raise Failure(f"{app.name}: {line}: {done.stdout}{done.stderr}")
            return
        words = [w.replace("{CA}", self.ca).replace("{HERE}", str(HERE)) for w in shlex.split(line)]
        # `create` of a whole file restores what is missing and complains of the rest.
        self.run(words[1:], app.namespace, check=words[1] != "create")


class Corpus:
    def __init__(self, args, work):
        self.args, self.work = args, work
        self.apps, self.edits, self.controllers = read_apps(), read_edits(), read_blocks("controllers.txt")
        self.kubectl = Kubectl(args.kubectl, args.kubeconfig, work, {a.namespace for a in self.apps})
        self.check_tables()

    def check_tables(self):
        names = {a.name for a in self.apps}
        folders = {p.name for p in APPS.iterdir()}
        if names != folders:
            raise Failure(f"apps.txt and apps/ differ: {sorted(names ^ folders)}")
        if set(self.edits) != names or any(not e.expected for e in self.edits.values()):
            raise Failure(f"not every App has its edit: {sorted(set(self.edits) ^ names)}")

    def write_repository(self):
        source, bare = self.work / "source", self.work / "corpus.git"
        shutil.copytree(APPS, source / "apps")
        git = ["git", "-c", "user.name=corpus", "-c", "user.email=corpus@example.com", "-c", "init.defaultBranch=main"]
        for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "The corpus"], ["clone", "-q", "--bare", ".", str(bare)]):
            subprocess.run(git + command, cwd=source, check=True, timeout=COMMAND_SECONDS)
        config = {
            "storage": {"path": str(self.work / "driftwarden.db")},
            "clusters": [{"name": "corpus", "environment": "test", "kubeconfig": self.args.kubeconfig}],
            "repositories": [{"name": "corpus", "url": bare.as_uri(), "branch": "main", "forge": {"kind": "none"}}],
            "apps": [{"name": a.name, "repository": "corpus", "path": f"apps/{a.name}", "cluster": "corpus", "namespace": a.namespace,
                      "channel": "#corpus"} for a in self.apps],
        }
        self.config = self.work / "config.yaml"
        self.config.write_text(json.dumps(config, indent=1))

    def count_objects(self):
        self.kinds, self.objects = collections.Counter(), {}
        for app in self.apps:
            done = subprocess.run([self.args.driftwarden, "render", str(APPS / app.name), "-o", "json"], capture_output=True, text=True,
                                  timeout=COMMAND_SECONDS)
            if done.returncode:
                raise Failure(f"driftwarden render {app.name}: {done.stderr}{done.stdout}")
            rendered = json.loads(done.stdout)
            self.objects[app.name] = len(rendered)
            self.kinds.update((o["apiVersion"].partition("/")[0] if "/" in o["apiVersion"] else "", o["kind"]) for o in rendered)

    def put(self, app, files, check=True):
        if files:
            self.kubectl.run(WAYS[app.way] + [x for f in files for x in ("-f", str(f))], app.namespace, check=check)

    def install(self):
        self.kubectl_namespaces()
        for app in self.apps:
            self.put(app, [APPS / app.name / f for f in FIRST if (APPS / app.name / f).exists()])
        self.kubectl.run(["wait", "--for=condition=established", "crd", "--all", "--timeout=30s"])
        for app in self.apps:
            self.put(app, self.rest(app))

    def rest(self, app):
        return sorted(f for f in (APPS / app.name).glob("*.yaml") if f.name not in FIRST)

    def kubectl_namespaces(self):
        own = {a.namespace for a in self.apps if (APPS / a.name / FIRST[0]).exists()}
        there = set(self.kubectl.run(["get", "namespaces", "-o", "jsonpath={.items[*].metadata.name}"]).stdout.split())
        for namespace in sorted({a.namespace for a in self.apps} - own - there):
            self.kubectl.run(["create", "namespace", namespace])

    def leave_alone(self):
        until = time.monotonic() + self.args.alone
        time.sleep(min(self.args.alone, SETTLE_SECONDS))
        by_name = {a.name: a for a in self.apps}
        for name, lines in self.controllers.items():
            for line in lines:
                self.kubectl.typed(line, by_name[name])
        time.sleep(max(0.0, until - time.monotonic()))

    def drift(self):
        began = time.monotonic()
        done = subprocess.run([self.args.driftwarden, "drift", "--config", str(self.config), "-o", "json"], capture_output=True, text=True,
                              timeout=COMMAND_SECONDS * 2)
        try:
            document = json.loads(done.stdout)
        except ValueError:
            raise Failure(f"driftwarden drift ended with {done.returncode} and no JSON: {done.stdout[:500]} {done.stderr[-2000:]}") from None
        if "aGFja2VkLWJ5LWhhbmQ" in done.stdout + done.stderr or "hacked-by-hand" in done.stdout + done.stderr:
            raise Failure("a Secret's value came out of driftwarden drift")
        (self.work / f"drift-{int(time.time())}.json").write_text(done.stdout)
        reports = {r["app"]: r for r in document["apps"]}
        if missing := {a.name for a in self.apps} - set(reports):
            raise Failure(f"driftwarden drift says nothing of {sorted(missing)}")
        return reports, done.returncode, time.monotonic() - began

    def expect_synced(self, when, patience=0):
        until = time.monotonic() + patience
        while True:
            reports, code, seconds = self.drift()
            wrong = {}
            for name, report in reports.items():
                found = findings(report)
                if report["state"] != "Synced" or found:
                    wrong[name] = sorted(map(shown, found))
            if not wrong or time.monotonic() > until:
                break
            time.sleep(SETTLE_SECONDS)
        print(f"{when}: {len(wrong)} of {len(reports)} Apps with false drift ({seconds:.1f} s)")
        for name, found in wrong.items():
            print(f"  {name}: {reports[name]['state']} {reports[name].get('reason') or ''}", *found, sep="\n    ")
        if code != 0 and not wrong:
            print(f"  exit code {code}, expected 0")
        return len(wrong) or int(code != 0)

    def make_edits(self):
        for app in self.apps:
            for command in self.edits[app.name].commands:
                self.kubectl.typed(command, app)
        time.sleep(SETTLE_SECONDS)

    def expect_edits(self):
        reports, code, seconds = self.drift()
        wrong = 0
        for app in self.apps:
            report, edit = reports[app.name], self.edits[app.name]
            found = findings(report)
            lost, surplus = edit.expected - found, found - edit.expected - edit.allowed
            if report["state"] != "OutOfSync" or lost or surplus:
                wrong += 1
                print(f"  {app.name} ({app.way}): {report['state']} {report.get('reason') or ''}")
                print("".join(f"    not told: {shown(f)}\n" for f in sorted(lost, key=str)), end="")
                print("".join(f"    too much: {shown(f)}\n" for f in sorted(surplus, key=str)), end="")
            for complaint in wrong_causes(report):
                wrong += 1
                print(f"  {app.name}: {complaint}")
        expected = sum(len(e.expected) for e in self.edits.values())
        found = sum(len(e.expected & findings(reports[n])) for n, e in self.edits.items())
        print(f"edited by hand: {found} of {expected} findings told ({seconds:.1f} s)")
        self.told = (found, expected)
        return wrong + (code != 1)

    def put_back(self):
        for app in self.apps:
            for command in self.edits[app.name].undo:
                self.kubectl.typed(command, app)
            if app.way != "create":
                self.put(app, [APPS / app.name / f for f in FIRST if (APPS / app.name / f).exists()] + self.rest(app))
        time.sleep(SETTLE_SECONDS)

    def clean_up(self):
        """Asks for everything's deletion and waits for nothing; what would hold others up goes first."""
        delete = ["delete", "--wait=false", "--ignore-not-found"]
        self.kubectl.run(delete + ["apiservice", "v1beta1.metrics.k8s.io"], check=False)
        for app in self.apps:
            if app.name in HELD:
                self.kubectl.run(["patch", HELD[app.name], "--type=merge", "-p", '{"metadata":{"finalizers":null}}'], app.namespace, check=False)
            self.kubectl.run(delete + [x for f in self.rest(app) for x in ("-f", str(f))], app.namespace, check=False)
        for app in self.apps:
            files = [APPS / app.name / f for f in FIRST if (APPS / app.name / f).exists()]
            if files:
                self.kubectl.run(delete + [x for f in files for x in ("-f", str(f))], check=False)
        self.kubectl.run(delete + ["namespace"] + sorted({a.namespace for a in self.apps} - {"kube-system"}), check=False)


def findings(report):
    found = set()
    for entry in report["objects"]:
        what = f"{entry['object']['kind']}/{entry['object']['name']}"
        if entry["verdict"] not in ("Synced", "OutOfSync"):
            found.add((what, entry["verdict"], "", None))
        elif not entry.get("fields") and entry["verdict"] == "OutOfSync":
            found.add((what, "OutOfSync " + ", ".join(entry.get("notes", [])), "", None))
        found.update((what, f["op"], f["path"], f.get("by")) for f in entry.get("fields", []))
    return found


def wrong_causes(report):
    """What somebody else owns was done live; a single pass cannot say Git did it."""
    for entry in report["objects"]:
        for field in entry.get("fields", []):
            if field.get("by") and field.get("cause") != "live":
                what = f"{entry['object']['kind']}/{entry['object']['name']}"
                yield f"{what} {field['path']} by {field['by']}: cause {field.get('cause')}, expected live"


def shown(finding):
    what, op, path, by = finding
    return " ".join(filter(None, (what, op, path, f"by {by}" if by else "")))


def table(corpus, clock, false_before, false_after):
    ways = collections.Counter(a.way for a in corpus.apps)
    told, expected = corpus.told
    rows = [
        ("Apps", f"{len(corpus.apps)} ({', '.join(f'{n} {w}' for w, n in sorted(ways.items()))})"),
        ("objects", sum(corpus.objects.values())),
        ("kinds", len(corpus.kinds)),
        ("Apps with false drift, left alone", false_before),
        ("findings told, of those expected", f"{told} of {expected}"),
        ("Apps with false drift, put back", false_after),
        ("seconds", f"{sum(clock.values()):.0f} ({', '.join(f'{k} {v:.0f}' for k, v in clock.items())})"),
    ]
    print()
    for name, value in rows:
        print(f"{name:36} {value}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kubeconfig", required=True)
    parser.add_argument("--driftwarden", required=True)
    parser.add_argument("--kubectl", default=os.path.join(os.environ.get("SERVERS_HOME", os.path.expanduser("~/.cache/live-servers")), "bin/kubectl"))
    parser.add_argument("--work", help="kept; default: a temporary directory")
    parser.add_argument("--alone", type=float, default=65, help="seconds to leave the applications alone")
    parser.add_argument("--keep", action="store_true", help="leave the objects in the cluster")
    args = parser.parse_args()
    args.kubeconfig, args.driftwarden = os.path.abspath(args.kubeconfig), os.path.abspath(args.driftwarden)
    if not os.access(args.kubectl, os.X_OK):
        args.kubectl = shutil.which("kubectl") or parser.error("no kubectl: give one with --kubectl")
    work = pathlib.Path(args.work or tempfile.mkdtemp(prefix="driftwarden-corpus-"))
    work.mkdir(parents=True, exist_ok=True)
    corpus, clock, failed = Corpus(args, work), {}, True

    def timed(name, step, *arguments):
        began = time.monotonic()
        result = step(*arguments)
        clock[name] = clock.get(name, 0) + time.monotonic() - began
        return result

    try:
        corpus.write_repository()
        corpus.count_objects()
        timed("apply", corpus.install)
        timed("alone", corpus.leave_alone)
        before = timed("drift", corpus.expect_synced, "left alone")
        timed("edit", corpus.make_edits)
        wrong = timed("drift", corpus.expect_edits)
        timed("undo", corpus.put_back)
        after = timed("drift", corpus.expect_synced, "put back", PUT_BACK_SECONDS)
        failed = bool(before or wrong or after)
        if not args.keep:
            timed("clean", corpus.clean_up)
        table(corpus, clock, before, after)
    finally:
        if not args.work and not failed:
            shutil.rmtree(work, ignore_errors=True)
        elif failed:
            print(f"the answers of driftwarden drift are in {work}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Failure, subprocess.SubprocessError) as error:
        print(f"corpus: {error}", file=sys.stderr)
        sys.exit(1)
