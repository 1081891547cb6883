#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a day's recording takes. bench.sh BUILD RECORDS
set -eu
build=$(cd "$1" && pwd)
ninja -C "$build" bench/record/bench-record >"$2.log" || { cat "$2.log"; exit 1; }
exec "$build/bench/record/bench-record" "$2"
