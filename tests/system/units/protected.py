# SPDX-License-Identifier: LGPL-2.1-or-later
"""What no rule may touch, however wide its pattern."""
import os

from case import Case, group, rule
from guest import wait_for
from snapshot import CGROUP, Snapshot, knobs_of

NEIGHBOURS = ("held.service", "neighbour.service")
# Those that a machine for tests does not run are played by services of that name.
ALWAYS_THERE = ("init.scope", "system.slice/dbus.service", "system.slice/systemd-journald.service",
                "system.slice/trimtabd.service")
PLAYED = ("ssh.service", "sshd.service", "systemd-logind.service", "systemd-udevd.service")


class Protected(Case):
    def setUp(self):
        super().setUp()
        for name in NEIGHBOURS + PLAYED:
            if not os.path.isdir(f"{CGROUP}/system.slice/{name}"):
                self.unit(name)
        self.protected = [*ALWAYS_THERE, *(f"system.slice/{name}" for name in PLAYED)]

    def untouched(self):
        for name in self.protected:
            knobs = knobs_of(f"{CGROUP}/{name}")
            self.assertEqual((knobs["cpu.weight"], knobs["memory.high"]), ("100", "max"), name)
        for path in Snapshot().units.keys() - self.before.units.keys():
            self.assertFalse(any(os.path.basename(name) in path for name in self.protected), path)

    def test_a_wide_pattern(self):
        self.tune(rule("wide", "cgroup:/*, cgroup:/system.slice/*",
                       "cpu.weight = 300", "memory.high = 700Mi"))
        for name in NEIGHBOURS:
            self.becomes("cpu.weight", name, "300")
            self.becomes("memory.high", name, str(700 << 20))
        self.becomes("cpu.weight", "system.slice", "300", ".")
        wait_for(lambda: False, 2)
        self.untouched()
        self.leave_nothing()

    def test_siblings(self):
        self.tune(rule("siblings", group("held.service"), "cpu.weight @siblings = 300"))
        self.becomes("cpu.weight", "neighbour.service", "300")
        wait_for(lambda: False, 2)
        self.untouched()
        itself = knobs_of(f"{CGROUP}/system.slice/held.service")
        self.assertEqual(itself["cpu.weight"], "100", "not a sibling of itself")
        self.leave_nothing()

    def test_one_more(self):
        self.tune(rule("wide", "cgroup:/system.slice/*", "cpu.weight = 300"),
                  protect="/system.slice/held.service")
        self.becomes("cpu.weight", "neighbour.service", "300")
        wait_for(lambda: False, 2)
        self.protected.append("system.slice/held.service")
        self.untouched()
        self.leave_nothing()
