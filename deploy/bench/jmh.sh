#!/bin/bash
# The part of benchmark 1 within one JVM: nanoseconds and bytes allocated per packet, or per question. See README.md.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"

readonly PACKETS=1048576
readonly CONNECTIONS=20000

usage() {
  cat <<'TEXT'
deploy/bench/jmh.sh [JMH OPTION…]

Compiles jmh/ against the packaged podhop and runs it; default options: -f 2 -wi 5 -w 2 -i 5 -r 2
TEXT
}

main() {
  case ${1:-} in -h | --help) usage && exit ;; esac
  require_root
  begin_work "$TEMPORARY"
  prepare_packages
  build_tool pcapgen
  prepare_podhop || fail 'podhop must be built for this'
  compile
  "$GEN/pcapgen" -n $PACKETS -c $CONNECTIONS "$WORK/frames.pcap" >/dev/null
  printf '## Within one JVM: decode, flow update, and what a node predicts\n\n'
  describe_machine
  run "$@"
  report
}

compile() {
  local maven=$TOP/mvnw
  ! command -v mvn >/dev/null || maven=mvn
  (cd "$TOP" && JAVA_HOME=$PODHOP_JAVA "$maven" -q -B -f "$BENCH/jmh/pom.xml" generate-resources -DoutputFile="$WORK/jmh.classpath") >&2
  jmh=$(cat "$WORK/jmh.classpath")
  mkdir "$WORK/classes"
  find "$BENCH/jmh/src/main/java" -name '*.java' -exec \
    "$PODHOP_JAVA/bin/javac" -Xlint:all,-processing -proc:full -processorpath "$jmh" -cp "$jmh:$TOP/deploy/target/podhop/lib/*" -d "$WORK/classes" {} + >&2
}

# The options of the agent's launcher that touch its code's speed are the launcher's own; here it is the JVM's defaults.
run() {
  [ $# -gt 0 ] || set -- -f 2 -wi 5 -w 2 -i 5 -r 2
  "$PODHOP_JAVA/bin/java" -cp "$WORK/classes:$jmh:$TOP/deploy/target/podhop/lib/*" org.openjdk.jmh.Main \
    -prof gc -rf json -rff "$WORK/jmh.json" \
    -jvmArgsAppend "-Dpodhop.bench.pcap=$WORK/frames.pcap -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow" \
    "$@" >&2
}

report() {
  local benchmark score error allocated
  heading benchmark 'ns per packet or question' '± (99.9 %)' 'bytes allocated'
  while IFS=$'\t' read -r benchmark score error allocated; do
    row "$benchmark" "$(calc "$score")" "$(calc "$error")" "$(calc "$allocated" %.4f)"
  done < <(jq -r '.[] | [(.benchmark | sub("^io.podhop.bench."; "")), .primaryMetric.score,
    (.primaryMetric.scoreError | if type == "number" then . else 0 end),
    (.secondaryMetrics["gc.alloc.rate.norm"] // .secondaryMetrics["·gc.alloc.rate.norm"]).score] | @tsv' "$WORK/jmh.json")
  printf '\nWanted: decode and flow update together at most 150 ns, and 0 bytes (JMH itself allocates a little per iteration); predict and readAndPredict at most 50,000,000 ns.\n'
}

main "$@"
