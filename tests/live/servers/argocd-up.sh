#!/usr/bin/env bash
# Start a real Argo CD (application and ApplicationSet controllers, repo server, redis) as plain processes against a cluster up.sh started.
#
#   isolated.sh bash -c 'up.sh CLUSTER && argocd-up.sh DIR CLUSTER/kubeconfig'
#
# Argo CD's metrics ports listen on every address, so this refuses to run where there is any interface but loopback: run the whole scenario
# under isolated.sh.
#
# Applications live in namespace argocd; destination https://kubernetes.default.svc is the given cluster. Under DIR: pids, log/, env
# (ARGOCD_REPO_SERVER, ARGOCD_REDIS, ARGOCD_METRICS). `down.sh DIR` stops it.
#
# CONTROLLER_ARGS REPO_ARGS   more flags, e.g. --app-resync 30
# SERVERS_BIN                 where argocd is  (default $SERVERS_HOME/bin)
set -euo pipefail

[ $# -ge 2 ] || { sed -n '2,14p' "$0" >&2; exit 2; }
mkdir -p "$1"; dir=$(cd "$1" && pwd)
KUBECONFIG=$(cd "$(dirname "$2")" && pwd)/$(basename "$2"); export KUBECONFIG
SERVERS_HOME=${SERVERS_HOME:-$HOME/.cache/live-servers}
BIN=${SERVERS_BIN:-$SERVERS_HOME/bin}
SHARE=${ARGOCD_SHARE:-$SERVERS_HOME/share/argocd}
READY_SECONDS=${READY_SECONDS:-120}
[ -x "$BIN/argocd" ] || { echo "no argocd in $BIN: run build.sh argocd" >&2; exit 1; }
command -v redis-server >/dev/null || { echo "no redis-server: install Debian's" >&2; exit 1; }
kubectl=$BIN/kubectl; [ -x "$kubectl" ] || kubectl=kubectl

if tail -n +3 /proc/self/net/dev | cut -d: -f1 | tr -d ' ' | grep -qv '^lo$'; then
  echo "argocd-up.sh: there is more than loopback here; run it under isolated.sh" >&2; exit 1
fi

# Something of an earlier start still runs from here: leave it be.
while read -r _ pid; do
  [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$dir" ] && { echo "$0: already running under $dir; down.sh it first" >&2; exit 1; }
done < <(cat "$dir/pids" 2>/dev/null)

# shellcheck source=free_port.sh
. "$(dirname "$0")/free_port.sh"
mkdir -p "$dir/log" "$dir/tmp" "$dir/home" "$dir/config/tls" "$dir/config/ssh" "$dir/config/gpg/source" "$dir/config/gpg/keys" "$dir/config/plugin"
: > "$dir/pids"
start() {  # start NAME COMMAND...
  local name=$1; shift
  (cd "$dir"; exec setsid nohup "$@" </dev/null >"$dir/log/$name.log" 2>&1) &
  echo "$name $!" >> "$dir/pids"
}
wait_url() {  # wait_url NAME URL
  local end=$((SECONDS + READY_SECONDS)) pid; pid=$(awk -v n="$1" '$1==n{print $2}' "$dir/pids")
  until curl -sf --max-time 3 "$2" >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null && [ $SECONDS -lt $end ] || {
      echo "argocd-up.sh: $1 not ready" >&2; tail -n 15 "$dir/log/$1.log" >&2
      "$(dirname "$0")/down.sh" "$dir"; exit 1; }
    sleep 0.2
  done
}

# --- what an installation puts in the cluster
k() { "$kubectl" "$@" >> "$dir/log/kubectl.log" 2>&1 || { tail -n 1 "$dir/log/kubectl.log" >&2; return 1; }; }
k apply --server-side -f "$SHARE/crds"
"$kubectl" get namespace argocd >/dev/null 2>&1 || k create namespace argocd
k -n argocd apply --server-side -f "$SHARE/config"
# A definition whose server was killed before it was established stays so until touched.
k annotate --overwrite -f "$SHARE/crds" "live-touch=$RANDOM"
export KUBECACHEDIR=$dir/tmp/kube
for _ in $(seq 100); do  # until the new kinds are in the server's discovery
  [ "$("$kubectl" api-resources --api-group=argoproj.io -o name 2>/dev/null | wc -l)" -ge 3 ] && break; sleep 0.2
done
k -n argocd apply --server-side --field-manager=live --force-conflicts -f - <<YAML
apiVersion: v1
kind: Secret
metadata: {name: argocd-secret}
stringData: {server.secretkey: $(openssl rand -hex 32), admin.password: '', admin.passwordMtime: '2026-01-01T00:00:00Z'}
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: default}
spec:
  sourceRepos: ['*']
  destinations: [{namespace: '*', server: '*'}]
  clusterResourceWhitelist: [{group: '*', kind: '*'}]
YAML

# --- processes
redis=$(free_port); repo=$(free_port); repo_m=$(free_port); ctl_m=$(free_port); set_m=$(free_port); set_p=$(free_port); set_w=$(free_port)
export ARGOCD_FAKE_IN_CLUSTER=true ARGOCD_GPG_ENABLED=false HOME=$dir/home TMPDIR=$dir/tmp \
  ARGOCD_TLS_DATA_PATH=$dir/config/tls ARGOCD_SSH_DATA_PATH=$dir/config/ssh \
  ARGOCD_GPG_DATA_PATH=$dir/config/gpg/source ARGOCD_GNUPGHOME=$dir/config/gpg/keys \
  ARGOCD_PLUGINSOCKFILEPATH=$dir/config/plugin PATH=$BIN:$SHARE/bin:$PATH
start redis redis-server --bind 127.0.0.1 --port "$redis" --save '' --appendonly no --dir "$dir"
start repo-server env ARGOCD_BINARY_NAME=argocd-repo-server "$BIN/argocd" --address 127.0.0.1 --port "$repo" \
  --metrics-address 127.0.0.1 --metrics-port "$repo_m" --redis "127.0.0.1:$redis" ${REPO_ARGS:-}
wait_url repo-server "http://127.0.0.1:$repo_m/metrics"
start application-controller env ARGOCD_BINARY_NAME=argocd-application-controller "$BIN/argocd" \
  --kubeconfig "$KUBECONFIG" --namespace argocd --redis "127.0.0.1:$redis" \
  --repo-server "127.0.0.1:$repo" --metrics-port "$ctl_m" ${CONTROLLER_ARGS:-}
wait_url application-controller "http://127.0.0.1:$ctl_m/healthz"
start applicationset-controller env ARGOCD_BINARY_NAME=argocd-applicationset-controller NAMESPACE=argocd "$BIN/argocd" \
  --kubeconfig "$KUBECONFIG" --namespace argocd --argocd-repo-server "127.0.0.1:$repo" \
  --metrics-addr "127.0.0.1:$set_m" --probe-addr "127.0.0.1:$set_p" --webhook-addr "127.0.0.1:$set_w"
wait_url applicationset-controller "http://127.0.0.1:$set_m/metrics"
printf 'export ARGOCD_REPO_SERVER=127.0.0.1:%s ARGOCD_REDIS=127.0.0.1:%s ARGOCD_METRICS=127.0.0.1:%s\n' "$repo" "$redis" "$ctl_m" > "$dir/env"
cat "$dir/pids"
