#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# bench.sh BUILD RECORDS.json: what the guard adds to a connect() and to a datagram.
set -eu
ninja -C "$1" bench/guard/bench-guard >/dev/null
exec "$1/bench/guard/bench-guard" "$2"
