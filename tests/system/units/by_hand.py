# SPDX-License-Identifier: LGPL-2.1-or-later
"""Other writers win: by systemctl, in a drop-in, in the kernel's file."""
import os

from case import PATIENCE_SECONDS, Case, group, pinned_dropin, rule, runtime_dropin, set_knob, show, systemctl
from guest import wait_for, write
from snapshot import CGROUP, read

HELD = "held.service"
WEIGHT = f"{CGROUP}/system.slice/{HELD}/cpu.weight"
OURS = runtime_dropin(HELD, "CPUWeight")
PINNED = pinned_dropin(HELD, "CPUWeight")
WEIGHT_RULE = rule("weight", group(HELD), "cpu.weight = 300")


class Holding(Case):
    def hold(self, text=WEIGHT_RULE, **settings):
        self.unit(HELD, "CPUWeight=150")
        self.tune(text, **settings)
        self.becomes("cpu.weight", HELD, "300")
        self.assertIn("CPUWeight=300", read(OURS) or "", "through systemd")
        # Only then is it read back, too, and what is found from then on is somebody else's.
        self.assertTrue(wait_for(lambda: self.log("changed", "cpu.weight"), PATIENCE_SECONDS))

    def now(self, *paths):
        """What is there, and is to stay."""
        found = {path: "a folder" if os.path.isdir(path) else read(path) for path in paths}
        self.assertNotIn(None, found.values(), found)
        return found


class SetProperty(Holding):
    def by_hand(self, *options):
        systemctl("set-property", *options, HELD, "CPUWeight=321")
        wait_for(lambda: read(WEIGHT) == "321", PATIENCE_SECONDS, 0.02)
        self.assertEqual(read(WEIGHT), "321", "systemd writes")

    def test_runtime_stays(self):
        self.hold()
        self.by_hand("--runtime")
        theirs = self.now(WEIGHT, OURS, os.path.dirname(OURS))
        said = self.gives_up("cpu.weight")
        self.assertEqual(said["rule"], "weight")
        self.assertIn(f"by 'systemctl set-property --runtime' or an editor, in {OURS}", said["message"])
        self.stays("cpu.weight", HELD, "321")
        self.assertEqual(show(HELD, "CPUWeight"), "321")
        self.leave_nothing(but=theirs)

    def test_runtime_stays_after_kill(self):
        self.hold()
        self.by_hand("--runtime")
        theirs = self.now(WEIGHT, OURS, os.path.dirname(OURS))
        self.leave_nothing(but=theirs, end=self.kill)

    def test_runtime_then_again_after_the_backoff(self):
        self.hold(foreign_backoff="4s")
        self.by_hand("--runtime")
        theirs = self.now(WEIGHT, OURS, os.path.dirname(OURS))
        self.gives_up("cpu.weight")
        self.becomes("cpu.weight", HELD, "300")
        self.leave_nothing(but=theirs)

    def test_pinned_stays_for_good(self):
        self.hold(foreign_backoff="1s")
        self.by_hand()
        theirs = self.now(WEIGHT, PINNED, os.path.dirname(PINNED))
        self.assertIn(PINNED, self.gives_up("cpu.weight")["message"])
        self.stays("cpu.weight", HELD, "321", seconds=4)
        self.leave_nothing(but=theirs, reloaded=False)

    def test_pinned_stays_after_kill(self):
        self.hold()
        self.by_hand()
        theirs = self.now(WEIGHT, PINNED, os.path.dirname(PINNED))
        self.leave_nothing(but=theirs, end=self.kill, reloaded=False)

    def test_pinned_before(self):
        self.unit(HELD, "CPUWeight=150")
        systemctl("set-property", HELD, "CPUWeight=321")
        self.becomes("cpu.weight", HELD, "321")
        self.tune(WEIGHT_RULE)
        self.gives_up("cpu.weight")
        self.stays("cpu.weight", HELD, "321")
        self.leave_nothing()

    def test_contested(self):
        self.hold(rule("weight", group(HELD), "cpu.weight = 300", contest="yes"))
        systemctl("set-property", "--runtime", HELD, "CPUWeight=321")
        self.becomes("cpu.weight", HELD, "300")
        self.stays("cpu.weight", HELD, "300", seconds=1)
        self.leave_nothing()


class DropIns(Holding):
    def edited(self, path, weight):
        write(path, f"[Service]\nCPUWeight={weight}\n")

    def test_a_later_one_by_hand(self):
        self.hold()
        path = f"/run/systemd/system/{HELD}.d/90-hand.conf"
        self.edited(path, 777)
        systemctl("daemon-reload")
        self.becomes("cpu.weight", HELD, "777")
        self.assertIn(f"by systemd, which has read a unit file or drop-in anew: see 'systemctl cat {HELD}'",
                      self.gives_up("cpu.weight")["message"])
        self.stays("cpu.weight", HELD, "777")
        self.leave_nothing(but=self.now(WEIGHT, path, os.path.dirname(path)), reloaded=False)

    def test_ours_is_edited(self):
        self.hold()
        self.edited(OURS, 444)
        systemctl("daemon-reload")
        self.becomes("cpu.weight", HELD, "444")
        self.gives_up("cpu.weight")
        self.stays("cpu.weight", HELD, "444")
        self.leave_nothing(but=self.now(WEIGHT, OURS, os.path.dirname(OURS)))

    def test_ours_is_edited_and_not_yet_read(self):
        self.hold()
        self.edited(OURS, 444)
        theirs = self.now(OURS, os.path.dirname(OURS))
        self.stop()
        self.assertEqual(self.now(*theirs), theirs, "the edited file is the editor's")

    def test_ours_is_removed(self):
        self.hold()
        os.unlink(OURS)
        systemctl("daemon-reload")
        self.leave_nothing()

    def test_ours_is_removed_then_kill(self):
        self.hold()
        os.unlink(OURS)
        systemctl("daemon-reload")
        self.leave_nothing(end=self.kill)


class InTheFile(Holding):
    def test_stays(self):
        self.hold()
        set_knob("cpu.weight", HELD, "555")
        said = self.gives_up("cpu.weight")
        self.assertIn(f"by process {os.getpid()} (python3 of trimtab-vm.service)", said["message"])
        self.stays("cpu.weight", HELD, "555")
        self.leave_nothing(but={WEIGHT: "555"}, reloaded=False)

    def test_stays_after_kill(self):
        self.hold()
        set_knob("cpu.weight", HELD, "555")
        self.leave_nothing(but={WEIGHT: "555"}, end=self.kill, reloaded=False)

    def test_again_after_the_backoff(self):
        self.hold(foreign_backoff="4s")
        set_knob("cpu.weight", HELD, "555")
        self.gives_up("cpu.weight")
        self.becomes("cpu.weight", HELD, "300")
        self.leave_nothing(but={WEIGHT: "555"}, reloaded=False)

    def test_contested(self):
        self.hold(rule("weight", group(HELD), "cpu.weight = 300", contest="yes"))
        set_knob("cpu.weight", HELD, "555")
        self.becomes("cpu.weight", HELD, "300")
        set_knob("cpu.weight", HELD, "556")
        self.becomes("cpu.weight", HELD, "300")
        self.leave_nothing()

    def test_contested_then_kill(self):
        self.hold(rule("weight", group(HELD), "cpu.weight = 300", contest="yes"))
        set_knob("cpu.weight", HELD, "555")
        self.becomes("cpu.weight", HELD, "300")
        self.leave_nothing(end=self.kill)

    def test_one_without_a_property(self):
        self.unit(HELD, "CPUWeight=150")
        self.tune(rule("burst", group(HELD), "cpu.max.burst = 10ms"))
        self.becomes("cpu.max.burst", HELD, "10000")
        set_knob("cpu.max.burst", HELD, "5000")
        self.gives_up("cpu.max.burst")
        self.stays("cpu.max.burst", HELD, "5000")
        self.leave_nothing(but={f"{CGROUP}/system.slice/{HELD}/cpu.max.burst": "5000"})
