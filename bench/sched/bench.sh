#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# bench.sh BUILD RECORDS.json: what the plugin's programs cost a context switch, beside an empty program and bcc's runqlat.
set -eu
ninja -C "$1" bench/sched/bench-sched >/dev/null
exec "$1/bench/sched/bench-sched" "$1/plugins/sched/sched.so" "$2"
