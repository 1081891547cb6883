# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine without systemd: cgroups are plain files, and which controllers are on is others' business."""
import os
import subprocess
import unittest

from case import PATIENCE_SECONDS, configure, last, put, rule
from guest import program, rules, run, trimtab, wait_for
from snapshot import CGROUP, Snapshot, read

LOG = "/run/trimtabd.log"
APP = f"{CGROUP}/app"
# No controller reaches it.
BARE = f"{APP}/bare"
FOUR = ("cpu.weight = 300", "cpu.max = 50%", "memory.high = 512Mi", "cpu.max.burst = 10ms")
IN_FORCE = {
    "cpu.weight": "300",
    "cpu.max": "50000 100000",
    "memory.high": str(512 << 20),
    "cpu.max.burst": "10000",
}
RULE = rule("four", "cgroup:/app, cgroup:/app/*", *FOUR)


def controllers():
    return {folder: read(f"{folder}/cgroup.subtree_control") for folder, _below, _files in os.walk(CGROUP)}


class NoSystemd(unittest.TestCase):
    def setUp(self):
        self.assertFalse(os.path.exists("/run/systemd/system"), "this is no machine for this test")
        put(f"{CGROUP}/cgroup.subtree_control", "+cpu +memory")
        os.makedirs(BARE)
        self.addCleanup(os.rmdir, APP)
        self.addCleanup(os.rmdir, BARE)
        put(f"{APP}/cpu.weight", "150")
        self.daemon = None
        self.addCleanup(self.end)

    def start(self):
        with open(LOG, "a", encoding="utf-8") as log:
            self.daemon = subprocess.Popen((program("trimtabd"),), stderr=log)

    def words(self):
        """What the daemon told."""
        return last((read(LOG) or "").splitlines())

    def tune(self, *texts, in_force=IN_FORCE, **settings):
        rules("\n".join(texts))
        configure(**settings)
        self.before, self.controllers = Snapshot(), controllers()
        self.start()
        for name, text in in_force.items():
            wait_for(lambda n=name, t=text: read(f"{APP}/{n}") == t, PATIENCE_SECONDS)
        self.assertEqual({name: read(f"{APP}/{name}") for name in in_force}, in_force)

    def end(self, how="terminate"):
        if self.daemon and self.daemon.poll() is None:
            getattr(self.daemon, how)()
            self.daemon.wait(PATIENCE_SECONDS)

    def as_before(self, but=None):
        after = {path: now for path, (_was, now) in self.before.changes(Snapshot()).items()}
        self.assertEqual(after, but or {}, "what is not as before")
        self.assertEqual(controllers(), self.controllers, "no controller was switched")

    def test_a_clean_stop(self):
        self.tune(RULE)
        self.assertEqual(controllers(), self.controllers, "no controller is switched on for a knob")
        self.end()
        self.assertEqual(self.daemon.returncode, 0)
        self.as_before()

    def test_restore_after_a_kill(self):
        self.tune(RULE)
        self.end("kill")
        self.assertEqual(read(f"{APP}/cpu.weight"), "300", "nobody else puts it back")
        run(program("trimtabd"), "--restore")
        self.as_before()

    def test_the_next_start_after_a_kill(self):
        self.tune(RULE)
        self.end("kill")
        rules("")
        self.start()
        wait_for(lambda: read(f"{APP}/cpu.weight") == "150", PATIENCE_SECONDS)
        self.assertEqual(read(f"{APP}/cpu.weight"), "150")
        self.end()
        self.as_before()

    def test_by_hand(self):
        self.tune(RULE)
        put(f"{APP}/cpu.weight", "555")
        wait_for(lambda: any(e["kind"] == "given-up" for e in trimtab("log")), PATIENCE_SECONDS)
        self.assertTrue(any(e["kind"] == "given-up" and e["knob"] == "cpu.weight" for e in trimtab("log")))
        self.assertEqual(read(f"{APP}/cpu.weight"), "555")
        self.end()
        self.as_before(but={f"{APP}/cpu.weight": "555"})

    def test_by_hand_then_a_kill(self):
        self.tune(RULE)
        put(f"{APP}/cpu.weight", "555")
        self.end("kill")
        run(program("trimtabd"), "--restore")
        self.as_before(but={f"{APP}/cpu.weight": "555"})

    def test_contested(self):
        self.tune(rule("four", "cgroup:/app, cgroup:/app/*", *FOUR, contest="yes"))
        put(f"{APP}/cpu.weight", "555")
        wait_for(lambda: read(f"{APP}/cpu.weight") == "300", PATIENCE_SECONDS)
        self.assertEqual(read(f"{APP}/cpu.weight"), "300")
        self.end()
        self.as_before()

    def be_idle(self):
        """The weight of 150 is gone while it is idle, and the kernel alone would make 100 of it."""
        self.tune(rule("idle", "cgroup:/app", "cpu.idle = 1"), in_force={"cpu.idle": "1"})
        # The kernel shows that it is idle a moment before the weight goes.
        self.assertTrue(wait_for(lambda: read(f"{APP}/cpu.weight") != "150", PATIENCE_SECONDS), "the weight goes")

    def test_idle_gives_the_weight_back(self):
        self.be_idle()
        self.end()
        self.as_before()

    def test_idle_gives_the_weight_back_when_reverted(self):
        self.be_idle()
        trimtab("revert", "cgroup:/app")
        wait_for(lambda: read(f"{APP}/cpu.weight") == "150", PATIENCE_SECONDS)
        self.as_before()

    def test_idle_gives_the_weight_back_after_a_kill(self):
        self.be_idle()
        self.end("kill")
        run(program("trimtabd"), "--restore")
        self.as_before()
