#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What goals are good for, beside rules, AIMD and a fixed setting, in simulation. bench.sh BUILD RECORDS
set -eu
build=$(cd "$1" && pwd)
ninja -C "$build" bench/goals/bench-goals >"$2.log" || { cat "$2.log"; exit 1; }
exec "$build/bench/goals/bench-goals" "$2"
