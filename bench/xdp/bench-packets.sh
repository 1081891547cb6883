#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# bench-packets.sh BUILD RECORDS.json: what the XDP program costs a packet, beside an empty program and xdp-filter.
set -eu
ninja -C "$1" bench/xdp/bench-xdp >/dev/null
exec "$1/bench/xdp/bench-xdp" "$2"
