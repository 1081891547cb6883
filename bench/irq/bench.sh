#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# bench.sh BUILD RECORDS.json: what its programs cost, beside empty ones; its placement beside the rule of irqbalance.
set -eu
ninja -C "$1" bench/irq/bench-irq >/dev/null
exec "$1/bench/irq/bench-irq" "$1/plugins/irq/irq.so" "$2"
