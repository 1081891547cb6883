# SPDX-License-Identifier: LGPL-2.1-or-later
"""A daemon on plain files, for the tests beside this: folders that stand for something, a plugin that measures and moves them,
one rule. argv: TRIMTABD TRIMTAB PLANT.so"""
import json
import os
import shutil
import signal
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


class PlantCase(unittest.TestCase):
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
        # In an emulated machine beside others the kernel takes its time to look through the programs.
        self.assertTrue(wait_for(lambda: self.ask("status") is not None or daemon.poll() is not None, 4 * WAIT), self.said())
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

    def bus_daemon(self):
        """A message bus of the test's own, as the system bus of the daemon."""
        self.write("bus.conf", f"""<busconfig><listen>unix:path={self.dir}/system-bus</listen><auth>EXTERNAL</auth>
            <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>""")
        bus = subprocess.Popen(["dbus-daemon", "--nofork", f"--config-file={self.dir}/bus.conf"],
                               stderr=subprocess.DEVNULL)
        self.daemons.append(bus)
        self.assertTrue(wait_for(lambda: os.path.exists(f"{self.dir}/system-bus")))
        return bus
