#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A rule that ends the processes that are refused, by its daemon: who hammers at a forbidden port is gone, who is beside it is not; and what the
command says of such a rule.

usage: test_guard_kill.py TRIMTABD TRIMTAB GUARD.so KNOCK [TEST...]"""
import json
import os
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from guarded import KNOCK, SLICE, GuardCase, policy, wait_for  # noqa: E402

TRIMTAB = sys.argv[2]
WEB = f"cgroup:{SLICE}/web.service"

BURST = """
[rule burst]
for = {web}
when = rate(guard.would_deny) + rate(guard.denied) > 10
window = 1s
hold = 0s
then = guard.kill = {whom}
cooldown = 1s
every = 1s
clear-hold = 0s
"""


def burst(whom="refused"):
    return BURST.format(web=WEB, whom=whom)


class Ending(GuardCase):
    def bystander(self):
        return self.client("/bin/sleep", "1000")

    def short_hammer(self):
        """One that may be gone before it has been seen to hammer."""
        return self.client(KNOCK, "hammer", "-", f"{self.dir}/asked", "400")

    def assert_ended(self, client):
        self.assertTrue(wait_for(lambda: client.poll() is not None), self.said())
        self.assertEqual(client.returncode, -signal.SIGKILL)

    def changes(self, kind="changed"):
        return [e for e in self.ask("log") if e["kind"] == kind and e.get("knob") == "guard.kill"]

    def test_who_hammers_is_ended_and_who_does_not_is_left_alone(self):
        daemon = self.begin_enforcing(policy(log="none", more=burst()))
        bystander = self.bystander()
        for _ in range(2):
            self.assert_ended(self.short_hammer())
        self.assertIsNone(bystander.poll(), self.said())
        self.assertIsNone(daemon.poll(), self.said())
        self.assertIn(f"ended {SLICE}/web.service (knock, pid ", self.said())
        self.assertEqual({e["rule"] for e in self.changes()}, {"burst"})
        self.assertEqual(self.stop(daemon), 0)
        self.assertIsNone(bystander.poll())

    def test_in_audit_too(self):
        self.begin(policy("audit", log="none", more=burst()))
        bystander = self.bystander()
        self.assert_ended(self.short_hammer())
        self.assertIn("which would have been refused", self.said())
        self.assertIsNone(bystander.poll(), self.said())

    def test_all(self):
        self.begin_enforcing(policy(log="none", more=burst("all")))
        bystander = self.bystander()
        beside = self.client("/bin/sleep", "1000", unit="other.service")
        self.assert_ended(self.short_hammer())
        self.assert_ended(bystander)
        self.assertIsNone(beside.poll(), self.said())

    def test_a_daemon_that_is_to_change_nothing_ends_nobody(self):
        self.begin(policy(log="none", more=burst()), daemon_mode="advise")
        hammer = self.hammer(400)
        self.assertTrue(wait_for(lambda: self.changes("advised")), self.said())
        time.sleep(2)
        self.assertIsNone(hammer.poll(), self.said())
        self.assertEqual(self.command("mode", "observe").returncode, 0)
        time.sleep(2)
        self.assertIsNone(hammer.poll(), self.said())
        self.assertEqual(self.changes(), [])
        self.assertEqual(self.command("mode", "enforce").returncode, 0)
        self.assert_ended(hammer)

    def check(self, text):
        self.write("rules/10-policy.conf", policy(more=text))
        return subprocess.run([TRIMTAB, "check", "--plugins", f"{self.dir}/plugins", f"{self.dir}/rules"], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def test_check(self):
        result = self.check(burst())
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        result = self.check(burst("some"))
        self.assertEqual(result.returncode, 1)
        self.assertIn("unknown choice 'some'", result.stderr)
        self.assertEqual(self.check(burst().replace("guard.kill =", "guard.kill @host =")).returncode, 1)

    def test_what_the_command_says(self):
        self.begin_enforcing(policy(log="none", more=burst()))
        recorder = self.client(TRIMTAB, "--runtime-dir", f"{self.dir}/run", "record", "-o", f"{self.dir}/recording", unit="other.service",
                               stdout=subprocess.DEVNULL)
        self.assertTrue(wait_for(lambda: os.path.exists(f"{self.dir}/recording") and os.path.getsize(f"{self.dir}/recording") > 0), self.said())
        self.assert_ended(self.short_hammer())
        self.assertTrue(wait_for(self.changes), self.said())

        knob = self.ask("knobs", "guard.kill", WEB)[0]
        self.assertEqual((knob["object"], knob["changed"]), (WEB, False), knob)
        value = self.ask("explain", "guard.kill", WEB)["values"][0]
        self.assertEqual((value["knob"], value["deed"], value["changed"]), ("guard.kill", True, False), value)
        self.assertEqual([(c["rule"], c["wants"]) for c in value["claims"]] or [("burst", "refused")], [("burst", "refused")], value)
        self.assertNotIn("goes back", self.command("explain", "guard.kill", WEB).stdout)

        self.assertTrue(wait_for(lambda: self.ask("rules", "burst")[0]["phase"] == "idle"), self.said())
        recorder.send_signal(signal.SIGINT)
        self.assertEqual(recorder.wait(60), 0)
        self.assertIn(("both", "refused"), self.simulate(burst()))
        self.assertLessEqual({("recorded", "refused"), ("simulated", "all")}, self.simulate(burst("all")))

    def simulate(self, rule):
        os.makedirs(f"{self.dir}/tried", exist_ok=True)
        self.write("tried/burst.conf", rule)
        result = subprocess.run([TRIMTAB, "--json", "simulate", "--recording", f"{self.dir}/recording", "--rules", f"{self.dir}/tried"],
                                text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(result.returncode, 0, result.stderr)
        return {(d["by"], d["to"]) for d in json.loads(result.stdout)["decisions"] if d["knob"] == "guard.kill" and d["verb"] == "set"}


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]], verbosity=2)
