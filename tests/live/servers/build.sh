#!/usr/bin/env bash
# Builds the real servers, each from its own Go module at a pinned version; what is there at that version stays.
#   build.sh NAME...     of etcd apiserver kcm scheduler kubectl kwok gitea kustomize helm argocd flux flux-crds jsonnet sops tofu
#                           terraform-provider-local conftest kubeconform kyverno
# SERVERS_HOME: where they are kept (default $HOME/.cache/live-servers)
set -euo pipefail

SERVERS_HOME=${SERVERS_HOME:-$HOME/.cache/live-servers}
BIN=${SERVERS_BIN:-$SERVERS_HOME/bin}
WORK=${SERVERS_WORK:-$SERVERS_HOME/work}
K8S=${K8S_VERSION:-1.36.3}
ETCD=${ETCD_VERSION:-3.6.16}
KWOK=${KWOK_VERSION:-0.8.0}
GITEA=${GITEA_VERSION:-1.26.0}
KUSTOMIZE=${KUSTOMIZE_VERSION:-5.8.2}
HELM=${HELM_VERSION:-3.22.0}
ARGOCD=${ARGOCD_VERSION:-3.5.3}
# Argo CD's nested module, at the commit whose time is v3.5.3's.
ARGOCD_ENGINE=${ARGOCD_ENGINE_VERSION:-0.0.0-20260914071520-c9c369efcc5b}
TOFU=${TOFU_VERSION:-1.12.6}
PROVIDER_LOCAL=${PROVIDER_LOCAL_VERSION:-1.4.0}
CONFTEST=${CONFTEST_VERSION:-0.71.1}
KUBECONFORM=${KUBECONFORM_VERSION:-0.8.0}
KYVERNO=${KYVERNO_VERSION:-1.19.1}
JSONNET=${JSONNET_VERSION:-0.22.0}
SOPS=${SOPS_VERSION:-3.13.3}
AGE=${AGE_VERSION:-1.3.2}
# The newest of Flux that Go 1.26 builds.
FLUX_SOURCE=${FLUX_SOURCE_VERSION:-1.8.5}
FLUX_KUSTOMIZE=${FLUX_KUSTOMIZE_VERSION:-1.7.3}
# Its helm-controller is served as its API only: the definition is made from that by controller-gen.
FLUX_HELM_API=${FLUX_HELM_API_VERSION:-1.6.4}
CONTROLLER_GEN=${CONTROLLER_GEN_VERSION:-0.20.1}

export GOTOOLCHAIN=local GOWORK=off GOFLAGS="-buildvcs=false ${GOFLAGS:-}"

say() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*" >&2; }

need_go() {
  command -v go >/dev/null && go version | grep -qE 'go1\.(2[6-9]|[3-9][0-9])' && return
  say "building $1 needs Go 1.26 or newer in PATH (this distribution's package is older): install it, or put ready-made servers into $BIN"
  exit 1
}

# wrap DIR MODULE VERSION LOCALVERSION: a module that requires MODULE and repeats the replace lines that MODULE honours as a main module
# only. A replace that points inside MODULE's own repository becomes that module at LOCALVERSION.
wrap() {
  local dir=$1 mod=$2 ver=$3 localver=$4 gomod probe
  mkdir -p "$dir"; probe=$(mktemp -d)
  (cd "$probe" && go mod init probe >/dev/null 2>&1 && go mod download -json "$mod@$ver" > out.json) || true
  gomod=$(sed -n 's/^\t"GoMod": "\(.*\)",\{0,1\}$/\1/p' "$probe/out.json")
  if [ ! -f "$gomod" ] || grep '"Error"' "$probe/out.json" >&2; then
    say "cannot use $mod@$ver"; rm -rf "$probe"; return 1
  fi
  rm -rf "$probe"
  {
    echo "module live.test/$(basename "$dir")"
    echo
    sed -n 's/^go [0-9].*/&/p' "$gomod"
    echo
    echo "require $mod $ver"
    echo
    awk -v lv="$localver" '
      { sub(/[ \t]*\/\/.*/, "") }
      /^(replace|exclude) *\(/ { in_block = $1; next }
      /^\)/ { in_block = ""; next }
      /^(replace|exclude) / { kind = $1; $1 = ""; line = $0 }
      in_block != "" && NF { kind = in_block; line = $0 }
      line ~ /FORBIDDEN_DEPENDENCY/ { line = "" }  # etcd: a guard, not a module
      line != "" {
        n = split(line, f, " ")
        if (kind == "replace" && f[n] ~ /^\.\.?\//) line = f[1] " => " f[1] " " lv
        gsub(/^[ \t]+/, "", line); print kind, line; line = ""
      }' "$gomod"
  } > "$dir/go.mod.new"
  # A go.mod that go build has already completed for the same pin is kept.
  if ! cmp -s "$dir/go.mod.new" "$dir/go.mod.base" 2>/dev/null; then
    cp "$dir/go.mod.new" "$dir/go.mod.base"; cp "$dir/go.mod.new" "$dir/go.mod"
    rm -f "$dir/go.sum"
  fi
  rm -f "$dir/go.mod.new"
}

fresh() { [ -x "$BIN/$1" ] && [ "$(cat "$BIN/.stamp/$1" 2>/dev/null)" = "$2" ]; }

# compile NAME DIR VERSION PACKAGE LDFLAGS [TAGS] [CGO]
compile() {
  local name=$1 dir=$2 ver=$3 pkg=$4 ld=$5 tags=${6:-} cgo=${7:-0} t0=$SECONDS
  mkdir -p "$BIN/.stamp"
  say "$name $ver: building"
  (cd "$dir" && CGO_ENABLED=$cgo go build -mod=mod -trimpath -tags "$tags" -ldflags "-s -w $ld" -o "$BIN/$name.new" "$pkg")
  mv "$BIN/$name.new" "$BIN/$name"
  echo "$ver" > "$BIN/.stamp/$name"
  say "$name $ver: built in $((SECONDS - t0)) s"
}

kube() {  # kube NAME: one of Kubernetes' own commands
  local v=v$K8S minor ld='' p
  fresh "$1" "$v" && return
  need_go "$1"
  minor=$(echo "$K8S" | cut -d. -f2)
  for p in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    ld="$ld -X $p.gitVersion=$v -X $p.gitMajor=1 -X $p.gitMinor=$minor -X $p.gitTreeState=clean"
  done
  wrap "$WORK/kube" k8s.io/kubernetes "$v" "v0.${K8S#*.}"
  compile "$1" "$WORK/kube" "$v" "k8s.io/kubernetes/cmd/$1" "$ld"
}

plain() {  # plain NAME MODULE VERSION PACKAGE [LDFLAGS] [TAGS] [CGO] [LOCALVERSION]
  fresh "$1" "$3" && return
  need_go "$1"
  wrap "$WORK/$1" "$2" "$3" "${8:-$3}"
  compile "$1" "$WORK/$1" "$3" "$4" "${5:-}" "${6:-}" "${7:-0}"
}

# Gitea without embedded assets reads these at run time; the API and git over HTTP need no web pages.
gitea_files() {
  local share=$SERVERS_HOME/share/gitea src
  [ "$(cat "$share/.version" 2>/dev/null)" = "$GITEA" ] && return
  need_go "gitea's files"
  wrap "$WORK/gitea" code.gitea.io/gitea "v$GITEA" "v$GITEA"
  src=$(cd "$WORK/gitea" && go list -mod=mod -m -f '{{.Dir}}' code.gitea.io/gitea)
  rm -rf "$share"; mkdir -p "$share/public/assets/.vite"
  cp -r --no-preserve=mode "$src/options" "$src/templates" "$share/"
  echo '{}' > "$share/public/assets/.vite/manifest.json"
  echo "$GITEA" > "$share/.version"
}

module_dir() { (cd "$WORK/$1" && go list -mod=mod -m -f '{{.Dir}}' "$2"); }

# What Argo CD's own image carries beside the binary: custom resource definitions, default settings, the script its repo server calls.
argocd_files() {
  local share=$SERVERS_HOME/share/argocd src
  [ "$(cat "$share/.version" 2>/dev/null)" = "$ARGOCD" ] && return
  need_go "Argo CD's files"
  wrap "$WORK/argocd" github.com/argoproj/argo-cd/v3 "v$ARGOCD" "v$ARGOCD_ENGINE"
  src=$(module_dir argocd github.com/argoproj/argo-cd/v3)
  rm -rf "$share"; mkdir -p "$share/bin"
  cp -r --no-preserve=mode "$src/manifests/crds" "$src/manifests/base/config" "$share/"
  install -m 755 "$src/hack/git-verify-wrapper.sh" "$src/hack/gpg-wrapper.sh" "$share/bin/"
  rm -f "$share"/*/kustomization.yaml
  echo "$ARGOCD" > "$share/.version"
}

# The provider's only version as a Go module still calls itself by the place it was moved from.
provider_local() {
  local old=github.com/terraform-providers/terraform-provider-local dir=$WORK/terraform-provider-local
  fresh terraform-provider-local "v$PROVIDER_LOCAL" && return
  need_go terraform-provider-local
  mkdir -p "$dir"
  printf 'module live.test/provider-local\n\ngo 1.17\n\nrequire %s v0.0.0\n\nreplace %s v0.0.0 => %s v%s\n' \
    "$old" "$old" github.com/hashicorp/terraform-provider-local "$PROVIDER_LOCAL" > "$dir/go.mod"
  compile terraform-provider-local "$dir" "v$PROVIDER_LOCAL" "$old" ''
}

# helm_release_crd OUT: the definition that helm-controller's own API types describe.
helm_release_crd() {
  local dir=$WORK/flux-helm-api
  plain controller-gen sigs.k8s.io/controller-tools "v$CONTROLLER_GEN" sigs.k8s.io/controller-tools/cmd/controller-gen
  wrap "$dir" github.com/fluxcd/helm-controller/api "v$FLUX_HELM_API" "v$FLUX_HELM_API"
  printf 'package crds\n\nimport _ "github.com/fluxcd/helm-controller/api/v2"\n' > "$dir/crds.go"
  (cd "$dir" && go mod tidy >/dev/null 2>&1; GOFLAGS="$GOFLAGS -mod=mod" "$BIN/controller-gen" crd \
    paths=github.com/fluxcd/helm-controller/api/v2 output:crd:stdout) > "$1.new"
  grep -q 'kind: HelmRelease' "$1.new"
  mv "$1.new" "$1"
}

flux_crds() {
  local crds=$SERVERS_HOME/share/flux/crds mark="$FLUX_SOURCE $FLUX_KUSTOMIZE $FLUX_HELM_API" part src
  [ "$(cat "$crds/.version" 2>/dev/null)" = "$mark" ] && return
  need_go "Flux's custom resource definitions"
  rm -rf "$crds"; mkdir -p "$crds"
  for part in "source-controller v$FLUX_SOURCE" "kustomize-controller v$FLUX_KUSTOMIZE"; do
    wrap "$WORK/flux-${part%% *}" "github.com/fluxcd/${part%% *}" "${part##* }" "${part##* }"
    src=$(module_dir "flux-${part%% *}" "github.com/fluxcd/${part%% *}")
    cp --no-preserve=mode "$src"/config/crd/bases/*.yaml "$crds/"
  done
  helm_release_crd "$crds/helm.toolkit.fluxcd.io_helmreleases.yaml"
  echo "$mark" > "$crds/.version"
}

build() {
  case $1 in
    apiserver) kube kube-apiserver ;;
    kcm)       kube kube-controller-manager ;;
    scheduler) kube kube-scheduler ;;
    kubectl)   kube kubectl ;;
    etcd)      plain etcd go.etcd.io/etcd/server/v3 "v$ETCD" go.etcd.io/etcd/server/v3 ;;
    kwok)      plain kwok sigs.k8s.io/kwok "v$KWOK" sigs.k8s.io/kwok/cmd/kwok ;;
    gitea)     plain gitea code.gitea.io/gitea "v$GITEA" code.gitea.io/gitea "-X main.Version=$GITEA" "sqlite sqlite_unlock_notify" 1
               gitea_files ;;
    kustomize) plain kustomize sigs.k8s.io/kustomize/kustomize/v5 "v$KUSTOMIZE" sigs.k8s.io/kustomize/kustomize/v5 "-X sigs.k8s.io/kustomize/api/provenance.version=v$KUSTOMIZE" ;;
    helm)      plain helm helm.sh/helm/v3 "v$HELM" helm.sh/helm/v3/cmd/helm "-X helm.sh/helm/v3/internal/version.version=v$HELM -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=$(echo "$K8S" | cut -d. -f2)" ;;
    argocd)    plain argocd github.com/argoproj/argo-cd/v3 "v$ARGOCD" github.com/argoproj/argo-cd/v3/cmd "-X github.com/argoproj/argo-cd/v3/common.version=$ARGOCD" "" 0 "v$ARGOCD_ENGINE"
               argocd_files ;;
    flux-crds) flux_crds ;;
    # Not its source-controller: the module proxy withholds some of what that needs. flux/run.py puts artifacts in its place.
    flux)      flux_crds
               plain flux-kustomize-controller github.com/fluxcd/kustomize-controller "v$FLUX_KUSTOMIZE" github.com/fluxcd/kustomize-controller ;;
    jsonnet)   plain jsonnet github.com/google/go-jsonnet "v$JSONNET" github.com/google/go-jsonnet/cmd/jsonnet ;;
    sops)      plain sops github.com/getsops/sops/v3 "v$SOPS" github.com/getsops/sops/v3/cmd/sops
               plain age-keygen filippo.io/age "v$AGE" filippo.io/age/cmd/age-keygen ;;
    tofu)      plain tofu github.com/opentofu/opentofu "v$TOFU" github.com/opentofu/opentofu/cmd/tofu "-X github.com/opentofu/opentofu/version.dev=no" ;;
    terraform-provider-local) provider_local ;;
    conftest)  plain conftest github.com/open-policy-agent/conftest "v$CONFTEST" github.com/open-policy-agent/conftest "-X github.com/open-policy-agent/conftest/internal/version.Version=v$CONFTEST" ;;
    kubeconform) plain kubeconform github.com/yannh/kubeconform "v$KUBECONFORM" github.com/yannh/kubeconform/cmd/kubeconform "-X main.version=v$KUBECONFORM" ;;
    kyverno)   plain kyverno github.com/kyverno/kyverno "v$KYVERNO" github.com/kyverno/kyverno/cmd/cli/kubectl-kyverno "-X github.com/kyverno/kyverno/pkg/version.BuildVersion=v$KYVERNO" ;;
    *) say "unknown name: $1"; return 2 ;;
  esac
}

mkdir -p "$BIN" "$WORK"
for name in "$@"; do build "$name"; done
