# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where unpacked things live, and how they get there whole or not at all."""

import contextlib
import fcntl
import os
import pathlib
import shutil
import tempfile

from . import VmError

STAGING_PREFIX = ".new-"


def root():
    # Resolved, because the guest must find the same place under the same name.
    return pathlib.Path(os.environ.get("TRIMTAB_CACHE") or "/var/cache/trimtab").resolve()


def tools():
    return root() / "tools"


def kernel(name):
    return root() / "kernels" / name


@contextlib.contextmanager
def locked():
    """Two fetches, or two runs that both miss an initramfs, wait for each other."""
    try:
        root().mkdir(parents=True, exist_ok=True)
        handle = open(root() / "lock", "w", encoding="ascii")
    except OSError as error:
        raise VmError(f"the cache {root()} cannot be written: {error.strerror}; "
                      "set TRIMTAB_CACHE to another directory") from error

    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def sweep():
    """What a killed fetch left half done. Only under the lock: then nobody is at work in them."""
    for leftover in root().glob(STAGING_PREFIX + "*"):
        shutil.rmtree(leftover, ignore_errors=True)


@contextlib.contextmanager
def staged(target):
    """A directory to fill; it becomes `target` by one rename if the block ends well."""
    staging = pathlib.Path(tempfile.mkdtemp(prefix=STAGING_PREFIX, dir=root()))

    try:
        yield staging
        staging.chmod(0o755)
        target.parent.mkdir(parents=True, exist_ok=True)
        staging.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def write_whole(target, data):
    """A file that is never seen half written."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, staging = tempfile.mkstemp(prefix=STAGING_PREFIX, dir=target.parent)

    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
    os.chmod(staging, 0o644)
    os.rename(staging, target)
