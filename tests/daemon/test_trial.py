#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rules on trial: in force, and gone again unless somebody confirms them. What is asserted is the knob's file.

usage: test_trial.py TRIMTABD TRIMTAB PLANT.so   (no root needed)"""
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from plants import RULE, PlantCase  # noqa: E402


class Trial(PlantCase):
    def setUp(self):
        super().setUp()
        self.raised()

    def reload(self, level, *options):
        self.write("rules/50-level.conf", RULE.format(objects="*", level=level))
        return self.command("reload", *options)

    def test_the_old_rules_come_back(self):
        self.assertEqual(self.reload(5, "--for", "1s").returncode, 0, self.said())
        self.wait_level("5")
        self.wait_level("7")
        # The files are as they were written: the next reload takes them.
        self.assertEqual(self.command("reload").returncode, 0)
        self.wait_level("5")

    def test_confirmed_they_stay(self):
        self.assertEqual(self.reload(5, "--for", "2s").returncode, 0, self.said())
        self.wait_level("5")
        self.assertEqual(self.command("confirm").returncode, 0)
        time.sleep(3)
        self.assertEqual(self.level(), "5")

    def test_a_reload_for_good_confirms(self):
        self.reload(5, "--for", "2s")
        self.assertEqual(self.reload(4).returncode, 0)
        time.sleep(3)
        self.assertEqual(self.level(), "4")

    def test_one_trial_after_another_goes_back_to_what_was_confirmed(self):
        self.reload(5, "--for", "30s")
        self.wait_level("5")
        self.reload(4, "--for", "1s")
        self.wait_level("4")
        self.wait_level("7")

    def test_nothing_to_confirm(self):
        result = self.command("confirm")
        self.assertEqual(result.returncode, 1)
        self.assertIn("no rules are on trial", result.stderr)

    def test_bad_rules_are_not_on_trial(self):
        self.assertEqual(self.reload("seven", "--for", "1s").returncode, 1)
        self.assertEqual(self.command("confirm").returncode, 1)
        time.sleep(1.5)
        self.assertEqual(self.level(), "7")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
