# SPDX-License-Identifier: LGPL-2.1-or-later
"""Disks by the names that people give them."""
import os

from case import Case, daemon_pid, group, rule
from guest import run
from snapshot import CGROUP

HELD = "held.service"
LINK = "/dev/disk/by-id/trimtab-test"


class Devices(Case):
    def setUp(self):
        super().setUp()
        run("modprobe", "loop")
        run("truncate", "-s", "1M", "/run/trimtab-test-disk")
        self.disk = run("losetup", "-f", "--show", "/run/trimtab-test-disk").stdout.strip()
        self.addCleanup(run, "losetup", "-d", self.disk)
        os.makedirs(os.path.dirname(LINK), exist_ok=True)
        os.symlink(self.disk, LINK)
        self.addCleanup(os.unlink, LINK)

    def inside(self, *words):
        """As the daemon would: in its cgroup and with its view of the files."""
        pid = daemon_pid()
        return run("sh", "-c", f'echo $$ > {CGROUP}/system.slice/trimtabd.service/cgroup.procs && exec nsenter -t {pid} -m -- "$@"',
                   "sh", *words, check=False)

    def test_the_daemon_knows_them_and_opens_none(self):
        self.unit(HELD)
        self.tune(rule("weight", group(HELD), "cpu.weight = 300"))
        self.becomes("cpu.weight", HELD, "300")
        self.assertEqual(self.inside("stat", "-L", "-c", "%t:%T", LINK).stdout,
                         run("stat", "-L", "-c", "%t:%T", self.disk).stdout)
        opened = self.inside("head", "-c", "1", LINK)
        self.assertNotEqual(opened.returncode, 0)
        self.assertIn("Operation not permitted", opened.stderr)
        self.leave_nothing()
