#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# examples/plugin-bpf, built out of tree against an installed prefix: its rule is understood, the kernel takes its program, and it counts
# exactly what is started in a cgroup of the test's own.
#
# usage: test-starts.sh BUILD-ROOT EXAMPLE-DIR TRIMTABD TRIMTAB
set -eu

STARTS=50

build=$1 example=$2 trimtabd=$3 trimtab=$4
dir=$(mktemp -d /tmp/trimtab-starts-XXXXXX)
name=${dir##*/}
group=
daemon=

finish() {
        status=$?
        [ -z "$daemon" ] || kill -KILL "$daemon" 2>/dev/null || :
        [ -z "$group" ] || rmdir "$group" || :
        [ "$status" = 0 ] || [ "$status" = 77 ] || { echo "FAILED, the log:"; cat "$dir/log" 2>/dev/null || :; }
        rm -rf "$dir"
}
trap finish EXIT

. "$(dirname "$0")/../lib.sh"

skip() {
        echo "skipped: $*" >&2
        exit 77
}

is_open() {
        "$trimtab" --runtime-dir "$dir/run" plugins --json 2>/dev/null | python3 -c '
import json, sys
try:
    plugin, = json.load(sys.stdin)
except ValueError:
    sys.exit(1)
if plugin["unavailable"]:
    print(plugin["unavailable"], file=sys.stderr)
sys.exit(plugin["state"] != "open")'
}

# The count of the cgroup is $1; asking for it has it measured.
count_is() {
        "$trimtab" --runtime-dir "$dir/run" metrics --json starts.programs "cgroup:/$name" 2>/dev/null | python3 -c '
import json, sys
try:
    values = [m.get("value") for m in json.load(sys.stdin)]
except ValueError:
    sys.exit(1)
sys.exit(values != [float(sys.argv[1])])' "$1"
}

[ "$(id -u)" = 0 ] || skip "loading BPF programs needs root"
mount=$(findmnt --first-only --noheadings --types cgroup2 --output TARGET) || skip "no cgroup v2 here"
mkdir "$mount/$name" 2>/dev/null || skip "no cgroup can be made in $mount"
group=$mount/$name

# 1. built against the installed headers
DESTDIR=$dir/prefix meson install -C "$build" --no-rebuild --tags devel >"$dir/log" 2>&1
pc=$(dirname "$(find "$dir/prefix" -name trimtab-plugin.pc)")
env -u DESTDIR PKG_CONFIG_PATH="$pc" PKG_CONFIG_SYSROOT_DIR="$dir/prefix" \
        meson setup "$dir/build" "$example" -Dwerror=true >>"$dir/log" 2>&1
ninja -C "$dir/build" >>"$dir/log" 2>&1
DESTDIR=$dir/example meson install -C "$dir/build" --no-rebuild >>"$dir/log" 2>&1
plugins=$(dirname "$(find "$dir/example" -name starts.so)")
rules=$(dirname "$(find "$dir/example" -name '50-starts.conf')")
cp "$build/plugins/cgroup/cgroup.so" "$plugins" # whose knob the rule moves

# 2. its rule is one
"$trimtab" check --plugins "$plugins" "$rules" >>"$dir/log" 2>&1 || fail "its rule has errors"

# 3. the daemon takes it, and its program
rm "$plugins/cgroup.so"
mkdir "$dir/run" "$dir/rules"
chmod -R go-w "$dir"
printf '[daemon]\ntick = 200ms\n' >"$dir/trimtab.conf"
"$trimtabd" --foreground --config "$dir/trimtab.conf" --rules "$dir/rules" --plugins "$plugins" \
        --runtime-dir "$dir/run" --mode observe >>"$dir/log" 2>&1 &
daemon=$!
wait_for 30 is_open

# 4. it counts what starts there, and nothing else
wait_for 30 count_is 0
sh -c 'echo $$ >"$1/cgroup.procs"; i=0; while [ $i -lt "$2" ]; do /bin/true; i=$((i + 1)); done' sh "$group" "$STARTS"
wait_for 30 count_is "$STARTS"

kill -TERM "$daemon"
wait "$daemon" || fail "the daemon stopped with status $?"
daemon=
echo "starts: built out of tree, loaded, $STARTS of $STARTS programs counted"
