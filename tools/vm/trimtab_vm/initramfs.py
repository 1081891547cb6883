# SPDX-License-Identifier: LGPL-2.1-or-later
"""A kernel's initramfs: busybox, guest/init, guest/layer and the modules that reach the root file system."""

import hashlib
import lzma
import pathlib
import stat

from . import cache, cpio, kernels, toolbox

GUEST = pathlib.Path(__file__).resolve().parent.parent / "guest"

# Loaded in this order, each after what it depends on. virtio_blk and virtio_net are only carried and
# loaded so that --drive and a network device simply work: there is no udev in the guest.
WANTED = ("virtio_pci", "9pnet_virtio", "9p", "overlay", "virtio_blk", "virtio_net")


def _name(path):
    return pathlib.PurePath(path).name.split(".ko")[0].replace("-", "_")


def _dependencies(name):
    """module -> (path, the paths it needs, nearest first), from depmod's modules.dep"""
    table = {}
    for line in (kernels.modules(name) / "modules.dep").read_text().splitlines():
        path, needs = line.split(":")
        table[_name(path)] = (path, needs.split())
    return table


def module_paths(name):
    """What to insert, in order. A wanted module that is not there is built in."""
    table, ordered = _dependencies(name), []
    for wanted in WANTED:
        path, needs = table.get(wanted, (None, []))
        for part in [*reversed(needs), *([path] if path else [])]:
            if part not in ordered:
                ordered.append(part)
    return ordered


def _unpacked(path):
    data = path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(data)
    if path.suffix == ".zst":
        return toolbox.zstd_decompress(data)
    return data


def _add_layer(archive):
    for path in sorted((GUEST / "layer").rglob("*")):
        name = "layer/" + str(path.relative_to(GUEST / "layer"))
        if path.is_dir():
            archive.directory(name)
        else:
            archive.file(name, path.read_bytes(), stat.S_IMODE(path.stat().st_mode))


def _image(name):
    archive = cpio.Archive()
    for directory in ("bin", "dev", "proc", "sys", "lower", "rw", "root", "modules", "layer"):
        archive.directory(directory)

    archive.file("bin/busybox", toolbox.program("busybox").read_bytes(), 0o755)
    archive.symlink("bin/sh", "busybox")
    archive.file("init", (GUEST / "init").read_bytes(), 0o755)
    _add_layer(archive)

    order = []
    for path in module_paths(name):
        plain = _name(path) + ".ko"
        archive.file("modules/" + plain, _unpacked(kernels.modules(name) / path), 0o644)
        order.append(plain + "\n")
    archive.file("modules/order", "".join(order).encode(), 0o644)
    return archive.finish()


def _path(name):
    """Its name changes with everything of ours that is in it, so an edited init is never served stale."""
    digest = hashlib.sha256()
    ours = [path for path in GUEST.rglob("*") if path.is_file()]
    for path in sorted(ours) + sorted(pathlib.Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    digest.update(kernels.version(name).encode())
    return cache.root() / "initramfs" / f"{name}-{digest.hexdigest()[:16]}.cpio"


def build(name):
    """The path of the image, made if it is not there. The caller holds the cache's lock."""
    path = _path(name)
    if not path.exists():
        for stale in path.parent.glob(f"{name}-*.cpio"):
            stale.unlink(missing_ok=True)
        cache.write_whole(path, _image(name))
    return path


def ready(name):
    path = _path(name)
    if path.exists():
        return path
    with cache.locked():
        return build(name)
