# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where BPF programs are pinned, also on a host whose init mounts no bpf filesystem: then it is in a mount namespace of the test's own."""
import os
import sys

PLACE = "/sys/fs/bpf"


def enter():
    """This program once more, with one; nothing where there is one."""
    if os.path.ismount(PLACE) or os.geteuid() != 0:
        return
    os.execvp("unshare", ["unshare", "--mount", "sh", "-c", f'mount -t bpf bpf {PLACE} && exec "$@"', "sh", sys.executable, *sys.argv])
