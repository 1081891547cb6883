#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whom the daemon trusts, and when it ends: runtime directories of others, clients that ask for too much, a stop and a watchdog
between ticks that are far apart.

usage: test_trust.py TRIMTABD TRIMTAB PLANT.so   (no root needed; one case only as root)"""
import os
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from plants import TRIMTABD, WAIT, PlantCase, wait_for  # noqa: E402

NOBODY = 65534


class Trust(PlantCase):
    def slow_ticks(self):
        self.write("trimtab.conf", f"[daemon]\ntick = 1min\n[plugin plant]\ndir = {self.dir}/plants\n")

    def refused(self):
        result = self.restore()
        self.assertEqual(result.returncode, 1)
        self.assertIn("choose another by --runtime-dir", result.stderr)
        result = subprocess.run([TRIMTABD, "--config", f"{self.dir}/trimtab.conf", "--runtime-dir", f"{self.dir}/run"],
                                text=True, stderr=subprocess.PIPE, timeout=WAIT)
        self.assertEqual(result.returncode, 1)
        self.assertIn("choose another by --runtime-dir", result.stderr)

    def test_a_runtime_dir_that_others_may_write(self):
        """A ledger that somebody else has put there would be written back to any file."""
        os.mkdir(f"{self.dir}/run")
        os.chmod(f"{self.dir}/run", 0o777)
        self.refused()

    @unittest.skipUnless(os.geteuid() == 0, "only root can make a directory somebody else's")
    def test_a_runtime_dir_of_somebody_else(self):
        os.mkdir(f"{self.dir}/run")
        os.chown(f"{self.dir}/run", NOBODY, NOBODY)
        self.refused()

    def test_patterns_without_end(self):
        """Anybody may look; a pattern is matched against all there is, so that it must not be long."""
        self.start()
        for words in (("metrics", "*" + "[x" * 200 + "]"), ("knobs", "*" * 300), ("rules", "?" * 300),
                      ("explain", "x" * 5000), ("log", "--rule", "*" * 300)):
            result = self.command(*words)
            self.assertEqual(result.returncode, 1, words)
            self.assertIn("too long", result.stderr)
        # As long as the name of a cgroup can be.
        self.assertNotIn("too long", self.command("metrics", "plant.value", "plant:/" + "x" * 1000).stderr)

    def test_a_stop_between_ticks(self):
        """It ends now, and not with the next tick: nothing is asserted but that it ends before one."""
        self.slow_ticks()
        daemon = self.start()
        self.assertTrue(wait_for(lambda: self.ask("status")["ticks"] >= 1))
        self.assertEqual(self.stop(daemon), 0)
        self.assertNotIn("could be put back in time", self.said())

    def test_what_cannot_be_put_back_is_told(self):
        daemon = self.raised()
        os.unlink(f"{self.dir}/plants/a/level")
        os.mkdir(f"{self.dir}/plants/a/level")
        self.assertEqual(self.stop(daemon), 1)
        self.assertIn("1 changes could not be put back: 'trimtabd --restore' tries again", self.said())
        os.rmdir(f"{self.dir}/plants/a/level")
        self.set("a", "level", "7")
        self.assertEqual(self.restore().returncode, 0)
        self.assertEqual(self.level(), "100")

    def test_a_watchdog_that_waits_less_than_a_tick(self):
        self.slow_ticks()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(f"{self.dir}/notify")
            manager.settimeout(WAIT)
            os.environ.update(NOTIFY_SOCKET=f"{self.dir}/notify", WATCHDOG_USEC="400000")
            try:
                self.start()
            finally:
                del os.environ["NOTIFY_SOCKET"], os.environ["WATCHDOG_USEC"]
            for word in ("READY=1", "WATCHDOG=1", "WATCHDOG=1"):
                while word not in manager.recv(4096).decode():
                    pass
        self.assertEqual(self.ask("status")["ticks"], 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
