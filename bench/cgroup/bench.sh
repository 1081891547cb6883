#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# bench.sh BUILD RECORDS.json: what sensing costs from 10 to 10,000 cgroups, and under churn, in a virtual machine of its own.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)
records=$2
ninja -C "$build" bench/cgroup/bench-cgroup bench/cgroup/churn-cgroup plugins/cgroup/cgroup.so >"$records.log" || {
        cat "$records.log"
        exit 1
}

if ! reason=$("$top/tools/vm/run" --probe 2>&1); then
        echo "cgroup: skipped: no virtual machines here: $reason"
        exit 77
fi

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
cd "$build"
"$top/tools/vm/run" --memory "${BENCH_MEMORY:-4096}" --timeout 1500 --results "$results" -- sh -ec '
        bench/cgroup/bench-cgroup plugins/cgroup "$TRIMTAB_RESULTS/scale.json" --controllers
        bench/cgroup/churn-cgroup plugins/cgroup 60 --controllers "$TRIMTAB_RESULTS/churn.json"
'
python3 -c '
import json, sys
with open(sys.argv[1], "w", encoding="utf-8") as out:
    json.dump([record for path in sys.argv[2:] for record in json.load(open(path, encoding="utf-8"))], out)
' "$records" "$results/scale.json" "$results/churn.json"
"$top/bench/cgroup/plot" "$records" "$build/bench-cgroup.svg"
