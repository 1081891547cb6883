#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The public ABI, end to end: the headers are installed to a prefix, examples/plugin-hello is built out of tree against
# them, the daemon loads it, measures its metric, moves its knob by its rule, and puts the knob back.
#
# usage: test-hello.sh BUILD-ROOT EXAMPLE-DIR TRIMTABD TRIMTAB
set -eu

build=$1 example=$2 trimtabd=$3 trimtab=$4
dir=$(mktemp -d /tmp/trimtab-hello-XXXXXX)
daemon=

finish() {
        status=$?
        [ -z "$daemon" ] || kill -KILL "$daemon" 2>/dev/null || :
        [ "$status" = 0 ] || { echo "FAILED, the daemon's log:"; cat "$dir/log" 2>/dev/null || :; }
        rm -rf "$dir"
}
trap finish EXIT

. "$(dirname "$0")/../lib.sh"

level_is() { [ "$(cat "$dir/level")" = "$1" ]; }

# The metric as the command prints it is the queue's size.
waiting_is() {
        "$trimtab" --runtime-dir "$dir/run" metrics --json 2>/dev/null | python3 -c '
import json, sys
def entries(x):
    if isinstance(x, dict):
        yield x
        x = list(x.values())
    if isinstance(x, list):
        for y in x:
            yield from entries(y)
try:
    found = [e for e in entries(json.load(sys.stdin)) if e.get("name") == "hello.waiting"]
except ValueError:
    sys.exit(1)
sys.exit(not any(e.get("object") == "host" and e.get("kind") == "gauge" and e.get("unit") == "B"
                 and e.get("value") == float(sys.argv[1]) for e in found))' "$1"
}

# 1. install the headers, build and install the example against them
DESTDIR=$dir/prefix meson install -C "$build" --no-rebuild --tags devel >"$dir/log" 2>&1
pc=$(dirname "$(find "$dir/prefix" -name trimtab-plugin.pc)")
env -u DESTDIR PKG_CONFIG_PATH="$pc" PKG_CONFIG_SYSROOT_DIR="$dir/prefix" \
        meson setup "$dir/build" "$example" -Dwerror=true -Dlevel_file="$dir/level" >>"$dir/log" 2>&1
ninja -C "$dir/build" >>"$dir/log" 2>&1
DESTDIR=$dir/example meson install -C "$dir/build" --no-rebuild >>"$dir/log" 2>&1
plugins=$(dirname "$(find "$dir/example" -name hello.so)")
rules=$(dirname "$(find "$dir/example" -name '50-hello.conf')")

# 2. the daemon, with this plugin and this rule only
mkdir "$dir/run"
chmod -R go-w "$dir"
echo 1 >"$dir/level"
printf '[daemon]\ntick = 200ms\n[plugin hello]\nqueue = %s\n' "$dir/queue" >"$dir/trimtab.conf"
head -c 100 /dev/zero >"$dir/queue"
"$trimtabd" --foreground --config "$dir/trimtab.conf" --rules "$rules" --plugins "$plugins" \
        --runtime-dir "$dir/run" --mode enforce >"$dir/log" 2>&1 &
daemon=$!

# 3. it is measured, and nothing moves without need
wait_for 20 waiting_is 100
level_is 1 || fail "the level moved without need"

# 4. the rule moves the knob, and gives it back when its reason is gone
head -c 10000 /dev/zero >"$dir/queue"
wait_for 20 level_is 9
wait_for 5 waiting_is 10000
: >"$dir/queue"
wait_for 20 level_is 1

# 5. a stop in the middle of it undoes it, too
head -c 10000 /dev/zero >"$dir/queue"
wait_for 20 level_is 9
kill -TERM "$daemon"
wait "$daemon" || fail "the daemon stopped with status $?"
daemon=
level_is 1 || fail "the level was not put back: $(cat "$dir/level")"
echo "hello: built out of tree, loaded, measured, moved, undone"
