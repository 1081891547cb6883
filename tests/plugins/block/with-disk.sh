# SPDX-License-Identifier: LGPL-2.1-or-later
# with-disk.sh COMMAND...: runs it when the machine's virtio disk is there, with its name behind.
set -eu
modprobe virtio_blk
for i in $(seq 100); do
        [ ! -e /sys/block/vda ] || exec "$@" vda
        sleep 0.1
done
echo "there is no disk"
exit 1
