# Sourced by what starts servers. free_port: a port on which nobody listens, below the range that the kernel gives to whoever calls out, and
# never twice the same under $dir (what got it may not listen yet).
free_port() {
  local p
  while :; do
    p=$((16000 + (RANDOM * 32768 + RANDOM) % 4000))
    grep -qx "$p" "$dir/.ports" 2>/dev/null && continue
    (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo "$p" | tee -a "$dir/.ports"; return; }
  done
}
