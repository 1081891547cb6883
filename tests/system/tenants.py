# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tenants of one machine, each in a cgroup of its own: units where systemd runs, else plain folders of cgroupfs."""
import json
import os
import signal
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.append(os.path.join(HERE, "units"))

from guest import CGROUP, install, program, read, run, systemd_run, trimtab, unpack, wait_for  # noqa: E402
from snapshot import Snapshot  # noqa: E402

LOG = "/run/trimtabd.log"


class Load:
    """A program in a tenant's cgroup, that comes and goes while the tenant stays."""

    def __init__(self, group, *command):
        enter = f'echo $$ > {CGROUP}{group}/cgroup.procs && exec "$@"'
        self.process = subprocess.Popen(("sh", "-c", enter, "sh", *command), start_new_session=True,
                                        stdout=subprocess.DEVNULL)

    def stop(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Units:
    """systemd is PID 1."""

    def __init__(self, stage):
        install(stage)

    def tenant(self, name):
        """Its cgroup, in which nothing happens yet. Of a unit nothing about disks is known unless somebody asks for it."""
        systemd_run(f"{name}.service", "sleep", "infinity", properties=["IOAccounting=yes"])
        return f"/system.slice/{name}.service"

    @staticmethod
    def set_low(group, amount):
        run("systemctl", "set-property", "--runtime", os.path.basename(group), f"MemoryLow={amount}")

    def start(self):
        run("systemctl", "start", "trimtabd")

    def stop(self):
        run("systemctl", "stop", "trimtabd")

    def words(self):
        return run("journalctl", "--no-pager", "--output=cat", "--unit=trimtabd", check=False).stdout


class Groups:
    """Nobody is: cgroups are made, and controllers switched on, by hand."""

    def __init__(self, stage):
        unpack(stage)
        os.mkdir(f"{CGROUP}/apps")
        for folder in (CGROUP, f"{CGROUP}/apps"):
            with open(f"{folder}/cgroup.subtree_control", "w", encoding="utf-8") as file:
                file.write("+cpu +memory +io")
        self.daemon = None

    def tenant(self, name):
        os.mkdir(f"{CGROUP}/apps/{name}")
        return f"/apps/{name}"

    @staticmethod
    def set_low(group, amount):
        with open(f"{CGROUP}{group}/memory.low", "w", encoding="utf-8") as file:
            file.write(amount)

    def start(self):
        with open(LOG, "a", encoding="utf-8") as log:
            self.daemon = subprocess.Popen((program("trimtabd"),), stderr=log)

    def stop(self):
        self.daemon.terminate()
        self.daemon.wait(60)

    def words(self):
        return read(LOG)


def switch_off_shipped_rules():
    """They would do their part on a busy host, and each of these tests is of one rule."""
    for vendor in ("/usr/lib/trimtab/rules.d", "/usr/local/lib/trimtab/rules.d"):
        for name in os.listdir(vendor) if os.path.isdir(vendor) else ():
            if not os.path.lexists(f"/etc/trimtab/rules.d/{name}"):
                os.symlink("/dev/null", f"/etc/trimtab/rules.d/{name}")


def machine(stage):
    where = (Units if os.path.isdir("/run/systemd/system") else Groups)(stage)
    switch_off_shipped_rules()
    return where


def answers():
    return run(program("trimtab"), "status", check=False).returncode == 0


class Daemon:
    """trimtabd on the machine, and what was before it."""

    def __init__(self, where):
        self.where, self.before = where, Snapshot()
        where.start()
        wait_for(answers, 60)

    def changed(self):
        """{path: (before, now)} of all that it may touch."""
        return self.before.changes(Snapshot())

    def enforce(self):
        run(program("trimtab"), "mode", "enforce")

    def state(self, name):
        return trimtab("rules", name)[0]


def keep_results(name, results):
    folder = os.environ.get("TRIMTAB_RESULTS")
    if folder:
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(results, file)


class Latencies:
    """What a service says of itself, a line an operation, in microseconds."""

    def __init__(self, path):
        self.path = path

    def all(self):
        return [int(line) for line in (read(self.path) or "").split("\n")[:-1]]

    def p99_ms(self, seconds):
        """From now on. Never of so few that one operation decides."""
        skip, end = len(self.all()), time.monotonic() + seconds
        wait_for(lambda: time.monotonic() >= end and len(self.all()) - skip >= 50, 10 * seconds)
        return statistics.quantiles(self.all()[skip:], n=100)[98] / 1000

    def median_p99_ms(self, seconds, windows=3):
        return statistics.median(self.p99_ms(seconds) for _ in range(windows))
