#!/usr/bin/env python3
"""What ships: the chart by the real helm, the kustomize base by the real kustomize, both applied to a real kube-apiserver whose namespace enforces Pod
Security `restricted`; the rights that `driftwarden rbac` prints, with which the bot then works and nothing else; the .deb, its unit and its bill of materials;
`init` and `slack-manifest`.

    run.py DRIFTWARDEN DIRECTORY_OF_THE_TOOLS [--keep] [--only STEP...]

Ends with 0 or 1."""
import argparse
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import charts
import live
import packages
import rights
import setup

STEPS = {
    "package": packages.package, "unit": packages.unit, "sbom": packages.sbom,
    "slack": setup.slack_manifest, "init": setup.init, "examples": setup.examples,
    "chart": charts.chart, "kustomize": charts.kustomize, "applied": charts.applied,
    "rights": rights.rights, "found": setup.init_from_cluster,
}


class Ground:
    """What the steps share; the cluster is started when somebody asks for it."""

    def __init__(self, args, work):
        self.work, self.tools = work, pathlib.Path(args.tools).resolve()
        self.checks = live.Checks("deploy")
        self.driftwarden = live.Driftwarden(args.driftwarden, work, self.tools)
        self.root = pathlib.Path(__file__).resolve().parents[3]
        self.kube = None

    def cluster(self):
        if self.kube is None:
            self.kube = rights.AuditedCluster(self.work / "kube")
        return self.kube

    def directory(self, name):
        path = self.work / name
        path.mkdir(parents=True, exist_ok=True)
        return path


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("driftwarden")
    parser.add_argument("tools")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--only", nargs="*", choices=list(STEPS), default=list(STEPS))
    args = parser.parse_args()
    live.become_subreaper()
    work = pathlib.Path(tempfile.mkdtemp(prefix="driftwarden-deploy-")).resolve()
    ground = Ground(args, work)
    try:
        for name in args.only:
            print(f"-- {name}", flush=True)
            try:
                STEPS[name](ground)
            except (live.Failure, OSError, ValueError, KeyError) as failure:
                ground.checks.that(False, name, f"{type(failure).__name__}: {failure}")
    finally:
        if ground.kube:
            ground.kube.stop()
    return live.finish(work, ground.checks.end(), args.keep)


if __name__ == "__main__":
    sys.exit(main())
