# lab up
# shellcheck shell=bash

cmd_up() {
  local name='' backend=nft connmark='' cluster_dir='' started=$EPOCHREALTIME
  while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || usage_fail "$1 needs a value"
    case $1 in
      --name) name=$2 ;;
      --backend) backend=$2 ;;
      --connmark) connmark=$2 ;;
      --cluster-dir) cluster_dir=$(realpath -m "$2") ;;
      *) usage_fail "unknown option $1" ;;
    esac
    shift 2
  done
  check_options
  check_tools
  build_podd
  claim_directory
  trap abandon EXIT
  write_settings
  # Bound to this process: when it dies before the lab is complete, the lab dies. No sub-shell may stand between.
  if ! "$PODD" lab "$LAB" "$DIR" $$ env "DIR=$DIR" "LAB=$LAB" bash "$HERE/lib/inside.sh" build_lab; then
    cat "$DIR/lab.log" >&2 || true
    fail "lab $LAB did not come up; the lines above say where it stopped"
  fi
  trap - EXIT
  publish_status
  [ ! -t 2 ] || printf 'lab %s is up in %s ms\n' "$LAB" $(((${EPOCHREALTIME/./} - ${started/./}) / 1000)) >&2
  printf '%s\n' "$LAB"
}

check_options() {
  [[ $backend =~ ^(nft|legacy)$ ]] || usage_fail "--backend is nft or legacy, not '$backend'"
  connmark=${connmark:-iptables}
  [[ $connmark =~ ^(iptables|nft)$ ]] || usage_fail "--connmark is iptables or nft, not '$connmark'"
  [ "$backend/$connmark" != legacy/nft ] || usage_fail "the CNI marks with nft only where iptables is nf_tables: use --backend nft"
  [[ -z $name || $name =~ ^[a-z0-9][a-z0-9-]{0,30}$ ]] || usage_fail "--name is up to 31 of a-z, 0-9 and -, not '$name'"
}

check_tools() {
  local tool package missing=()
  for tool in ip:iproute2 nft:nftables iptables-nft-restore:iptables iptables-legacy-restore:iptables flock:util-linux; do
    package=${tool#*:}
    command -v "${tool%%:*}" > /dev/null || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] || fail "tools are missing; install them with: apt-get install ${missing[*]}"
}

# The directory's mkdir is the lock on the name.
claim_directory() {
  local try
  for try in 1 2 3 4 5 6 7 8 9; do
    mkdir -p "$LABS" # each time: the end of the last other lab removes it
    LAB=$name
    if [ -z "$LAB" ]; then printf -v LAB 'ph-%04x' $((SRANDOM & 0xffff)); fi
    DIR=$LABS/$LAB
    if mkdir "$DIR" 2> /dev/null; then return 0; fi
    [[ -z $name || ! -d $DIR ]] || fail "lab $LAB exists already; remove it with: lab down $LAB"
  done
  fail "no free name found in $LABS after $try tries"
}

# write_env_settings DIRECTORY: what ipamd's introspection tells of the settings that this lab has.
write_env_settings() {
  printf '{"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG":false,"ENABLE_POD_ENI":false,"ENABLE_PREFIX_DELEGATION":false,"IP_COOLDOWN_PERIOD":30,"WARM_ENI_TARGET":1}' \
    > "$1/ipamd-env-settings"
  printf '{"AWS_VPC_CNI_NODE_PORT_SUPPORT":true,"AWS_VPC_ENI_MTU":%s,"AWS_VPC_K8S_CNI_EXTERNALSNAT":false,"AWS_VPC_K8S_CNI_VETHPREFIX":"eni"}' "$VPC_MTU" \
    > "$1/networkutils-env-settings"
}

write_settings() {
  local node
  mkdir "$DIR/stage" "$DIR/control" "$DIR/faults" "$DIR/assigned"
  for node in "${NODES[@]}"; do
    mkdir -p "$DIR/$node/"{stage,log/aws-routed-eni,aws-node,pods,cooldown,introspection/v1,etc/cni/net.d,etc/alternatives}
    write_env_settings "$DIR/$node/introspection/v1"
  done
  # The zone of plugin.log stays that of `lab up`, whoever adds a pod later.
  [ -z "${TZ:-}" ] || printf 'export TZ=%q\n' "$TZ" > "$DIR/settings"
  printf '%s=%q\n' BACKEND "$backend" CONNMARK "$connmark" CLUSTER_DIR "$cluster_dir" >> "$DIR/settings"
  read_settings
}

abandon() {
  # shellcheck source=/dev/null
  source "$HERE/lib/cmd-down.sh"
  take_down "$LAB"
}

# shellcheck source=/dev/null
source "$HERE/lib/cmd-status.sh"
