#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The part of smoke-vm.sh that runs inside the guest: is this a machine the system tests can rely on?
# Each line says `ok NAME` or `not ok NAME`; the outer script numbers and counts them.

check() {
	name=$1
	shift
	if output=$("$@" 2>&1); then
		echo "ok $name"
	else
		echo "not ok $name"
		echo "$output" | sed 's/^/#   /'
	fi
}

# has WORDS FILE: every word stands in the file
has() {
	for word in $1; do
		grep -qw "$word" "$2" || { echo "$word is not in $2: $(cat "$2")"; return 1; }
	done
}

running() {
	state=$(systemctl is-system-running --wait)
	[ "$state" = running ] || { echo "$state"; systemctl --failed --no-legend; return 1; }
}

unit_of_cgroup() {
	busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager \
		GetUnitByControlGroup s /system.slice/trimtab-vm.service | grep -q trimtab_2dvm_2eservice
}

set_weight() {
	systemd-run --quiet --unit=smoke-hog sleep 60 &&
		systemctl set-property --runtime smoke-hog.service CPUWeight=321 || return 1

	# The reply comes before systemd writes.
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		weight=$(cat /sys/fs/cgroup/system.slice/smoke-hog.service/cpu.weight)
		[ "$weight" = 321 ] && return 0
		sleep 0.1
	done
	echo "cpu.weight is $weight"
	return 1
}

reload_keeps_weight() {
	systemctl daemon-reload && [ "$(cat /sys/fs/cgroup/system.slice/smoke-hog.service/cpu.weight)" = 321 ] &&
		systemctl stop smoke-hog.service
}

journal() {
	logger -t smoke-vm "a line" && journalctl --sync && journalctl -q -t smoke-vm | grep -q "a line"
}

is_mounted() {
	awk -v type="$1" -v at="$2" '$2 == at && $3 == type { found = 1 } END { exit !found }' /proc/mounts
}

readable_pressure() {
	cat /proc/pressure/cpu /proc/pressure/memory /proc/pressure/io \
		/sys/fs/cgroup/system.slice/cpu.pressure >/dev/null
}

overlay_is_writable() {
	echo changed >./smoke-vm-scratch && grep -q changed ./smoke-vm-scratch && rm ./smoke-vm-scratch
}

attach_bpf() {
	# systemd brings programs of its own, so this needs no compiler.
	systemd-run --quiet --unit=smoke-bpf -p DevicePolicy=closed -p IPAddressDeny=192.0.2.1 sleep 60 || return 1
	# Not `bpftool cgroup show`: on 5.10 it fails over attach types that kernel does not know.
	bpftool prog list | grep -q sd_fw_ingress && systemctl stop smoke-bpf.service
}

loopback() {
	ip -4 addr show up dev lo | grep -q 127.0.0.1
}

module_loads() {
	modprobe dummy && ip link add smoke0 type dummy && ip link del smoke0
}

check "systemd is PID 1" grep -qx systemd /proc/1/comm
check "the system is running, no unit failed" running
check "the unit of a cgroup by D-Bus" unit_of_cgroup
check "a transient service takes CPUWeight" set_weight
check "daemon-reload keeps it" reload_keeps_weight
check "the journal takes and gives" journal
check "cgroup v2 at /sys/fs/cgroup" is_mounted cgroup2 /sys/fs/cgroup
check "all controllers" has "cpuset cpu io memory pids" /sys/fs/cgroup/cgroup.controllers
check "PSI" readable_pressure
check "BTF" test -s /sys/kernel/btf/vmlinux
check "bpffs" is_mounted bpf /sys/fs/bpf
check "tracefs" test -e /sys/kernel/tracing/events/sched/sched_switch/id
check "tmpfs at /run and /tmp" eval "is_mounted tmpfs /run && is_mounted tmpfs /tmp"
check "loopback is up" loopback
check "modprobe" module_loads
check "the tree can be written, in memory" overlay_is_writable
if command -v bpftool >/dev/null; then
	check "a BPF program attaches" attach_bpf
else
	echo "ok a BPF program attaches # SKIP no bpftool"
fi

uname -r >"$TRIMTAB_RESULTS/release"
# The kernel itself is quiet.
echo "said on the console" >/dev/console
[ "$1" = "two words" ] || echo "not ok arguments arrive as they were given"
exit 7
