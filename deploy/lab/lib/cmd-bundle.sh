# lab bundle: what the EKS log collector would gather on a node, in its layout.
# shellcheck shell=bash

cmd_bundle() {
  local tgz=no extra=no words=()
  while [ $# -gt 0 ]; do
    case $1 in
      --tgz) tgz=yes ;;
      --extra) extra=yes ;;
      -*) usage_fail "unknown option $1" ;;
      *) words+=("$1") ;;
    esac
    shift
  done
  [ ${#words[@]} -eq 3 ] || usage_fail "lab bundle LAB NODE DIR [--tgz] [--extra]"
  use_lab "${words[0]}"
  local node=${words[1]} dir=${words[2]} name
  require_node "$node"
  build_podd
  find_processes
  process_at "$node"
  [[ ! -e $dir || (-d $dir && -z $(ls -A "$dir")) ]] || fail "$dir is there already and not an empty directory"
  mkdir -p "$dir"
  if [ $tgz = no ]; then
    bundle_into "$dir"
    printf '%s\n' "$dir"
    return 0
  fi
  # The archive's own name, with the time in UTC and the collector's version, is all that tells the node's instance outside of it.
  TZ=UTC0 printf -v name '%s/eks_%s_%(%Y-%m-%d_%H%M)T-UTC_0.7.8.tar.gz' "$dir" "${INSTANCE_ID[$node]}" -1
  STAGING=$(mktemp -d)
  trap 'rm -rf "$STAGING"' EXIT
  bundle_into "$STAGING"
  tar -C "$STAGING" -czf "$name" .
  printf '%s\n' "$name"
}

# bundle_into DIRECTORY: of $node.
bundle_into() {
  local to=$1
  mkdir -p "$to"/{cni,ipamd,kernel,networking,sysctls,system,var_log}
  bundle_networking
  bundle_iptables
  [ "$extra" = no ] || bundle_extra
  in_node "$node" curl --max-time 3 --silent http://localhost:61679/v1/enis > "$to/ipamd/enis.json"
  in_node "$node" cat /var/run/aws-node/ipam.json > "$to/ipamd/ipam.json"
  in_node "$node" cat /etc/cni/net.d/10-aws.conflist > "$to/cni/10-aws.conflist"
  cp -r "$DIR/$node/log/aws-routed-eni" "$to/var_log/"
  in_node "$node" sysctl --all > "$to/sysctls/sysctl_all.txt" 2> /dev/null || true
  in_node "$node" uname -a > "$to/kernel/uname.txt"
  # The kernel's log is the machine's; its end is enough for what a lab does.
  in_node "$node" dmesg | tail -n 500 > "$to/kernel/dmesg.current"
  in_node "$node" dmesg --ctime | tail -n 500 > "$to/kernel/dmesg.human.current"
  in_node "$node" ps fauxwww --headers > "$to/system/ps.txt"
  printf '%s' "${INSTANCE_ID[$node]}" > "$to/system/instance-id.txt"
}

bundle_networking() {
  local into=$to/networking device
  {
    printf '*** Output of conntrack -S *** \n'
    in_node "$node" conntrack -S
    printf '*** Output of conntrack -L ***\n'
    in_node "$node" conntrack -L 2> /dev/null
  } > "$into/conntrack.txt"
  {
    printf '*** Output of conntrack -L -f ipv6 ***\n'
    in_node "$node" conntrack -L -f ipv6 2> /dev/null
  } > "$into/conntrack6.txt"
  in_node "$node" ifconfig > "$into/ifconfig.txt"
  in_node "$node" ip rule show > "$into/iprule.txt"
  in_node "$node" ip -6 rule show > "$into/ip6rule.txt"
  in_node "$node" ip route show table all > "$into/iproute.txt"
  in_node "$node" ip -6 route show table all > "$into/ip6route.txt"
  in_node "$node" cat /etc/resolv.conf > "$into/resolv.conf"
  while read -r device; do
    printf 'Interface %s\n' "$device"
    in_node "$node" ethtool -S "$device" 2>&1 || true
    printf '\n\n'
  done < <(in_node "$node" ip -o address | awk '{ print $2 }' | sort -u) > "$into/ethtool.txt"
}

bundle_iptables() {
  local into=$to/networking tool table
  for tool in iptables ip6tables; do
    for table in mangle filter nat; do
      in_node "$node" $tool --wait 1 --numeric --verbose --list --table $table > "$into/$tool-$table.txt" 2> /dev/null
    done
    in_node "$node" $tool --wait 1 --numeric --verbose --list > "$into/$tool.txt" 2> /dev/null
    in_node "$node" $tool-save > "$into/$tool-save.txt" 2> /dev/null
  done
}

# What the collector leaves out and people are then asked for.
bundle_extra() {
  local into=$to/networking
  in_node "$node" ip address show > "$into/ipaddr.txt"
  in_node "$node" ip neighbour show > "$into/ipneigh.txt"
  in_node "$node" nft list ruleset > "$into/nft-ruleset.txt" 2> /dev/null
}
