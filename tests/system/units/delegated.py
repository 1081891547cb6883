# SPDX-License-Identifier: LGPL-2.1-or-later
"""Subtrees that are somebody else's: containers, user managers; and user slices, which are systemd's own."""
import os
import subprocess

from case import (PATIENCE_SECONDS, STILL_SECONDS, Case, group, knob, rule, runtime_dropin, set_knob, show,
                  systemctl)
from guest import wait_for, write
from snapshot import CGROUP, read

BOX = "box.scope"
PAYLOAD = f"{BOX}/payload"
BOUNDARY = runtime_dropin(BOX, "CPUWeight", "transient")
USER = 1000
SLICE = f"user-{USER}.slice"
MANAGER = f"user@{USER}.service"


class Container(Case):
    """A scope as a container manager makes it: its processes in a leaf, its controllers passed on."""

    def setUp(self):
        super().setUp()
        self.units.append(BOX)
        process = subprocess.Popen(("systemd-run", "--quiet", "--scope", f"--unit={BOX}",
                                    "--property=Delegate=yes", "--property=CPUWeight=150",
                                    "sleep", "infinity"))
        self.addCleanup(process.wait)
        self.addCleanup(systemctl, "stop", BOX, check=False)
        top = f"{CGROUP}/system.slice/{BOX}"
        self.assertTrue(wait_for(lambda: str(process.pid) in (read(f"{top}/cgroup.procs") or "").split(),
                                 PATIENCE_SECONDS), "the scope is there")
        os.makedirs(f"{top}/payload")
        set_knob("cgroup.procs", PAYLOAD, str(process.pid))
        set_knob("cgroup.subtree_control", BOX, "+cpu +memory")

    def inside_and_out(self, **keys):
        return rule("box", f"{group(BOX)}, {group(BOX)}/*", "cpu.weight = 300", **keys)

    def test_only_the_boundary(self):
        self.tune(self.inside_and_out())
        self.becomes("cpu.weight", BOX, "300")
        self.assertIn("CPUWeight=300", read(BOUNDARY) or "", "through systemd")
        self.stays("cpu.weight", PAYLOAD, "100")
        self.leave_nothing()

    def test_it_says_why(self):
        self.tune(self.inside_and_out())
        self.becomes("cpu.weight", BOX, "300")
        said = self.gives_up("cpu.weight")
        self.assertEqual(said["object"], group(PAYLOAD))
        self.assertIn("delegated = yes", said["message"])
        wait_for(lambda: len(self.log("given-up", "cpu.weight")) > 3, 3)
        self.assertLessEqual(len(self.log("given-up", "cpu.weight")), 3, "and does not go on about it")
        self.leave_nothing()

    def test_below_when_asked(self):
        self.tune(self.inside_and_out(delegated="yes"))
        self.becomes("cpu.weight", BOX, "300")
        self.becomes("cpu.weight", PAYLOAD, "300")
        self.leave_nothing()

    def test_below_when_asked_then_kill(self):
        self.tune(self.inside_and_out(delegated="yes"))
        self.becomes("cpu.weight", BOX, "300")
        self.becomes("cpu.weight", PAYLOAD, "300")
        self.leave_nothing(end=self.kill)

    def test_below_after_daemon_reload(self):
        self.tune(self.inside_and_out(delegated="yes"))
        self.becomes("cpu.weight", PAYLOAD, "300")
        systemctl("daemon-reload")
        self.becomes("cpu.weight", BOX, "300")
        self.stays("cpu.weight", PAYLOAD, "300", seconds=1)
        self.leave_nothing()

    def test_yields_after_two_foreign_writes(self):
        self.tune(self.inside_and_out(delegated="yes"), foreign_backoff="1s")
        self.becomes("cpu.weight", PAYLOAD, "300")
        set_knob("cpu.weight", PAYLOAD, "111")
        self.gives_up("cpu.weight")
        self.becomes("cpu.weight", PAYLOAD, "300")
        set_knob("cpu.weight", PAYLOAD, "222")
        self.gives_up("cpu.weight", times=2)
        self.stays("cpu.weight", PAYLOAD, "222", seconds=5)
        self.leave_nothing(but={f"{CGROUP}/system.slice/{PAYLOAD}/cpu.weight": "222"})


class User(Case):
    def setUp(self):
        super().setUp()
        self.units += [SLICE, MANAGER, f"user-runtime-dir@{USER}.service"]
        if not any(line.split(":")[2] == str(USER) for line in open("/etc/passwd", encoding="utf-8")):
            with open("/etc/passwd", "a", encoding="utf-8") as file:
                file.write(f"tester:x:{USER}:{USER}::/tmp:/bin/sh\n")

    def start_manager(self):
        """A user's own systemd without logind and PAM, which a machine for tests may lack."""
        folder = f"/run/user/{USER}"
        write(f"/run/systemd/system/user-runtime-dir@{USER}.service",
              "[Service]\nType=oneshot\nRemainAfterExit=yes\n"
              f"ExecStart=install -d -o {USER} -m 700 {folder}\n")
        write(f"/run/systemd/system/{MANAGER}.d/50-no-pam.conf",
              f"[Service]\nPAMName=\nEnvironment=XDG_RUNTIME_DIR={folder}\n")
        systemctl("daemon-reload")
        systemctl("start", MANAGER)

    def log_in(self):
        """No controller is switched on for that: systemd makes the files when properties are set."""
        self.transient("session.service", f"Slice={SLICE}")

    def test_slice(self):
        self.log_in()
        self.tune(rule("user", f"cgroup:/user.slice/{SLICE}",
                       "cpu.weight = 300", "cpu.max = 50%", "memory.high = 512Mi"))
        self.becomes("cpu.weight", SLICE, "300", "user.slice")
        self.becomes("cpu.max", SLICE, "50000 100000", "user.slice")
        self.becomes("memory.high", SLICE, str(512 << 20), "user.slice")
        systemctl("daemon-reload")
        self.becomes("cpu.weight", SLICE, "300", "user.slice")
        self.assertEqual(show(SLICE, "CPUWeight"), "300", "through systemd")
        self.leave_nothing()

    def test_slice_then_kill(self):
        self.log_in()
        self.tune(rule("user", f"cgroup:/user.slice/{SLICE}", "cpu.weight = 300"))
        self.becomes("cpu.weight", SLICE, "300", "user.slice")
        self.leave_nothing(end=self.kill)

    def test_manager(self):
        self.start_manager()
        above, inside = f"user.slice/{SLICE}", f"{CGROUP}/user.slice/{SLICE}/{MANAGER}"
        self.tune(rule("manager", f"cgroup:/{above}/{MANAGER}, cgroup:/{above}/{MANAGER}/*",
                       "cpu.weight = 300", "memory.high = 512Mi"))
        self.becomes("cpu.weight", MANAGER, "300", above)
        self.becomes("memory.high", MANAGER, str(512 << 20), above)
        self.assertEqual(show(MANAGER, "CPUWeight"), "300", "through systemd")

        below = [name for name in os.listdir(inside) if os.path.isdir(f"{inside}/{name}")]
        self.assertTrue(below, "the manager has cgroups of its own")
        wait_for(lambda: False, STILL_SECONDS)
        for name in below:
            now = knob("memory.high", f"{MANAGER}/{name}", above)
            self.assertIn(now, ("max", None), f"{name} is the manager's")
        self.leave_nothing()
