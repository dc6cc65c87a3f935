# The lab's fixed facts: addresses, ENIs, pods, services. Sourced on the host and inside the lab alike.
# shellcheck shell=bash disable=SC2034

readonly VPC_CIDR=192.168.0.0/16
readonly VPC_DNS=192.168.0.2
readonly VPC_MTU=9001
readonly INTERNET=203.0.113.10
readonly INTERNET_GATEWAY=203.0.113.1
readonly INTERNET_MTU=1500

readonly NODES=(node-a node-b)
readonly ENIS=(node-a/eth0 node-a/eth1 node-b/eth0 node-b/eth1)

readonly -A SUBNET=([node-a]=192.168.0.0/19 [node-b]=192.168.32.0/19)
readonly -A GATEWAY=([node-a]=192.168.0.1 [node-b]=192.168.32.1)
readonly -A PUBLIC=([node-a]=198.51.100.10 [node-b]=198.51.100.11)

# A network load balancer on port 80 with one target of type ip (shop/api, on a secondary ENI); the client's address is preserved.
readonly BALANCER=198.51.100.20
readonly BALANCER_TARGET=192.168.1.21:8080

readonly -A PRIMARY=([node-a/eth0]=192.168.0.10 [node-a/eth1]=192.168.0.20 [node-b/eth0]=192.168.32.10 [node-b/eth1]=192.168.32.20)
# Secondary addresses of an ENI: nine, as on an m5.large; prefix and first host part.
readonly -A POOL=([node-a/eth0]=192.168.1.11 [node-a/eth1]=192.168.1.21 [node-b/eth0]=192.168.33.11 [node-b/eth1]=192.168.33.21)
readonly POOL_SIZE=9
readonly -A MAC=([node-a/eth0]=06:4e:0a:00:0a:10 [node-a/eth1]=06:4e:0a:00:0a:20 [node-b/eth0]=06:4e:0b:00:0b:10 [node-b/eth1]=06:4e:0b:00:0b:20)
readonly -A ENI_ID=([node-a/eth0]=eni-0a10e7c1d52b90f01 [node-a/eth1]=eni-0a11f3b8e6047d212 [node-b/eth0]=eni-0b20c94a7d1e3f803 [node-b/eth1]=eni-0b21d85f6a92c0e14)
readonly -A INSTANCE_ID=([node-a]=i-0a7c52e90d1b63f48 [node-b]=i-0b19f4d8c6e2a7053)
readonly -A DEVICE_NUMBER=([eth0]=0 [eth1]=1)
readonly -A ROUTE_TABLE=([eth0]=254 [eth1]=2)
# The VPC's side of each ENI's wire.
readonly -A PORT=([node-a/eth0]=v-a0 [node-a/eth1]=v-a1 [node-b/eth0]=v-b0 [node-b/eth1]=v-b1)

# node namespace/name eni address
readonly PODS=(
  "node-a shop/web-7c9f5d8b6-x2x4k eth0 192.168.1.11"
  "node-a shop/cart-0 eth0 192.168.1.12"
  "node-a shop/api-5b8d9c7f44-q8w2z eth1 192.168.1.21"
  "node-a shop/pay-0 eth1 192.168.1.22"
  "node-b shop/web-7c9f5d8b6-m7n9p eth0 192.168.33.11"
  "node-b infra/dns-6f7b8c9d5-t4v6s eth0 192.168.33.12"
  "node-b shop/db-0 eth1 192.168.33.21"
  "node-b shop/db-1 eth1 192.168.33.22"
)

# service port-name cluster-ip protocol port target-port node-port(0: none) endpoint-addresses…
readonly SERVICES=(
  "shop/web http 10.100.0.80 tcp 80 8080 30080 192.168.1.11 192.168.33.11"
  "shop/db tcp-db 10.100.0.54 tcp 5432 8080 30054 192.168.33.21 192.168.33.22"
  "infra/dns dns 10.100.0.10 udp 53 53 0 192.168.33.12"
  "infra/dns dns-tcp 10.100.0.10 tcp 53 53 0 192.168.33.12"
)

# What both resolvers (the VPC's and the dns pods) know.
readonly DNS_NAMES=(
  "www.example.com $INTERNET"
  "inet.example.com $INTERNET"
  "web.shop.svc.cluster.local 10.100.0.80"
  "db.shop.svc.cluster.local 10.100.0.54"
  "dns.infra.svc.cluster.local 10.100.0.10"
  "node-a.ec2.internal ${PRIMARY[node-a/eth0]}"
  "node-b.ec2.internal ${PRIMARY[node-b/eth0]}"
)

readonly PACKAGES=(bash curl bind9-dnsutils conntrack ethtool gcc iproute2 iptables jq libc6-dev net-tools nftables procps util-linux)

# pool_addresses ENI: its secondary addresses into the array POOL_ADDRESSES.
pool_addresses() {
  local first=${POOL[$1]} i
  POOL_ADDRESSES=()
  for ((i = 0; i < POOL_SIZE; i++)); do POOL_ADDRESSES+=("${first%.*}.$((${first##*.} + i))"); done
}

is_node() { [[ -n ${SUBNET[$1]:-} ]]; }
is_eni() { [[ -n ${PRIMARY[$1]:-} ]]; }
require_node() { is_node "$1" || fail "no node '$1'; there is: ${NODES[*]}"; }
