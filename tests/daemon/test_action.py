#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A knob that is an action of its plugin's, and no file: done as often as the rule asks, under the same brakes as a file, never undone.

usage: test_action.py TRIMTABD TRIMTAB PLANT.so GATE.so …   (no root needed)"""
import os
import shutil
import signal
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from plants import PlantCase, wait_for  # noqa: E402

GATE = sys.argv[4]

RULE = """[rule ring]
for = plant:a
when = last(plant.value) > 10
hold = 0s
then = gate.ring @host = 3
until = last(plant.value) < 5
clear-hold = 0s
cooldown = 0s
"""


class Action(PlantCase):
    def setUp(self):
        super().setUp()
        shutil.copy(GATE, f"{self.dir}/plugins/gate.so")
        self.configure("")
        self.write("rules/50-level.conf", RULE)

    def configure(self, more):
        self.write("trimtab.conf", f"[daemon]\ntick = 100ms\n{more}\n[plugin plant]\ndir = {self.dir}/plants\n"
                   f"[plugin gate]\ndir = {self.dir}\n")

    def rung(self):
        try:
            with open(f"{self.dir}/gate.rung", encoding="utf-8") as file:
                return file.read().split()
        except FileNotFoundError:
            return []

    def measured(self, value):
        self.set("a", "value", str(value))
        self.assertTrue(wait_for(lambda: [m for m in self.ask("metrics", "plant.value", "a") or [] if m.get("value") == value]),
                        self.said())

    def ring(self, n):
        """The condition comes true, rings, and is over."""
        self.set("a", "value", "50")
        self.assertTrue(wait_for(lambda: len(self.rung()) == n), f"{self.rung()}\n{self.said()}")
        self.measured(0)
        time.sleep(0.5)

    def test_each_time_and_never_undone(self):
        daemon = self.start()
        self.ring(1)
        self.ring(2)
        self.assertEqual(self.rung(), ["3", "3"])
        events = [e for e in self.ask("log") if e["kind"] == "changed"]
        self.assertEqual([(e["knob"], e["rule"]) for e in events], [("gate.ring", "ring")] * 2)

        self.stop(daemon, signal.SIGKILL)
        daemon = self.start()
        self.assertNotIn("an earlier run left", self.said())
        self.assertEqual(self.stop(daemon), 0)
        self.assertEqual(self.rung(), ["3", "3"])

    def test_the_write_fuse_counts_it(self):
        self.configure("writes-per-minute = 1")
        self.start()
        self.ring(1)
        self.set("a", "value", "50")
        self.assertTrue(wait_for(lambda: "the write fuse has blown" in self.said()), self.said())
        time.sleep(0.5)
        self.assertEqual(self.rung(), ["3"])

    def test_advise_only_says_it(self):
        self.start("advise")
        self.set("a", "value", "50")
        self.assertTrue(wait_for(lambda: any(e["kind"] == "advised" for e in self.ask("log"))), self.said())
        time.sleep(0.5)
        self.assertEqual(self.rung(), [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
