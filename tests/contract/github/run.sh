#!/usr/bin/env bash
# What integrations/forge sends to GitHub, and what our fake of it answers, held against GitHub's own OpenAPI descriptions (github.com and GHES).
#   tests/contract/github/run.sh PATH-OF-contract_github
# Needs node 18.20 or newer and npm; the descriptions (about 470 MB) are fetched once into $HOME/.cache.
set -euo pipefail
binary=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
driver=${DRIFTWARDEN_FORGE_CONTRACT_HOME:-$HOME/.cache/driftwarden-forge-contract}
export NO_PROXY=127.0.0.1,localhost,${NO_PROXY:-} no_proxy=127.0.0.1,localhost,${no_proxy:-}
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "the GitHub contract needs $tool in PATH" >&2; exit 1; }
done

mkdir -p "$driver"
if ! cmp -s "$here/driver/package.json" "$driver/installed.json"; then
  cp "$here/driver/package.json" "$driver/package.json"
  (cd "$driver" && npm install --silent --no-package-lock --no-audit --no-fund)
  cp "$here/driver/package.json" "$driver/installed.json"
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/driftwarden-github-XXXXXX")
cp -r "$here"/driver/. "$work/"
ln -s "$driver/node_modules" "$work/node_modules"
pid=''
finish() {
  [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

run_against() { # KIND SUFFIX: the driver in front of the fake, then the suite through it
  local kind=$1 suffix=$2 port status=0
  port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
  : > "$work/url"
  mkfifo "$work/hold"
  (cd "$work" && exec node serve.mjs "$kind" --upstream "http://127.0.0.1:$port" --journal "$work/journal.$kind" < "$work/hold" > "$work/url" 2> "$work/complaints") &
  pid=$!
  exec 3> "$work/hold"
  for _ in $(seq 600); do
    [ -s "$work/url" ] && break
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  [ -s "$work/url" ] || { echo "the contract driver did not start:" >&2; cat "$work/complaints" >&2; return 1; }
  DRIFTWARDEN_GITHUB_FAKE_PORT=$port DRIFTWARDEN_GITHUB_URL=$(sed 's/.*"url":"\([^"]*\)".*/\1/' "$work/url")$suffix "$binary" --gtest_brief=1 || status=$?
  exec 3>&-
  wait "$pid" || { echo "$kind: the contract was broken:" >&2; sed -E 's/[?][^ ]*:/:/; s/\.[0-9]+\././g' "$work/complaints" | sort | uniq -c | head -n 40 >&2; status=1; }
  pid=''
  rm -f "$work/hold"
  [ "$status" -eq 0 ] && echo "$kind: every request and every answer held"
  return "$status"
}
run_against github ''
run_against ghes /api/v3
