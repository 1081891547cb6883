#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# bench.sh BUILD RECORDS.json: what the plugin's programs cost a request of a disk, beside an empty program and bcc's biolatency.
set -eu
ninja -C "$1" bench/block/bench-block >/dev/null
exec "$1/bench/block/bench-block" "$1/plugins/block/block.so" "$2"
