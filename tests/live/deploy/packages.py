"""The .deb, the tarball, the unit and the bill of materials."""
import json
import os
import re
import shutil
import subprocess
import tarfile

import live

EXPOSURE = 1.5
WANTED = ["usr/bin/driftwarden", "usr/lib/systemd/system/driftwarden.service", "usr/share/doc/driftwarden/README.md", "usr/share/doc/driftwarden/RUNBOOK.md",
          "usr/share/doc/driftwarden/copyright", "usr/share/doc/driftwarden/sbom.spdx.json", "usr/share/doc/driftwarden/examples/driftwarden.yaml", "usr/share/doc/driftwarden/examples/production.yaml"]


def build_of(ground):
    return ground.driftwarden.binary.parent


def package(ground):
    checks, build = ground.checks, build_of(ground)
    live.run([ground.root / "deploy/package", build.name], seconds=600, env={**os.environ, "SKIP_BUILD": "1"})
    debs, tars = sorted(build.glob("packages/*.deb")), sorted(build.glob("packages/*.tar.gz"))
    if not checks.that(len(debs) == 1 and len(tars) == 1, "one .deb and one tarball are made", [p.name for p in build.glob("packages/*")]):
        return
    deb = debs[0]
    sums = deb.with_name(deb.name + ".sha256").read_text().split()[0]
    checks.that(live.run(["sha256sum", deb]).stdout.split()[0] == sums, "its checksum lies beside it and is right")
    fields = dict(line.split(": ", 1) for line in live.run(["dpkg-deb", "--field", deb]).stdout.splitlines() if re.match(r"^[A-Z][A-Za-z-]*: ", line))
    checks.that("libssl3" in fields.get("Depends", "") and "libgit2" in fields.get("Depends", ""), "it depends on what the binary is linked with", fields.get("Depends"))
    checks.that(fields.get("Package") == "driftwarden" and fields.get("Version"), "it says its name and version", fields)
    listed = live.run(["dpkg-deb", "--contents", deb]).stdout
    checks.that(not re.search(r" \./etc/.", listed), "it has nothing in /etc, so no configuration is ever overwritten")
    checks.that(not re.search(r"^-\S*w\S* (?!root/root)", listed, re.M), "all of it is root's")
    install(ground, deb, sanitized="libasan" in fields.get("Depends", ""))
    with tarfile.open(tars[0]) as tar:
        names = {name.split("/", 1)[1] for name in tar.getnames() if "/" in name}
    checks.that({w.removeprefix("usr/") for w in WANTED} <= {n.removeprefix("usr/") for n in names}, "the tarball holds the same", sorted(names)[:20])


def install(ground, deb, sanitized):
    """Into a root of its own, by dpkg itself: twice, as an upgrade does it."""
    checks, root = ground.checks, ground.directory("root")
    for part in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers", "etc/driftwarden"):
        (root / part).mkdir(parents=True, exist_ok=True)
    (root / "var/lib/dpkg/status").touch()
    (root / "etc/driftwarden/driftwarden.yaml").write_text("mine: true\n")
    for turn in ("installed", "installed again over itself"):
        done = live.run(["dpkg", f"--root={root}", "--force-depends", "--force-not-root", "--force-script-chrootless", "--force-bad-path", "--install", deb], check=False, seconds=120)
        checks.that(done.returncode == 0, turn, done.stderr)
    checks.that((root / "etc/driftwarden/driftwarden.yaml").read_text() == "mine: true\n", "the administrator's config is left alone")
    lacking = [p for p in WANTED if not (root / p).exists() and not (root / p.removeprefix("usr/")).exists()]
    checks.that(not lacking, "everything is where it belongs", lacking)
    binary = root / "usr/bin/driftwarden"
    checks.that("driftwarden" in live.run([binary, "version"]).stdout, "the installed binary starts")
    sections = live.run(["readelf", "--section-headers", "--wide", binary]).stdout
    checks.that(".debug_info" not in sections and ".symtab" not in sections, "it is stripped")
    # Sanitizers want to name the line.
    checks.that(sanitized or not re.search(str(ground.root).encode(), binary.read_bytes()), "and names no directory of the machine it was built on")
    print(f"{deb.name}: {deb.stat().st_size >> 10} KiB, the binary {binary.stat().st_size >> 20} MiB")


def unit(ground):
    checks, root = ground.checks, ground.directory("unit-root")
    source = ground.root / "deploy/systemd/driftwarden.service"
    units = root / "lib/systemd/system"
    shutil.copytree("/lib/systemd/system", units, symlinks=True, dirs_exist_ok=True)
    shutil.copy(source, units)
    for program in ("usr/bin/driftwarden", "bin/kill"):
        (root / program).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy("/bin/true", root / program)
    verified = live.run(["systemd-analyze", "verify", f"--root={root}", "--man=no", "driftwarden.service"], check=False)
    own = [line for line in verified.stderr.splitlines() if "driftwarden" in line]
    checks.that(not own, "systemd finds nothing wrong with the unit", own)
    said = live.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", f"--threshold={int(EXPOSURE * 10)}", source], check=False)
    found = re.search(r"exposure level for \S+: ([0-9.]+)", said.stdout)
    figure = float(found[1]) if found else 10
    print(f"systemd-analyze security: {figure}")
    checks.that(said.returncode == 0 and figure <= EXPOSURE, f"its exposure is {EXPOSURE} or less", said.stdout[-300:])
    system_calls(ground, source)


def allowed_calls(source):
    """The unit's filter, spelled out as systemd reads it."""
    def members(names):
        calls = set()
        for name in names:
            if not name.startswith("@"):
                calls.add(name)
                continue
            lines = live.run(["systemd-analyze", "syscall-filter", name]).stdout.splitlines()
            calls |= members([line.strip() for line in lines if line.startswith("    ") and not line.strip().startswith("#")])
        return calls

    allowed = set()
    for line in source.read_text().splitlines():
        if not line.startswith("SystemCallFilter="):
            continue
        words = line.split("=", 1)[1].split()
        if words[0].startswith("~"):
            allowed -= members([words[0][1:], *words[1:]])
        else:
            allowed |= members(words)
    return allowed | members(["@default"])


def system_calls(ground, source):
    """A rendering by kustomize and helm behind the fence, by what it asked of the kernel."""
    if not shutil.which("strace"):
        print("no strace: the unit's filter isn't compared with what a rendering needs")
        return
    work = ground.directory("traced")
    (work / "base").mkdir(exist_ok=True)
    (work / "base/kustomization.yaml").write_text("resources: [cm.yaml]\n")
    (work / "base/cm.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    chart = work / "chart/templates"
    chart.mkdir(parents=True, exist_ok=True)
    (work / "chart/Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 1.0.0\n")
    (chart / "cm.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n")
    allowed, used = allowed_calls(source), set()
    for place in ("base", "chart"):
        trace = work / f"{place}.trace"
        command = ["strace", "-f", "-qq", "-o", str(trace), str(ground.driftwarden.binary), "render", str(work / place)]
        # The leak checker of a sanitizer's build can't look while somebody traces.
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, env={**ground.driftwarden.env, "ASAN_OPTIONS": "detect_leaks=0"})
        ground.checks.that(done.returncode == 0, f"{place} is rendered", done.stderr)
        used |= set(re.findall(r"^\d+ +([a-z_0-9]+)\(", trace.read_text(errors="replace"), re.M))
    refused = sorted(used - allowed)
    ground.checks.that(not refused, f"of the {len(used)} system calls of a rendering the unit refuses none", refused)


def sbom(ground):
    checks = ground.checks
    text = live.run([ground.root / "deploy/sbom", ground.driftwarden.binary]).stdout
    bill = json.loads(text)
    checks.that(bill.get("spdxVersion") == "SPDX-2.3" and bill.get("dataLicense") == "CC0-1.0" and bill.get("SPDXID") == "SPDXRef-DOCUMENT", "the bill of materials is SPDX 2.3")
    lacking = [f for f in ("name", "documentNamespace", "creationInfo", "packages") if not bill.get(f)]
    checks.that(not lacking and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", bill["creationInfo"]["created"]) and bill["creationInfo"]["creators"], "with the document's required fields", lacking)
    ids = [p["SPDXID"] for p in bill["packages"]]
    whole = all(p.get("name") and p.get("downloadLocation") and re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", p["SPDXID"]) for p in bill["packages"])
    checks.that(whole and len(set(ids)) == len(ids), "and those of each package", ids)
    known = {*ids, "SPDXRef-DOCUMENT"}
    checks.that(all(r["spdxElementId"] in known and r["relatedSpdxElement"] in known for r in bill["relationships"]), "every relation is between things it holds")
    checks.that(sum(r["relationshipType"] == "DESCRIBES" for r in bill["relationships"]) == 1, "and it says what it is about")
    names = {p["name"] for p in bill["packages"]}
    needed = {line.split("[")[1].split("]")[0] for line in live.run(["readelf", "-d", ground.driftwarden.binary]).stdout.splitlines() if "(NEEDED)" in line}
    # Several packages may have a file of that name, for other processors.
    owners = {name: {line.split(":")[0] for line in live.run(["dpkg", "-S", f"*/{name}"], check=False).stdout.splitlines()} for name in needed}
    missing = {name for name, of in owners.items() if not of & names}
    checks.that(not missing, f"the packages of all {len(needed)} libraries that the binary needs directly are in it", missing)
    checks.that(live.run([ground.root / "deploy/sbom", ground.driftwarden.binary]).stdout == text, "made twice, it is the same")
    print(f"the bill of materials names {len(names) - 1} packages")
