#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The guard by its daemon: who may go where, seen by who asks and at the other end of the wire. Who is forbidden must not arrive, with
or without a daemon; who is allowed must not be hindered.

usage: test_guard.py TRIMTABD TRIMTAB GUARD.so KNOCK [TEST...]"""
import errno
import os
import shutil
import signal
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from guarded import ALLOWED, FORBIDDEN, PINS, ROOT, SLICE, GuardCase, policy, wait_for  # noqa: E402

BURST = """
[rule burst-of-refusals]
for = cgroup:{slice}/web.service
when = rate(guard.would_deny) > 20
window = 1s
hold = 0s
then = guard.mode @host = enforce
until = rate(guard.would_deny) + rate(guard.denied) < 5
clear-hold = 1s
"""

# What talks to several places for as long as it is let, and says how each try ended.
SERVICE = """
import socket, sys, time
places = ((socket.AF_INET, socket.SOCK_STREAM, "10.88.1.1", 443), (socket.AF_INET, socket.SOCK_STREAM, "10.88.1.7", 443),
          (socket.AF_INET6, socket.SOCK_STREAM, "fd88:1::1", 443), (socket.AF_INET, socket.SOCK_DGRAM, "10.88.1.1", 443),
          (socket.AF_INET6, socket.SOCK_DGRAM, "fd88:1::5", 443), (socket.AF_INET6, socket.SOCK_STREAM, "::ffff:10.88.1.9", 443))
listener = socket.create_server(("0.0.0.0", 5432))
while True:
    for family, kind, address, port in places:
        with socket.socket(family, kind) as s:
            try:
                s.connect((address, port)) if kind == socket.SOCK_STREAM else s.sendto(b"x", (address, port))
                print("ok", flush=True)
            except OSError as e:
                print(f"{address} {e.errno}", flush=True)
    time.sleep(0.1)
"""


class Modes(GuardCase):
    def test_what_is_forbidden_is_refused_and_what_is_allowed_arrives(self):
        daemon = self.begin_enforcing(policy())
        for how in ("tcp", "udp"):
            for allowed, forbidden in (("10.88.1.1", "10.88.2.1"), ("fd88:1::1", "fd88:2::1"), ("::ffff:10.88.1.1", "::ffff:10.88.3.1")):
                self.assert_let(allowed, how=how)
                self.assert_refused(forbidden, how=how)
        self.assert_let("10.88.2.1", FORBIDDEN, unit="other.service")
        self.assertEqual(self.stop(daemon), 0)
        self.assert_let("10.88.2.1", FORBIDDEN)

    def test_who_is_gone_by_the_next_tick_is_named(self):
        self.configure(tick="2s")
        self.begin_enforcing(policy(more=f"[egress-rule all]\ncgroup = {SLICE}\ndeny = 10.88.2.0/24\n"))
        os.mkdir(f"{ROOT}{SLICE}/short.service")
        self.assert_refused("10.88.2.1", unit="short.service")
        os.rmdir(f"{ROOT}{SLICE}/short.service")
        self.assertTrue(wait_for(lambda: "by egress-rule all" in self.said()), self.said())
        self.assertIn("short.service", self.said())

    def test_a_daemon_that_advises_refuses_nothing_and_says_what_it_would(self):
        self.begin(policy(), daemon_mode="advise")
        self.assertTrue(wait_for(lambda: "would enforce" in self.said()), self.said())
        self.assert_let("10.88.2.1", FORBIDDEN)
        self.assertTrue(wait_for(lambda: "would refuse: " in self.said()), self.said())
        self.assertIn("to 10.88.2.1:666/tcp, by egress-rule web", self.said())
        self.assertNotIn(": refused: ", self.said())

        self.assertEqual(self.command("mode", "enforce").returncode, 0)
        self.assertTrue(wait_for(lambda: self.knock("10.88.2.1", FORBIDDEN) == errno.EPERM), self.said())
        self.assert_refused("10.88.2.1")
        self.assertEqual(self.command("mode", "advise").returncode, 0)
        self.assertTrue(wait_for(lambda: self.knock("10.88.2.1", FORBIDDEN) != errno.EPERM), self.said())
        self.assert_let("10.88.2.1", FORBIDDEN)

    def test_a_rule_tightens_the_mode_on_a_burst_and_it_goes_back(self):
        self.begin(policy("audit", log="none", more=BURST.format(slice=SLICE)))
        self.assertTrue(wait_for(lambda: self.mode() == "audit"), self.said())
        self.assert_let("10.88.2.1", FORBIDDEN)  # one is no burst
        time.sleep(1)
        self.assertEqual(self.mode(), "audit", self.said())

        client = self.hammer(400)
        self.assertTrue(wait_for(lambda: self.mode() == "enforce"), self.said())
        self.assert_refused_from_now_on()
        self.assert_let("10.88.1.1")
        self.end(client)
        self.assertTrue(wait_for(lambda: self.mode() == "audit"), self.said())
        self.assert_let("10.88.2.1", FORBIDDEN)

    def assert_refused_from_now_on(self):
        before = self.asked()
        self.assertTrue(wait_for(lambda: self.asked()["forbidden"] > before["forbidden"] + 100))
        after = self.asked()
        self.assertLessEqual(after["through"] - before["through"], 1)  # one may have been under way
        self.assertEqual(after["failed"], 0, after)


class Policies(GuardCase):
    def test_a_broken_one_changes_nothing(self):
        self.begin_enforcing(policy())
        for broken in (policy("enfroce"), policy().replace("10.88.2.0/24", "10.88.2.0/33"), policy().replace("[egress]", "[egres]"),
                       policy().replace("10.88.2.0/24", "name:deb.example.org:443")):
            result = self.reload(broken)
            self.assertEqual(result.returncode, 1, f"{broken}\n{self.said()}")
            self.assert_refused("10.88.2.1")
            self.assert_let("10.88.1.1")
        self.assertEqual(self.reload(policy().replace("10.88.2.0/24", "10.88.1.0/25")).returncode, 0, self.said())
        self.assert_refused("10.88.1.1", ALLOWED)
        self.assert_let("10.88.1.200")

    def test_a_lockout_on_trial_is_over_by_itself(self):
        self.begin_enforcing(policy())
        self.assertEqual(self.reload(policy().replace("allow = 10.88.1.0/24, fd88:1::/32\n", ""), "--for", "2s").returncode, 0, self.said())
        self.assert_refused("10.88.1.1", ALLOWED)
        self.assertTrue(wait_for(lambda: self.knock("10.88.1.1") == 0), self.said())
        self.assert_refused("10.88.2.1")

    def test_what_was_learnt_lets_it_run_and_nothing_else(self):
        self.begin("[egress]\nmode = learn\n")
        self.assertTrue(wait_for(lambda: self.mode() == "learn"), self.said())
        service = self.service()
        self.assertTrue(wait_for(lambda: self.tries() > 30), self.said())
        self.assertTrue(wait_for(lambda: os.path.exists(f"{self.dir}/learnt.conf")), self.said())
        time.sleep(1)
        self.end(service)
        with open(f"{self.dir}/learnt.conf", encoding="utf-8") as file:
            learnt = file.read()

        self.assertEqual(self.reload("[egress]\nmode = enforce\n" + learnt).returncode, 0, self.said())
        service = self.service()
        self.assertTrue(wait_for(lambda: self.tries() > 30), self.said())
        self.end(service)
        self.let_all_arrive(ALLOWED)
        self.assertEqual(set(self.ended()), {"ok"}, f"{learnt}\n{self.said()}")
        for address in ("10.88.2.1", "10.88.1.1", "10.88.1.2", "fd88:1::1", "::ffff:10.88.1.9"):
            self.assert_refused(address)
        self.assert_refused("10.88.1.2", ALLOWED)
        self.assert_refused("10.88.1.7", ALLOWED, how="udp")
        self.assert_let("10.88.2.1", FORBIDDEN, unit="other.service")

    def service(self):
        with open(f"{self.dir}/service", "w", encoding="utf-8") as out:
            return self.client(sys.executable, "-c", SERVICE, stdout=out)

    def ended(self):
        with open(f"{self.dir}/service", encoding="utf-8") as file:
            return file.read().splitlines()

    def tries(self):
        return len(self.ended())


class Lives(GuardCase):
    """While somebody asks for connections all the time: at no moment may a forbidden one get through, or an allowed one fail."""

    def begin_hammered(self, on_exit):
        daemon = self.begin_enforcing(policy(on_exit=on_exit))
        self.hammer()  # as often as it takes to hit a few milliseconds
        return daemon

    def assert_never_otherwise(self, beyond=200):
        """Up to now, and for so many more of each."""
        before = self.asked()
        self.assertTrue(wait_for(lambda: self.asked()["forbidden"] > before["forbidden"] + beyond), self.said())
        asked = self.asked()
        self.assertEqual((asked["through"], asked["failed"]), (0, 0), f"{asked}\n{self.said()}")
        self.assertEqual(self.arrived(FORBIDDEN) - self.frames, 0)
        self.assertGreaterEqual(self.arrived(ALLOWED), asked["allowed"])

    def pins(self):
        return os.listdir(PINS) if os.path.isdir(PINS) else []

    def setUp(self):
        super().setUp()
        self.frames = self.arrived(FORBIDDEN)

    def begin_enforcing(self, text):
        daemon = super().begin_enforcing(text)
        self.frames = self.arrived(FORBIDDEN)  # before it was in force
        return daemon

    def restarted(self, how):
        daemon = self.begin_hammered("keep")
        first = self.pins()
        self.assertEqual(len(first), 1)
        self.stop(daemon, how)
        self.assert_never_otherwise()  # with nobody
        self.assertEqual(self.pins(), first)
        daemon = self.begin(policy(on_exit="keep"))
        self.assertTrue(wait_for(lambda: self.pins() and self.pins() != first), f"{self.pins()}\n{self.said()}")
        self.assertTrue(wait_for(lambda: len(self.pins()) == 1), f"{self.pins()}\n{self.said()}")
        self.assert_never_otherwise()
        # It is the new one's policy that is in force.
        self.assertEqual(self.reload(policy(on_exit="keep", more="[egress-rule more]\nunit = web.service\nallow = 10.88.9.9\n")).returncode, 0)
        self.assertTrue(wait_for(lambda: self.knock("10.88.9.9") == 0), self.said())
        self.assert_never_otherwise()
        return daemon

    def test_killed_it_stays_in_force_and_the_next_one_takes_over(self):
        self.restarted(signal.SIGKILL)

    def test_stopped_it_stays_in_force_and_the_next_one_takes_over(self):
        daemon = self.restarted(signal.SIGTERM)
        # … unless it is told that it should not.
        self.assertEqual(self.reload(policy(on_exit="open")).returncode, 0, self.said())
        self.assertTrue(wait_for(lambda: not self.pins()), self.said())
        self.assert_never_otherwise()
        self.stop(daemon)
        self.assert_let("10.88.2.1", FORBIDDEN)

    def test_upgraded_by_a_second_daemon_while_the_first_one_lives(self):
        self.begin_hammered("keep")
        first = self.pins()
        shutil.move(f"{self.dir}/run", f"{self.dir}/run-of-the-first")  # as another machine's
        self.begin(policy(on_exit="keep"))
        self.assertTrue(wait_for(lambda: len(self.pins()) == 1 and self.pins() != first), f"{self.pins()}\n{self.said()}")
        self.assert_never_otherwise()
        self.stop(self.daemons[0])
        self.assert_never_otherwise()
        self.assertEqual(len(self.pins()), 1)

    def test_a_next_one_without_a_policy_leaves_it_in_force(self):
        self.stop(self.begin_hammered("keep"), signal.SIGKILL)
        self.begin(policy("enfroce"))
        self.assertTrue(wait_for(lambda: "is still in force" in self.said()), self.said())
        self.assert_never_otherwise()

    def test_open_it_is_gone_with_the_daemon(self):
        for how in (signal.SIGKILL, signal.SIGTERM):
            daemon = self.begin_enforcing(policy())
            self.assertEqual(self.pins(), [])
            self.stop(daemon, how)
            self.assert_let("10.88.2.1", FORBIDDEN)

    def test_pins_removed_by_hand_release(self):
        self.stop(self.begin_enforcing(policy(on_exit="keep")), signal.SIGKILL)
        self.assert_refused("10.88.2.1")
        shutil.rmtree(PINS)
        self.assertTrue(wait_for(lambda: self.knock("10.88.2.1", FORBIDDEN) != errno.EPERM))
        self.assert_let("10.88.2.1", FORBIDDEN)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]], verbosity=2)
