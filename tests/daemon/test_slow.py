#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A write that blocks for seconds, for real: a read lease on the file keeps the kernel from opening it for writing. The loop
ticks, answers and changes other things meanwhile; and the write, when it comes after all, is undone.

usage: test_slow.py TRIMTABD TRIMTAB PLANT.so   (no root needed)"""
import fcntl
import os
import signal
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from plants import RULE, PlantCase, wait_for  # noqa: E402

BLOCKED_TICKS = 25


class Slow(PlantCase):
    def setUp(self):
        super().setUp()
        for plant in ("a", "b"):
            self.set(plant, "slow", "100")
        self.write("rules/50-level.conf", RULE.format(objects="b", level=7) +
                   RULE.format(objects="a", level=7).replace("level]", "slow]").replace("plant.level", "plant.slow"))
        self.lease = None
        self.asked = False
        signal.signal(signal.SIGIO, self.on_asked)

    def tearDown(self):
        self.release()
        super().tearDown()
        signal.signal(signal.SIGIO, signal.SIG_DFL)

    def on_asked(self, _signal, _frame):
        """Somebody opens the file for writing, and waits for our lease in the kernel."""
        self.asked = True

    def block(self):
        fd = os.open(f"{self.dir}/plants/a/slow", os.O_RDONLY)
        try:
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except OSError as error:
            os.close(fd)
            self.skipTest(f"no leases on files in {self.dir}: {error}")
        self.lease = fd

    def release(self):
        if self.lease is not None:
            fcntl.fcntl(self.lease, fcntl.F_SETLEASE, fcntl.F_UNLCK)
            os.close(self.lease)
            self.lease = None

    def slow(self):
        with open(f"{self.dir}/plants/a/slow", encoding="utf-8") as file:
            return file.read().strip()

    def blocked(self):
        """A daemon in the middle of a write that does not end."""
        self.block()
        daemon = self.start()
        self.set("a", "value", "50")
        self.assertTrue(wait_for(lambda: self.asked), self.said())
        return daemon

    def events(self, kind):
        return [e for e in self.ask("log", "-n", "100") if e["kind"] == kind and e.get("knob") == "plant.slow"]

    def test_the_loop_goes_on(self):
        self.blocked()
        before = self.ask("status")["ticks"]
        self.set("b", "value", "50")
        self.wait_level("7", "b")
        self.set("b", "value", "1")
        self.wait_level("100", "b")
        self.assertTrue(wait_for(lambda: self.ask("status")["ticks"] >= before + BLOCKED_TICKS))
        self.assertEqual((self.slow(), self.events("changed")), ("100", []), "it was blocked all the while")

    def test_in_time_it_counts(self):
        daemon = self.blocked()
        self.release()
        self.assertTrue(wait_for(lambda: self.slow() == "7"), self.said())
        self.assertTrue(wait_for(lambda: self.events("changed")), self.said())
        self.assertEqual(self.stop(daemon), 0)
        self.assertEqual(self.slow(), "100")

    def test_too_late_it_is_undone(self):
        daemon = self.blocked()
        self.assertTrue(wait_for(lambda: self.events("problem")), self.said())
        self.assertEqual(self.slow(), "100")
        # Or the rule, which has cooled down since, would try again.
        self.set("a", "value", "1")
        ticks = self.ask("status")["ticks"]
        self.assertTrue(wait_for(lambda: self.ask("status")["ticks"] > ticks + 1))
        self.release()
        self.assertTrue(wait_for(lambda: self.events("restored")), self.said())
        self.assertEqual(self.slow(), "100")
        self.assertEqual(self.stop(daemon), 0)

    def test_a_stop_waits_for_it_and_undoes_it(self):
        daemon = self.blocked()
        daemon.send_signal(signal.SIGTERM)
        self.release()
        self.assertEqual(daemon.wait(30), 0, self.said())
        self.assertEqual(self.slow(), "100")

    def test_killed_in_the_middle(self):
        daemon = self.blocked()
        self.stop(daemon, signal.SIGKILL)
        self.release()
        self.assertEqual(self.restore().returncode, 0)
        self.assertEqual(self.slow(), "100")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
