#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The operator's brakes, by effect: pause, the write fuse, modes, revert by decision, the kernel's command line; and that the
decision's ID is the same wherever it is told.

usage: test_brakes.py TRIMTABD TRIMTAB PLANT.so   (no root needed)"""
import os
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from plants import RULE, TRIMTAB, TRIMTABD, WAIT, PlantCase, wait_for  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Brakes(PlantCase):
    def settle(self):
        """A few ticks, for what must not happen."""
        ticks = self.ask("status")["ticks"]
        self.assertTrue(wait_for(lambda: self.ask("status")["ticks"] > ticks + 4))

    def configure(self, line):
        with open(f"{self.dir}/trimtab.conf", encoding="utf-8") as file:
            text = file.read().replace("[daemon]", f"[daemon]\n{line}")
        self.write("trimtab.conf", text)

    def done(self, *words):
        result = self.command(*words)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_pause_stops_changes_and_keeps_what_is_set(self):
        daemon = self.raised()
        self.assertIn("revert", self.done("pause"))
        self.assertTrue(os.path.exists(f"{self.dir}/run/paused"))
        self.set("b", "value", "50")
        self.set("a", "value", "1")
        self.settle()
        self.assertEqual((self.level("a"), self.level("b")), ("7", "100"))
        status = self.ask("status")
        self.assertEqual((status["paused"], status["paused_by"]), (True, "person"))
        self.assertNotIn("paused_until_usec", status)

        self.done("resume")
        self.wait_level("100", "a")
        self.wait_level("7", "b")
        self.assertFalse(self.ask("status")["paused"])
        self.assertEqual(self.stop(daemon), 0)

    def test_revert_works_while_paused(self):
        self.set("b", "value", "50")
        self.raised()
        self.wait_level("7", "b")
        self.done("pause")
        self.done("revert", "plant:a")
        self.wait_level("100", "a")
        self.settle()
        self.assertEqual(self.level("b"), "7")

    def test_a_stop_puts_back_though_paused(self):
        daemon = self.raised()
        self.done("pause")
        self.assertEqual(self.stop(daemon), 0)
        self.assertEqual(self.level(), "100")

    def test_a_pause_outlives_the_daemon(self):
        self.stop(self.raised(), signal.SIGKILL)
        self.assertEqual(self.restore().returncode, 0)
        self.write("run/paused", "person 1 0\n")
        self.start()
        self.settle()
        self.assertTrue(self.ask("status")["paused"])
        self.assertEqual(self.level(), "100")
        self.done("resume")
        self.wait_level("7")

    def test_half_a_pause_is_a_pause(self):
        os.makedirs(f"{self.dir}/run")
        self.write("run/paused", "per")
        self.set("a", "value", "50")
        self.start()
        self.settle()
        self.assertEqual(self.level(), "100")

    def test_a_pause_ends_by_itself(self):
        self.start()
        self.done("pause", "--for", "1s")
        self.set("a", "value", "50")
        self.wait_level("7")
        self.assertFalse(os.path.exists(f"{self.dir}/run/paused"))

    def test_the_write_fuse(self):
        self.configure("writes-per-minute = 1")
        daemon = self.raised()
        self.set("b", "value", "50")
        self.assertTrue(wait_for(lambda: "the write fuse has blown" in self.said()), self.said())
        self.assertEqual(self.level("b"), "100")
        status = self.ask("status")
        self.assertEqual((status["paused"], status["paused_by"]), (True, "fuse"))
        self.assertTrue(any("write fuse" in p for p in status["problems"]), status)

        # Neither new rules nor a new daemon make it whole again; a short pause does not either.
        self.done("reload")
        self.done("pause", "--for", "1s")
        time.sleep(1.2)
        self.settle()
        self.assertEqual(self.level("b"), "100")
        self.stop(daemon)
        self.start()
        self.settle()
        self.assertEqual((self.level("a"), self.level("b")), ("100", "100"))
        self.assertEqual(self.ask("status")["paused_by"], "fuse")

        self.set("b", "value", "1")
        self.done("resume")
        self.wait_level("7", "a")

    def test_the_fuse_forgets_nothing_that_is_set(self):
        """A knob of ours that the fuse kept from its next step goes back all the same."""
        self.configure("writes-per-minute = 1")
        self.write("rules/50-level.conf", RULE.format(objects="a", level=7).replace(
            "plant.level = 7", "plant.level -= 10\nwithin = plant.level 10..1000"))
        self.start()
        self.set("a", "value", "50")
        self.wait_level("90")
        self.assertTrue(wait_for(lambda: "the write fuse has blown" in self.said()), self.said())
        self.set("a", "value", "1")
        self.done("resume")
        self.wait_level("100")

    def test_modes_are_switched_while_it_runs(self):
        self.start("advise")
        self.set("a", "value", "50")
        self.assertTrue(wait_for(lambda: any(e["kind"] == "advised" for e in self.ask("log"))), self.said())
        self.assertEqual(self.done("mode").strip(), "advise")
        self.done("mode", "enforce")
        self.wait_level("7")
        self.done("advise")
        self.wait_level("100")
        self.assertEqual(self.ask("status")["mode"], "advise")
        self.assertEqual(self.command("mode", "wild").returncode, 2)

    def test_permanent_mode_is_a_file_beside_the_configuration(self):
        config = [TRIMTABD, "--config", f"{self.dir}/trimtab.conf", "--rules", f"{self.dir}/rules", "--plugins",
                  f"{self.dir}/plugins", "--runtime-dir", f"{self.dir}/run"]

        def start():
            with open(f"{self.dir}/log", "a", encoding="utf-8") as log:
                daemon = subprocess.Popen(config, stderr=log)
            self.daemons.append(daemon)
            self.assertTrue(wait_for(lambda: self.ask("status") is not None), self.said())
            return daemon

        daemon = start()
        self.assertEqual(self.ask("status")["mode"], "advise")
        self.done("mode", "enforce", "--permanent")
        with open(f"{self.dir}/trimtab.conf.d/90-mode.conf", encoding="utf-8") as file:
            self.assertIn("mode = enforce", file.read())
        self.stop(daemon)
        start()
        self.assertEqual(self.ask("status")["mode"], "enforce")

    def test_the_shipped_configuration_advises(self):
        shipped = f"{TOP}/etc/trimtab.conf"
        with open(shipped, encoding="utf-8") as file:
            self.write("trimtab.conf", file.read() + f"\n[plugin plant]\ndir = {self.dir}/plants\n")
        with open(f"{self.dir}/log", "a", encoding="utf-8") as log:
            self.daemons.append(subprocess.Popen(
                [TRIMTABD, "--config", f"{self.dir}/trimtab.conf", "--rules", f"{self.dir}/rules", "--plugins",
                 f"{self.dir}/plugins", "--runtime-dir", f"{self.dir}/run"], stderr=log))
        self.assertTrue(wait_for(lambda: self.ask("status") is not None), self.said())
        self.assertEqual(self.ask("status")["mode"], "advise")

    def test_the_kernels_command_line(self):
        command = [TRIMTABD, "--config", f"{self.dir}/trimtab.conf", "--rules", f"{self.dir}/rules", "--plugins",
                   f"{self.dir}/plugins", "--runtime-dir", f"{self.dir}/run"]
        result = subprocess.run(command, env={**os.environ, "TRIMTAB_PROC_CMDLINE": "quiet trimtab=off root=/dev/vda trimtab=on"},
                                text=True, stderr=subprocess.PIPE, timeout=WAIT)
        self.assertEqual(result.returncode, 0)
        self.assertIn("trimtab=off", result.stderr)
        self.assertFalse(os.path.exists(f"{self.dir}/run"))

        for line in ("quiet", "xtrimtab=off", "trimtab=offline", "trimtab=on"):
            with open(f"{self.dir}/log", "a", encoding="utf-8") as log:
                daemon = subprocess.Popen(command, env={**os.environ, "TRIMTAB_PROC_CMDLINE": line}, stderr=log)
            self.daemons.append(daemon)
            self.assertTrue(wait_for(lambda: self.ask("status") is not None), line)
            self.stop(daemon)

        with open(f"{TOP}/systemd/trimtabd.service.in", encoding="utf-8") as unit:
            self.assertIn("ConditionKernelCommandLine=!trimtab=off\n", unit.read())

    def decision(self):
        return [e for e in self.ask("log") if e["kind"] == "changed"][-1]["decision"]

    def test_the_same_id_everywhere(self):
        self.raised()
        decision = self.decision()
        answer = self.ask("explain", "plant:a")
        self.assertEqual([v["last"][0]["decision"] for v in answer["values"]], [decision])
        self.assertIn(f"decision {decision}", self.done("explain", "plant:a"))
        self.assertRegex(self.done("log"), rf"(?m)^\S+ \S+ +{decision} changed ")
        self.assertEqual(self.ask("revert", str(decision)), {"reverted": 1})
        self.wait_level("100")
        self.assertEqual(self.command("revert", "99999").returncode, 1)

    def test_revert_of_a_knob(self):
        for words in (["plant.level", "plant:a"], ["plant.level@plant:a"], ["plant.level"]):
            daemon = self.raised()
            self.assertEqual(self.ask("revert", *words), {"reverted": 1})
            self.wait_level("100")
            self.settle()
            self.assertEqual(self.level(), "100")
            self.stop(daemon)

    def test_revert_of_what_no_rule_holds_any_more(self):
        self.write("rules/50-level.conf", RULE.format(objects="*", level=7) + "on-clear = keep\n")
        self.raised()
        self.set("a", "value", "1")
        self.assertTrue(wait_for(lambda: self.ask("rules", "level")[0]["phase"] == "idle"))
        self.assertEqual(self.level(), "7")
        self.assertEqual(self.ask("revert", "plant:a"), {"reverted": 1})
        self.wait_level("100")

    def test_log_filters(self):
        self.write("rules/60-b.conf", RULE.format(objects="b", level=3).replace("rule level", "rule other"))
        self.set("b", "value", "50")
        self.raised()
        self.wait_level("3", "b")
        self.assertEqual({e["rule"] for e in self.ask("log", "--rule", "oth*")}, {"other"})
        self.assertEqual({e["object"] for e in self.ask("log", "--object", "plant:a")}, {"plant:a"})
        self.assertEqual(len(self.ask("log", "--object", "b", "-n", "1")), 1)
        self.assertEqual(self.ask("log", "--since", "@4000000000"), [])
        self.assertTrue(self.ask("log", "--since", "10m"))

    def test_log_follows(self):
        self.start()
        follower = subprocess.Popen([TRIMTAB, "--runtime-dir", f"{self.dir}/run", "--json", "log", "--follow", "--rule", "level"],
                                    text=True, stdout=subprocess.PIPE)
        self.daemons.append(follower)
        self.set("a", "value", "50")
        line = follower.stdout.readline()
        self.assertIn('"kind":"changed"', line)
        self.set("a", "value", "1")
        self.assertIn('"kind":"restored"', follower.stdout.readline())
        follower.stdout.close()

    def test_explain_says_what_holds_a_rule_up(self):
        def obstacles(rule="level"):
            return {o["what"] for r in self.ask("explain", rule)["rules"] if r.get("object") == "plant:a"
                    for o in r["obstacles"]}

        self.write("rules/60-more.conf", "[rule waiting]\nfor = irq:*\nwhen = last(irq.time) > 1\nthen = irq.affinity = 1\n")
        self.start("advise")
        self.settle()
        self.assertEqual(obstacles(), {"condition", "advise"})
        self.done("mode", "observe")
        self.settle()
        self.assertIn("observe", obstacles())
        self.done("mode", "enforce")
        self.done("pause")
        self.assertEqual(obstacles(), {"condition", "paused"})
        self.done("resume")
        self.set("a", "value", "50")
        self.wait_level("7")
        self.done("revert", "level")
        self.wait_level("100")
        self.assertIn("rest", obstacles())
        waiting = self.ask("explain", "waiting")["rules"]
        self.assertEqual([o["what"] for o in waiting[0]["obstacles"]], ["plugin"])
        result = self.command("explain", "levle")
        self.assertEqual(result.returncode, 1)
        self.assertIn("did you mean 'level'?", result.stderr)

    def test_explain_shows_shadowed_rules_and_foreign_writers(self):
        self.write("rules/60-b.conf", RULE.format(objects="a", level=3).replace("rule level", "rule other") + "priority = 60\n")
        self.set("a", "value", "50")
        self.start()
        self.wait_level("3")
        value = self.ask("explain", "plant.level", "plant:a")["values"][0]
        claims = {c["rule"]: c for c in value["claims"]}
        self.assertEqual({name: (c["in_force"], c["wants"]) for name, c in claims.items()},
                         {"other": (True, 3), "level": (False, 7)})
        self.assertEqual((value["value"], value["original"], value["at_exit"]), (3, 100, "restore"))
        last = value["last"][0]
        self.assertEqual((last["metric"], last["value"], last["threshold"], last["outcome"]),
                         ("last(plant.value)", "50", "10", "done"))
        self.assertIn("shadowed", self.done("explain", "plant:a"))

        self.set("a", "level", "55")
        self.set("a", "value", "1")
        self.assertTrue(wait_for(lambda: any(e["kind"] == "given-up" for e in self.ask("log"))), self.said())
        value = self.ask("explain", "plant:a")["values"][0]
        self.assertEqual((value["value"], value["last"][0]["outcome"]), (55, "foreign"))
        self.assertGreater(value["rests_s"], 3000)
        self.assertIn("left alone", self.done("explain", "plant:a"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
