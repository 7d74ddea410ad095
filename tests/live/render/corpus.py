#!/usr/bin/env python3
"""`driftwarden render` of every overlay and chart that make_corpus.py makes: the same objects as the tool's own output.

    corpus.py DRIFTWARDEN DIRECTORY_OF_THE_TOOLS [--seed N] [--work DIR]

Prints how long each took, ours beside the tool alone; then a bot renders them all as its Apps, twice: the second start renders nothing. Ends with 0 or 1."""
import argparse
import collections
import difflib
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import live

HERE = pathlib.Path(__file__).resolve().parent
SECONDS = 90


class Failure(Exception):
    pass


def in_set(value):
    """helm's own language of --set."""
    return "".join("\\" + c if c in ",{}[]\\" else c for c in value)


def tool_command(case, path):
    if case["kind"] == "kustomize":
        return ["kustomize", "build", *(["--enable-helm"] if case.get("enable_helm") else []), str(path)]
    command = ["helm", "template", case["release"], str(path), "--namespace", "shop", "--include-crds", "--no-hooks", "--skip-tests"]
    for values in case["values"]:
        command += ["--values", str(path / values)]
    for name, value in case["set"].items():
        command += ["--set", f"{name}={in_set(value)}"]
    return command


def our_options(case):
    options = ["--namespace", "shop"]
    if case["kind"] == "helm":
        options += ["--release", case["release"]]
        for values in case["values"]:
            options += ["--values", values]
        for name, value in case["set"].items():
            options += ["--set", f"{name}={value}"]
    return options + (os.environ.get("DRIFTWARDEN_RENDER_HELM_OPTIONS", "").split() if case.get("enable_helm") else [])


class Corpus:
    def __init__(self, driftwarden, tools, work, seed):
        self.driftwarden, self.work = driftwarden, work
        self.env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", **{f"HELM_{n}_HOME": str(work / "helm") for n in ("CACHE", "CONFIG", "DATA")}}
        subprocess.run([HERE / "make_corpus.py", work, "--seed", str(seed)], check=True, stdout=subprocess.DEVNULL)
        self.root = work / "corpus"
        (self.root / ".git").mkdir()  # the repository ends here
        self.cases = json.loads((work / "cases.json").read_text())

    def run(self, command):
        began = time.monotonic()
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, env=self.env, cwd=self.work, timeout=SECONDS, stdin=subprocess.DEVNULL)
        return done, time.monotonic() - began

    def objects(self, command, what):
        done, seconds = self.run(command)
        if done.returncode:
            raise Failure(f"{what}: exit code {done.returncode}: {done.stderr.strip()[-700:]}")
        return json.loads(done.stdout), seconds

    def check(self, case):
        """Our seconds, the tool's seconds, how many objects."""
        path = self.root / case["path"]
        theirs, tool_seconds = self.run(tool_command(case, path))
        if theirs.returncode:
            raise Failure(f"the tool itself refuses: {theirs.stderr.strip()[-700:]}")
        output = self.work / "theirs.yaml"
        output.write_text(theirs.stdout)
        expected, _ = self.objects([self.driftwarden, "render", "--namespace", "shop", "--kind", "plain", output], "the tool's output")
        got, seconds = self.objects([self.driftwarden, "render", *our_options(case), path], "refused")
        if not expected:
            raise Failure("the tool made nothing")
        if got != expected:
            pair = [json.dumps(x, indent=1, sort_keys=True).splitlines() for x in (expected, got)]
            raise Failure("other objects than the tool's own:\n" + "\n".join(list(difflib.unified_diff(*pair, "tool", "ours", lineterm=""))[:40]))
        return seconds, tool_seconds, len(got)

    def all(self):
        failed, uses = [], collections.Counter()
        took = collections.defaultdict(list)
        objects = 0
        for case in self.cases:
            try:
                seconds, tool_seconds, count = self.check(case)
            except Failure as failure:
                failed.append(case["name"])
                print(f"  {case['name']} ({', '.join(case['uses'])}): {failure}", file=sys.stderr)
                continue
            kind = "overlays over charts" if case.get("enable_helm") else {"kustomize": "overlays", "helm": "charts"}[case["kind"]]
            took[kind].append((seconds, tool_seconds))
            uses.update(case["uses"])
            objects += count
        self.tell(took, uses, objects)
        return failed

    @staticmethod
    def tell(took, uses, objects):
        def figures(seconds):
            return f"median {statistics.median(seconds) * 1000:.0f} ms, longest {max(seconds) * 1000:.0f} ms"

        for kind, pairs in took.items():
            print(f"{len(pairs):4} {kind}: cold {figures([p[0] for p in pairs])}; the tool alone {figures([p[1] for p in pairs])}")
        print(f"     {objects} objects, {len(uses)} features: {', '.join(f'{name} {n}' for name, n in sorted(uses.items()))}")


    # --- cold and warm, by the bot

    def app(self, case):
        helm = {"helm": {"release": case["release"], "values": case["values"], "set": case["set"]}} if case["kind"] == "helm" else {}
        return {"name": case["name"], "repository": "config", "path": f"corpus/{case['path']}", "cluster": "prod-eu", "namespace": "shop", "channel": "#gitops", **helm}

    def start_bot(self, driftwarden, config, env, port, log):
        """Seconds until every App is rendered, and by how many runs of a tool."""
        bot = live.Bot(driftwarden, config, self.work / log, env, port)
        try:
            live.wait_for("every App to be rendered", lambda: bot.metric("driftwarden_renders_total") >= len(self.cases), 300, 0.05)
            seconds = time.monotonic() - bot.began
            time.sleep(5)  # what may vary is rendered once more
            return seconds, bot.metric("driftwarden_renders_by_tool_total")
        finally:
            bot.stop()

    def cold_and_warm(self, checks):
        driftwarden = live.Driftwarden(self.driftwarden, self.work)
        driftwarden.env = self.env
        repository = live.Repository(self.work / "git")
        shutil.copytree(self.root, repository.root / "corpus", symlinks=True, ignore=shutil.ignore_patterns(".git"))
        repository.commit("the corpus")
        sandbox = live.Sandbox(driftwarden, self.work)
        try:
            section, env = sandbox.slack()
            port = live.free_port()
            config = driftwarden.config({"slack": section, "http": {"listen": f"127.0.0.1:{port}"}, "people": sandbox.people(), "repositories": [repository.config(poll="60s")],
                                         "clusters": [{"name": "prod-eu", "environment": "test", "kubeconfig": sandbox.clusters["prod-eu"]["kubeconfig"]}], "apps": [self.app(c) for c in self.cases]})
            cold, cold_runs = self.start_bot(driftwarden, config, env, port, "cold.log")
            warm, warm_runs = self.start_bot(driftwarden, config, env, port, "warm.log")
        finally:
            sandbox.stop()
        print(f"the bot: cold {cold:.1f} s and {cold_runs:.0f} runs of a tool, warm {warm:.1f} s and {warm_runs:.0f} runs")
        checks.that(cold_runs >= len(self.cases), "the first start renders all", cold_runs)
        checks.that(warm_runs == 0, "the second start renders nothing", warm_runs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("driftwarden")
    parser.add_argument("tools")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--work")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="driftwarden-corpus-") as temporary:
        work = pathlib.Path(args.work or temporary).resolve()
        corpus = Corpus(os.path.realpath(args.driftwarden), os.path.realpath(args.tools), work, args.seed)
        failed = corpus.all()
        print(f"render corpus: {len(corpus.cases) - len(failed)} of {len(corpus.cases)} the same as the tool's own")
        checks = live.Checks("render corpus, cold and warm")
        try:
            corpus.cold_and_warm(checks)
        except live.Failure as failure:
            checks.that(False, "the bot", failure)
    return 1 if checks.end() or failed else 0


if __name__ == "__main__":
    sys.exit(main())
