#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# bench-storm.sh BUILD RECORDS.json: what a million refused connections, as fast as they go, cost the daemon.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
ninja -C "$1" core/trimtabd cli/trimtab plugins/guard/guard.so tests/daemon/knock >/dev/null
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT
status=0
COUNT=1000000 RECORDS=$lines "$top/tests/daemon/test_guard_storm.py" "$1/core/trimtabd" "$1/cli/trimtab" "$1/plugins/guard/guard.so" \
        "$1/tests/daemon/knock" || status=$?
[ "$status" -eq 0 ] || exit "$status"
{ printf '['; paste -s -d, "$lines"; printf ']\n'; } > "$2"
