#!/bin/bash
# What runs inside the lab's namespaces: `inside.sh FUNCTION ARGS…` with LAB and DIR in the environment. Nothing here can reach the
# machine's own network: the caller has entered the lab's before.
set -euo pipefail
export LC_ALL=C
umask 022

HERE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
for part in topology state podd cni ipam cnilog kubeproxy node vpc build; do
  # shellcheck source=/dev/null
  source "$HERE/lib/$part.sh"
done
read_settings
"$@"
