#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# bench.sh BUILD RECORDS.json: what the guard adds to a connect() and to a datagram, and what an NFQUEUE does.
set -eu
ninja -C "$1" bench/guard/bench-guard >/dev/null
"$1/bench/guard/bench-guard" "$2"
if ! ninja -C "$1" bench/guard/bench-nfqueue >/dev/null 2>&1; then
        echo "nfqueue: skipped: it was built without libnetfilter_queue"
        exit 0
fi
# Where it cannot run it has said why.
"$1/bench/guard/bench-nfqueue" "$2" || [ $? -eq 77 ]
