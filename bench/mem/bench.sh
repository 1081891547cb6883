#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# bench.sh BUILD RECORDS.json: what the mem plugin costs an allocation, here, beside an empty program and a hash by cgroup; and a direct reclaim, in a
# virtual machine that is driven out of memory, beside bcc's drsnoop.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)
ninja -C "$build" bench/mem/bench-mem plugins/mem/mem.so >/dev/null
"$build/bench/mem/bench-mem" "$build/plugins/mem/mem.so" "$2"

if ! reason=$("$top/tools/vm/run" --probe 2>&1); then
        echo "mem: reclaim skipped: no virtual machines here: $reason"
        exit 0
fi
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
cd "$build"
"$top/tools/vm/run" --kernel 6.12 --memory 384 --timeout 1500 --no-systemd --results "$results" -- sh -ec '
        modprobe zram
        echo 1G >/sys/block/zram0/disksize
        mkswap /dev/zram0 >/dev/null
        swapon /dev/zram0
        bench/mem/bench-mem plugins/mem/mem.so /run/reclaim.json --reclaim
        cp /run/reclaim.json "$TRIMTAB_RESULTS"
'
python3 -c '
import json, sys
lists = [json.load(open(path, encoding="utf-8")) for path in sys.argv[1:]]
json.dump(sum(lists, []), open(sys.argv[1], "w", encoding="utf-8"))
' "$2" "$results/reclaim.json"
