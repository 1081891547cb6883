# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether virtual machines can run here, and on what."""

import pathlib
import platform

from . import VmError, cache, kernels, kvm, qemu

SKIPPED = 77

# The guest's userland is the host's.
NEEDED = {"/lib/systemd/systemd": "systemd", "/usr/bin/dbus-daemon": "dbus"}


def require(kernel):
    if platform.machine() != "x86_64":
        raise VmError(f"only x86_64 guests are known, this is {platform.machine()}")
    for path, package in NEEDED.items():
        if not pathlib.Path(path).exists():
            raise VmError(f"{path} is missing; install the package {package}")
    if not cache.tools().exists():
        raise VmError(f"no QEMU in {cache.root()}; run tools/vm/fetch {kernel}")
    if not cache.kernel(kernel).exists():
        raise VmError(f"kernel {kernel} is not in {cache.root()}; run tools/vm/fetch {kernel}")


def report():
    try:
        cached = kernels.cached()
        require(next(iter(cached), kernels.DEFAULT))
        accel, reason = kvm.choose()
        mode = f", thread={qemu.thread_mode()}" if accel == "tcg" else ""
        print(f"qemu     {qemu.version()} {qemu.program()}")
        print(f"accel    {accel}{mode} ({reason})")
        print("kernels  " + ", ".join(f"{name} ({version})" for name, version in cached.items()))
    except (VmError, OSError) as error:
        print(f"no virtual machines here: {error}")
        return SKIPPED
    return 0
