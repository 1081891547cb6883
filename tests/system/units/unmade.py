# SPDX-License-Identifier: LGPL-2.1-or-later
"""Units whose controller nobody has switched on: there is no file for the knob, and systemd makes it when the property is set."""
import os

from case import PATIENCE_SECONDS, UNIT_FILES, Case, knob, rule, runtime_dropin, show, systemctl
from guest import trimtab, wait_for, write
from snapshot import CGROUP

SLICE = "bare.slice"
INNER = "bare-inner.slice"
FOUR = ("cpu.weight = 300", "cpu.max = 50%", "io.weight = 400", "cpuset.cpus = 0")
IN_FORCE = {"cpu.weight": "300", "cpu.max": "50000 100000", "io.weight": "default 400", "cpuset.cpus": "0"}
PROPERTIES = {"CPUWeight": "[not set]", "CPUQuotaPerSecUSec": "infinity", "IOWeight": "[not set]", "AllowedCPUs": ""}


class Unmade(Case):
    def slice(self, name, *settings):
        self.units.append(name)
        write(f"{UNIT_FILES}/{name}", "[Slice]\n" + "".join(f"{setting}\n" for setting in settings))
        systemctl("start", name)

    def bare(self, name, slice_name="."):
        """There must be nothing for this to be a test."""
        for file in IN_FORCE:
            self.assertFalse(os.path.exists(f"{CGROUP}/{slice_name}/{name}/{file}"), f"{file} of {name} is there")

    def all_set(self, name, slice_name="."):
        for file, text in IN_FORCE.items():
            self.becomes(file, name, text, slice_name)
        self.assertEqual(show(name, "CPUWeight"), "300", "through systemd")

    def unset(self, name):
        self.assertEqual({p: show(name, p) for p in PROPERTIES}, PROPERTIES, "systemd's defaults are back")
        for setting in ("CPUWeight", "CPUQuota", "IOWeight", "AllowedCPUs"):
            self.assertFalse(os.path.exists(os.path.dirname(runtime_dropin(name, setting))), "no drop-in stays")

    def test_an_empty_slice(self):
        self.slice(SLICE)
        self.bare(SLICE)
        self.tune(rule("bare", f"cgroup:/{SLICE}", *FOUR))
        self.all_set(SLICE)
        self.leave_nothing()
        self.unset(SLICE)

    def test_an_empty_slice_then_kill(self):
        self.slice(SLICE)
        self.bare(SLICE)
        self.tune(rule("bare", f"cgroup:/{SLICE}", *FOUR))
        self.all_set(SLICE)
        self.leave_nothing(end=self.kill)
        self.unset(SLICE)

    def test_a_slice_in_it(self):
        self.slice(SLICE)
        self.slice(INNER)
        self.bare(INNER, SLICE)
        self.tune(rule("bare", f"cgroup:/{SLICE}/{INNER}", *FOUR))
        self.all_set(INNER, SLICE)
        systemctl("daemon-reload")
        self.all_set(INNER, SLICE)
        self.leave_nothing()
        self.unset(INNER)

    def test_steps_of_one_without_a_file(self):
        """As that of a user. A step goes from the default, which is what the kernel would say."""
        self.units.append("none.slice")
        systemctl("start", "none.slice")
        self.bare("none.slice")
        self.tune(rule("steps", "cgroup:/none.slice", "cpu.weight *= 2", within="cpu.weight 100..400"))
        self.becomes("cpu.weight", "none.slice", "400", ".")
        trimtab("revert", "cgroup:/none.slice")
        self.assertTrue(wait_for(lambda: show("none.slice", "CPUWeight") == "[not set]", PATIENCE_SECONDS))
        self.leave_nothing()
        self.unset("none.slice")

    def test_without_accounting(self):
        off = ("MemoryAccounting=no", "TasksAccounting=no", "IOAccounting=no")
        more = {"memory.high": str(512 << 20), "memory.low": str(8 << 20), "pids.max": "77", "cpu.idle": "1"}
        self.slice(SLICE, *off)
        self.slice(INNER, *off)
        for file in more:
            self.assertIsNone(knob(file, INNER, SLICE), file)
        self.tune(rule("bare", f"cgroup:/{SLICE}/{INNER}", *(f"{file} = {text}{'B' * file.startswith('memory')}"
                                                            for file, text in more.items())))
        for file, text in more.items():
            self.becomes(file, INNER, text, SLICE)
        self.leave_nothing()
