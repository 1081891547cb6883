# SPDX-License-Identifier: LGPL-2.1-or-later
"""All that trimtabd may touch of units and cgroups, as it is at one moment, to be compared with another."""
import os

CGROUP = "/sys/fs/cgroup"

# file -> the kernel's default. A file that is not there, as its controller is not needed, means just that.
KNOBS = {
    "cpu.weight": "100",
    "cpu.idle": "0",
    "cpu.max": "max 100000",
    "cpu.max.burst": "0",
    "cpu.uclamp.min": "0.00",
    "cpu.uclamp.max": "max",
    "cpuset.cpus": "",
    "memory.low": "0",
    "memory.high": "max",
    "memory.swap.max": "max",
    "io.weight": "default 100",
    "io.max": "",
    "pids.max": "max",
}

# Where systemd and people keep what is said about units.
FOLDERS = ("/run/systemd/system", "/run/systemd/system.control", "/run/systemd/transient", "/etc/systemd")


def read(path):
    """A file's text, or None when there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return None


def knobs_of(folder):
    texts = {name: read(f"{folder}/{name}") for name in KNOBS}
    return {name: KNOBS[name] if text is None else text for name, text in texts.items()}


def cgroups(except_for):
    """cgroup -> its knobs."""
    found = {}
    for folder, below, _files in os.walk(CGROUP):
        below[:] = [name for name in below if name not in except_for]
        found[folder[len(CGROUP):] or "/"] = knobs_of(folder)
    return found


def entry(path):
    if os.path.islink(path):
        return f"-> {os.readlink(path)}"
    return "a folder" if os.path.isdir(path) else read(path)


def said_of_units():
    """path -> text, of every file, link and folder."""
    return {path: entry(path)
            for top in FOLDERS
            for folder, below, files in os.walk(top)
            for path in (os.path.join(folder, name) for name in below + files)}


class Snapshot:
    """What is left out: the daemon's own cgroup, which systemd arranges."""

    def __init__(self):
        self.cgroups = cgroups(except_for=("trimtabd.service",))
        self.units = said_of_units()

    def changes(self, later):
        """{path: (before, after)} of what differs: files of units, and cgroups that are there both times."""
        found = {path: (self.units.get(path), later.units.get(path))
                 for path in self.units.keys() | later.units.keys()
                 if self.units.get(path) != later.units.get(path)}
        for name in self.cgroups.keys() & later.cgroups.keys():
            before, after = self.cgroups[name], later.cgroups[name]
            found.update({f"{CGROUP}{name}/{knob}": (before[knob], after[knob])
                          for knob in KNOBS if before[knob] != after[knob]})
        return found
