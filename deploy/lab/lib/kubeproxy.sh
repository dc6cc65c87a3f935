# kube-proxy's chains in iptables mode: names are hashes of service, protocol and endpoint, so that both nodes agree.
# shellcheck shell=bash

readonly BASE32=ABCDEFGHIJKLMNOPQRSTUVWXYZ234567

# kube_names TEXT…: KUBE_NAME[TEXT] = first 16 letters of base32(sha256(TEXT)). One sha256sum for all of them.
kube_names() {
  local text hex half i name files=() digests
  mkdir "$DIR/digests"
  for text in "$@"; do
    files+=("$DIR/digests/${#files[@]}")
    printf '%s' "$text" > "${files[-1]}"
  done
  mapfile -t digests < <(sha256sum "${files[@]}")
  rm -r "$DIR/digests"
  for text in "$@"; do
    hex=${digests[0]:0:20} name=''
    digests=("${digests[@]:1}")
    for half in "${hex:0:10}" "${hex:10:10}"; do
      for ((i = 35; i >= 0; i -= 5)); do name+=${BASE32:$(((16#$half >> i) & 31)):1}; done
    done
    KUBE_NAME[$text]=$name
  done
}

# The KUBE part of the nat table, chains first.
kube_proxy_rules() {
  local service name port_name ip protocol port target node_port endpoints endpoint texts=()
  declare -A KUBE_NAME=()
  for service in "${SERVICES[@]}"; do
    read -r name port_name ip protocol port target node_port endpoints <<< "$service"
    texts+=("$name:$port_name$protocol")
    for endpoint in $endpoints; do texts+=("$name:$port_name$protocol$endpoint:$target"); done
  done
  kube_names "${texts[@]}"
  kube_chains
  cat <<'RULES'
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
RULES
  for service in "${SERVICES[@]}"; do
    read -r name port_name ip protocol port target node_port endpoints <<< "$service"
    service_rules
  done
  printf '%s\n' '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS'
}

kube_chains() {
  local text
  printf ':%s - [0:0]\n' KUBE-KUBELET-CANARY KUBE-PROXY-CANARY KUBE-MARK-MASQ KUBE-NODEPORTS KUBE-POSTROUTING KUBE-SERVICES
  for service in "${SERVICES[@]}"; do
    read -r name port_name ip protocol port target node_port endpoints <<< "$service"
    text=$name:$port_name$protocol
    printf ':KUBE-SVC-%s - [0:0]\n' "${KUBE_NAME[$text]}"
    [ "$node_port" = 0 ] || printf ':KUBE-EXT-%s - [0:0]\n' "${KUBE_NAME[$text]}"
    for endpoint in $endpoints; do printf ':KUBE-SEP-%s - [0:0]\n' "${KUBE_NAME[$text$endpoint:$target]}"; done
  done
}

# Reads the caller's service fields. Without a pod CIDR, as on EKS: a ClusterIP keeps the pod's source address.
service_rules() {
  local key=$name:$port_name$protocol label=$name:$port_name chain left endpoint separate share
  chain=KUBE-SVC-${KUBE_NAME[$key]}
  printf -- '-A KUBE-SERVICES -d %s/32 -p %s -m comment --comment "%s cluster IP" -m %s --dport %s -j %s\n' \
    "$ip" "$protocol" "$label" "$protocol" "$port" "$chain"
  if [ "$node_port" != 0 ]; then
    printf -- '-A KUBE-NODEPORTS -p %s -m comment --comment "%s" -m %s --dport %s -j %s\n' \
      "$protocol" "$label" "$protocol" "$node_port" "KUBE-EXT-${KUBE_NAME[$key]}"
    printf -- '-A %s -m comment --comment "masquerade traffic for %s external destinations" -j KUBE-MARK-MASQ\n' "KUBE-EXT-${KUBE_NAME[$key]}" "$label"
    printf -- '-A %s -j %s\n' "KUBE-EXT-${KUBE_NAME[$key]}" "$chain"
  fi
  read -ra left <<< "$endpoints"
  while [ ${#left[@]} -gt 0 ]; do
    endpoint=${left[0]}:$target separate=KUBE-SEP-${KUBE_NAME[$key${left[0]}:$target]} share=''
    if [ ${#left[@]} -gt 1 ]; then printf -v share ' -m statistic --mode random --probability 0.%010d0' $((10000000000 / ${#left[@]})); fi
    printf -- '-A %s -m comment --comment "%s -> %s"%s -j %s\n' "$chain" "$label" "$endpoint" "$share" "$separate"
    printf -- '-A %s -s %s/32 -m comment --comment "%s" -j KUBE-MARK-MASQ\n' "$separate" "${left[0]}" "$label"
    printf -- '-A %s -p %s -m comment --comment "%s" -m %s -j DNAT --to-destination %s\n' "$separate" "$protocol" "$label" "$protocol" "$endpoint"
    left=("${left[@]:1}")
  done
}
