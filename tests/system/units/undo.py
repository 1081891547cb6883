# SPDX-License-Identifier: LGPL-2.1-or-later
"""The ways back: a rule that clears, a guard, trimtab revert, a kill; and what stays on purpose."""
from case import PATIENCE_SECONDS, Case, group, knob, rule, set_knob, systemctl
from guest import program, rules, run, trimtab, wait_for
from snapshot import CGROUP, read

HELD = "held.service"
# Its weight, which nobody tunes, is what the rules look at: above 100 is on.
SWITCH = "switch.service"
ON = f"cpu.weight @{group(SWITCH)} > 100"
OFF = f"cpu.weight @{group(SWITCH)} <= 100"
THREE = ("cpu.weight = 300", "cpu.max = 50%", "memory.high = 512Mi")


class Undo(Case):
    def setUp(self):
        super().setUp()
        self.unit(SWITCH, "CPUWeight=100")
        self.unit(HELD, "CPUWeight=150")

    def switch(self, on):
        set_knob("cpu.weight", SWITCH, "200" if on else "100")

    def held(self):
        self.becomes("cpu.weight", HELD, "300")
        self.becomes("cpu.max", HELD, "50000 100000")
        self.becomes("memory.high", HELD, str(512 << 20))

    def given_back(self):
        self.becomes("cpu.weight", HELD, "150")
        self.becomes("cpu.max", HELD, "max 100000")
        self.becomes("memory.high", HELD, "max")

    def test_clears(self):
        self.tune(rule("three", group(HELD), *THREE, when=ON, until=OFF))
        self.switch(True)
        self.held()
        self.switch(False)
        self.given_back()
        self.leave_nothing()

    def test_eases(self):
        self.tune(rule("ease", group(HELD), "cpu.weight = 1000", when=ON, until=OFF, on_clear="ease"))
        self.switch(True)
        self.becomes("cpu.weight", HELD, "1000")
        self.switch(False)
        seen = []

        def back():
            seen.extend([knob("cpu.weight", HELD)] if seen[-1:] != [knob("cpu.weight", HELD)] else [])
            return seen[-1] == "150"

        self.assertTrue(wait_for(back, PATIENCE_SECONDS, 0.05), seen)
        self.assertGreater(len(seen), 3, f"in steps: {seen}")
        self.assertEqual([int(text) for text in seen], sorted(map(int, seen), reverse=True), "never up again")
        self.leave_nothing()

    def test_eases_then_kill(self):
        self.tune(rule("ease", group(HELD), "cpu.weight = 10000", when=ON, until=OFF, on_clear="ease"))
        self.switch(True)
        self.becomes("cpu.weight", HELD, "10000")
        self.switch(False)
        self.assertTrue(wait_for(lambda: knob("cpu.weight", HELD) != "10000", PATIENCE_SECONDS, 0.05))
        self.switch(False)
        self.leave_nothing(end=self.kill)

    def test_guard(self):
        """The guard looks at what the action changes: it harms, is taken back, and is not tried again."""
        self.tune(rule("harm", group(HELD), *THREE, window="5s", guard="cpu.weight < 200"))
        self.assertTrue(wait_for(lambda: self.log("changed", "cpu.weight"), PATIENCE_SECONDS), "it acts")
        self.given_back()
        self.stays("cpu.weight", HELD, "150", seconds=3)
        self.leave_nothing()

    def test_guard_then_kill(self):
        self.tune(rule("harm", group(HELD), *THREE, window="5s", guard="cpu.weight < 200"))
        self.assertTrue(wait_for(lambda: self.log("changed", "cpu.weight"), PATIENCE_SECONDS), "it acts")
        self.leave_nothing(end=self.kill)

    def test_revert_of_a_rule(self):
        self.tune(rule("three", group(HELD), *THREE))
        self.held()
        trimtab("revert", "three")
        self.given_back()
        self.stays("cpu.weight", HELD, "150")
        self.leave_nothing()

    def test_revert_of_an_object_after_a_restart(self):
        self.tune(rule("three", group(HELD), *THREE))
        self.held()
        systemctl("restart", HELD)
        self.held()
        trimtab("revert", group(HELD))
        self.given_back()
        self.stays("cpu.weight", HELD, "150")
        self.leave_nothing()

    def test_revert_of_everything_then_kill(self):
        self.tune(rule("three", group(HELD), *THREE))
        self.held()
        trimtab("revert", "--all")
        self.given_back()
        self.leave_nothing(end=self.kill)

    def test_a_rule_goes_away(self):
        self.tune(rule("three", group(HELD), *THREE))
        self.held()
        rules("")
        trimtab("reload")
        self.given_back()
        self.leave_nothing()

    def test_kill_at_any_moment(self):
        for delay in (0.0, 0.05, 0.3):
            with self.subTest(delay=delay):
                self.tune(rule("three", group(HELD), *THREE))
                wait_for(lambda: knob("cpu.weight", HELD) == "300", PATIENCE_SECONDS, 0.01)
                wait_for(lambda: False, delay)
                self.leave_nothing(end=self.kill)

    def test_kept_on_purpose(self):
        """on-exit = keep outlives a clean stop, and trimtabd --restore ends it."""
        weight = f"{CGROUP}/system.slice/{HELD}/cpu.weight"
        self.tune(rule("keeps", group(HELD), "cpu.weight = 300", on_exit="keep"),
                  rule("gives", group(HELD), "cpu.max = 50%"))
        self.becomes("cpu.weight", HELD, "300")
        self.becomes("cpu.max", HELD, "50000 100000")
        self.stop()
        self.assertEqual((read(weight), knob("cpu.max", HELD)), ("300", "max 100000"))
        run(program("trimtabd"), "--restore")
        self.leave_nothing()
