# lab list
# shellcheck shell=bash

cmd_list() {
  local dir LAB state
  build_podd
  for dir in "$LABS"/*/; do
    [ -d "$dir" ] || continue
    LAB=$(basename "$dir")
    find_processes
    state=dead
    [ -z "${PID_OF[vpc]:-}" ] || { [ -e "$dir/complete" ] && state=up || state=starting; }
    printf '%s\t%s\n' "$LAB" "$state"
  done
}
