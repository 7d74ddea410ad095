#!/usr/bin/env python3
"""Real OpenTofu, Terragrunt and Ansible: what differs is told, what fails is an error, and no secret is told at all.

    run.py DRIFTWARDEN DIRECTORY_OF_THE_TOOLS [--no-ansible] [--keep]

Without a terragrunt in PATH, terraform/terragrunt stands in for it over the real tofu. Ends with 0 or 1."""
import argparse
import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import sys
import tempfile
import time
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import live
import pulls

HERE = pathlib.Path(__file__).resolve().parent
SECRET = "hunter2-never-to-be-told"
OTHER_SECRET = "correct-horse-never-to-be-told"
PROVIDER = "1.4.0"
ANSIBLE = "ansible-core==2.18.6"

HEAD = """terraform {
  required_providers {
    local = { source = "live.test/hashicorp/local" }
  }
  backend "local" { path = "%(state)s/%(name)s.tfstate" }
}
"""
MODULES = {
    "steady": 'resource "terraform_data" "a" {\n  input = "one"\n}\nresource "local_file" "f" {\n  filename = "%(out)s/%(name)s.txt"\n  content  = "steady"\n}\n',
    "gone": 'resource "local_file" "f" {\n  filename = "%(out)s/%(name)s.txt"\n  content  = "to be deleted by somebody"\n}\nresource "local_file" "kept" {\n  for_each = toset(["a", "b"])\n'
            '  filename = "%(out)s/%(name)s-${each.key}.txt"\n  content  = each.key\n}\n',
    "pending": 'resource "terraform_data" "a" {\n  input = "one"\n}\n',
    "replaced": 'resource "terraform_data" "a" {\n  input            = "x"\n  triggers_replace = ["one"]\n}\n',
    "secret": 'variable "token" {\n  type      = string\n  sensitive = true\n}\nresource "local_file" "f" {\n  filename          = "%(out)s/%(name)s.txt"\n  sensitive_content = var.token\n}\n'
              'resource "terraform_data" "a" {\n  input = { plain = "shown", hidden = var.token }\n}\noutput "token" {\n  value     = var.token\n  sensitive = true\n}\n',
    "broken": 'resource "terraform_data" "a" {\n  input = "one"\n}\n',
    "lost": 'data "local_file" "there" {\n  filename = "%(out)s/lost-input.txt"\n}\nresource "terraform_data" "a" {\n  input = data.local_file.there.content\n}\n',
    "only-refreshed": 'resource "terraform_data" "a" {\n  input = "one"\n}\n',
    "nosy": 'data "local_file" "passwd" {\n  filename = "/etc/passwd"\n}\nresource "terraform_data" "a" {\n  input = data.local_file.passwd.content\n}\n',
    "dear": 'variable "token" {\n  type      = string\n  sensitive = true\n  default   = "%(secret)s"\n}\nresource "terraform_data" "a" {\n  input = { size = "one", hidden = var.token }\n}\n',
    "in-a-module": 'module "inner" {\n  source = "./inner"\n}\n',
}
INNER = 'terraform {\n  required_providers {\n    local = { source = "live.test/hashicorp/local" }\n  }\n}\nresource "local_file" "f" {\n  filename = "%(out)s/%(name)s.txt"\n  content  = "inner"\n}\n'
UNITS = ("good", "drifted", "broken", "also-good")
PLAYBOOK = """- hosts: all
  gather_facts: false
  tasks:
    - name: write the motto
      ansible.builtin.copy:
        dest: "%(out)s/motto.txt"
        content: "as Git says\\n"
    - name: write the key
      no_log: true
      ansible.builtin.copy:
        dest: "%(out)s/key.txt"
        content: "%(secret)s\\n"
"""


class Suite:
    def __init__(self, args, work):
        self.args, self.work, self.checks = args, work, live.Checks("terraform")
        tools = pathlib.Path(args.tools).resolve()
        self.bin = work / "bin"
        self.bin.mkdir()
        if not shutil.which("terragrunt"):
            print("no terragrunt in PATH: its documented behaviour is played over the real tofu")
            shutil.copy(HERE / "terragrunt", self.bin)  # a link would lead to where a fenced tool may not read
        shutil.copy(HERE / "infracost", self.bin)
        self.driftwarden = live.Driftwarden(args.driftwarden, work, f"{work}/venv/bin:{self.bin}:{tools}")
        self.names = {"state": str(work / "state"), "out": str(work / "out"), "secret": SECRET}
        (work / "out").mkdir()
        mirror = work / f"mirror/live.test/hashicorp/local/{PROVIDER}/linux_amd64"
        mirror.mkdir(parents=True)
        (mirror / f"terraform-provider-local_v{PROVIDER}").symlink_to(tools / "terraform-provider-local")
        self.rc = work / "tofu.rc"
        self.rc.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{work}/mirror"\n  }}\n}}\n')
        self.env = {**self.driftwarden.env, "TF_CLI_CONFIG_FILE": str(self.rc), "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}

    def text(self, template, name):
        return template % {**self.names, "name": name}

    def write(self):
        self.repository = live.Repository(self.work / "git")
        for name, body in MODULES.items():
            self.repository.write(f"live/prod/{name}/main.tf", self.text(HEAD, name) + self.text(body, name))
        self.repository.write("live/prod/in-a-module/inner/main.tf", self.text(INNER, "in-a-module"))
        self.repository.write("live/prod/secret/prod.tfvars", f'token = "{SECRET}"\n')
        for unit in UNITS:
            self.repository.write(f"tree/{unit}/terragrunt.hcl", "# a unit\n")
            self.repository.write(f"tree/{unit}/main.tf", self.text(HEAD, f"unit-{unit}") + self.text(MODULES["steady"], f"unit-{unit}"))
        self.repository.write("ansible/site.yml", self.text(PLAYBOOK, ""))
        self.repository.write("ansible/hosts.ini", f"[all]\nhere ansible_connection=local ansible_python_interpreter={sys.executable}\n")
        self.repository.commit("infrastructure")

    def tofu(self, directory, *arguments):
        return live.run(["tofu", *arguments], cwd=directory, env=self.env)

    def put_in_force(self):
        (self.work / "out/lost-input.txt").write_text("there")
        began = time.monotonic()
        modules = [self.repository.root / "live/prod" / name for name in MODULES] + [self.repository.root / "tree" / unit for unit in UNITS]
        for module in modules:
            self.tofu(module, "init", "-input=false", "-no-color")
            variables = ["-var-file=prod.tfvars"] if module.name == "secret" else []
            self.tofu(module, "apply", "-auto-approve", "-input=false", "-no-color", *variables)
        # What init leaves is not committed, but for the lock files, which belong into Git.
        for module in modules:
            shutil.rmtree(module / ".terraform")
        print(f"{len(modules)} modules applied by tofu in {time.monotonic() - began:.1f} s")
        self.repository.commit("lock files")

    def disturb(self):
        (self.work / "out/gone.txt").unlink()
        (self.work / "out/gone-b.txt").unlink()
        (self.work / "out/in-a-module.txt").unlink()
        (self.work / "out/lost-input.txt").unlink()
        (self.work / "out/unit-drifted.txt").unlink()
        change = lambda path, old, new: (self.repository.root / path).write_text((self.repository.root / path).read_text().replace(old, new))
        change("live/prod/pending/main.tf", '"one"', '"two"')
        change("live/prod/dear/main.tf", '"one"', '"two"')
        change("live/prod/only-refreshed/main.tf", '"one"', '"two"')
        change("live/prod/replaced/main.tf", '["one"]', '["two"]')
        change("live/prod/secret/prod.tfvars", SECRET, OTHER_SECRET)
        change("live/prod/broken/main.tf", "input", f'nonsense = "{SECRET}"\n  input')
        change("tree/broken/main.tf", "input", "nonsense = 1\n  input")
        self.repository.commit("what Git would change")

    def config(self, **more):
        # A fenced tool reads, beside its checkout, what its environment names.
        env = {"TF_CLI_CONFIG_FILE": str(self.rc), "DRIFTWARDEN_PATHS": f"{self.work}/state:{self.work}/out", "TOKEN_OF_NOTHING": {"env": "LIVE_NOTHING"}}
        terraform = {"tool": "tofu", "every": "1h", "env": env}
        apps = [{"name": name, "repository": "infra", "path": f"live/prod/{name}", "environment": "production", "channel": "#gitops", "owners": ["alice"],
                 "terraform": {**terraform, **({"var_files": ["prod.tfvars"]} if name == "secret" else {}), **({"refresh_only": True} if name == "only-refreshed" else {}),
                               **({"apply": True} if name in ("gone", "dear") else {})}} for name in MODULES]
        apps.append({"name": "tree", "repository": "infra", "path": "tree", "environment": "production", "channel": "#gitops", "owners": ["alice"], "terraform": {**terraform, "tool": "terragrunt"}})
        if not self.args.no_ansible:
            apps.append({"name": "hosts", "repository": "infra", "path": "ansible", "environment": "production", "channel": "#gitops", "owners": ["alice"],
                         "ansible": {"playbook": "site.yml", "inventory": "hosts.ini", "every": "1h"}})
        return {"repositories": [self.repository.config("infra")], "clusters": [], "apps": apps, "people": [{"name": "alice", "slack": "U0ALICE", "forge": "alice"}], **more}

    def install_ansible(self):
        venv = self.work / "venv"
        try:
            live.run([sys.executable, "-m", "venv", venv], seconds=300)
            live.run([venv / "bin/pip", "install", "--quiet", "--disable-pip-version-check", ANSIBLE], seconds=600)
        except live.Failure as failure:
            print(f"ansible can't be installed here, its part is left out: {failure}")
            self.args.no_ansible = True

    def states(self):
        return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in (self.work / "state").iterdir()}

    # --- what is expected

    def objects(self, report):
        return {(o["object"]["kind"], o["object"]["name"]): o for o in report["objects"]}

    def in_sync(self, reports):
        for name in [*MODULES, "tree"]:
            if name in reports and name != "nosy":
                self.checks.that(reports[name]["state"] == "Synced", f"{name}: in sync after its apply", reports[name])

    def disturbed(self, reports):
        that = self.checks.that
        get = lambda name: reports.get(name, {"state": "not told", "reason": "", "objects": [], "cause": ""})
        that(get("steady")["state"] == "Synced", "steady: stays in sync", get("steady"))
        gone = self.objects(get("gone"))
        that(get("gone")["state"] == "OutOfSync" and ("local_file", "f") in gone, "gone: the deleted file is told", get("gone"))
        that(get("gone").get("cause") == "live-edited", "gone: somebody did it, not Git", get("gone").get("cause"))
        that(("local_file", 'kept["b"]') in gone and ("local_file", 'kept["a"]') not in gone, "gone: of the two only the deleted one", list(gone))
        that(get("pending")["state"] == "OutOfSync" and get("pending").get("cause") == "git-ahead", "pending: Git is ahead", get("pending"))
        that(("terraform_data", "a") in self.objects(get("pending")), "pending: names what would change", get("pending"))
        replaced = self.objects(get("replaced")).get(("terraform_data", "a"), {})
        that("replace" in json.dumps(replaced.get("notes", [])), "replaced: says that it would be replaced", get("replaced"))
        that(get("secret")["state"] == "OutOfSync", "secret: the pending change is told", get("secret"))
        that("sensitive" in json.dumps(get("secret")).lower(), "secret: says that there is something sensitive", get("secret"))
        that(get("broken")["state"] == "Unknown", "broken: an error is no drift", get("broken"))
        that("nonsense" in get("broken")["reason"] and "main.tf" in get("broken")["reason"], "broken: says what is wrong and where", get("broken")["reason"])
        that(get("lost")["state"] == "Unknown" and "lost-input" in get("lost")["reason"] + "".join(get("lost").get("warnings", [])), "lost: a failing data source is an error", get("lost"))
        that(get("only-refreshed")["state"] == "Synced", "only-refreshed: what Git would change isn't asked", get("only-refreshed"))
        that(get("nosy")["state"] == "Unknown" and "root:x" not in json.dumps(get("nosy")), "nosy: may not read what isn't its own", get("nosy"))
        module = self.objects(get("in-a-module")).get(("local_file", "f"))
        that(module and "inner" in json.dumps(module["object"]), "in-a-module: says in which module", get("in-a-module"))
        tree = json.dumps(get("tree"))
        that(get("tree")["state"] in ("OutOfSync", "Unknown") and "local_file" in tree and "drifted" in tree, "tree: the broken unit hides no drift", tree)
        that("broken" in tree and "nonsense" in tree, "tree: the broken unit is told", tree)
        that("also-good" not in json.dumps(get("tree")["objects"]), "tree: good units are not told", tree)

    def ansible(self, reports):
        if self.args.no_ansible:
            return
        report = reports.get("hosts", {"state": "not told"})
        text = json.dumps(report)
        self.checks.that(report["state"] == "OutOfSync" and "motto" in text, "hosts: what the playbook would change is told", report)
        self.checks.that("here" in text, "hosts: says on which host", report)

    def nothing_secret(self, what, *texts):
        for secret in (SECRET, OTHER_SECRET):
            for text in texts:
                self.checks.that(secret not in text, f"{what}: tells no secret", text[max(0, text.find(secret) - 200):][:400])

    @staticmethod
    def contents(file):
        """A plan's file is a zip."""
        yield file.read_bytes()
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as packed:
                yield from (packed.read(name) for name in packed.namelist())

    def nothing_secret_kept(self):
        """After its end: Git's own text is in the clones, and nowhere else any more."""
        leaks, loose = [], []
        for file in (self.work / "data").rglob("*"):
            if not file.is_file():
                continue
            in_clone = any(part.endswith(".git") and part != ".git" for part in file.parts)
            if not in_clone and any(s.encode() in content for content in self.contents(file) for s in (SECRET, OTHER_SECRET)):
                leaks.append(str(file))
            if ("plan" in file.name or file.suffix == ".tfstate") and file.stat().st_mode & 0o077:
                loose.append(str(file))
        self.checks.that(not leaks, "no secret is kept in clear", leaks)
        self.checks.that(not loose, "nobody else may read the plans that are kept", loose)
        left = [str(p) for p in (self.work / "data").glob("**/checkouts/*/*")]
        self.checks.that(not left, "no checkout is left", left)

    def checkouts_are_private(self):
        """While it runs there are some, with what Git holds."""
        places = list((self.work / "data").glob("**/plans/checkouts/*/*"))
        self.checks.that(places, "a checkout is kept for the next plan")
        for place in places:
            above = [d for d in (place, *place.parents) if self.work / "data" in d.parents]
            private = [d for d in above if d.stat().st_uid == os.getuid() and not d.stat().st_mode & 0o077]
            self.checks.that(place in private and any(d.name == "plans" for d in private), "nobody else may read a checkout", [f"{d.stat().st_mode:o} {d}" for d in above])

    # --- the ways to ask

    def by_drift(self):
        config = self.driftwarden.config({**self.config(), "storage": {"path": str(self.work / "data/driftwarden.db")}}, "drift.yaml")
        env = {"LIVE_NOTHING": "nothing"}
        checked = self.driftwarden.check(config, env)
        if not self.checks.that(checked.returncode == 0, "the config is accepted", checked.stderr + checked.stdout):
            raise live.Failure("the config is refused")
        states = self.states()
        reports, watched = self.driftwarden.drift(config, cache=self.work / "data/cache", env=env, seconds=600)
        self.in_sync(reports)
        self.ansible(reports)
        print(f"one pass over {len(reports)} planned Apps, in sync: {watched.seconds:.1f} s")
        self.disturb()
        reports, again = self.driftwarden.drift(config, cache=self.work / "data/cache", env=env, seconds=600)
        print(f"and disturbed: {again.seconds:.1f} s, most memory {again.memory >> 20} MiB (driftwarden itself {again.own_memory >> 20}), exit code {again.code}")
        self.checks.that(again.code == 2, "driftwarden drift: exit code tells of the error", again.code)
        self.disturbed(reports)
        self.nothing_secret("driftwarden drift", watched.out, watched.err, again.out, again.err)
        self.checks.that(self.states() == states, "no state was written", self.states())
        locks = list((self.work / "state").glob("*.lock*"))
        self.checks.that(not locks, "no lock is left", locks)
        self.nothing_secret_kept()

    def by_bot(self):
        """The alert, the approved apply, and what is kept."""
        sandbox = live.Sandbox(self.driftwarden, self.work / "data")
        bot = reviewed = None
        try:
            section, env = sandbox.slack()
            port = live.free_port()
            reviewed = pulls.Pulls(self.work, self.checks, self.text(HEAD, "reviewed"))
            reviewed.start()
            base = self.config()
            terraform = {**base["apps"][0]["terraform"], "every": "6h"}
            config = self.driftwarden.config(self.config(
                repositories=[*base["repositories"], reviewed.repository_config()], apps=[*base["apps"], reviewed.app_config(terraform)],
                storage={"path": str(self.work / "data/bot.db")}, slack=section, http={"listen": f"127.0.0.1:{port}"}, people=sandbox.people(), clusters=[
                    {"name": "prod-eu", "environment": "production", "kubeconfig": sandbox.clusters["prod-eu"]["kubeconfig"]}],
                cost={"currency": "EUR", "infracost": {"program": str(self.bin / "infracost"), "key": {"env": "LIVE_INFRACOST_KEY"}}, "thresholds": [{"above": 200, "apps": ["dear", "reviewed"], "from": ["carol"]}]},
                alerts={"hold_off": {"git-ahead": "1s", "live-edited": "1s"}},
                policy={"rules": [{"who": ["alice", "bob"], "may": ["*"], "apps": ["*"]}], "approvals": [{"environment": "production", "need": 1, "from": ["alice", "bob"]}]}), "bot.yaml")
            bot = live.Bot(self.driftwarden, config, self.work / "data/bot.log", {**env, "LIVE_NOTHING": "nothing", "LIVE_INFRACOST_KEY": SECRET + "-key"}, port, 180)
            said = lambda *texts: lambda: all(any(t in w for _, _, w, _ in sandbox.messages("#gitops")) for t in texts)
            live.wait_for("alerts of gone and pending", said("gone", "pending"), 180)
            print(f"alerts {time.monotonic() - bot.began:.1f} s after the bot's start")
            # It answers before all of them are planned.
            answers = lambda text, holds: live.wait_for(f'"{holds}" in answer to "{text}"', lambda: sandbox.answer("alice", "#gitops", text, holds, 15), 180)
            self.checks.that(answers("status steady", "*steady* in sync"), "status of a planned App")
            self.checks.that(answers("diff gone", "local_file"), "the diff of a planned App")
            self.checks.that(answers("diff secret", "sensitive"), "the diff of one with secrets")
            self.apply_by_chat(sandbox, bot)
            first = reviewed.first()
            self.dear_by_chat(sandbox, bot)
            reviewed.second(sandbox, first)
            self.roll_back_by_chat(sandbox, bot)
            self.checkouts_are_private()
            everything = "\n".join(json.dumps(m) for channel in ("#gitops", "#driftwarden") for _, _, _, m in sandbox.messages(channel))
            self.nothing_secret("the chat", everything)
            self.nothing_secret("the bot's log", bot.text())
        finally:
            if bot:
                bot.stop(seconds=60)
                self.checks.that(bot.process.returncode == 0, "the bot ends when it is told to", f"{bot.process.returncode}: {bot.text()[-1500:]}")
            if reviewed:
                reviewed.stop()
            sandbox.stop()
        self.nothing_secret("the database", "\n".join(sqlite3.connect(self.work / "data/bot.db").iterdump()))
        self.nothing_secret_kept()

    def apply_by_chat(self, sandbox, bot):
        asked = sandbox.say("alice", "#gitops", "apply gone")
        # The card is a message of its own in the App's channel, and is changed as it goes on.
        cards = lambda person="alice": [m for ts, _, w, m in sandbox.messages("#gitops", person) if float(ts) > float(asked) and "apply" in w and "gone" in w and m.get("user") == sandbox.bot_user]

        def approve():
            for message in cards("bob"):
                if "Approve" in json.dumps(message.get("blocks", [])):
                    sandbox.press("bob", "#gitops", message, "Approve")
                    return True
            return False
        try:
            live.wait_for("a request that bob can approve", approve, 90, 1)
            live.wait_for("the file to be there again", (self.work / "out/gone.txt").exists, 90)
            live.wait_for("the request to be done", lambda: any("a new plan has nothing to change" in live.words(m) for m in cards()), 90)
            self.checks.that(True, "an approved apply of the saved plan")
            live.wait_for("gone to be in sync", lambda: sandbox.answer("alice", "#gitops", "status gone", "*gone* in sync", 15), 120)
            self.checks.that(True, "and it is in sync")
        except live.Failure as failure:
            self.checks.that(False, "apply by chat", f"{failure}; {[live.words(m) for m in cards()]}; {bot.text()[-1500:]}")


    def dear_by_chat(self, sandbox, bot):
        """What costs more waits for whoever decides on money, too."""
        asked = sandbox.say("alice", "#gitops", "apply dear")
        cards = lambda person="alice": [m for ts, _, w, m in sandbox.messages("#gitops", person) if float(ts) > float(asked) and "apply" in w and "dear" in w and m.get("user") == sandbox.bot_user]

        def approve(person):
            for message in cards(person):
                if "Approve" in json.dumps(message.get("blocks", [])):
                    sandbox.press(person, "#gitops", message, "Approve")
                    return True
            return False
        says = lambda *texts: lambda: any(all(t in live.words(m) for t in texts) for m in cards())
        try:
            live.wait_for("the plan with its cost", says("212.40 EUR more a month", "carol must agree, too"), 120)
            approve("bob")
            live.wait_for("the approval by the rule", says("1 of 2 approvals: bob", "waiting for carol for its cost"), 60)
            approve("carol")
            live.wait_for("the request to be done", says("a new plan has nothing to change"), 120)
            self.checks.that(True, "a plan that costs more is applied once somebody agreed to the cost")
        except live.Failure as failure:
            self.checks.that(False, "the price of a plan", f"{failure}; {[live.words(m) for m in cards()]}; {bot.text()[-1500:]}")

    def roll_back_by_chat(self, sandbox, bot):
        """Files go back by a reviewed commit, which runs nothing; what is around them in Git stays there."""
        asked = sandbox.say("alice", "#gitops", "rollback dear because the load test is over")
        cards = lambda person="alice": [m for ts, _, w, m in sandbox.messages("#gitops", person) if float(ts) > float(asked) and "rollback" in w and "dear" in w and m.get("user") == sandbox.bot_user]
        git = lambda *arguments: self.repository.git(f"--git-dir={self.repository.bare}", *arguments)

        def approve(person):
            for message in cards(person):
                if "Approve" in json.dumps(message.get("blocks", [])):
                    sandbox.press(person, "#gitops", message, "Approve")
        says = lambda *texts: lambda: any(all(t in json.dumps(m, ensure_ascii=False) for t in texts) for m in cards())
        try:
            before = (self.work / "state/dear.tfstate").read_bytes()
            live.wait_for("the card", says("Merging runs nothing", "apply dear", "+  input = { size"), 120)
            in_git = git("show", "main:live/prod/dear/main.tf")
            self.checks.that('"two"' in in_git and SECRET in in_git, "Git still says the other thing, and holds the secret", in_git)
            approve("bob")
            live.wait_for("bob's approval", says("bob"), 60)
            approve("carol")
            live.wait_for("it to be in Git and planned", says("in Git as", "tofu now plans to change 1 resource"), 180)
            self.checks.that('"one"' in git("show", "main:live/prod/dear/main.tf"), "the file is what it was")
            self.checks.that((self.work / "state/dear.tfstate").read_bytes() == before, "and nothing was applied")
            self.nothing_secret("the card of a rollback", "\n".join(json.dumps(m) for m in cards()))
            kept = "\n".join(sqlite3.connect(f"file:{self.work}/data/bot.db?mode=ro", uri=True).iterdump())
            self.checks.that('default   = \\"(hidden)\\"' in kept or 'default   = "(hidden)"' in kept, "what the files hold beside it is kept without its secret")
        except live.Failure as failure:
            self.checks.that(False, "rollback by chat", f"{failure}; {[live.words(m) for m in cards()]}; {bot.text()[-1500:]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("driftwarden")
    parser.add_argument("tools")
    parser.add_argument("--no-ansible", action="store_true")
    parser.add_argument("--no-bot", action="store_true")
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    live.become_subreaper()
    work = pathlib.Path(tempfile.mkdtemp(prefix="driftwarden-terraform-")).resolve()
    (work / "data").mkdir()
    (work / "state").mkdir()
    suite = Suite(args, work)
    suite.write()
    suite.put_in_force()
    if not args.no_ansible:
        suite.install_ansible()
    for step in (suite.by_drift, *([] if args.no_bot else [suite.by_bot])):
        try:
            step()
        except live.Failure as failure:
            suite.checks.that(False, step.__name__, failure)
    return live.finish(work, suite.checks.end(), args.keep)


if __name__ == "__main__":
    sys.exit(main())
