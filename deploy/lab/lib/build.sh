# Building the lab, as the first process inside its namespaces (netns: the VPC's).
# shellcheck shell=bash

build_lab() {
  local node job jobs=()
  declare -A NODE_PID
  shared_files
  INET_PID=$("$PODD" inet "$LAB")
  for node in "${NODES[@]}"; do NODE_PID[$node]=$("$PODD" node "$LAB" "$node" "$DIR/$node"); done
  "$PODD" dns "$LAB" "$VPC_DNS" "$DIR/names" > /dev/null
  vpc_sysctls
  vpc_links
  vpc_rules &
  jobs+=($!)
  for node in "${NODES[@]}"; do
    "$PODD" enter "${NODE_PID[$node]}" nmpui bash "$HERE/lib/inside.sh" setup_node "$node" &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do wait "$job"; done
}

# Files that both nodes read; a node's /etc is the machine's with the files here laid over it.
shared_files() {
  local node eni etc tool
  printf '%s\n' "${DNS_NAMES[@]}" > "$DIR/names"
  printf 'nameserver 10.100.0.10\nsearch shop.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n' > "$DIR/pod-resolv.conf"
  kube_proxy_rules > "$DIR/kube-proxy.rules"
  for node in "${NODES[@]}"; do
    etc=$DIR/$node/etc
    printf '%s\n' "$node" > "$etc/hostname"
    printf 'nameserver %s\n' "$VPC_DNS" > "$etc/resolv.conf"
    {
      printf '127.0.0.1 localhost\n'
      for eni in "${NODES[@]}"; do printf '%s %s\n' "${PRIMARY[$eni/eth0]}" "$eni"; done
    } > "$etc/hosts"
    cni_configuration > "$etc/cni/net.d/10-aws.conflist"
    # `iptables` in a node is the lab's backend, whatever the machine's alternatives say.
    for tool in {ip,ip6}tables{,-save,-restore}; do
      ln -s "$(command -v "${tool%%-*}-$BACKEND${tool#*tables}")" "$etc/alternatives/$tool"
    done
  done
}
