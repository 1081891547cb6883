# SPDX-License-Identifier: LGPL-2.1-or-later
"""systemd reads its files anew, or is replaced, while knobs are held."""
from case import Case, group, knob, rule, show, systemctl

HELD = "held.service"
ALL = ("cpu.weight = 300", "cpu.max = 50%", "memory.high = 512Mi", "cpu.max.burst = 10ms")
IN_FORCE = {
    "cpu.weight": "300",
    "cpu.max": "50000 100000",
    "memory.high": str(512 << 20),
    "cpu.max.burst": "10000",
}


class Reload(Case):
    def hold_all(self):
        self.unit(HELD, "CPUWeight=150")
        self.tune(rule("all", group(HELD), *ALL))
        for name, text in IN_FORCE.items():
            self.becomes(name, HELD, text)

    def still_held(self):
        for name, text in IN_FORCE.items():
            self.becomes(name, HELD, text)
        self.stays("cpu.weight", HELD, "300", seconds=1)
        self.assertEqual({name: knob(name, HELD) for name in IN_FORCE}, IN_FORCE)
        self.assertEqual(show(HELD, "CPUWeight"), "300", "systemd and the kernel agree")

    def test_daemon_reload(self):
        self.hold_all()
        systemctl("daemon-reload")
        self.still_held()
        self.leave_nothing()

    def test_daemon_reload_again_and_again(self):
        self.hold_all()
        for _ in range(3):
            systemctl("daemon-reload")
        self.still_held()
        self.leave_nothing()

    def test_daemon_reexec(self):
        self.hold_all()
        systemctl("daemon-reexec")
        self.still_held()
        self.leave_nothing()

    def test_daemon_reload_then_kill(self):
        self.hold_all()
        systemctl("daemon-reload")
        self.leave_nothing(end=self.kill)

    def test_daemon_reexec_then_kill(self):
        self.hold_all()
        systemctl("daemon-reexec")
        self.leave_nothing(end=self.kill)

    def test_the_controller_went_and_came_back(self):
        """What has no property is lost with its file, and set again."""
        self.unit(HELD)
        self.unit("wants.service", "CPUWeight=200")
        self.tune(rule("burst", group(HELD), "cpu.max.burst = 10ms"))
        self.becomes("cpu.max.burst", HELD, "10000")
        systemctl("stop", "wants.service")
        systemctl("daemon-reload")
        systemctl("start", "wants.service")
        self.becomes("cpu.max.burst", HELD, "10000")
        self.leave_nothing()
