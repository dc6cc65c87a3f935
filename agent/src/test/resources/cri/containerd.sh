#!/bin/bash
# Runs a containerd of its own, with one pause image and a CNI plugin that does the least, until its
# standard input ends. Wants to be process 1 of private mount, pid, network, uts and ipc namespaces:
#   unshare --mount --pid --net --uts --ipc --fork --kill-child --mount-proc containerd.sh DIRECTORY CGROUP
# Writes DIRECTORY/ready when pods can be run; the socket is DIRECTORY/containerd.sock. On its standard
# input it takes the lines "kill" (containerd alone, with SIGKILL) and "start" (again).
set -euo pipefail
directory=$1 cgroup=$2
cd "$directory"

# Two containerds in one mount namespace share /run/containerd, whatever their own directories are.
mount -t tmpfs tmpfs /run
ip link set lo up
mkdir -p cni/bin cni/conf image root state

make_image() {
  printf 'int pause(void);\nint main(void) { for (;;) pause(); }\n' |
    gcc -static -Os -s -x c -o image/pause -
  tar -C image -cf image/layer.tar pause
  printf '{"architecture":"%s","os":"linux","config":{"Cmd":["/pause"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
    "$(dpkg --print-architecture)" "$(sha256sum image/layer.tar | cut -d ' ' -f 1)" >image/config.json
  echo '[{"Config":"config.json","RepoTags":["registry.k8s.io/pause:3.6"],"Layers":["layer.tar"]}]' \
    >image/manifest.json
  tar -C image -cf pause.tar manifest.json config.json layer.tar
}

# containerd calls the plugin "loopback" for every pod, and then the one of the list.
make_cni() {
  cat >cni/conf/10-test.conflist <<'JSON'
{"cniVersion": "0.4.0", "name": "test", "plugins": [{"type": "one-address"}]}
JSON
  cat >cni/bin/one-address <<'SCRIPT'
#!/bin/bash
if [ "$CNI_COMMAND" = ADD ]; then
  nsenter --net="$CNI_NETNS" ip address add 192.168.1.21/32 dev lo
fi
echo '{"cniVersion": "0.4.0", "interfaces": [{"name": "eth0", "sandbox": "'"$CNI_NETNS"'"}],
  "ips": [{"version": "4", "address": "192.168.1.21/32", "interface": 0}]}'
SCRIPT
  cat >cni/bin/loopback <<'SCRIPT'
#!/bin/bash
[ "$CNI_COMMAND" != ADD ] || nsenter --net="$CNI_NETNS" ip link set lo up
echo '{"cniVersion": "0.3.1", "interfaces": [{"name": "lo", "sandbox": "'"$CNI_NETNS"'"}],
  "ips": [{"version": "4", "address": "127.0.0.1/8", "interface": 0}]}'
SCRIPT
  chmod +x cni/bin/*
}

make_configuration() {
  cat >config.toml <<TOML
version = 2
root = "$directory/root"
state = "$directory/state"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.internal.v1.tracing", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "$directory/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "$directory/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.6"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$directory/cni/bin"
    conf_dir = "$directory/cni/conf"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
TOML
}

start() {
  containerd --config config.toml </dev/null >>containerd.log 2>&1 &
  containerd=$!
  until ctr --address containerd.sock version >/dev/null 2>&1; do
    kill -0 $containerd
    sleep 0.05
  done
}

# Everything but this process, the first of its pid namespace; then the cgroups, which outlive it.
stop() {
  kill -KILL -1 2>/dev/null || true
  for _ in {1..50}; do
    find /sys/fs/cgroup -depth -path "/sys/fs/cgroup/*/$cgroup*" -type d -delete 2>/dev/null || true
    compgen -G "/sys/fs/cgroup/*/$cgroup" >/dev/null || break
    sleep 0.1
  done
}
trap stop EXIT

make_image
make_cni
make_configuration
start
ctr --address containerd.sock --namespace k8s.io images import --snapshotter native pause.tar >/dev/null
touch ready

while read -r command; do
  case $command in
    kill) kill -KILL $containerd ;;
    start)
      rm -f ready
      start
      touch ready
      ;;
  esac
done
