#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Proves that tools/vm/run gives a machine to test on, and comes back with the truth about it.
# Usage: smoke-vm.sh [KERNEL...]     (6.1 and 6.12; kernels that were not fetched are skipped)

here=$(cd "$(dirname "$0")" && pwd)
run=$here/../../tools/vm/run
cd "$here/../.." || exit 1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

count=0
failures=0

report() {
	count=$((count + 1))
	case $1 in
	not*) failures=$((failures + 1)) ;;
	esac
	echo "$1 $count - $2"
}

# expect NAME WANTED GOT
expect() {
	if [ "$2" = "$3" ]; then
		report ok "$1"
	else
		report "not ok" "$1"
		echo "#   wanted '$2', got '$3'"
	fi
}

relay() {
	while IFS= read -r line; do
		case $line in
		"ok "*) report ok "$kernel: ${line#ok }" ;;
		"not ok "*) report "not ok" "$kernel: ${line#not ok }" ;;
		*) echo "$line" ;;
		esac
	done <"$scratch/log"
}

whole_machine() {
	"$run" --kernel "$kernel" --timeout 120 --results "$scratch/results" --console "$scratch/console" \
		-- "$here/smoke-vm-guest.sh" "two words" >"$scratch/log" 2>"$scratch/errors"
	local status=$?

	relay
	expect "$kernel: the exit status comes back" 7 "$status"
	[ "$status" = 7 ] || sed 's/^/#   /' "$scratch/errors"
	expect "$kernel: a result file comes back" "$kernel" \
		"$(grep -o "^${kernel//./\\.}" "$scratch/results/release" 2>/dev/null)"
	expect "$kernel: the console is kept" yes "$(grep -q "said on the console" "$scratch/console" && echo yes)"
}

without_systemd() {
	"$run" --kernel "$kernel" --timeout 60 --no-systemd -- sh -c \
		'! [ -e /run/systemd/system ] && [ -e /sys/fs/cgroup/cgroup.controllers ] &&
		 [ "$PPID" = 1 ] && ip -4 addr show up dev lo | grep -q 127.0.0.1 && exit 5' \
		>"$scratch/log" 2>&1
	expect "$kernel: without systemd" 5 $?
}

# As the build tree is where tests are called from, and their scripts are elsewhere in the source tree; below /tmp, too.
called_from_elsewhere() {
	mkdir "$scratch/elsewhere"
	(cd "$scratch/elsewhere" && "$run" --kernel "$kernel" --timeout 60 --no-systemd -- \
		sh -c 'cmp "$1" "$1" && [ "$PWD" = "$2" ] && exit 6' sh "$here/smoke-vm.sh" "$scratch/elsewhere") >"$scratch/log" 2>&1
	expect "called from elsewhere, this tree is there" 6 $?
}

# What goes wrong is told apart.
honest_failures() {
	# Long enough for 5.10 on a busy host to come as far as the command: else it is 125.
	"$run" --kernel "$kernel" --timeout 45 -- sleep 1000 >"$scratch/log" 2>&1
	expect "a command without end is 124" 124 $?

	"$run" --kernel "$kernel" --timeout 60 --append "rdinit=/nowhere root=/nowhere" -- true >"$scratch/log" 2>&1
	expect "a kernel that finds no init is 125" 125 $?
	expect "and its console is shown" yes "$(grep -q "Kernel panic" "$scratch/log" && echo yes)"

	"$run" --kernel "$kernel" --timeout 60 -- sh -c 'echo before; echo c >/proc/sysrq-trigger' >"$scratch/log" 2>&1
	expect "a panic below the command is 125" 125 $?
	expect "and what it had printed is there" yes "$(grep -qx before "$scratch/log" && echo yes)"
}

wait_for() {
	local tries=0
	until "$@"; do
		[ $((tries += 1)) -le 100 ] || return 1
		sleep 0.1
	done
}

qemu_of() {
	qemu=$(pgrep -P "$1" -f -- "-kernel")
}

# A zombie is dead too, and reaping it is not our business.
is_gone() {
	! grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status"
}

# Killed outright, the runner cannot clean up: the kernel has to.
nothing_left_running() {
	"$run" --kernel "$kernel" --timeout 60 -- sleep 1000 >"$scratch/log" 2>&1 &
	local runner=$! qemu=""

	wait_for qemu_of "$runner"
	kill -KILL "$runner"
	wait "$runner" 2>/dev/null

	expect "a killed runner leaves no QEMU" gone "$([ -n "$qemu" ] && wait_for is_gone "$qemu" && echo gone)"
}

two_at_once() {
	"$run" --kernel "$kernel" --timeout 90 --no-systemd -- sh -c 'exit 3' >/dev/null 2>&1 &
	local first=$!
	"$run" --kernel "$kernel" --timeout 90 --no-systemd -- sh -c 'exit 4' >/dev/null 2>&1
	local second=$?

	wait "$first"
	expect "two machines at once" "3 4" "$? $second"
}

if ! "$run" --probe >"$scratch/probe"; then
	echo "1..0 # SKIP $(cat "$scratch/probe")"
	exit 77
fi
sed 's/^/# /' "$scratch/probe"

tried=0
[ $# -gt 0 ] || set -- 6.1 6.12
for kernel; do
	if ! grep -q "[ ]$kernel (" "$scratch/probe"; then
		report ok "$kernel # SKIP not fetched"
		continue
	fi
	whole_machine
	without_systemd
	tried=$kernel
done

if [ "$tried" != 0 ]; then
	kernel=$tried
	called_from_elsewhere
	honest_failures
	nothing_left_running
	two_at_once
fi

echo "1..$count"
[ "$failures" = 0 ]
