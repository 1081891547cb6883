# SPDX-License-Identifier: LGPL-2.1-or-later
# virtio-net.sh SCRIPT...: runs a test with the machine's virtio-net cards, in the order of their slots.
set -eu
modprobe virtio_net
for folder in /sys/class/net/*/device; do
        nics="${nics:-} $(basename "$(dirname "$folder")")"
done
TRIMTAB_NICS=$nics exec /usr/bin/python3 "$@"
