# SPDX-License-Identifier: LGPL-2.1-or-later
"""Units that are started again, end, or go away while their knobs are held."""
import os
import signal

from case import PATIENCE_SECONDS, Case, group, knob, rule, runtime_dropin, show, systemctl
from guest import wait_for
from snapshot import CGROUP

HELD = "held.service"
BOTH = rule("both", group(HELD), "cpu.weight = 300", "cpu.max.burst = 10ms")


class Lifetime(Case):
    def hold(self, *settings, **where):
        self.unit(HELD, "CPUWeight=150", *settings, **where)
        self.tune(BOTH)
        self.held()

    def held(self):
        self.becomes("cpu.weight", HELD, "300")
        self.becomes("cpu.max.burst", HELD, "10000")

    def cgroup_id(self):
        return os.stat(f"{CGROUP}/system.slice/{HELD}").st_ino

    def set_so_far(self):
        return [len(self.log("changed", name)) for name in ("cpu.weight", "cpu.max.burst")]

    def restart(self):
        """
        The new cgroup begins with what the property of the old one says. That is put back with the old one, and set for
        the new one: a value alone does not say whose it is.
        """
        was, so_far = self.cgroup_id(), self.set_so_far()
        systemctl("restart", HELD)
        self.assertNotEqual(self.cgroup_id(), was, "a new cgroup")
        self.assertTrue(wait_for(lambda: all(now > then for now, then in zip(self.set_so_far(), so_far)),
                                 PATIENCE_SECONDS), "what is held is set for the new one")
        self.held()

    def test_restarted(self):
        self.hold()
        self.restart()
        self.stays("cpu.weight", HELD, "300", seconds=1)
        self.leave_nothing()

    def test_restarted_then_kill(self):
        self.hold()
        self.restart()
        self.leave_nothing(end=self.kill)

    def test_restarted_often(self):
        self.hold()
        for _ in range(3):
            self.restart()
        self.leave_nothing()

    def test_stopped(self):
        self.hold()
        systemctl("stop", HELD)
        self.leave_nothing()
        systemctl("start", HELD)
        now = (knob("cpu.weight", HELD), knob("cpu.max.burst", HELD))
        self.assertEqual(now, ("150", "0"), "started without us")

    def test_stopped_then_kill(self):
        self.hold()
        systemctl("stop", HELD)
        self.leave_nothing(end=self.kill)

    def test_stopped_and_started_again(self):
        self.hold()
        systemctl("stop", HELD)
        systemctl("start", HELD)
        self.held()
        self.leave_nothing()

    def test_a_transient_unit_ends(self):
        self.tune(rule("brief", group("brief.service"), "cpu.weight = 300", "cpu.max.burst = 10ms"))
        self.transient("brief.service", "CPUWeight=150")
        self.becomes("cpu.weight", "brief.service", "300")
        self.becomes("cpu.max.burst", "brief.service", "10000")
        self.assertTrue(os.path.exists(runtime_dropin("brief.service", "CPUWeight", "transient")))
        os.kill(int(show("brief.service", "MainPID")), signal.SIGTERM)
        ended = wait_for(lambda: knob("cpu.weight", "brief.service") is None, PATIENCE_SECONDS)
        self.assertTrue(ended, "it ends")
        self.leave_nothing()

    def test_a_transient_unit_is_put_back(self):
        self.transient("brief.service", "CPUWeight=150")
        self.tune(rule("brief", group("brief.service"), "cpu.weight = 300"))
        self.becomes("cpu.weight", "brief.service", "300")
        self.leave_nothing()

    def test_masked(self):
        """
        Only a vendor's unit can be masked for now: /run hides /usr/lib. Nothing says any more that it needs
        the CPU controller: the knob's file may go.
        """
        self.hold(folder="/usr/lib/systemd/system")
        systemctl("mask", "--runtime", HELD)
        self.stop()
        systemctl("unmask", "--runtime", HELD)
        self.leave_nothing()
        systemctl("restart", HELD)
        self.assertEqual(knob("cpu.weight", HELD), "150")

    def test_removed(self):
        """The file goes, the service runs on."""
        path = f"/run/systemd/system/{HELD}"
        self.hold()
        os.unlink(path)
        systemctl("daemon-reload")
        self.stop()
        changes = {name: change[1] for name, change in self.before.changes(type(self.before)()).items()}
        weight = changes.pop(f"{CGROUP}/system.slice/{HELD}/cpu.weight", "150")
        self.assertEqual(changes, {path: None}, "no drop-in of ours stays")
        self.assertIn(weight, ("100", "150"), "what it had, or systemd's default, as no file says otherwise")
