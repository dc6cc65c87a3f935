#!/bin/bash
# Proves the lab by traffic: wiring, services, internet, faults, several labs at once, and that nothing is left behind.
# Ends with "N passed, M failed"; exit code 1 when something failed.
set -uo pipefail
export LC_ALL=C

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB="$HERE/lab"
PODD=$HERE/target/podd
# shellcheck source=/dev/null
source "$HERE/lib/topology.sh"
# shellcheck source=/dev/null
source "$HERE/lib/kubeproxy.sh"

PREFIX=phs$$
WORK=$(mktemp -d)
WEB=shop/web-7c9f5d8b6-x2x4k API=shop/api-5b8d9c7f44-q8w2z CART=shop/cart-0 DB=shop/db-0

for tool in curl:curl dig:bind9-dnsutils jq:jq pgrep:procps; do
  command -v "${tool%:*}" > /dev/null || {
    echo "selftest: ${tool%:*} is missing; install it with: apt-get install ${tool#*:}" >&2
    exit 1
  }
done

clean_up() {
  local dir
  for dir in /run/podhop-lab/"$PREFIX"*/; do [ ! -d "$dir" ] || "$LAB" down "$(basename "$dir")"; done
  rm -rf "$WORK"
}
trap clean_up EXIT

pass() { printf 'ok    %s\n' "$1"; }
flunk() { printf 'FAIL  %s: %s\n' "$1" "$2"; }

# check TITLE EXPECTED COMMAND…: the command's output matches EXPECTED (a bash pattern).
check() {
  local title=$1 expected=$2 output
  shift 2
  output=$("$@" 2>&1)
  # shellcheck disable=SC2053
  if [[ $output == $expected ]]; then pass "$title"; else flunk "$title" "wanted '$expected', got '${output:0:400}'"; fi
}

# The functions below read the suite's $name.
in_lab() { "$LAB" exec "$name" "$1" -- "${@:2}"; }
get() { in_lab "$1" curl -sS --connect-timeout "${3:-2}" -m 5 "http://$2/"; }

wiring() {
  check "$1 same node, pod address kept" "*server=$CART on node-a*peer=192.168.1.11:*" get $WEB 192.168.1.12:8080
  check "$1 across nodes, both on secondary ENIs" "*server=$DB on node-b*peer=192.168.1.21:*" get $API 192.168.33.21:8080
  check "$1 across nodes, both on primary ENIs" "*web-7c9f5d8b6-m7n9p on node-b*peer=192.168.1.12:*" get $CART 192.168.33.11:8080
  check "$1 ClusterIP" "*server=shop/db-? on node-b*peer=192.168.1.21:*" get $API 10.100.0.54:5432
  check "$1 service name through the cluster's DNS" "*server=shop/web-*" get $API web.shop.svc.cluster.local
  check "$1 NodePort to a secondary ENI" "*server=shop/db-*peer=192.168.32.10:*" get inet 198.51.100.11:30054
  check "$1 load balancer with an address as target keeps the client's" "*server=$API on node-a*peer=203.0.113.10:*" get inet 198.51.100.20
  check "$1 NodePort from the internet" "*server=shop/web-*peer=192.168.0.10:*" get inet 198.51.100.10:30080
  check "$1 internet from a secondary ENI: SNAT" "*server=inet*peer=198.51.100.10:*" get $API 203.0.113.10
  check "$1 internet from the node" "*server=inet*peer=198.51.100.11:*" get node-b 203.0.113.10
  check "$1 conntrack pinned to the primary ENI" "*src=192.168.1.21*dst=192.168.0.10*mark=128*" in_lab node-a cat /proc/net/nf_conntrack
  check "$1 DNS over UDP by service" 203.0.113.10 in_lab $CART dig +short +time=1 @10.100.0.10 www.example.com
  check "$1 DNS over TCP by service" 203.0.113.10 in_lab $CART dig +tcp +short +time=1 @10.100.0.10 www.example.com
  check "$1 DNS, no such name" "*NXDOMAIN*" in_lab $CART dig +time=1 @10.100.0.10 nx.example.com
  check "$1 the VPC's resolver" 10.100.0.80 in_lab node-b dig +short +time=1 web.shop.svc.cluster.local
  check "$1 UDP echo across nodes" hello in_lab $API "$PODD" udp 192.168.33.21 7 hello
  check "$1 UDP echo on the internet" hello in_lab $API "$PODD" udp 203.0.113.10 7 hello
  check "$1 a large answer" 3000000 in_lab $API curl -sS -m 5 -o /dev/null -w '%{size_download}' http://192.168.33.21:8080/bytes/3000000
}

state_files() {
  check "$1 ipam.json" '192.168.1.11 192.168.1.12 192.168.1.21 192.168.1.22' in_lab node-a jq -r '[.allocations[].ipv4] | sort | join(" ")' /var/run/aws-node/ipam.json
  check "$1 ipamd.log is JSON lines" '?*' in_lab node-a jq -es 'map(select(.msg | startswith("assignPodIPAddressUnsafe: Assign IP"))) | length == 4' /var/log/aws-routed-eni/ipamd.log
  check "$1 introspection" 'true 4 18 254 2' in_lab node-a sh -c 'curl -s 127.0.0.1:61679/v1/enis | jq -r ".[\"0\"] | \"\([.ENIs[].AvailableIPv4Cidrs[].IPAddresses[] | select(.IPAMMetadata.k8sPodName == \"cart-0\") | .Address] == [\"192.168.1.12\"]) \(.AssignedIPs) \(.TotalIPs) \([.ENIs[].RouteTableID] | sort | reverse | join(\" \"))\""'
  check "$1 plugin.log ties pod, veth and table" '*routeTableNumber=2,*' in_lab node-b jq -re 'select(.msg | startswith("SetupPodNetwork: ")) | .msg' /var/log/aws-routed-eni/plugin.log
  check "$1 conflist" aws-cni in_lab node-a jq -r .name /etc/cni/net.d/10-aws.conflist
  check "$1 node's host name" node-b in_lab node-b hostname
  check "$1 pod namespaces in /run/netns" 4 in_lab node-a sh -c 'ls -d /run/netns/cni-* | wc -l'
  check "$1 status -o json" 'node-a,node-b 8 4' jq -r '"\([.nodes[].name] | join(",")) \([.nodes[].pods[]] | length) \(.services | length)"' <("$LAB" status "$name" -o json)
  check "$1 status names the ENI of each pod" 'eth1 2' jq -r '.nodes[0].pods[] | select(.ip == "192.168.1.21") | "\(.interface) \(.routeTable)"' <("$LAB" status "$name" -o json)
  check "$1 conntrack counts and dates" '1 1 1' in_lab node-a sh -c 'cd /proc/sys/net/netfilter; cat nf_conntrack_acct nf_conntrack_timestamp nf_conntrack_events | paste -sd " "'
  check "$1 exit code passes" 7 sh -c "'$LAB' exec $name node-a -- sh -c 'exit 7'; echo \$?"
  check "$1 stdin and stdout pass" piped sh -c "echo piped | '$LAB' exec $name node-b -- cat"
}

bundle() {
  local dir=$WORK/$name.bundle tgz
  check "$1 bundle" "$dir" "$LAB" bundle "$name" node-a "$dir"
  check "$1 … rules, routes of all tables, iptables" '*1536:*192.168.1.21*default via 192.168.0.1 dev eth1 table 2*-A AWS-SNAT-CHAIN-0*' \
    cat "$dir"/networking/{iprule,iproute,iptables-save}.txt
  check "$1 … no file is empty but of IPv6" '' find "$dir" -type f -empty ! -name 'ip6*'
  check "$1 … what the collector leaves out is not there" '' find "$dir" -name 'ipaddr*' -o -name 'nft*'
  check "$1 … state, logs, sysctls of the node" '4 1 1 node-a' sh -c "cd '$dir'; echo \$(jq '.allocations | length' ipamd/ipam.json) \$(grep -c 'L-IPAMD' var_log/aws-routed-eni/ipamd.log) \$(grep -c '^net.ipv4.ip_forward = 1' sysctls/sysctl_all.txt) \$(cut -d ' ' -f 2 kernel/uname.txt)"
  check "$1 … not over another" '*not an empty directory*' "$LAB" bundle "$name" node-a "$dir"
  tgz=$("$LAB" bundle "$name" node-b "$dir.b" --tgz --extra)
  check "$1 bundle --tgz --extra" './networking/ipaddr.txt*./networking/nft-ruleset.txt' sh -c "tar -tzf '$tgz' | grep -E 'ipaddr|nft-' | sort"
  check "$1 … is named by instance and time" "$dir.b/eks_i-0b19f4d8c6e2a7053_20??-??-??_????-UTC_*.tar.gz" echo "$tgz"
  rm -rf "$dir" "$dir.b"
}

connmark_form() {
  local nat
  nat=$(in_lab node-a iptables-save -t nat 2> /dev/null)
  case $2 in
    iptables) check "$1 connmark in iptables" '*-A PREROUTING*KUBE-SERVICES*-A PREROUTING -i eni+*AWS-CONNMARK-CHAIN-0*' printf '%s' "$nat" ;;
    nft) check "$1 connmark in nft" '*iifname "eni*jump snat-mark*' in_lab node-a nft list table ip aws-cni ;;
  esac
  check "$1 SNAT rule" '*-A AWS-SNAT-CHAIN-0 ! -o vlan+*--to-source 192.168.0.10 --random-fully*' printf '%s' "$nat"
}

# What a fault may change and clear must restore. Rules of one priority have no order, nor have chains.
settings() {
  local node pod
  for node in "${NODES[@]}"; do
    in_lab "$node" sh -c "ip rule | sort; ip -4 route show table all | sort; ip neigh show nud permanent | sort; ip -o link | sed 's/^[0-9]*: //'
      nft -s list table ip aws-cni 2> /dev/null; cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/*/rp_filter
      iptables-save 2> /dev/null" | chains_in_order
  done
  in_lab vpc sh -c 'nft -s list ruleset; ip -4 route; ip neigh show nud permanent | sort; cat /proc/sys/net/ipv4/conf/*/arp_ignore /proc/sys/net/ipv4/conf/*/proxy_arp' 2> /dev/null
  for pod in $WEB $API $CART $DB; do
    in_lab "$pod" sh -c "ip route; ip neigh show nud permanent; ip -o link show eth0 | sed 's/^[0-9]*: //'; awk '\$4 == \"0A\" {print \$2, \$3, \$4}' /proc/net/tcp | sort"
  done
}

# iptables-save with every rule named by its table and chain and the chains sorted; empty built-in chains come and go with nft.
chains_in_order() {
  awk '/^#/ { next } /^\*/ { table = $1; next } table == "" { print "0 0", NR, $0 } /^:FORWARD/ { print table, $1, $2 } /^-A/ { chain = $2; $1 = table; print }' |
    sort -s -k1,2
}

# fault NAME PATTERN-OF-FAILURE FROM URL ARGUMENTS…
fault() {
  local label=$1 failure=$2 from=$3 url=$4
  shift 4
  "$LAB" fault "$name" "$@" || flunk "$label" "fault failed"
  check "$label breaks" "$failure" get "$from" "$url" 0.3
  check "$label is listed" "$*" "$LAB" fault "$name" list
  "$LAB" fault "$name" clear || flunk "$label" "clear failed"
  check "$label cleared" '*server=*' get "$from" "$url"
}

SILENT='*curl: (28)*' CURL_REFUSED='*curl: (7)*'

vpc_faults() {
  local db=192.168.33.21:8080
  fault "$1 sg-drop pair" "$SILENT" $API $db sg-drop $API $DB
  fault "$1 sg-drop addresses" "$SILENT" $API 203.0.113.10 sg-drop 192.168.0.10 203.0.113.10
  fault "$1 sg-drop pod to internet" "$SILENT" $API 203.0.113.10 sg-drop $API 203.0.113.10
  fault "$1 sg-drop ENI" "$SILENT" $API $db sg-drop node-b/eth1
  fault "$1 sg-drop-reply" "$SILENT" $API $db sg-drop-reply $API $DB
  fault "$1 sg-drop-reply pod to internet" "$SILENT" $API 203.0.113.10 sg-drop-reply $API 203.0.113.10
  fault "$1 loss" "$SILENT" $API $db loss 100
  fault "$1 delay" "$SILENT" $API $db delay 400
  "$LAB" fault "$name" delay 50
  check "$1 delay 50: a handshake takes two of them at least" '@(0.[1-9]|[1-4].)*' in_lab $API curl -sS -m 5 -o /dev/null -w '%{time_connect}' http://$db/
  check "$1 … and everything passes" 3000000 in_lab $API curl -sS -m 20 -o /dev/null -w '%{size_download}' http://$db/bytes/3000000
  "$LAB" fault "$name" clear
  "$LAB" fault "$name" mtu-blackhole
  check "$1 mtu-blackhole lets small answers pass" '*server=*' get $API $db
  check "$1 mtu-blackhole stops large answers" 0 in_lab $API curl -s -m 0.5 -o /dev/null -w '%{size_download}' http://$db/bytes/100000
  "$LAB" fault "$name" clear
  "$LAB" fault "$name" mtu-blackhole --with-icmp
  check "$1 mtu-blackhole --with-icmp: the sender learns the MTU" 100000 in_lab $API curl -sS -m 5 -o /dev/null -w '%{size_download}' http://$db/bytes/100000
  check "$1 … the pod that sent keeps it" '*mtu 1400*' in_lab $DB ip route get 192.168.1.21
  "$LAB" fault "$name" clear
  check "$1 … until it is cleared" '' in_lab $DB sh -c 'ip route get 192.168.1.21 | grep 1400'
}

routing_faults() {
  local db=192.168.33.21:8080
  fault "$1 missing-512: time exceeded" "$CURL_REFUSED" $API 192.168.1.12:8080 missing-512 $CART
  fault "$1 missing-1024" "$SILENT" $API 203.0.113.10 missing-1024 node-a
  fault "$1 missing-1536" "$SILENT" $API $db missing-1536 $API
  fault "$1 old-1536" "$SILENT" inet 198.51.100.20 old-1536 $API
  fault "$1 strict-rp" "$SILENT" inet 198.51.100.11:30054 strict-rp node-b
  fault "$1 ip-forward-off" "$SILENT" $API $db ip-forward-off node-b
  fault "$1 no-host-route" "$SILENT" $API $db no-host-route $DB
  fault "$1 blackhole-route, secondary ENI" "$SILENT" $API $db blackhole-route node-a 192.168.33.0/24
  fault "$1 blackhole-route, primary ENI" "$SILENT" $CART $db blackhole-route node-a 192.168.33.0/24
  fault "$1 unreachable-neighbour" "$SILENT" $API $db unreachable-neighbour node-a eth1
  fault "$1 stale-neighbour" "$SILENT" $API $db stale-neighbour node-a $DB
  fault "$1 no-pod-route" "$CURL_REFUSED" $API $db no-pod-route $API
  fault "$1 wrong-static-arp" "$SILENT" $API $db wrong-static-arp $API
  fault "$1 veth-down" "$SILENT" $API $db veth-down $DB
  fault "$1 duplicate-rule: the wrong ENI" "$SILENT" $CART $db duplicate-rule $CART
  "$LAB" fault "$name" leaked-rule node-a 192.168.1.28
  "$LAB" fault "$name" foreign-rule node-a
  "$LAB" fault "$name" duplicate-rule $API
  "$LAB" fault "$name" wrong-mtu $API
  check "$1 leaked, foreign and duplicate rules" '512:*1.28*1536:*1.28*1536:*1.21 lookup 3*30400:*' in_lab node-a sh -c 'ip rule | grep -E "1\.28|lookup 3|30400"'
  check "$1 wrong-mtu" '*mtu 1400*' in_lab $API ip link show eth0
  check "$1 … none of which stops traffic" '*server=*' get $API $db
  "$LAB" fault "$name" clear
}

firewall_faults() {
  local db=192.168.33.21:8080 how
  fault "$1 node-firewall" "$SILENT" $API $db node-firewall node-a $API
  fault "$1 forward-drop" "$SILENT" $API $db forward-drop node-b
  fault "$1 firewall-drop" "$SILENT" $API $db firewall-drop node-b $DB
  for how in tcp-reset icmp-port-unreachable icmp-admin-prohibited; do
    fault "$1 firewall-reject --with $how" "$CURL_REFUSED" $API $db firewall-reject node-b $DB --with $how
  done
  fault "$1 missing-connmark" "$SILENT" $API 203.0.113.10 missing-connmark node-a
  fault "$1 connmark-first" "$SILENT" $API 10.100.0.54:5432 connmark-first node-a
}

service_faults() {
  fault "$1 no-endpoints" "$CURL_REFUSED" $API 10.100.0.54:5432 no-endpoints shop/db
  fault "$1 no-endpoints, NodePort" "$CURL_REFUSED" inet 198.51.100.11:30054 no-endpoints shop/db
  "$LAB" fault "$name" dead-backend shop/db
  check "$1 dead-backend: one of two" '*-> 192.168.33.250:8080*' in_lab node-a iptables-save -t nat
  check "$1 dead-backend: some fail, some do not" both half_of_connections 10.100.0.54:5432
  check "$1 dead-backend is what status tells" '192.168.33.21:8080 192.168.33.250:8080' jq -r '.services[] | select(.name == "db") | .endpoints | join(" ")' <("$LAB" status "$name" -o json)
  "$LAB" fault "$name" clear
}

# Prints both when of some connections one failed and one did not.
half_of_connections() {
  local try answered='' failed=''
  for try in {1..40}; do
    if [[ $(get $API "$1" 0.3 2>&1) = *server=* ]]; then answered=yes; else failed=yes; fi
    [ -z "$answered$failed" ] || [ "$answered$failed" != yesyes ] || break
  done
  [ "$answered$failed" != yesyes ] || echo both
}

dns_faults() {
  local server=infra/dns-6f7b8c9d5-t4v6s mode
  for mode in 'nxdomain *NXDOMAIN*' 'servfail *SERVFAIL*' 'timeout *no servers could be reached*'; do
    "$LAB" fault "$name" "dns-${mode%% *}" $server
    check "$1 dns-${mode%% *}" "${mode#* }" in_lab $API dig +time=1 +tries=1 @10.100.0.10 www.example.com
    "$LAB" fault "$name" clear
  done
  check "$1 DNS cleared" 203.0.113.10 in_lab $API dig +short +time=1 @10.100.0.10 www.example.com
  check "$1 a pod without DNS is refused" '*answers no DNS*' "$LAB" fault "$name" dns-timeout $API
}

pod_faults() {
  local db=192.168.33.21:8080
  fault "$1 closed-port" "$CURL_REFUSED" $API $db closed-port $DB
  fault "$1 no-answer" "$SILENT" $API $db no-answer $DB
  fault "$1 listen-overflow" "$SILENT" $API $db listen-overflow $DB
  "$LAB" fault "$name" stopped $DB
  check "$1 stopped: connected, not answered" '*Operation timed out*0 bytes received*' in_lab $API curl -sS -m 0.5 http://$db/
  "$LAB" fault "$name" clear
  check "$1 stopped cleared" '*server=*' get $API $db
  "$LAB" fault "$name" udp-buffer-full $DB
  check "$1 udp-buffer-full" '*:7: *' in_lab $API "$PODD" udp 192.168.33.21 7 hello
  # shellcheck disable=SC2016 # awk's fields
  check "$1 … RcvbufErrors have moved" moved in_lab $DB awk '/^Udp: [0-9]/ { print ($6 > 0) ? "moved" : "none" }' /proc/net/snmp
  "$LAB" fault "$name" clear
  check "$1 udp-buffer-full cleared" hello in_lab $API "$PODD" udp 192.168.33.21 7 hello
  dns_faults "$1"
}

conntrack_faults() {
  local before
  before=$(insert_failed)
  fault "$1 snat-exhausted" "$SILENT" $API 203.0.113.10 snat-exhausted node-a
  check "$1 … counted by conntrack" more_than more_than "$before" "$(insert_failed)"
  "$LAB" fault "$name" snat-exhausted node-a
  check "$1 snat-exhausted: UDP and the VPC are free" '*server=*hello' sh -c "'$LAB' exec $name $API -- curl -s -m 3 192.168.33.21:8080; '$LAB' exec $name $API -- '$PODD' udp 203.0.113.10 7 hello"
  "$LAB" fault "$name" clear
  "$LAB" fault "$name" stale-conntrack node-a $API 192.168.33.29
  check "$1 stale-conntrack holds one source port" '*timed out*203.0.113.10' sh -c "'$LAB' exec $name $API -- dig -b 0.0.0.0#4053 +short +time=1 +tries=1 @10.100.0.10 www.example.com; '$LAB' exec $name $API -- dig -b 0.0.0.0#4054 +short +time=1 @10.100.0.10 www.example.com"
  "$LAB" fault "$name" clear
  check "$1 stale-conntrack cleared" 203.0.113.10 in_lab $API dig -b 0.0.0.0#4053 +short +time=1 @10.100.0.10 www.example.com
}

insert_failed() { in_lab node-a conntrack -S | awk '{ sub(/.*insert_failed=/, ""); sum += $1 } END { print sum }'; }
more_than() { [ "$2" -gt "$1" ] && echo more_than; }

# In one lab only: 262144 entries are 100 MB.
full_table() {
  local limit
  limit=$(cat /proc/sys/net/netfilter/nf_conntrack_max)
  fault "$1 conntrack-full" "$SILENT" $API 192.168.33.21:8080 conntrack-full node-a
  "$LAB" fault "$name" conntrack-full node-a
  check "$1 conntrack-full counts" "$limit" in_lab node-a cat /proc/sys/net/netfilter/nf_conntrack_count
  check "$1 … on that node alone" '*server=inet*' get node-b 203.0.113.10
  "$LAB" fault "$name" clear
  check "$1 … and all of it is taken out" '@(?|??|???)' in_lab node-a cat /proc/sys/net/netfilter/nf_conntrack_count
  check "$1 … the machine's limit is as before" "$limit" cat /proc/sys/net/netfilter/nf_conntrack_max
}

address_faults() {
  local reason
  "$LAB" fault "$name" recycle $DB shop/new-0
  check "$1 recycle: another pod answers at the address" '*server=shop/new-0*' get $API 192.168.33.21:8080
  check "$1 … within the cooldown, after a restart that forgot it" 'cooldown Recovered Assign' in_lab node-b sh -c \
    "grep -oE '192.168.33.21 entering cooldown|Recovered aws-cni.*192.168.33.22|Assign IP 192.168.33.21 .*new-0' /var/log/aws-routed-eni/ipamd.log | grep -oE 'cooldown|Recovered|Assign' | paste -sd ' '"
  "$LAB" fault "$name" clear
  check "$1 recycle cleared" "*server=$DB*" get $API 192.168.33.21:8080
  for reason in subnet:InsufficientFreeAddressesInSubnet instance-limit:'max ENI limit' fragmentation:InsufficientCidrBlocks throttling:RequestLimitExceeded iam:UnauthorizedOperation; do
    "$LAB" fault "$name" no-address node-a shop/big-0 --reason "${reason%%:*}"
    check "$1 no-address: ${reason%%:*}" '?*' in_lab node-a grep "${reason#*:}" /var/log/aws-routed-eni/ipamd.log
    check "$1 … and introspection has none free" '4 4' in_lab node-a sh -c 'curl -s 127.0.0.1:61679/v1/enis | jq -r ".[\"0\"] | \"\(.TotalIPs) \(.AssignedIPs)\""'
    "$LAB" fault "$name" clear
  done
  check "$1 no-address is in plugin.log" '?*' in_lab node-a grep 'Failed to assign an IP address to container' /var/log/aws-routed-eni/plugin.log
}

# fault_suite BACKEND CONNMARK PART FUNCTION…: a lab of its own, whose settings are the same before and after.
fault_suite() {
  local label="[$1/$2]" name=$PREFIX-$1-$2-$3 before after group
  "$LAB" up --name "$name" --backend "$1" --connmark "$2" > /dev/null || {
    flunk "$label up" "see above"
    return
  }
  before=$(settings)
  for group in "${@:4}"; do "$group" "$label"; done
  after=$(settings)
  if [ "$before" = "$after" ]; then pass "$label clear restores everything ($3)"; else flunk "$label clear restores everything ($3)" "$(diff <(echo "$before") <(echo "$after"))"; fi
  if [ "$3" = nodes ]; then
    address_faults "$label" # a pod that comes back is another sandbox
  fi
  "$LAB" down "$name"
  check "$label down after faults leaves nothing ($3)" '' leftovers "$name"
}

together() {
  "$LAB" fault "$name" missing-1536 $API
  "$LAB" fault "$name" sg-drop $DB $API
  check "$1 missing-1536 leaves the internet reachable" '*server=inet*' get $API 203.0.113.10
  "$LAB" fault "$name" clear
  "$LAB" fault "$name" sg-drop $DB $API
  check "$1 a security group lets replies pass" '*server=*' get $API 192.168.33.21:8080
  "$LAB" fault "$name" connmark-first node-a
  "$LAB" fault "$name" no-endpoints shop/db
  "$LAB" fault "$name" missing-connmark node-a
  check "$1 faults lie over one another" $'sg-drop*\nconnmark-first node-a\nno-endpoints shop/db\nmissing-connmark node-a' "$LAB" fault "$name" list
  check "$1 the same fault twice is refused" '*there already: missing-1024 node-a*' sh -c "'$LAB' fault $name missing-1024 node-a; '$LAB' fault $name missing-1024 node-a"
  "$LAB" fault "$name" clear
}

pods() {
  "$LAB" pod add "$name" node-a shop/extra-0 --eni eth1
  check "$1 an added pod has the next address of its ENI" '*peer=192.168.1.23:*' get shop/extra-0 192.168.33.21:8080
  check "$1 … and its rules" $'512:*to 192.168.1.23 lookup main*1536:*from 192.168.1.23 lookup 2' in_lab node-a sh -c 'ip rule | grep 192.168.1.23'
  check "$1 … and is in ipam.json" extra-0 in_lab node-a jq -r '.allocations[] | select(.ipv4 == "192.168.1.23") | .metadata.k8sPodName' /var/run/aws-node/ipam.json
  "$LAB" pod del "$name" shop/extra-0
  check "$1 a deleted pod leaves no rule, route or netns" 4 in_lab node-a sh -c 'ip rule | grep 1.23; ip route | grep 1.23; ls -d /run/netns/cni-* | wc -l'
  check "$1 … introspection tells when it was released" released in_lab node-a sh -c 'curl -s 127.0.0.1:61679/v1/enis | jq -r ".[\"0\"].ENIs[].AvailableIPv4Cidrs[].IPAddresses[\"192.168.1.23\"] | select(. != null) | if .UnassignedTime > .AssignedTime and .IPAMMetadata == {} then \"released\" else . end"'
  check "$1 … and the pool's numbers" '*total IPs: 18, assigned IPs: 4, cooldown IPs: 1*' in_lab node-a tail -n 1 /var/log/aws-routed-eni/ipamd.log
  check "$1 … and the log says so" '*entering cooldown period of 30s*' in_lab node-a grep 192.168.1.23 /var/log/aws-routed-eni/ipamd.log
  "$LAB" pod add "$name" node-b shop/extra-1 --ip 192.168.1.23
  check "$1 a forced address moves to another node" '*server=shop/extra-1 on node-b*' get $API 192.168.1.23:8080
  check "$1 two pods of one name are refused" '*exists already on node-b*' "$LAB" pod add "$name" node-a shop/extra-1
  check "$1 an unknown pod is named" '*no pod shop/none in lab*' "$LAB" fault "$name" no-answer shop/none
}

# Runs in the machine's own network, as the collector does; only loopback is used.
relaying() {
  local port=$((20000 + (BASHPID * 7 + SRANDOM) % 20000)) server
  "$PODD" http 127.0.0.1 $port &
  server=$!
  check "$1 relay starts" '' "$LAB" relay "$name" 192.168.0.5:4317 127.0.0.1:$port
  check "$1 relay reaches the machine's loopback from node-a" '*server=here*peer=127.0.0.1:*' get node-a 192.168.0.5:4317
  "$LAB" fault "$name" loss 100
  "$LAB" fault "$name" sg-drop node-b/eth0
  check "$1 … from node-b, whatever the VPC's faults" '*server=here*' get node-b 192.168.0.5:4317
  "$LAB" fault "$name" clear
  kill $server
  wait $server 2> /dev/null
}

# Processes, mounts and files of a lab, wherever they are left.
leftovers() {
  "$PODD" ps "$1"
  grep -lzx "LAB=$1" /proc/[0-9]*/environ 2> /dev/null
  grep "/$1" /proc/mounts
  ls -d "/run/podhop-lab/$1" 2> /dev/null
}

down_leaves_nothing() {
  local command try
  "$LAB" exec "$2" $DB -- sh -c "touch '$WORK/.started-$2'; exec sleep 1000" 2> /dev/null &
  command=$!
  for try in {1..100}; do
    [ ! -e "$WORK/.started-$2" ] || break
    sleep 0.05
  done
  "$LAB" down "$2"
  wait $command
  check "$1 a command dies with the lab" 137 echo $?
  check "$1 down leaves nothing" '' leftovers "$2"
  check "$1 down again is no error" '' "$LAB" down "$2"
}

# A lab that was not complete when its `lab up` was killed dies by itself, within a moment.
still_running() {
  local try
  [ ! -e "/run/podhop-lab/$1/complete" ] || return 0
  for try in {1..100}; do
    [ -n "$("$PODD" ps "$1")" ] || return 0
    sleep 0.02
  done
  "$PODD" ps "$1"
}

# kill -9 of any part at any moment: at once nothing runs, and the next down removes the rest.
killed() {
  local round name part victim up
  for round in {1..16}; do
    name=$PREFIX-kill-$round
    "$LAB" up --name "$name" > /dev/null 2>&1 &
    up=$!
    sleep "0.$(printf '%03d' $((SRANDOM % 350)))"
    part=$((round % 4))
    case $part in
      0) victim=$up ;;
      1) victim=$("$PODD" ps "$name" | awk '$2 == "lab-init" {print $1}') ;;
      2) victim=$("$PODD" ps "$name" | awk '$2 == "node" {print $1; exit}') ;;
      3) victim=$(pgrep -f "inside.sh (build_lab|setup_node)" | while read -r pid; do grep -qzx "LAB=$name" "/proc/$pid/environ" 2> /dev/null && echo "$pid"; done | head -n 1) ;;
    esac
    [ -z "$victim" ] || kill -KILL "$victim" 2> /dev/null
    wait $up 2> /dev/null
    [ $part != 0 ] || check "kill -9 round $round: nothing runs on" '' still_running "$name"
    "$LAB" down "$name"
    check "kill -9 round $round (part $part), then down" '' leftovers "$name"
  done
  name=$PREFIX-kill-init
  "$LAB" up --name "$name" > /dev/null
  kill -KILL "$("$PODD" ps "$name" | awk '$2 == "lab-init" {print $1}')"
  check "a killed lab is called dead" '*is dead*lab down*' "$LAB" exec "$name" node-a -- true
  "$LAB" down "$name"
  check "kill -9 of a whole lab, then down" '' leftovers "$name"
}

suite() {
  local backend=$1 connmark=$2 label="[$1/$2]" name=$PREFIX-$1-$2 started=$EPOCHREALTIME
  "$LAB" up --name "$name" --backend "$backend" --connmark "$connmark" > /dev/null || {
    flunk "$label up" "see above"
    return
  }
  pass "$label up in $(((${EPOCHREALTIME/./} - ${started/./}) / 1000)) ms"
  connmark_form "$label" "$connmark"
  wiring "$label"
  state_files "$label"
  bundle "$label"
  pods "$label"
  relaying "$label"
  down_leaves_nothing "$label" "$name"
}

names() {
  declare -A KUBE_NAME=()
  DIR=$WORK
  kube_names default/kubernetes:httpstcp kube-system/kube-dns:dnsudp
  check "kube-proxy's chain names" 'NPX46M4PTMTKRN6Y TCOU7JCQXEZGVUNU' echo "${KUBE_NAME[default/kubernetes:httpstcp]} ${KUBE_NAME[kube-system/kube-dns:dnsudp]}"
  check "bad names are refused" '*up to 31 of*' "$LAB" up --name '../x'
  check "legacy with nft connmark is refused" '*use --backend nft*' "$LAB" up --backend legacy --connmark nft
  check "an unknown lab is named" "*no lab named $PREFIX-none*" "$LAB" status "$PREFIX-none"
}

# Named namespaces of other programs come and go meanwhile; ours are never mounted here.
machine() {
  ip link
  ip rule
  ip route show table all
  grep -vE ' /run/netns(/[^c][^ ]*)? ' /proc/mounts
  iptables-nft-save
  nft list ruleset
}

main() {
  local before after jobs=() full pair
  "$LAB" list > /dev/null
  before=$(machine 2> /dev/null)
  # Side by side: that several labs do not disturb each other is part of the proof.
  for pair in nft/iptables nft/nft legacy/iptables; do
    suite "${pair%/*}" "${pair#*/}" > "$WORK/${pair/\//-}" 2>&1 &
    jobs+=($!)
    fault_suite "${pair%/*}" "${pair#*/}" paths vpc_faults routing_faults > "$WORK/${pair/\//-}-paths" 2>&1 &
    jobs+=($!)
    full=()
    [ $pair != nft/nft ] || full=(full_table)
    fault_suite "${pair%/*}" "${pair#*/}" nodes firewall_faults service_faults pod_faults conntrack_faults "${full[@]}" together > "$WORK/${pair/\//-}-nodes" 2>&1 &
    jobs+=($!)
  done
  names > "$WORK/names" 2>&1
  wait "${jobs[@]}"
  killed > "$WORK/zz-killed" 2>&1
  after=$(machine 2> /dev/null)
  {
    if [ "$before" = "$after" ]; then pass "the machine's own network and mounts are unchanged"; else flunk "the machine's own network" "$(diff <(echo "$before") <(echo "$after"))"; fi
  } > "$WORK/zzz-machine"
  cat "$WORK"/*
  local failed
  failed=$(cat "$WORK"/* | grep -c '^FAIL')
  printf '%s passed, %s failed in %s s\n' "$(cat "$WORK"/* | grep -c '^ok')" "$failed" "$SECONDS"
  [ "$failed" = 0 ]
}

main
