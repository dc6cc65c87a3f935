# lab down
# shellcheck shell=bash

cmd_down() {
  [ $# -eq 1 ] || usage_fail "lab down LAB|--all"
  build_podd
  if [ "$1" = --all ]; then
    local lab
    while read -r lab; do take_down "$lab"; done < <(every_lab)
    return 0
  fi
  [[ $1 =~ ^[a-z0-9][a-z0-9-]{0,30}$ ]] || usage_fail "not a lab's name: '$1'"
  take_down "$1"
}

# Labs with a directory, and labs of which only processes are left.
every_lab() {
  {
    for dir in "$LABS"/*/; do [ ! -d "$dir" ] || basename "$dir"; done
    "$PODD" ps | cut -f 3
  } | sort -u
}

# take_down LAB: idempotent, from any state. The init's death takes every process, namespace and mount along.
take_down() {
  local LAB=$1 pid kind lab rest tries=0
  while [ -n "$("$PODD" ps "$LAB")" ]; do
    while IFS=$'\t' read -r pid kind lab rest; do
      case $kind in lab | lab-init | relay) kill -KILL "$pid" 2> /dev/null || true ;; esac
    done < <("$PODD" ps "$LAB")
    tries=$((tries + 1))
    [ $tries -le 500 ] || fail "processes of lab $LAB do not die: $("$PODD" ps "$LAB" | cut -f 1 | tr '\n' ' ')"
    sleep 0.01
  done
  await_init
  withdraw_status
  rm -rf "${LABS:?}/$LAB"
  rmdir "$LABS" 2> /dev/null || true
}

# An init is a zombie or gone only when all processes of its namespace are.
await_init() {
  local pid started stat fields try
  [ -f "$LABS/$LAB/init" ] || return 0
  read -r pid started < "$LABS/$LAB/init" || return 0
  for try in {1..500}; do
    { read -r stat < "/proc/$pid/stat"; } 2> /dev/null || return 0
    read -ra fields <<< "${stat##*) }"
    [[ ${fields[0]} != Z && ${fields[19]} = "$started" ]] || return 0
    sleep 0.01
  done
  fail "lab $LAB is still dying after $((try / 100)) s; try again"
}

# The published status goes too, unless another lab has published there since.
withdraw_status() {
  local CLUSTER_DIR='' file
  # shellcheck source=/dev/null
  [ ! -f "$LABS/$LAB/settings" ] || source "$LABS/$LAB/settings"
  file=$CLUSTER_DIR/cluster.json
  [[ -n $CLUSTER_DIR && -f $file ]] || return 0
  if grep -q "^{\"name\":\"$LAB\"," "$file"; then rm -f "$file"; fi
}
