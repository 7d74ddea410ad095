"""What somebody with a right to push, and nothing else, might try. Each case writes an App's directory in a repository.

A case: the App's keys in the config, which answers are good (`refused`: texts of which one must be in the reason; `rendered`: harmless, it may be
rendered) and what must not be in any answer. {CANARY} stands for a file beside the repository that nobody may read, {PORT} for a port that nobody
may call, {OUTSIDE} for a directory that nobody may write to."""
import collections
import io
import json
import tarfile

Case = collections.namedtuple("Case", "name write app refused rendered")
CASES = []


def case(refused=(), rendered=False, app=None):
    def keep(function):
        CASES.append(Case(function.__name__.replace("_", "-"), function, app or {}, refused if isinstance(refused, tuple) else (refused,), rendered))
        return function
    return keep


def chart(put, template, values="{}", **about):
    put("Chart.yaml", json.dumps({"apiVersion": "v2", "name": "evil", "version": "1.0.0", **about}))
    put("values.yaml", values)
    put("templates/cm.yaml", template)


def config_map(data="a: b"):
    return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: evil}\ndata:\n  " + data + "\n"


def kustomization(put, **content):
    put("kustomization.yaml", json.dumps({"resources": ["cm.yaml"], **content}))
    put("cm.yaml", config_map())


def script(put, name, body):
    put(name, "#!/bin/bash\n" + body + "\n", executable=True)


# --- helm: time and memory

@case(("seconds", "time", "CPU", "killed", "signal", "stopped after"))
def helm_loops(put, x):
    chart(put, "{{- range $i := until 100000 }}{{ range $j := until 1000000 }}{{ end }}{{ end }}" + config_map())


@case(("memory", "output", "MiB", "too much", "too large", "killed", "signal", "time"))
def helm_prints_ten_gigabytes(put, x):
    chart(put, config_map("big: |") + '{{- range $i := until 100000 }}\n    {{ repeat 100000 "x" }}{{ end }}\n')


@case(("recursion", "nested", "stack", "memory", "depth", "time", "maximum"))
def helm_recurses(put, x):
    chart(put, '{{- define "a" }}{{ include "b" . }}{{ end }}{{- define "b" }}{{ include "a" . }}{{ end }}' + config_map('x: {{ include "a" . | quote }}'))


@case(("memory", "too much", "output", "MiB", "killed", "signal", "time", "cannot allocate", "large"))
def helm_repeats(put, x):
    chart(put, config_map('big: {{ repeat 2000000000 "xxxxxxxx" | quote }}'))


@case(("seconds", "time", "CPU", "killed", "signal", "stopped after"))
def helm_makes_keys(put, x):
    chart(put, config_map('key: {{ range $i := until 100000 }}{{ genPrivateKey "rsa" | sha256sum }}{{ end }}'))


@case(("aliasing", "alias", "excessive", "expan", "memory", "too", "nest"))
def values_laugh(put, x):
    laugh = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9))
    chart(put, config_map("x: {{ toJson .Values | quote }}"), laugh)


@case(("aliasing", "alias", "excessive", "expan", "memory", "too", "nest"), app={"render": "plain"})
def manifests_laugh(put, x):
    laugh = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: laugh}\na: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9))
    put("cm.yaml", laugh)


@case(("nest", "deep", "depth", "too"), app={"render": "plain"})
def manifests_nest(put, x):
    put("cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: deep}\ndata: " + "[" * 200000 + "]" * 200000 + "\n")


# --- helm: files

@case(rendered=True)
def helm_reads_by_path(put, x):
    chart(put, config_map('a: {{ .Files.Get "{CANARY}" | quote }}\n  b: {{ .Files.Get "/etc/passwd" | quote }}\n  c: {{ .Files.Get "../../../../../../../../etc/passwd" | quote }}\n'
                          '  d: {{ range $p, $b := .Files.Glob "/etc/**" }}{{ $b | toString | quote }}{{ end }}').replace("{CANARY}", x["CANARY"]))


@case(("link", "outside", "leaves"), rendered=True)
def helm_reads_by_a_link(put, x):
    chart(put, config_map('a: {{ .Files.Get "leak.txt" | quote }}\n  b: {{ .Files.Get "more/passwd" | quote }}'))
    put.link("leak.txt", x["CANARY"])
    put.link("more", "/etc")


@case(("link", "outside", "leaves"), rendered=True)
def helm_template_is_a_link(put, x):
    chart(put, config_map())
    put.link("templates/leak.yaml", x["CANARY"])


@case(("link", "outside", "leaves", "is a", "isn't there"), rendered=True, app={"helm": {"values": ["prod.yaml"]}})
def helm_values_are_a_link(put, x):
    chart(put, config_map("x: {{ toJson .Values | quote }}"))
    put.link("prod.yaml", x["CANARY"])


@case(("leaves", "outside"), app={"helm": {"values": ["../../../../../../../../../../etc/hostname"]}})
def helm_values_from_outside(put, x):
    chart(put, config_map("x: {{ toJson .Values | quote }}"))


@case(("not defined",))
def helm_reads_the_environment(put, x):
    chart(put, config_map('x: {{ env "LIVE_SECRET" | quote }}{{ expandenv "$LIVE_SECRET" }}'))


@case(("refers to", "nothing is fetched"))
def helm_schema_reads_a_file(put, x):
    chart(put, config_map())
    put("values.schema.json", json.dumps({"$ref": "file://" + x["CANARY"]}))


@case(("refers to", "nothing is fetched"))
def helm_schema_calls_out(put, x):
    chart(put, config_map())
    put("values.schema.json", json.dumps({"properties": {"a": {"$ref": f"http://127.0.0.1:{x['PORT']}/schema.json"}}}))


@case(rendered=True)
def helm_asks_the_name_service(put, x):
    chart(put, config_map('x: {{ getHostByName "localhost" | quote }}'))


@case(("nothing is fetched", "isn't in"))
def helm_fetches_a_dependency(put, x):
    chart(put, config_map(), dependencies=[{"name": "redis", "version": "1.0.0", "repository": f"http://127.0.0.1:{x['PORT']}/charts"}])


@case(("large", "too", "memory", "size", "exceed", "MiB"))
def helm_subchart_is_a_bomb(put, x):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=9) as tar:
        for name, size in (("bomb/Chart.yaml", None), ("bomb/big.txt", 400 << 20)):
            content = b"apiVersion: v2\nname: bomb\nversion: 1.0.0\n" if size is None else None
            info = tarfile.TarInfo(name)
            info.size = len(content) if content else size
            tar.addfile(info, io.BytesIO(content) if content else Zeros(size))
    chart(put, config_map(), dependencies=[{"name": "bomb", "version": "1.0.0", "repository": ""}])
    put("charts/bomb-1.0.0.tgz", packed.getvalue())


class Zeros:
    def __init__(self, size):
        self.left = size

    def read(self, count=-1):
        count = self.left if count < 0 else min(count, self.left)
        self.left -= count
        return b"\0" * count


@case(("illegal", "outside", "path", "invalid", "contains"), rendered=True)
def helm_subchart_climbs_out(put, x):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in (("up/Chart.yaml", b"apiVersion: v2\nname: up\nversion: 1.0.0\n"), ("up/../../../../../.." + x["OUTSIDE"] + "/written.txt", b"hello")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    chart(put, config_map(), dependencies=[{"name": "up", "version": "1.0.0", "repository": ""}])
    put("charts/up-1.0.0.tgz", packed.getvalue())


# --- kustomize: files

@case(("leaves the repository", "outside"))
def kustomize_names_passwd(put, x):
    kustomization(put, resources=["../../../../../../../../etc/passwd"])


@case(("leaves the repository", "outside", "absolute"))
def kustomize_names_an_absolute_path(put, x):
    kustomization(put, configMapGenerator=[{"name": "leak", "files": ["/etc/passwd"]}])


@case(("leaves the repository", "outside"))
def kustomize_generates_from_passwd(put, x):
    kustomization(put, configMapGenerator=[{"name": "leak", "files": ["p=../../../../../../../../etc/passwd"], "envs": ["../../../../../etc/environment"]}])


@case(("link", "leaves", "outside", "isn't there", "root"))
def kustomize_generates_from_a_link(put, x):
    kustomization(put, configMapGenerator=[{"name": "leak", "files": ["leak.txt"]}])
    put.link("leak.txt", x["CANARY"])


@case(("link", "leaves", "outside", "isn't there", "no kustomization", "root"))
def kustomize_base_is_a_link(put, x):
    kustomization(put, resources=["base"])
    put.link("base", x["OUTSIDE"])


@case(("link", "leaves", "outside", "isn't there", "root"))
def kustomize_patch_is_a_link(put, x):
    kustomization(put, patches=[{"path": "p.yaml", "target": {"kind": "ConfigMap"}}])
    put.link("p.yaml", x["CANARY"])


@case(("leaves", "outside"))
def kustomize_other_words_that_read(put, x):
    kustomization(put, crds=["../../../../../../etc/passwd"], openapi={"path": "../../../../../etc/passwd"}, configurations=["../../../../../../etc/passwd"])


@case(("leaves", "outside", "chart"))
def kustomize_chart_home_outside(put, x):
    kustomization(put, helmGlobals={"chartHome": x["OUTSIDE"]}, helmCharts=[{"name": "evil", "valuesFile": "../../../../../../../etc/passwd"}])


@case(("aliasing", "alias", "excessive", "memory", "time", "too", "stopped after"))
def kustomize_laughs(put, x):
    kustomization(put)
    put("cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: laugh}\na: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)))


# --- kustomize: programs

@case(("plugin", "exec", "alpha", "function", "external"))
def kustomize_runs_a_function(put, x):
    kustomization(put, generators=["gen.yaml"])
    put("gen.yaml", json.dumps({"apiVersion": "evil.example.org/v1", "kind": "Evil", "metadata": {"name": "e", "annotations": {"config.kubernetes.io/function": "exec: {path: ./evil.sh}"}}}))
    script(put, "evil.sh", f"touch {x['OUTSIDE']}/ran")


@case(("plugin", "exec", "alpha", "function", "external", "container"))
def kustomize_runs_a_container(put, x):
    kustomization(put, transformers=["t.yaml"])
    put("t.yaml", json.dumps({"apiVersion": "evil.example.org/v1", "kind": "Evil", "metadata": {"name": "e", "annotations": {"config.kubernetes.io/function": "container: {image: evil, network: true}"}}}))


@case(("plugin", "exec", "alpha", "external"))
def kustomize_runs_a_legacy_plugin(put, x):
    kustomization(put, generators=["gen.yaml"])
    put("gen.yaml", json.dumps({"apiVersion": "evil.example.org/v1", "kind": "Evil", "metadata": {"name": "e"}}))
    script(put, "kustomize/plugin/evil.example.org/v1/evil/Evil", f"touch {x['OUTSIDE']}/ran")


@case(("plugin", "exec", "alpha", "function", "external"))
def kustomize_runs_a_validator(put, x):
    kustomization(put, validators=["gen.yaml"])
    put("gen.yaml", json.dumps({"apiVersion": "evil.example.org/v1", "kind": "Evil", "metadata": {"name": "e", "annotations": {"config.kubernetes.io/function": "exec: {path: ./evil.sh}"}}}))
    script(put, "evil.sh", f"touch {x['OUTSIDE']}/ran")


# --- kustomize: the network

@case(("nothing is fetched",))
def kustomize_fetches_over_http(put, x):
    kustomization(put, resources=[f"http://127.0.0.1:{x['PORT']}/evil.yaml"])


@case(("nothing is fetched",))
def kustomize_clones(put, x):
    kustomization(put, resources=[f"git::http://127.0.0.1:{x['PORT']}/evil.git//base?ref=main"])


@case(("nothing is fetched",))
def kustomize_clones_a_file_url(put, x):
    kustomization(put, resources=["file://" + x["OUTSIDE"] + "//?ref=main"])


@case(("nothing is fetched",))
def kustomize_clones_from_a_forge(put, x):
    kustomization(put, resources=["github.com/example/evil//base?ref=main"], components=["git@forge.example.org:evil.git"])


@case(("nothing is fetched", "isn't in", "chart"))
def kustomize_fetches_a_chart(put, x):
    kustomization(put, helmCharts=[{"name": "evil", "repo": f"http://127.0.0.1:{x['PORT']}/charts", "version": "1.0.0"}])


@case(("nothing is fetched", "outside"))
def kustomize_patch_from_the_network(put, x):
    kustomization(put, patches=[{"path": f"http://127.0.0.1:{x['PORT']}/p.yaml", "target": {"kind": "ConfigMap"}}], configMapGenerator=[{"name": "n", "files": [f"http://127.0.0.1:{x['PORT']}/f"]}])


# --- a plugin that the config declares runs a script from Git

PLUGIN = {"render": "plugin", "plugin": "script"}
OBJECT = "printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: %s}\\ndata:\\n' evil\n"


@case(("seconds", "time", "CPU", "stopped after"), app=PLUGIN)
def plugin_loops(put, x):
    script(put, "make.sh", "while :; do :; done")


@case(("seconds", "time", "stopped after"), app=PLUGIN)
def plugin_sleeps(put, x):
    script(put, "make.sh", "trap '' TERM; while :; do sleep 600; done")


@case(("output", "much", "MiB", "large"), app=PLUGIN)
def plugin_prints_ten_gigabytes(put, x):
    script(put, "make.sh", "yes xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx | head -c 10737418240")


@case(("output", "much", "MiB", "large"), app=PLUGIN)
def plugin_complains_ten_gigabytes(put, x):
    script(put, "make.sh", "yes xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx | head -c 10737418240 >&2; exit 1")


@case(("memory", "signal", "exit", "fail", "refuse"), app=PLUGIN)
def plugin_eats_memory(put, x):
    script(put, "make.sh", "x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done")


@case(rendered=True, refused=("permission", "denied", "not permitted", "Operation", "No such", "exit"), app=PLUGIN)
def plugin_reads(put, x):
    script(put, "make.sh", OBJECT + f"n=0; for f in /etc/passwd /etc/shadow {x['CANARY']} /proc/1/environ /proc/$PPID/environ /root/.ssh/id_ed25519; do n=$((n+1)); "
           "echo \"  f$n: \\\"$(tr -d '\\0\\n\"\\\\' < $f 2>/dev/null | head -c 2000)\\\"\"; done")


@case(rendered=True, refused=("exit", "fail"), app=PLUGIN)
def plugin_prints_its_environment(put, x):
    script(put, "make.sh", OBJECT + "echo \"  env: \\\"$(env | tr '\\n\\\"\\\\' '   ' | head -c 4000)\\\"\"")


@case(rendered=True, refused=("denied", "not permitted", "exit", "fail"), app=PLUGIN)
def plugin_writes_outside(put, x):
    script(put, "make.sh", f"touch {x['OUTSIDE']}/ran 2>/dev/null; echo x > make.sh 2>/dev/null; ln -s /etc here 2>/dev/null; echo evil >> ~/.bashrc\n" + OBJECT + "echo '  a: b'")


@case(rendered=True, refused=("denied", "not permitted", "exit", "fail"), app=PLUGIN)
def plugin_calls_out(put, x):
    script(put, "make.sh", f"(exec 3<>/dev/tcp/127.0.0.1/{x['PORT']}; echo GET / >&3) 2>/dev/null; (echo x > /dev/udp/127.0.0.1/{x['PORT']}) 2>/dev/null\n" + OBJECT + "echo '  a: b'")


@case(rendered=True, refused=("seconds", "time", "stopped after", "exit", "fail", "processes"), app=PLUGIN)
def plugin_leaves_children(put, x):
    script(put, "make.sh", "for i in 1 2 3 4 5; do setsid sleep 300 >/dev/null 2>&1 </dev/null & done\n(setsid bash -c 'trap \"\" TERM HUP; sleep 301' >/dev/null 2>&1 </dev/null &)\n" + OBJECT + "echo '  a: b'")


# Bounded, so that a fence with holes harms nobody: 400 processes in all, each for a minute.
@case(rendered=True, refused=("seconds", "time", "stopped after", "exit", "fail", "fork", "processes", "Resource"), app=PLUGIN)
def plugin_multiplies(put, x):
    script(put, "make.sh", "for i in $(seq 20); do (for j in $(seq 20); do sleep 60 & done; wait) & done; wait\n" + OBJECT + "echo '  a: b'")


@case(("signal", "exit", "fail", "not permitted", "denied"), app=PLUGIN, rendered=True)
def plugin_attacks_its_parent(put, x):
    script(put, "make.sh", "kill -STOP $PPID 2>/dev/null; kill -0 1 2>/dev/null\n" + OBJECT + "echo '  a: b'")


@case(("aren't text", "UTF-8", "control", "YAML", "character", "parse", "invalid", "can't"), app=PLUGIN)
def plugin_prints_rubbish(put, x):
    script(put, "make.sh", "head -c 100000 /dev/urandom")


@case(("apiVersion", "kind", "object", "mapping", "nothing", "YAML", "can't"), app=PLUGIN, rendered=True)
def plugin_prints_words(put, x):
    script(put, "make.sh", "echo hello world")
