#!/bin/bash
# Builds everything and runs every test: unit, architecture, packaged program, lab. Needs root, because
# the tests make network namespaces. Maven runs on JDK 25 here, so formatter and Checkstyle apply too.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

if [ "$(id -u)" -ne 0 ]; then
  echo 'deploy/test.sh must run as root: the tests make network namespaces.' >&2
  exit 1
fi

rm -rf -- */target/*-reports
stage=start
# Test reports are files, so that the figures are right even when Maven stopped half way.
summary() {
  local status=$? reports skipped result=passed
  set +e
  reports=$(find . -path '*/target/*-reports/TEST-*.xml' -exec cat {} +)
  count() { grep -cE "$1" <<<"$reports"; }
  skipped=$(grep -B1 '<skipped' <<<"$reports" | sed -nE 's/.*<testcase name="([^"]*)" classname="([^"]*)".*/  \2.\1/p')
  [ -z "$skipped" ] || printf 'Skipped tests:\n%s\n' "$skipped"
  [ $status -eq 0 ] || result="FAILED at: $stage"
  echo "deploy/test.sh $result: $(count '<testcase ') tests, $(count '<(failure|error)\b') failed," \
    "$(count '<skipped') skipped, $SECONDS s"
}
trap summary EXIT

stage='Debian packages'
deploy/bin/install-packages

stage='JDK 25'
JAVA_HOME=$(deploy/bin/java25 javac)
export JAVA_HOME

stage='build and tests'
if command -v mvn >/dev/null; then maven=mvn; else maven=./mvnw; fi
"$maven" clean verify

stage='lab self-test'
deploy/lab/selftest.sh

stage='demo'
demo=$(mktemp)
deploy/demo.sh >"$demo" 2>&1 || { cat "$demo"; exit 1; }
tail -n 1 "$demo"
rm -f "$demo"
stage=end
