# SPDX-License-Identifier: LGPL-2.1-or-later
"""QEMU and the few programs that make and fill an initramfs, unpacked into the cache."""

import os
import platform
import subprocess

from . import VmError, apt, cache

# All that must come even if installed (see Apt.missing); their libraries only where missing.
PACKAGES = ("qemu-system-x86", "qemu-system-common", "qemu-system-data", "seabios", "busybox-static", "kmod", "zstd")


def codename():
    return platform.freedesktop_os_release().get("VERSION_CODENAME", "bookworm")


def _unpack_from(suites, release, staging):
    source = apt.Apt("tools-" + suites[-1], suites)
    source.update()
    source.unpack(source.missing(PACKAGES, release), staging, staging / "downloads")
    (staging / "downloads").rmdir()


def fetch(say):
    if cache.tools().exists():
        return

    stable = (codename(), codename() + "-security")
    with cache.staged(cache.tools()) as staging:
        say("tools: QEMU from backports, busybox, kmod, zstd")
        try:
            _unpack_from(stable + (codename() + "-backports",), codename() + "-backports", staging)
        except VmError as error:
            # 7.2 works, a second a boot slower: see qemu.thread_mode().
            say(f"tools: no backports ({error}); taking the release's own QEMU")
            _unpack_from(stable, None, staging)


def environment():
    """The unpacked programs find the libraries that were unpacked with them."""
    triplet = platform.machine() + "-linux-gnu"
    libraries = [cache.tools() / "usr/lib" / triplet, cache.tools() / "lib" / triplet]
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, libraries))}


def program(name):
    for directory in ("usr/bin", "bin", "usr/sbin", "sbin"):
        path = cache.tools() / directory / name
        if path.is_file():
            return path
    raise VmError(f"{name} is not in {cache.tools()}; run tools/vm/fetch")


def depmod(tree, version):
    # kmod is what its argv[0] says; the package's links are absolute and point into the host.
    subprocess.run(["depmod", "-b", str(tree), version], executable=program("kmod"), env=environment(), check=True)


def zstd_decompress(data):
    return subprocess.run([program("zstd"), "-dcq"], input=data, env=environment(), check=True,
                          stdout=subprocess.PIPE).stdout
