#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# From a BPF program in C to the header that carries it:
#
#     skeleton.sh CLANG BPFTOOL INPUT.bpf.c OUTPUT.h DEPFILE [CFLAG…]
#
# The object in it is called after the input, sched_bpf for sched.bpf.c. It does not depend on where it is built:
# bpftool's linker, in between, drops DWARF, and paths in BTF's line numbers are relative to the source tree.
set -eu

clang=$1 bpftool=$2 input=$(realpath "$3") output=$4 depfile=$5
shift 5
root=$(realpath "$(dirname "$0")/..")

objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
linked=$objects/$(basename "$input" .c).o

"$clang" "$@" "-ffile-prefix-map=$root/=" -fdebug-compilation-dir=. -MD -MF "$depfile" -MT "$output" \
        -c "$input" -o "$objects/compiled.o"
"$bpftool" gen object "$linked" "$objects/compiled.o"
"$bpftool" gen skeleton "$linked" > "$output"
