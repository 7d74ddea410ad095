#!/usr/bin/env bash
# Drives the real kubectl against a server and stops at the first surprise.
#
#   run.sh KUBECONFIG KUBECTL
#
# Passes against the sandbox's API server and against a real kube-apiserver alike: nothing here needs controllers.
# Works in a namespace of its own, which it deletes at the end (without waiting: only controllers finish that).
set -euo pipefail
[ $# -eq 2 ] || { sed -n '2,7p' "$0" >&2; exit 2; }
export KUBECONFIG=$1
kubectl=$2
ns=kubectl-$$-$RANDOM
dir=$(mktemp -d)
export HOME=$dir
finish() {
  "$kubectl" delete namespace "$ns" --wait=false >/dev/null 2>&1 || true
  rm -rf "$dir"
}
trap finish EXIT

k() { "$kubectl" --namespace "$ns" --request-timeout=60s "$@"; }
count=0
fail() { echo "kubectl contract: $1" >&2; [ $# -lt 2 ] || printf '%s\n' "$2" >&2; exit 1; }
# expect NAME PATTERN COMMAND...: COMMAND succeeds and prints a line that the pattern matches
expect() {
  local name=$1 pattern=$2 out; shift 2
  out=$("$@" 2>&1) || fail "$name: the command failed" "$out"
  grep -Eq -- "$pattern" <<<"$out" || fail "$name: no line matches '$pattern'" "$out"
  count=$((count + 1))
}
# refuse NAME PATTERN COMMAND...: COMMAND fails and says so
refuse() {
  local name=$1 pattern=$2 out; shift 2
  if out=$("$@" 2>&1); then fail "$name: the command succeeded" "$out"; fi
  grep -Eq -- "$pattern" <<<"$out" || fail "$name: no line matches '$pattern'" "$out"
  count=$((count + 1))
}
value() { k get "$1" -o "jsonpath=$2"; }
managers() { k get "$1" -o 'jsonpath={range .metadata.managedFields[*]}{.manager}/{.operation}/{.subresource} {end}'; }

cat > "$dir/shop.yaml" <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  labels: {app: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers:
      - name: web
        image: example/shop:1
        ports: [{containerPort: 8080}]
        env: [{name: MODE, value: plain}]
        resources: {limits: {cpu: 500m, memory: 64Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {selector: {app: shop}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: shop}
data: {colour: blue, size: small}
YAML
sed 's/example\/shop:1/example\/shop:2/; s/replicas: 2/replicas: 3/; s/, size: small//' "$dir/shop.yaml" > "$dir/shop2.yaml"

expect 'version' 'Server Version: v1\.' k version
expect 'api-resources' '^deployments +deploy +apps/v1 +true +Deployment' k api-resources
expect 'api-versions' '^networking.k8s.io/v1$' k api-versions
expect 'create namespace' 'created' "$kubectl" create namespace "$ns"
expect 'get namespace' "^$ns +Active" "$kubectl" get namespace "$ns"

# client-side apply
expect 'apply' 'deployment.apps/shop created' k apply -f "$dir/shop.yaml"
expect 'apply again' 'deployment.apps/shop unchanged' k apply -f "$dir/shop.yaml"
expect 'service address' '^[0-9]+\.' value svc/shop '{.spec.clusterIP}'
expect 'defaults' '^600 IfNotPresent RollingUpdate TCP$' value deploy/shop \
  '{.spec.progressDeadlineSeconds} {.spec.template.spec.containers[0].imagePullPolicy} {.spec.strategy.type} {.spec.template.spec.containers[0].ports[0].protocol}'
expect 'owner' 'kubectl-client-side-apply/Update/ ' managers deploy/shop
expect 'diff' '^\+ +image: example/shop:2' bash -c '"$@" || [ $? -eq 1 ]' _ "$kubectl" -n "$ns" diff -f "$dir/shop2.yaml"
expect 'apply changes' 'deployment.apps/shop configured' k apply -f "$dir/shop2.yaml"
expect 'image changed' '^example/shop:2$' value deploy/shop '{.spec.template.spec.containers[0].image}'
expect 'key removed' '^\{"colour":"blue"\}$' value cm/shop '{.data}'
sed 's/replicas/replicaz/' "$dir/shop.yaml" > "$dir/typo.yaml"
refuse 'strict' 'unknown field "spec.replicaz"' k apply -f "$dir/typo.yaml"

# reading
expect 'get' '^shop +[0-9]/3 ' k get deploy
expect 'get wide' 'CONTAINERS +IMAGES +SELECTOR' k get deploy -o wide
expect 'get all' '^service/shop +ClusterIP' k get all
expect 'get yaml' '^  replicas: 3$' k get deploy shop -o yaml
expect 'get json' '"kind": "Deployment"' k get deploy shop -o json
expect 'get name' '^deployment.apps/shop$' k get deploy -o name
expect 'get by label' '^shop ' k get deploy -l app=shop
expect 'get by no label' 'No resources found' k get deploy -l app=other
expect 'get by field' '^shop ' k get deploy --field-selector metadata.name=shop
refuse 'get missing' 'NotFound' k get deploy nothing
refuse 'get unknown kind' "doesn't have a resource type" k get nonsense
expect 'describe' '^Selector: +app=shop' k describe deploy shop
expect 'describe service' '^TargetPort: +8080/TCP' k describe svc shop
expect 'describe config' '^colour:' k describe cm shop
expect 'explain' 'replicas' k explain deployment.spec

# the small verbs
expect 'label' 'labeled' k label deploy shop tier=front
expect 'annotate' 'annotated' k annotate deploy shop note=hello
expect 'owner of label' 'kubectl-label/Update/ ' managers deploy/shop
expect 'owner of annotate' 'kubectl-annotate/Update/ ' managers deploy/shop
expect 'set image' 'image updated' k set image deploy/shop web=example/shop:3
expect 'set env' 'env updated' k set env deploy/shop MODE=fancy EXTRA=1
expect 'env merged' '^MODE=fancy EXTRA=1 $' value deploy/shop '{range .spec.template.spec.containers[0].env[*]}{.name}={.value} {end}'
expect 'scale' 'scaled' k scale deploy/shop --replicas=4
expect 'scaled' '^4$' value deploy/shop '{.spec.replicas}'
expect 'owner of scale' 'kubectl/Update/scale' managers deploy/shop
expect 'restart' 'restarted' k rollout restart deploy/shop
expect 'pause' 'paused' k rollout pause deploy/shop
expect 'resume' 'resumed' k rollout resume deploy/shop
expect 'patch' 'patched' k patch deploy shop --type=json -p '[{"op":"replace","path":"/spec/minReadySeconds","value":1}]' --dry-run=server
expect 'patch' 'patched' k patch deploy shop --type=merge -p '{"spec":{"minReadySeconds":2}}'
expect 'patch strategic' 'patched' k patch deploy shop -p '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"example/side:1"}]}}}}'
expect 'two containers' '^(web side|side web)$' value deploy/shop '{.spec.template.spec.containers[*].name}'
expect 'edit' 'edited' env EDITOR='sed -i s/minReadySeconds:.2/minReadySeconds:\ 3/' "$kubectl" -n "$ns" edit deploy shop
expect 'edited' '^3$' value deploy/shop '{.spec.minReadySeconds}'
expect 'owner of edit' 'kubectl-edit/Update/ ' managers deploy/shop
expect 'create config' 'created' k create configmap extra --from-literal=a=1
refuse 'create twice' 'already exists' k create configmap extra --from-literal=a=1
expect 'create secret' 'created' k create secret generic hidden --from-literal=password=x
expect 'secret is encoded' '^eA==$' value secret/hidden '{.data.password}'
refuse 'selector is fixed' 'field is immutable' k patch deploy shop --type=merge -p '{"spec":{"selector":{"matchLabels":{"app":"x"}}}}'

# server-side apply
expect 'apply server-side' 'configmap/fresh serverside-applied' k apply --server-side -f - <<<'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"fresh"},"data":{"a":"1","b":"2"}}'
expect 'owner of apply' '^kubectl/Apply/ $' managers cm/fresh
refuse 'conflict' 'conflict with "kubectl": .data.a' k apply --server-side --field-manager=other -f - <<<'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"fresh"},"data":{"a":"9"}}'
expect 'force' 'serverside-applied' k apply --server-side --field-manager=other --force-conflicts -f - <<<'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"fresh"},"data":{"a":"9"}}'
expect 'fewer fields' 'serverside-applied' k apply --server-side -f - <<<'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"fresh"}}'
expect 'field removed' '^\{"a":"9"\}$' value cm/fresh '{.data}'
expect 'take over from client-side' 'service/shop serverside-applied' k apply --server-side -f - <<<'{"apiVersion":"v1","kind":"Service","metadata":{"name":"shop"},"spec":{"selector":{"app":"shop"},"ports":[{"port":80,"targetPort":8080}]}}'

# watching
: > "$dir/watch"
"$kubectl" --namespace "$ns" get configmap --watch --output-watch-events > "$dir/watch" 2>&1 &
watcher=$!
seen() { for _ in $(seq 600); do grep -Eq "$1" "$dir/watch" && return; sleep 0.1; done; fail "watch: no '$1'" "$(cat "$dir/watch")"; }
seen '^ADDED +fresh '
k create configmap later --from-literal=a=1 >/dev/null
seen '^ADDED +later '
k label configmap later x=y >/dev/null
seen '^MODIFIED +later '
k delete configmap later >/dev/null
seen '^DELETED +later '
kill "$watcher"
wait "$watcher" 2>/dev/null || true
count=$((count + 4))

# deleting
expect 'delete' 'configmap "extra" deleted' k delete configmap extra
expect 'delete by label' 'deployment.apps "shop" deleted' k delete deploy -l app=shop
refuse 'is gone' 'NotFound' k get deploy shop
expect 'delete absent' '^$' k delete configmap extra --ignore-not-found
expect 'delete file' 'configmap "shop" deleted' k delete -f "$dir/shop.yaml" --ignore-not-found
echo "$count passed, 0 failed"
