# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether KVM works here. A /dev/kvm that opens proves nothing (nested and stripped-down ones exist): boot on it."""

import os
import pathlib

from . import VmError, cache, kernels, machine, qemu, share

DEVICE = pathlib.Path("/dev/kvm")
BOOT_ID = pathlib.Path("/proc/sys/kernel/random/boot_id")
# With KVM a boot takes about one second; what needs longer is no better than emulation.
PROBE_SECONDS = 15


def _boots(kernel):
    probe = share.Share(kernel, ["true"], systemd=False)
    try:
        guest = qemu.Guest(kernel, 1, 512, "", (), (), "kvm", False)
        words = qemu.command_line(guest, probe.dir, probe.dir / "console")
        with open(os.devnull, "wb") as nowhere:
            machine.run(words, probe, PROBE_SECONDS, nowhere.fileno())
        return probe.status() == 0
    except VmError:
        return False
    finally:
        probe.remove()


def _remembered(kernel):
    """Asked once a boot of the host and a QEMU."""
    key = f"{BOOT_ID.read_text().strip()}-{qemu.version()}"
    memory = cache.root() / "kvm-probe"

    known = memory.read_text().split() if memory.exists() else []
    if known[:1] != [key]:
        known = [key, "works" if _boots(kernel) else "fails"]
        cache.write_whole(memory, " ".join(known).encode())
    return known[1] == "works"


def choose():
    """("kvm" or "tcg", the reason)"""
    if not os.access(DEVICE, os.R_OK | os.W_OK):
        return "tcg", f"{DEVICE} is absent or may not be opened"

    names = list(kernels.cached())
    if not names:
        return "tcg", "KVM cannot be tried without a kernel"
    if _remembered(names[0]):
        return "kvm", "a kernel booted on KVM"
    return "tcg", f"{DEVICE} is there, but a kernel did not boot on it"
