#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon as one program on plain files: a rule moves a knob, and whatever ends the daemon, the knob is put back.

usage: test_daemon.py TRIMTABD TRIMTAB PLANT.so   (no root needed)
Waits have bounds; nothing is asserted about how long anything takes."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

TRIMTABD, TRIMTAB, PLANT = sys.argv[1:4]
WAIT = 30

RULE = """[rule level]
for = plant:{objects}
when = last(plant.value) > 10
hold = 0s
then = plant.level = {level}
until = last(plant.value) < 5
clear-hold = 0s
cooldown = 0s
"""


def wait_for(condition, seconds=WAIT):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    return condition()


class Daemon(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="trimtab-test-")
        self.daemons = []
        for name in ("plants/a", "plants/b", "plugins", "rules", "late"):
            os.makedirs(f"{self.dir}/{name}")
        for name in ("a", "b"):
            self.set(name, "value", "0")
            self.set(name, "level", "100")
        shutil.copy(PLANT, f"{self.dir}/plugins/plant.so")
        self.write("trimtab.conf", f"[daemon]\ntick = 100ms\n[plugin plant]\ndir = {self.dir}/plants\n")
        self.write("rules/50-level.conf", RULE.format(objects="*", level=7))

    def tearDown(self):
        for daemon in self.daemons:
            if daemon.poll() is None:
                daemon.kill()
            daemon.wait()
        shutil.rmtree(self.dir)

    def write(self, name, text):
        with open(f"{self.dir}/{name}", "w", encoding="utf-8") as file:
            file.write(text)

    def set(self, plant, name, text):
        self.write(f"plants/{plant}/{name}", text + "\n")

    def level(self, plant="a"):
        with open(f"{self.dir}/plants/{plant}/level", encoding="utf-8") as file:
            return file.read().strip()

    def wait_level(self, want, plant="a"):
        self.assertTrue(wait_for(lambda: self.level(plant) == want), f"{self.level(plant)}, not {want}\n{self.said()}")

    def said(self):
        with open(f"{self.dir}/log", encoding="utf-8") as log:
            return log.read()

    def start(self, mode="enforce", *options):
        log = open(f"{self.dir}/log", "a", encoding="utf-8")
        daemon = subprocess.Popen(
            [TRIMTABD, "--config", f"{self.dir}/trimtab.conf", "--rules", f"{self.dir}/rules", "--plugins",
             f"{self.dir}/plugins", "--runtime-dir", f"{self.dir}/run", "--mode", mode, *options], stderr=log)
        log.close()
        self.daemons.append(daemon)
        self.assertTrue(wait_for(lambda: self.ask("status") is not None or daemon.poll() is not None), self.said())
        return daemon

    def stop(self, daemon, how=signal.SIGTERM):
        daemon.send_signal(how)
        return daemon.wait(WAIT)

    def command(self, *words):
        return subprocess.run([TRIMTAB, "--runtime-dir", f"{self.dir}/run", *words], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def ask(self, *words):
        result = self.command("--json", *words)
        return json.loads(result.stdout) if result.returncode == 0 else None

    def restore(self):
        return subprocess.run([TRIMTABD, "--restore", "--runtime-dir", f"{self.dir}/run"], text=True,
                              stderr=subprocess.PIPE)

    def raised(self):
        """A daemon that holds plant a at 7."""
        daemon = self.start()
        self.set("a", "value", "50")
        self.wait_level("7")
        return daemon

    def test_moves_and_clears(self):
        daemon = self.raised()
        self.assertEqual(self.level("b"), "100")
        self.set("a", "value", "1")
        self.wait_level("100")
        self.assertEqual(self.stop(daemon), 0)

    def test_clean_stop_puts_back(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            daemon = self.raised()
            self.assertEqual(self.stop(daemon, how), 0)
            self.assertEqual(self.level(), "100")
            self.set("a", "value", "0")

    def test_killed_then_restore(self):
        daemon = self.raised()
        self.stop(daemon, signal.SIGKILL)
        self.assertEqual(self.level(), "7")
        result = self.restore()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.level(), "100")

    def test_killed_then_next_start_puts_back_first(self):
        daemon = self.raised()
        self.stop(daemon, signal.SIGKILL)
        self.set("a", "value", "0")
        self.start()
        self.wait_level("100")

    def test_restore_without_the_plugin(self):
        daemon = self.raised()
        self.stop(daemon, signal.SIGKILL)
        os.unlink(f"{self.dir}/plugins/plant.so")
        self.assertEqual(self.restore().returncode, 0)
        self.assertEqual(self.level(), "100")

    def test_restore_leaves_what_somebody_else_set(self):
        daemon = self.raised()
        self.stop(daemon, signal.SIGKILL)
        self.set("a", "level", "55")
        self.assertEqual(self.restore().returncode, 0)
        self.assertEqual(self.level(), "55")

    def test_restore_refuses_while_a_daemon_runs(self):
        self.raised()
        result = self.restore()
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("trimtab revert", result.stderr)
        self.assertEqual(self.level(), "7")

    def test_corrupt_ledger(self):
        daemon = self.raised()
        self.stop(daemon, signal.SIGKILL)
        with open(f"{self.dir}/run/ledger", "ab") as file:
            file.write(b"\x00\xff garbage without an end")
        result = self.restore()
        self.assertEqual(self.level(), "100")
        self.assertIn("damaged", result.stderr)

    def test_foreign_value_stays(self):
        self.raised()
        self.set("a", "level", "55")
        self.set("a", "value", "1")
        self.assertTrue(wait_for(lambda: any(e["kind"] == "given-up" for e in self.ask("log"))), self.said())
        self.assertEqual(self.level(), "55")

    def test_advise_writes_nothing(self):
        self.start("advise")
        self.set("a", "value", "50")
        self.assertTrue(wait_for(lambda: any(e["kind"] == "advised" for e in self.ask("log"))), self.said())
        self.assertEqual(self.level(), "100")

    def test_observe_decides_nothing(self):
        self.start("observe")
        self.set("a", "value", "50")
        self.assertTrue(wait_for(lambda: [m for m in self.ask("metrics") if m.get("value") == 50]), self.said())
        self.assertEqual(self.level(), "100")
        self.assertFalse([e for e in self.ask("log") if e["kind"] in ("advised", "changed")])

    def test_two_daemons_need_two_runtime_dirs(self):
        self.start()
        second = subprocess.run([TRIMTABD, "--config", f"{self.dir}/trimtab.conf", "--rules", f"{self.dir}/rules",
                                 "--plugins", f"{self.dir}/plugins", "--runtime-dir", f"{self.dir}/run"], text=True,
                                stderr=subprocess.PIPE, timeout=WAIT)
        self.assertEqual(second.returncode, 1)
        self.assertIn("another trimtabd", second.stderr)
        other = subprocess.Popen([TRIMTABD, "--config", f"{self.dir}/trimtab.conf", "--rules", f"{self.dir}/rules",
                                  "--plugins", f"{self.dir}/plugins", "--runtime-dir", f"{self.dir}/run2", "--mode",
                                  "observe"], stderr=subprocess.DEVNULL)
        self.daemons.append(other)
        self.assertTrue(wait_for(lambda: os.path.exists(f"{self.dir}/run2/bus")))

    def test_what_the_service_manager_hears(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(f"{self.dir}/notify")
            manager.settimeout(WAIT)
            os.environ["NOTIFY_SOCKET"] = f"{self.dir}/notify"
            try:
                daemon = self.start()
            finally:
                del os.environ["NOTIFY_SOCKET"]

            def hear(word):
                while word not in (said := manager.recv(4096).decode()):
                    pass
                return said

            hear("READY=1")
            hear("WATCHDOG=1")
            hear("WATCHDOG=1")
            daemon.send_signal(signal.SIGHUP)
            hear("RELOADING=1")
            hear("READY=1")
            daemon.send_signal(signal.SIGTERM)
            hear("STOPPING=1")
            self.assertEqual(daemon.wait(WAIT), 0)

    def test_reload(self):
        for how in ("command", "signal"):
            daemon = self.start()
            self.set("a", "value", "50")
            self.wait_level("7")
            self.write("rules/50-level.conf", RULE.format(objects="*", level=9))
            if how == "command":
                self.assertEqual(self.command("reload").returncode, 0)
            else:
                daemon.send_signal(signal.SIGHUP)
            self.wait_level("9")
            self.stop(daemon)
            self.assertEqual(self.level(), "100")
            self.write("rules/50-level.conf", RULE.format(objects="*", level=7))

    def test_a_changed_file_is_announced_not_applied(self):
        self.raised()
        self.write("rules/60-more.conf", RULE.format(objects="b", level=3))
        self.assertTrue(wait_for(lambda: "rule files changed" in self.said()), self.said())
        self.assertEqual(len(self.ask("rules")), 2)

    def test_bad_reload_keeps_the_old_rules(self):
        self.raised()
        self.write("rules/60-bad.conf", "[rule bad]\nfor = plant:a\nwhen = last(plant.valeu) > 1\nthen = plant.level = 3\n")
        result = self.command("reload")
        self.assertEqual(result.returncode, 1)
        self.assertIn("60-bad.conf:3:", result.stderr)
        self.assertIn("plant.value", result.stderr)
        self.assertEqual([r["name"] for r in self.ask("rules")], ["level", "level"])
        self.assertEqual(self.level(), "7")

    def test_bad_rule_at_start_costs_itself(self):
        self.write("rules/60-bad.conf", "[rule bad]\nfor = plant:a\nwhen = oops\nthen = plant.level = 3\n")
        self.raised()
        self.assertIn("60-bad.conf:3:", self.said())

    def test_half_a_rule_is_no_rule(self):
        self.write("rules/50-level.conf", RULE.format(objects="*", level=7).replace("until =", "until"))
        self.start()
        self.set("a", "value", "50")
        self.assertTrue(wait_for(lambda: "50-level.conf:6:" in self.said()), self.said())
        time.sleep(0.5)
        self.assertEqual(self.level(), "100")
        self.assertEqual(self.ask("rules"), [])

    def test_a_rule_removed_lets_go(self):
        self.raised()
        os.unlink(f"{self.dir}/rules/50-level.conf")
        self.assertEqual(self.command("reload").returncode, 0)
        self.wait_level("100")

    def test_revert(self):
        self.raised()
        self.assertEqual(self.command("revert", "level").returncode, 0)
        self.wait_level("100")
        time.sleep(0.5)
        self.assertEqual(self.level(), "100")
        self.assertEqual(self.command("revert", "nonsense").returncode, 1)

    def bus_daemon(self):
        """A message bus of the test's own, as the system bus of the daemon."""
        self.write("bus.conf", f"""<busconfig><listen>unix:path={self.dir}/system-bus</listen><auth>EXTERNAL</auth>
            <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>""")
        bus = subprocess.Popen(["dbus-daemon", "--nofork", f"--config-file={self.dir}/bus.conf"],
                               stderr=subprocess.DEVNULL)
        self.daemons.append(bus)
        self.assertTrue(wait_for(lambda: os.path.exists(f"{self.dir}/system-bus")))
        return bus

    def test_the_bus_goes_away_and_comes_back(self):
        if not shutil.which("dbus-daemon"):
            self.skipTest("no dbus-daemon here")
        bus = self.bus_daemon()
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = f"unix:path={self.dir}/system-bus"
        try:
            self.raised()
        finally:
            del os.environ["DBUS_SYSTEM_BUS_ADDRESS"]
        self.stop(bus, signal.SIGKILL)
        self.assertTrue(wait_for(lambda: "the system bus went away" in self.said()), self.said())
        self.set("a", "value", "1")
        self.wait_level("100")
        os.unlink(f"{self.dir}/system-bus")
        self.bus_daemon()
        self.assertTrue(wait_for(lambda: "the system bus is back" in self.said()), self.said())

    def test_the_write_fuse(self):
        with open(f"{self.dir}/trimtab.conf", "r+", encoding="utf-8") as file:
            text = file.read().replace("[daemon]", "[daemon]\nwrites-per-minute = 1")
            file.seek(0)
            file.write(text)
        self.raised()
        self.set("b", "value", "50")
        self.assertTrue(wait_for(lambda: "more than 1 changes in a minute" in self.said()), self.said())
        self.assertEqual(self.level("b"), "100")
        self.set("a", "value", "1")
        self.wait_level("100")

    def test_on_exit_keep(self):
        with open(f"{self.dir}/trimtab.conf", "r+", encoding="utf-8") as file:
            text = file.read().replace("[daemon]", "[daemon]\non-exit = keep")
            file.seek(0)
            file.write(text)
        daemon = self.raised()
        self.assertEqual(self.stop(daemon), 0)
        self.assertEqual(self.level(), "7")
        self.assertEqual(self.restore().returncode, 0)
        self.assertEqual(self.level(), "100")

    def test_the_file_vanishes(self):
        daemon = self.raised()
        os.unlink(f"{self.dir}/plants/a/level")
        self.set("a", "value", "1")
        self.assertTrue(wait_for(lambda: any(e["kind"] == "given-up" for e in self.ask("log"))), self.said())
        self.assertEqual(self.stop(daemon), 0)
        self.assertFalse(os.path.exists(f"{self.dir}/plants/a/level"))

    def test_bad_plugin_costs_itself(self):
        self.write("plugins/bad.so", "this is no ELF file")
        self.raised()
        states = {p["name"] if "name" in p else p["path"]: p["state"] for p in self.ask("plugins")}
        self.assertEqual(states.get("plant"), "open")
        self.assertIn("refused", states.values())

    def test_unknown_option_is_named(self):
        self.write("trimtab.conf", "[daemon]\ntikc = 1s\n")
        result = subprocess.run([TRIMTABD, "--config", f"{self.dir}/trimtab.conf", "--runtime-dir", f"{self.dir}/run"],
                                text=True, stderr=subprocess.PIPE, timeout=WAIT)
        self.assertEqual(result.returncode, 1)
        self.assertIn("trimtab.conf:2:1: error", result.stderr)
        self.assertIn("'tick'", result.stderr)

    def test_usage(self):
        for words, code in ((["--help"], 0), (["--version"], 0), (["--nonsense"], 2), (["--mode", "wild"], 2),
                            (["extra"], 2)):
            result = subprocess.run([TRIMTABD, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                    timeout=WAIT)
            self.assertEqual(result.returncode, code, words)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
