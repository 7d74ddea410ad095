#!/usr/bin/env bash
# `driftwarden render` with the real kustomize and helm: the same objects as the tools' own output, and what is refused.
#   tests/live/render/run.sh DRIFTWARDEN DIRECTORY_OF_THE_TOOLS
set -euo pipefail
driftwarden=$(realpath "$1")
tools=$(realpath "$2")
cd "$(dirname "$0")"

work=$(mktemp -d "${TMPDIR:-/tmp}/driftwarden-render-live-XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -r fixtures "$work/repository"
mkdir "$work/repository/.git" "$work/none" "$work/kubectl-only"   # the repository ends here
export PATH=$tools:$PATH TMPDIR=$work/tmp
export HELM_CACHE_HOME=$work/helm HELM_CONFIG_HOME=$work/helm HELM_DATA_HOME=$work/helm
mkdir "$TMPDIR"
cd "$work/repository"

checks=0
fail() { echo "render: $*" >&2; exit 1; }
passed() { checks=$((checks + 1)); }

# The tool's own output, read as plain manifests, must be what we make of the directory.
same() {  # name, our arguments..., --, the tool's command...
  local name=$1 ours=(); shift
  while [ "$1" != -- ]; do ours+=("$1"); shift; done
  shift
  "$driftwarden" render --namespace shop "${ours[@]}" > "$work/ours.json" || fail "$name: refused"
  "$@" > "$work/theirs.yaml" || fail "$name: the tool itself refuses"
  "$driftwarden" render --namespace shop --kind plain "$work/theirs.yaml" > "$work/theirs.json"
  [ "$(wc -c < "$work/theirs.json")" -gt 10 ] || fail "$name: the tool made nothing"
  cmp -s "$work/ours.json" "$work/theirs.json" || { diff -u "$work/theirs.json" "$work/ours.json" >&2 || true; fail "$name: other objects than the tool's own"; }
  passed
}
holds() { grep -qF -- "$2" "$work/ours.json" || fail "$1: \"$2\" is missing"; passed; }
lacks() { ! grep -qF -- "$2" "$work/ours.json" || fail "$1: \"$2\" is there"; passed; }
refused() {  # name, directory, texts that the message must hold...
  local name=$1 directory=$2 text; shift 2
  if PATH=${tools_path:-$PATH} "$driftwarden" render "$directory" > "$work/out" 2> "$work/err"; then fail "$name: not refused"; fi
  for text in "$@"; do grep -qF -- "$text" "$work/err" || { cat "$work/err" >&2; fail "$name: the message lacks \"$text\""; }; done
  if grep -qF -e hunter2 -e correct-horse -e "$work" "$work/err"; then cat "$work/err" >&2; fail "$name: the message tells too much"; fi
  passed
}

same base apps/web/base -- kustomize build apps/web/base
same overlay apps/web/overlays/prod -- kustomize build apps/web/overlays/prod
for text in '"image": "registry.example.org/shop/web:1.4.2"' '"replicas": 3' '"name": "prod-reader"' '"memory": "256Mi"' '"port": 8443' '"path": "/ready"' '"environment": "production"'; do holds overlay "$text"; done
same 'charts in a kustomization' apps/web/overlays/charted -- kustomize build --enable-helm apps/web/overlays/charted
holds 'charts in a kustomization' '"colour": "green"'
(cd apps/web/overlays/charted && same 'the directory itself' . -- kustomize build --enable-helm .)

helm_template=(helm template web charts/site --namespace shop --include-crds --no-hooks)
same chart charts/site --release web -- "${helm_template[@]}"
holds chart '"DEBUG"'
lacks chart '"Job"'
same 'chart with values' charts/site --release web --values values-prod.yaml --values ../../values/eu.yaml --set image.tag=9.9.9 --set 'note=a,b{c}' -- \
  "${helm_template[@]}" --values charts/site/values-prod.yaml --values values/eu.yaml --set image.tag=9.9.9 --set 'note=a\,b\{c\}'
for text in '"image": "registry.example.org/shop/site:9.9.9"' '"replicas": 4' '"value": "a.example.org,b.example.org"' '"value": "eu"' '"value": "a,b{c}"' '"size": "512Mi"' '"CustomResourceDefinition"'; do holds 'chart with values' "$text"; done
lacks 'chart with values' '"DEBUG"'

refused 'a remote base' refused/remote 'refused/remote/kustomization.yaml: resources[0]' 'nothing is fetched'
refused 'a base outside of the repository' refused/beyond 'leaves the repository'
refused 'a file that is gone' refused/gone 'refused/gone/gone.yaml'
refused 'a cycle' refused/cycle/a 'a cycle'
refused 'a chart to be fetched' refused/fetched-chart 'refused/fetched-chart/charts/redis'
refused 'a dependency to be fetched' refused/dependency 'refused/dependency/Chart.yaml' '"redis"' 'helm dependency build'
refused 'a template that fails' refused/template 'refused/template/templates/cm.yaml:5:' 'is too short' 'helm template template .'
refused 'the same object twice' refused/conflict 'kustomize refuses App conflict' 'may not add resource with an already registered id'

tools_path=$work/none
refused 'no tool' apps/web/base 'App base is rendered with kustomize' 'neither kustomize nor kubectl is installed'
refused 'no helm' charts/site 'App site is rendered with helm' "helm isn't installed"
tools_path=
kubectl=$(command -v kubectl || true)
if [ -n "$kubectl" ]; then
  ln -s "$kubectl" "$work/kubectl-only/kubectl"
  PATH=$work/kubectl-only:/usr/bin:/bin "$driftwarden" render apps/web/overlays/prod > "$work/ours.json"
  holds 'kubectl in its place' '"image": "registry.example.org/shop/web:1.4.2"'
fi
[ -z "$(ls -A "$TMPDIR")" ] || fail "left behind: $(ls "$TMPDIR")"
echo "render: $checks checks passed"
