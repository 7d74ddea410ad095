"""A person's own pull requests on what Terraform owns, on a real Gitea: what they cost is said from the files alone, and what was merged past the bot counts."""
import json
import live

APP, PATH = "reviewed", "live/reviewed/main.tf"
PROJECT = "infra"


class Pulls:
    def __init__(self, work, checks, main):
        """`main`: of main.tf, what stands before its resources."""
        self.work, self.checks, self.main = work, checks, main

    def start(self):
        work = self.work
        live.run([live.SERVERS / "gitea-up.sh", work / "gitea", "alice"])
        self.env = live.read_env(work / "gitea/env")
        self.admin = self.env["GITEA_ADMIN"]
        self.api("POST", "/user/repos", {"name": PROJECT, "private": True}, "GITEA_TOKEN")
        self.api("PUT", f"/repos/{self.admin}/{PROJECT}/collaborators/alice", {"permission": "write"}, "GITEA_TOKEN")
        self.url = f"{self.env['GITEA_URL']}/{self.admin}/{PROJECT}.git"
        self.repository = live.Repository(work / "reviewed")
        self.repository.git("remote", "set-url", "origin", self.url.replace("://", f"://alice:{self.env['GITEA_TOKEN_ALICE']}@"))
        self.write(1)
        self.repository.commit("infrastructure that is reviewed")

    def stop(self):
        live.run([live.SERVERS / "down.sh", self.work / "gitea"], check=False)

    def api(self, method, path, body=None, token="GITEA_TOKEN_ALICE"):
        return live.fetch(f"{self.env['GITEA_URL']}/api/v1{path}", method, json.dumps(body) if body is not None else None,
                          {"Authorization": f"token {self.env[token]}", "Content-Type": "application/json"})

    def write(self, machines):
        resources = "".join(f'resource "terraform_data" "m{i}" {{\n  input = "m"\n}}\n' for i in range(machines))
        self.repository.write(PATH, self.main + f"# out of reach: {self.work}/state\n" + resources)

    def repository_config(self):
        credentials = {"username": "oauth2", "password": {"file": str(self.work / "gitea" / f"token.{self.admin}")}}
        return {"name": "reviewed", "url": self.url, "branch": "main", "poll": "1s", "credentials": credentials,
                "forge": {"kind": "gitea", "api_url": f"{self.env['GITEA_URL']}/api/v1", "project": f"{self.admin}/{PROJECT}", "token": credentials["password"]}}

    def app_config(self, terraform):
        return {"name": APP, "repository": "reviewed", "path": "live/reviewed", "environment": "production", "channel": "#gitops", "owners": ["alice"], "terraform": terraform}

    def open(self, machines):
        """alice's branch and pull request; its number."""
        self.repository.git("fetch", "-q", "origin", "main")
        self.repository.git("checkout", "-q", "-B", f"machines-{machines}", "FETCH_HEAD")
        self.write(machines)
        self.repository.git("commit", "-q", "-a", "-m", f"{machines} machines")
        self.repository.git("push", "-q", "origin", f"machines-{machines}")
        return self.api("POST", f"/repos/{self.admin}/{PROJECT}/pulls", {"head": f"machines-{machines}", "base": "main", "title": f"{machines} machines"})["number"]

    def comment(self, number, *holds):
        """The bot's words below it, once they hold all of these."""
        def look():
            said = [c["body"] for c in self.api("GET", f"/repos/{self.admin}/{PROJECT}/issues/{number}/comments") if "driftwarden:pull" in c["body"]]
            self.last = said
            return said[0] if len(said) == 1 and all(text in said[0] for text in holds) else None
        self.last = []
        try:
            return live.wait_for(f"{holds} below pull request {number}", look, 240, 0.5)
        except live.Failure as failure:
            raise live.Failure(f"{failure}: {self.last}") from None

    def first(self):
        """Dearer, but not by so much that somebody is asked."""
        number = self.open(3)
        said = self.comment(number, "**210.24 EUR** a month, **+140.16 EUR** (70.08 EUR before; Infracost)", PATH)
        self.checks.that("for its cost" not in said, "pull request: below the threshold nobody is asked for its cost", said)
        self.api("POST", f"/repos/{self.admin}/{PROJECT}/pulls/{number}/merge", {"Do": "merge"})
        return number

    def second(self, sandbox, first):
        """As dear once more: with what was merged past the bot it is too much."""
        number = self.open(5)
        said = self.comment(number, "carol for its cost, 140.16 EUR more a month, 280.32 EUR with the App's other changes of the last 7 days")
        self.checks.that("**350.40 EUR** a month" in said, "pull request: what it costs, with what was merged past the bot in the last 7 days", said)
        told = lambda n, *texts: lambda: any(all(t in w for t in texts) for _, _, w, _ in sandbox.messages("#gitops") if f"reviewed#{n} " in w)
        live.wait_for("the message of the second one", told(number, "280.32 EUR with the App's other changes"), 120)
        live.wait_for("the message of the first one", told(first, "is merged"), 120)
        rows = sandbox.answered("alice", "#gitops", f"audit {APP}", "counts what was merged past it", 120)
        self.checks.that(rows.split("*Audit log*")[1].count("counts what was merged past it") == 1 and "+140.16 EUR a month" in rows, "pull request: its merge is counted once", rows)
