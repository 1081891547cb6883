# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which QEMU, in which mode, and its command line."""

import re
import subprocess
from typing import NamedTuple

from . import cache, initramfs, toolbox

# no_timer_check: on a busy host the emulated timer may be late when the kernel tries it, and it would give up.
KERNEL_ARGUMENTS = ("no_timer_check console=ttyS0 panic=-1 quiet mitigations=off tsc=reliable psi=1 "
                    "systemd.unified_cgroup_hierarchy=1 systemd.unit=trimtab-vm.target systemd.show_status=0")


class Guest(NamedTuple):
    kernel: str
    cpus: int
    memory_mb: int
    append: str
    drives: tuple
    extra: tuple        # words for QEMU as they are
    accel: str          # "kvm" or "tcg"
    one_thread: bool    # all its CPUs by turns, when they are emulated


def program():
    return toolbox.program("qemu-system-x86_64")


def version():
    first = subprocess.run([program(), "--version"], env=toolbox.environment(), check=True, text=True,
                           stdout=subprocess.PIPE).stdout.splitlines()[0]
    return re.search(r"version (\d+(?:\.\d+)+)", first).group(1)


def thread_mode():
    # 7.2 with a thread per CPU crashes guests when the kernel patches its own code, which every BPF
    # attach does; 10 does not. Between them nobody has tried.
    return "multi" if int(version().split(".")[0]) >= 10 else "single"


def _accel(guest):
    if guest.accel == "kvm":
        return "kvm"
    return f"tcg,thread={'single' if guest.one_thread else thread_mode()}"


def _data_directories():
    for directory in ("usr/share/qemu", "usr/share/seabios"):
        path = cache.tools() / directory
        if path.is_dir():
            yield from ("-L", str(path))


def _shares(share):
    root = "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap"
    ours = f"local,id=share,path={share},security_model=none"
    return ["-fsdev", root, "-device", "virtio-9p-pci,fsdev=root,mount_tag=root",
            "-fsdev", ours, "-device", "virtio-9p-pci,fsdev=share,mount_tag=share"]


def _drives(drives):
    return [word for drive in drives for word in ("-drive", drive)]


def command_line(guest, share, console):
    return [str(program()), *_data_directories(),
            "-machine", "q35", "-accel", _accel(guest), "-cpu", "max",
            "-smp", str(guest.cpus), "-m", str(guest.memory_mb),
            "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-monitor", "none",
            "-serial", f"file:{console}",
            *_shares(share), *_drives(guest.drives), *guest.extra,
            "-kernel", str(cache.kernel(guest.kernel) / "vmlinux"),
            "-initrd", str(initramfs.ready(guest.kernel)),
            "-append", f"{KERNEL_ARGUMENTS} {guest.append}".strip()]
