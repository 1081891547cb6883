#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# story.sh IN-VM KERNEL BUILD SCRIPT ARG...: SCRIPT in a virtual machine with a disk of its own, vda, that takes 16 MB a second and no more: only a
# disk that can be full makes anybody wait.
set -eu
in_vm=$1 kernel=$2 build=$3
shift 3
disk=$(mktemp "$build/disk.XXXXXX")
trap 'rm -f "$disk"' EXIT
truncate -s 512M "$disk"
"$in_vm" --memory=1024 "--drive=file=$disk,if=virtio,format=raw,cache=unsafe,throttling.bps-total=16777216" "$kernel" "$build" "$@"
