#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sections of the rule files that a plugin owns: handed over whole or not at all, at the start, at a reload, and to a plugin that comes.

usage: test_sections.py TRIMTABD TRIMTAB PLANT.so GATE.so HATCH.so USURPER.so   (no root needed)
What is asserted is what the plugins were given, not what was said of it."""
import os
import shutil
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from plants import RULE, TRIMTAB, WAIT, PlantCase, wait_for  # noqa: E402

GATE, HATCH, USURPER = sys.argv[4:7]

NORTH = "[gate north]\nwho = anne, bob\nrate = 1min\naction = pass\n"


class Sections(PlantCase):
    def setUp(self):
        super().setUp()
        self.install(GATE)
        with open(f"{self.dir}/trimtab.conf", "a", encoding="utf-8") as file:
            file.write(f"[plugin gate]\ndir = {self.dir}\n[plugin hatch]\ndir = {self.dir}\n")
        self.write("rules/40-gates.conf", NORTH)

    def install(self, plugin):
        """As packages do it."""
        shutil.copy(plugin, f"{self.dir}/new")
        os.rename(f"{self.dir}/new", f"{self.dir}/plugins/{os.path.basename(plugin)}")

    def given(self, plugin="gate"):
        try:
            with open(f"{self.dir}/{plugin}", encoding="utf-8") as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return None

    def calls(self, plugin="gate"):
        try:
            with open(f"{self.dir}/{plugin}.calls", encoding="utf-8") as file:
                return len(file.readlines())
        except FileNotFoundError:
            return 0

    def wait_given(self, want, plugin="gate"):
        self.assertTrue(wait_for(lambda: self.given(plugin) == want), f"{self.given(plugin)}, not {want}\n{self.said()}")

    def reload(self):
        return self.command("reload")

    def gated(self):
        """A daemon whose gate has what the first file says."""
        daemon = self.start()
        self.wait_given(["north: anne bob rate=60 action=pass"])
        return daemon

    def test_start_hands_all_over_merged(self):
        self.write("list", "# more\n\ncarol\n  dave \n; not eve\n")
        self.write("rules/45-more.conf", f"[gate south]\nwho-file = {self.dir}/list\n")
        self.write("rules/60-local.conf", "[gate north]\nwho = zoe,\n  yan\naction =\n")
        self.start()
        self.wait_given(["north: zoe yan rate=60", "south: carol dave"])
        self.assertEqual(self.calls(), 1)

    def test_without_sections_nothing_is_called(self):
        os.unlink(f"{self.dir}/rules/40-gates.conf")
        self.start()
        self.assertEqual(self.reload().returncode, 0)
        self.assertEqual(self.calls(), 0)

    def test_reload_replaces(self):
        daemon = self.gated()
        for how in ("command", "signal"):
            self.write("rules/40-gates.conf", f"[gate {how}]\nwho = carol\n")
            if how == "command":
                self.assertEqual(self.reload().returncode, 0)
            else:
                daemon.send_signal(signal.SIGHUP)
            self.wait_given([f"{how}: carol"])
        os.unlink(f"{self.dir}/rules/40-gates.conf")
        self.assertEqual(self.reload().returncode, 0)
        self.wait_given([])

    def test_bad_section_keeps_all_that_is_in_force(self):
        self.gated()
        self.write("rules/40-gates.conf", "[gate north]\nwho = anne, Bob\n")
        self.write("rules/50-level.conf", RULE.format(objects="*", level=9))
        result = self.reload()
        self.assertEqual(result.returncode, 1)
        self.assertIn("40-gates.conf:2:13: error: who 'Bob': expected a name in lower case", result.stderr)
        self.set("a", "value", "50")
        self.wait_level("7")
        self.assertEqual(self.given(), ["north: anne bob rate=60 action=pass"])
        self.assertEqual(self.calls(), 1)

    def test_bad_rule_keeps_sections(self):
        self.gated()
        self.write("rules/40-gates.conf", "[gate north]\nwho = carol\n")
        self.write("rules/60-bad.conf", "[rule bad]\nfor = plant:a\nwhen = oops\nthen = plant.level = 3\n")
        self.assertEqual(self.reload().returncode, 1)
        self.assertEqual(self.calls(), 1)

    def test_refused_keeps_all_that_is_in_force(self):
        self.install(HATCH)
        self.write("rules/41-hatch.conf", "[hatch low]\nwho = carol\n")
        self.gated()
        self.wait_given(["low: carol"], "hatch")

        # The gate takes its new set first; the hatch refuses, and the gate gets the old one back.
        self.write("rules/40-gates.conf", "[gate west]\nwho = dave\n")
        self.write("rules/41-hatch.conf", "[hatch low]\nwho = eve\n")
        self.write("rules/50-level.conf", RULE.format(objects="*", level=9))
        self.write("hatch.refuses", "")
        result = self.reload()
        self.assertEqual(result.returncode, 1)
        self.assertIn("plugin hatch did not take its sections", result.stderr)
        self.assertEqual(self.calls(), 3)
        self.assertEqual(self.given(), ["north: anne bob rate=60 action=pass"])
        self.assertEqual(self.given("hatch"), ["low: carol"])
        self.set("a", "value", "50")
        self.wait_level("7")

        os.unlink(f"{self.dir}/hatch.refuses")
        self.assertEqual(self.reload().returncode, 0)
        self.assertEqual((self.given(), self.given("hatch")), (["west: dave"], ["low: eve"]))
        self.wait_level("9")

        # What came in force last is what it goes back to.
        self.write("rules/40-gates.conf", "[gate east]\nwho = zoe\n")
        self.write("rules/41-hatch.conf", "")
        self.write("hatch.refuses", "")
        self.assertEqual(self.reload().returncode, 1)
        self.assertEqual((self.given(), self.given("hatch")), (["west: dave"], ["low: eve"]))

    def test_bad_at_start_costs_the_plugin_all_its_sections(self):
        self.install(HATCH)
        self.write("rules/41-hatch.conf", "[hatch low]\nwho = carol\n")
        for bad in ("[gate south]\nwho = anne\nrate = 2h\n", "[gate south]\nwho anne\n", "[gate so#uth]\nwho = anne\n",
                    "[gate nowhere]\nwho = anne\n", "[gate]\nwho = anne\n", "[gate south]\nwho-file = /nonexistent\n"):
            with self.subTest(bad):
                self.write("rules/45-bad.conf", bad)
                daemon = self.start()
                self.wait_given(["low: carol"], "hatch")
                self.set("a", "value", "50")
                self.wait_level("7")
                self.assertIsNone(self.given())
                self.assertIn("plugin gate: none of its sections is in force", self.said())
                self.assert_told("'trimtab check' says what")
                self.stop(daemon)
                self.set("a", "value", "0")
                os.unlink(f"{self.dir}/hatch")

    def problems(self):
        return self.ask("status")["problems"]

    def assert_told(self, why):
        """In status and plugins, to people and programs, of the gate and of nobody else."""
        told = [p for p in self.problems() if p.startswith("plugin gate: none of its sections is in force: ")]
        self.assertEqual(len(told), 1, self.problems())
        self.assertIn(why, told[0])
        self.assertIn("reload", told[0])
        self.assertEqual([p["name"] for p in self.ask("plugins") if "sections_reason" in p], ["gate"])
        self.assertIn("gate: none of its sections is in force: ", self.command("plugins").stdout)

    def assert_not_told(self):
        self.assertEqual(self.problems(), [])
        self.assertNotIn("none of its sections", self.command("plugins").stdout)

    def test_refused_at_start_costs_itself(self):
        self.write("gate.refuses", "")
        self.raised()
        self.assertEqual(self.calls(), 1)
        self.assertIsNone(self.given())
        self.assert_told("did not take them")

        # For as long as it is so.
        self.assertEqual(self.reload().returncode, 1)
        self.assert_told("did not take them")
        os.unlink(f"{self.dir}/gate.refuses")
        self.assertEqual(self.reload().returncode, 0)
        self.wait_given(["north: anne bob rate=60 action=pass"])
        self.assert_not_told()

    def test_a_list_that_has_changed_is_told(self):
        path = f"{self.dir}/list"
        self.write("list", "carol\n")
        self.write("rules/45-more.conf", f"[gate south]\nwho-file = {path}\n")
        self.start()
        self.wait_given(["north: anne bob rate=60 action=pass", "south: carol"])
        self.assert_not_told()

        def changed_in_place():
            self.write("list", "carol\ndave\n")

        def replaced_by_one_as_long():
            self.write("list.new", "carol\neric\n")
            os.rename(f"{self.dir}/list.new", path)

        for change, who in ((changed_in_place, "dave"), (replaced_by_one_as_long, "eric")):
            with self.subTest(change.__name__):
                change()
                self.assertEqual(self.problems(), [f"list file {path} has changed since it was read: 'trimtab reload' reads it again"])
                self.assertEqual(self.reload().returncode, 0)
                self.wait_given(["north: anne bob rate=60 action=pass", f"south: carol {who}"])
                self.assert_not_told()

        os.unlink(path)
        self.assertIn(f"list file {path}: No such file", self.problems()[0])
        self.assertEqual(self.reload().returncode, 1)
        self.assertIn(f"list file {path}: No such file", self.problems()[0])
        self.write("rules/45-more.conf", "")
        self.assertEqual(self.reload().returncode, 0)
        self.assert_not_told()

    def test_one_that_crashes_the_daemon_is_left_alone(self):
        for text, function in (("[gate north]\nwho = crash\n", "key_check"), ("[gate crash]\nwho = anne\n", "configure")):
            with self.subTest(function):
                self.write("rules/40-gates.conf", text)
                for _ in range(2):
                    self.assertNotEqual(self.start().wait(WAIT), 0, self.said())
                daemon = self.raised()
                gate = [p for p in self.ask("plugins") if p["name"] == "gate"][0]
                self.assertEqual(gate["state"], "quarantined")
                self.assertIn(f"at last in {function};", gate["reason"])
                self.assertEqual(self.reload().returncode, 0)
                self.assertEqual(self.calls(), 0)
                self.stop(daemon)
                self.set("a", "value", "0")

    def test_a_plugin_that_comes_gets_what_is_in_force(self):
        self.write("list", "carol\n")
        self.write("rules/41-hatch.conf", f"[hatch low]\nwho = anne\n[hatch high]\nwho-file = {self.dir}/list\n")
        self.gated()
        self.write("rules/41-hatch.conf", "[hatch low]\nwho = half-sav")
        self.install(HATCH)
        self.wait_given(["low: anne", "high: carol"], "hatch")
        self.assertEqual(self.calls(), 1)

        # Another file of its name is another plugin; the list is the one that is in force, too.
        self.write("list", "half-sav")
        os.unlink(f"{self.dir}/hatch")
        self.install(HATCH)
        self.wait_given(["low: anne", "high: carol"], "hatch")
        self.assertEqual(self.calls(), 1)

    def test_a_section_of_no_plugin_waits(self):
        self.write("rules/41-hatch.conf", "[hatch low]\nwho = anne\n")
        self.gated()
        self.assertIn("41-hatch.conf:1:", self.said())
        self.assertEqual(self.reload().returncode, 0)

    def test_what_is_told_of_the_plugin(self):
        self.gated()
        gate = [p for p in self.ask("plugins") if p["name"] == "gate"][0]
        self.assertEqual((gate["sections"], gate["entries"]), (["gate"], 1))
        heading, row = [line for line in self.command("plugins").stdout.splitlines() if line.startswith(("NAME", "gate"))]
        self.assertEqual(row[heading.index("SECTIONS"):].split()[0], "gate")

    def test_a_kind_has_one_plugin(self):
        self.install(USURPER)
        self.gated()
        usurper = [p for p in self.ask("plugins") if p["path"].endswith("/usurper.so")][0]
        self.assertEqual(usurper["state"], "refused")
        self.assertEqual(usurper["reason"], "section gate: plugin gate has one of that name")
        self.assertEqual(self.calls("usurper"), 0)

    def test_tests_of_rules_pass_over_them(self):
        self.write("level.test", f"""[test level]
rules = {self.dir}/rules/50-level.conf
        {self.dir}/rules/40-gates.conf
objects = plant:a
knobs = plant.level = 100
samples = plant.value = 1 x10s, 50
expect = 15s plant.level @plant:a is 7
""")
        result = subprocess.run([TRIMTAB, "check", "--plugins", f"{self.dir}/plugins", "--test", f"{self.dir}/level.test"],
                                text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual((result.returncode, result.stderr, result.stdout), (0, "", "1 passed, 0 failed\n"))

    def test_check(self):
        def check(*files):
            return subprocess.run([TRIMTAB, "check", "--plugins", f"{self.dir}/plugins", *files], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        result = check(f"{self.dir}/rules")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("1 rule and 1 section of plugins in 2 files", result.stdout)

        self.write("rules/40-gates.conf", "[gate nowhere]\nwho = anne\n[gate south]\nwho = anne\nraet = 1s\naction = dorp\n[gaet x]\n")
        result = check(f"{self.dir}/rules")
        self.assertEqual(result.returncode, 1)
        for words in ("1:2: error: gate 'nowhere': it leads to nothing", "5:1: error: unknown key 'raet', did you mean 'rate'?",
                      "6:10: error: unknown action 'dorp', did you mean 'drop'?",
                      "7:2: error: unknown kind of section 'gaet', did you mean 'gate'?"):
            self.assertIn(f"40-gates.conf:{words}", result.stderr)
        self.assertIsNone(self.given())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
