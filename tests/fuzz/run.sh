#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/fuzz/run.sh SECONDS [NAME...]
# Runs each libFuzzer target (or those named: ini rules ruletest ledger elf recording section xdp-packet xdp-filters) that long on a copy of its corpus. What it finds
# stays in BUILD/fuzz-finds/NAME: inputs that crash (and then it fails), and new/, inputs that reach new code, to
# be merged into the corpus. BUILD is build-fuzz unless set.
set -eu

if [ $# -lt 1 ] || [ "$1" -lt 1 ]; then
	echo "usage: $0 SECONDS [NAME...]" >&2
	exit 2
fi
seconds=$1
shift

here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../../build-fuzz}

[ -f "$build/build.ninja" ] || CC=clang meson setup "$build" "$here/../.." -Dfuzz=true -Dman=false
ninja -C "$build" fuzz

# All that are built
if [ $# -eq 0 ]; then
	for target in "$build"/tests/fuzz/fuzz-*; do
		[ -f "$target" ] && set -- "$@" "${target##*/fuzz-}"
	done
fi

failed=
for name; do
	finds=$build/fuzz-finds/$name
	mkdir -p "$finds/new"
	# libFuzzer writes into the first folder: never into the kept corpus
	set -- "$finds/new" "$here/corpus/$name"
	[ -f "$here/$name.dict" ] && set -- "-dict=$here/$name.dict" "$@"

	echo "fuzz-$name: $seconds s"
	if ! "$build/tests/fuzz/fuzz-$name" -max_total_time="$seconds" -max_len=4096 -timeout=60 \
		-verbosity=0 -print_final_stats=1 -artifact_prefix="$finds/" "$@"; then
		failed="$failed $name"
	fi
done

if [ -n "$failed" ]; then
	echo "failed:$failed; the inputs are in $build/fuzz-finds" >&2
	exit 1
fi
