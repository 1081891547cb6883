# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests inside a virtual machine share: checks that count, waiting, systemd and trimtab by their commands."""
import json
import os
import shutil
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CGROUP = "/sys/fs/cgroup"


class Checks:
    """TAP lines as they come; the exit status at the end."""

    def __init__(self):
        self.count = self.failed = 0

    def __call__(self, good, what, detail=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {what}{f' ({detail})' if detail != '' else ''}", flush=True)
        return good

    def finish(self):
        print(f"1..{self.count}", flush=True)
        sys.exit(1 if self.failed else 0)


def run(*command, check=True, **options):
    result = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    if check and result.returncode != 0:
        print(f"# {' '.join(command)}: {result.returncode}\n# {result.stdout}{result.stderr}", flush=True)
        raise SystemExit(1)
    return result


def read(path):
    """A kernel file's text, or None when there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return None


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def wait_for(condition, seconds, step=0.2):
    """Whether it became true in time; a bound on a wait, not a measurement."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(step)
    return condition()


def cgroup_file(unit, name, slice_name="system.slice"):
    return read(f"{CGROUP}/{slice_name}/{unit}/{name}")


def systemd_run(unit, *command, properties=()):
    options = [f"--property={p}" for p in properties]
    run("systemd-run", "--quiet", f"--unit={unit}", *options, *command)


def unpack(stage):
    """The staged installation into this guest's own root."""
    shutil.copytree(stage, "/", symlinks=True, dirs_exist_ok=True)


def install(stage):
    """The way a package does it."""
    unpack(stage)
    run("systemctl", "daemon-reload")
    run("busctl", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ReloadConfig")


def program(name):
    for folder in ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            return path
    raise SystemExit(f"{name} is not installed here")


def trimtab(*words):
    """What `trimtab --json WORDS` answers."""
    return json.loads(run(program("trimtab"), "--json", *words).stdout)


def rules(text, name="50-test.conf"):
    write(f"/etc/trimtab/rules.d/{name}", text)


def mode(name):
    """The administrator's one line."""
    path = "/etc/trimtab/trimtab.conf"
    write(path, read(path).replace("mode = advise", f"mode = {name}") + "\n")


def dropins(unit):
    """Runtime drop-ins of a unit by name, those of a transient unit included."""
    folders = [f"/run/systemd/{kind}/{unit}.d" for kind in ("system.control", "transient")]
    return sorted(name for folder in folders if os.path.isdir(folder) for name in os.listdir(folder))


def journal(unit):
    return run("journalctl", "--no-pager", "--output=cat", f"--unit={unit}", check=False).stdout
