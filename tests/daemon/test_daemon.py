#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon as one program on plain files: a rule moves a knob, and whatever ends the daemon, the knob is put back.

usage: test_daemon.py TRIMTABD TRIMTAB PLANT.so   (no root needed)
Waits have bounds; nothing is asserted about how long anything takes."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from plants import PLANT, RULE, TRIMTABD, WAIT, PlantCase, wait_for  # noqa: E402


class Daemon(PlantCase):
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

    def test_a_rule_folder_that_is_not_there_is_told(self):
        self.start("enforce", "--rules", f"{self.dir}/rulse")
        self.assertTrue(wait_for(lambda: f"no rules from {self.dir}/rulse: No such file or directory" in self.said()), self.said())

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

    def metric(self, name):
        return [m for m in self.ask("metrics", name) if m.get("measured", True)]

    def test_it_measures_itself(self):
        self.start()
        wait_for(lambda: self.metric("trimtab.*"))
        self.assertTrue(wait_for(lambda: len(self.metric("trimtab.cpu_time")) == 1), self.ask("metrics", "trimtab.*"))
        memory = self.metric("trimtab.memory")[0]
        self.assertEqual((memory["object"], memory["unit"]), ("host", "B"))
        with open(f"/proc/{self.daemons[0].pid}/statm", encoding="utf-8") as file:
            self.assertAlmostEqual(memory["value"] / (int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")), 1, delta=0.5)
        collect = self.metric("trimtab.collect_time")
        self.assertEqual([m["object"] for m in collect], ["plugin:plant"])
        self.assertTrue(wait_for(lambda: self.metric("trimtab.collect_time")[0]["value"] > 0), collect)

    def test_a_dear_plugin_is_asked_less_often(self):
        with open(f"{self.dir}/trimtab.conf", encoding="utf-8") as file:
            text = file.read().replace("[daemon]", "[daemon]\nplugin-budget = 0.0001%")
        self.write("trimtab.conf", text)
        self.start()
        self.assertTrue(wait_for(lambda: "plant: over its plugin-budget" in self.said()), self.said())
        self.assertIn("asked every 2 ticks", self.said())

    def plugins(self):
        return {p["name"]: p["state"] for p in self.ask("plugins")}

    def test_plugins_come_and_go(self):
        plant = f"{self.dir}/plugins/plant.so"
        os.unlink(plant)
        daemon = self.start()
        self.set("a", "value", "20")
        self.assertEqual(self.plugins(), {})

        # Half of it, and all of it.
        with open(PLANT, "rb") as f:
            code = f.read()
        with open(plant, "wb") as f:
            f.write(code[:1000])
        self.assertTrue(wait_for(lambda: self.plugins().get("plant") == "refused"), self.said())
        with open(f"{self.dir}/new", "wb") as f:
            f.write(code)
        os.rename(f"{self.dir}/new", plant)
        self.assertTrue(wait_for(lambda: self.level() == "7"), self.said())

        # Another file of that name, as an upgrade brings it; what it held goes back before it is closed.
        shutil.copy(PLANT, f"{self.dir}/new")
        os.rename(f"{self.dir}/new", plant)
        self.assertTrue(wait_for(lambda: "left the folder or were replaced" in self.said()), self.said())
        self.assertTrue(wait_for(lambda: self.plugins().get("plant") == "open"), self.said())
        self.assertTrue(wait_for(lambda: self.level() == "7"), self.said())
        self.assertGreaterEqual(sum(e["kind"] == "restored" for e in self.ask("log")), 1)

        os.unlink(plant)
        self.assertTrue(wait_for(lambda: self.plugins() == {}), self.said())
        self.assertEqual(self.level(), "100")
        self.assertEqual([r["waits_for"] for r in self.ask("rules")], ["plugin 'plant'"])
        self.assertEqual(self.stop(daemon), 0)

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
