# SPDX-License-Identifier: LGPL-2.1-or-later
"""The writable directory host and guest share: settings and command go in, log, status and results come out."""

import fcntl
import os
import pathlib
import shlex
import shutil
import tempfile

from . import cache, initramfs, kernels, toolbox

GUEST_PATH = "/run/trimtab-vm"
PREFIX = "trimtab-vm-"
LOCK = "runner.lock"
TREE = pathlib.Path(__file__).resolve().parents[3]

# What of the caller's environment belongs to the command and not to the caller's machine or session.
PASSED = ("PATH", "LANG", "LC_ALL", "TZ", "PYTHONPATH", "LD_LIBRARY_PATH", "MALLOC_PERTURB_")
PASSED_PREFIXES = ("TRIMTAB_", "GCOV_", "MESON_", "ASAN_", "UBSAN_", "LSAN_", "TSAN_", "MSAN_")


def _environment():
    chosen = {name: value for name, value in os.environ.items()
              if name in PASSED or name.startswith(PASSED_PREFIXES)}
    chosen.setdefault("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    # systemd starts services without these, and programs trip over that.
    chosen.update(HOME="/root", USER="root", LOGNAME="root", SHELL="/bin/sh", TERM="dumb",
                  TRIMTAB_RESULTS=GUEST_PATH + "/results")
    return chosen


def _exports(variables):
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(variables.items()))


def _shown(cwd):
    """What must be seen although it may stand below a /tmp: the tree the runner is of, and the caller's directory."""
    paths = {"VM_TREE": str(TREE), "VM_CACHE": str(cache.root())}
    if not pathlib.Path(cwd).is_relative_to(TREE):
        paths["VM_CWD"] = cwd
    return paths


def _settings(kernel, cwd, systemd):
    init = "/lib/systemd/systemd" if systemd else f"/bin/sh {GUEST_PATH}/boot"
    settings = {"VM_INIT": init, **_shown(cwd),
                "VM_MODULES": str(kernels.modules(kernel)),
                "VM_KMOD": str(toolbox.program("kmod")), "VM_BUSYBOX": str(toolbox.program("busybox"))}
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in settings.items())


def _locked_file(directory):
    """Locked before it has its name, so that another runner's sweep never meets it unlocked."""
    staging = directory / (LOCK + ".new")
    handle = open(staging, "wb")
    fcntl.flock(handle, fcntl.LOCK_EX)
    staging.rename(directory / LOCK)
    return handle


def _special_files(directory, names):
    """Sockets and pipes a test has left among its results are no results."""
    paths = [pathlib.Path(directory, name) for name in names]
    return [path.name for path in paths if not (path.is_symlink() or path.is_file() or path.is_dir())]


def sweep():
    """Shares of runners that were killed: nobody holds their lock any more. One that was kept has none."""
    for lock in pathlib.Path(tempfile.gettempdir()).glob(PREFIX + "*/" + LOCK):
        try:
            with open(lock, "rb") as handle:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)
        except OSError:
            continue


class Share:
    def __init__(self, kernel, command, systemd):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=PREFIX))
        self.lock = _locked_file(self.dir)
        self.log = self.dir / "log"
        self.log.touch()
        (self.dir / "results").mkdir()

        cwd = os.getcwd()
        (self.dir / "settings").write_text(_settings(kernel, cwd, systemd))
        (self.dir / "environment").write_text(_exports(_environment()))
        (self.dir / "command").write_text(f"cd {shlex.quote(cwd)} || exit 126\nexec {shlex.join(command)}\n")
        for script in ("start", "stop", "boot"):
            shutil.copyfile(initramfs.GUEST / script, self.dir / script)

    def started(self):
        return (self.dir / "started").exists()

    def status(self):
        """The command's exit status; None when none came back."""
        try:
            return int((self.dir / "status").read_text())
        except (OSError, ValueError):
            return None

    def bring_results(self, target):
        shutil.copytree(self.dir / "results", target, dirs_exist_ok=True, symlinks=True, ignore=_special_files)

    def keep(self):
        (self.dir / LOCK).unlink(missing_ok=True)

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)
