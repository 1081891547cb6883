# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which kernels there are, where they come from, and one of them made ready in the cache."""

import re
from typing import NamedTuple

from . import VmError, apt, cache, toolbox, vmlinux


class Kernel(NamedTuple):
    pool: str           # kernels of one pool share their package lists
    suites: tuple
    meta: str           # the package that depends on the newest image


BOOKWORM = ("bookworm", ("bookworm", "bookworm-security"))

KERNELS = {
    "6.1": Kernel(*BOOKWORM, "linux-image-amd64"),
    "6.12": Kernel(*BOOKWORM, "linux-image-6.12-amd64"),
    "5.10": Kernel("bullseye", ("bullseye", "bullseye-security"), "linux-image-amd64"),
    "7": Kernel("trixie-backports", ("trixie-backports",), "linux-image-amd64"),
}
DEFAULT = "6.1"


def check_name(name):
    if name not in KERNELS:
        raise VmError(f"no kernel {name}; there are {', '.join(KERNELS)}")


def cached():
    return {name: version(name) for name in KERNELS if cache.kernel(name).exists()}


def version(name):
    return (cache.kernel(name) / "version").read_text().strip()


def modules(name):
    return cache.kernel(name) / "tree/lib/modules" / version(name)


def _closure(source, package, found):
    """The image, and from 7 on the packages of base files, modules and binary it depends on, as name=version."""
    record = source.candidate(package)
    found.setdefault(package, record["Version"])

    for clause in record.get("Depends", "").split(","):
        wanted = clause.split("|")[0].split()[0] if clause.strip() else ""
        if re.match(r"linux-(image|base|modules|binary)-\d", wanted) and wanted not in found:
            _closure(source, wanted, found)
    return found


def _packages(source, meta):
    found = _closure(source, meta, {})
    found.pop(meta)
    return [f"{name}={number}" for name, number in found.items()]


def _settle(staging, packages):
    """From unpacked packages to a vmlinux, a version and modules that depmod has seen."""
    tree = staging / "tree"
    # From 7 on the modules are in /usr/lib, as merged-usr has it; one place suits us.
    if not (tree / "lib").exists():
        (tree / "lib").symlink_to("usr/lib")

    images = list(tree.glob("boot/vmlinuz-*")) + list(tree.glob("usr/lib/modules/*/vmlinuz"))
    if len(images) != 1:
        raise VmError(f"{', '.join(packages)}: {len(images)} kernel images instead of one")

    (number,) = [path.name for path in (tree / "lib/modules").iterdir()]
    toolbox.depmod(tree, number)
    (staging / "vmlinux").write_bytes(vmlinux.extract(images[0].read_bytes()))
    (staging / "version").write_text(number + "\n")
    (staging / "packages").write_text("\n".join(packages) + "\n")


def fetch(name, sources, say):
    """`sources` remembers the Apt of each pool, so that its lists are read once."""
    if cache.kernel(name).exists():
        return

    kernel = KERNELS[name]
    source = sources.setdefault(kernel.pool, apt.Apt(kernel.pool, kernel.suites))
    with cache.staged(cache.kernel(name)) as staging:
        source.update()
        packages = _packages(source, kernel.meta)
        say(f"kernel {name}: {', '.join(packages)}")

        source.unpack(packages, staging / "tree", staging / "downloads")
        (staging / "downloads").rmdir()
        _settle(staging, packages)
