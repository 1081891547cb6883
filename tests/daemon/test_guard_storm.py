#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A storm of refused connections: nobody is woken by one, each is counted, and what is not told is known to be.

usage: test_guard_storm.py TRIMTABD TRIMTAB GUARD.so KNOCK   (COUNT in the environment: how many; RECORDS: a file for the bench)"""
import json
import os
import re
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from guarded import FORBIDDEN, KNOCK, ROOT, SLICE, GuardCase, policy, wait_for  # noqa: E402

COUNT = int(os.environ.get("COUNT", "100000"))
TICK_S = 1

# Never true: what it speaks of is measured as long as there are rules.
WATCH = f"""
[rule watch]
for = cgroup:{SLICE}/web.service
when = rate(guard.denied) > 1000G and rate(guard.events_lost @host) > 1000G
then = guard.mode @host = enforce
"""


def told(text):
    """How many refusals came out of the ring: a line each, and of many at a tick how many more."""
    return text.count("guard: refused: ") + sum(int(n) for n in re.findall(r"guard: and (\d+) more refusals", text))


class Storm(GuardCase):
    def begin_counting(self, log):
        self.configure(tick=f"{TICK_S}s")
        daemon = self.begin_enforcing(policy(log=log, more=WATCH))
        self.assertTrue(wait_for(lambda: self.counted() and self.counted()[0] >= 0), self.said())
        # What came before it was watched is told before the storm.
        self.wait_for_ticks(3)
        return daemon

    def wait_for_ticks(self, n):
        until = self.ask("status")["ticks"] + n
        self.assertTrue(wait_for(lambda: self.ask("status")["ticks"] >= until), self.said())

    def counted(self):
        """Refused, and lost: None as long as they are not measured."""
        values = self.metric("denied", f"cgroup:{SLICE}/web.service"), self.metric("events_lost", "host")
        return values if None not in values else None

    def storm(self, *how):
        out = subprocess.run([KNOCK, "storm", f"{ROOT}{SLICE}/web.service", str(COUNT), "10.88.2.1", *how], text=True, stdout=subprocess.PIPE,
                             check=True).stdout.split()
        return int(out[0]), float(out[1])

    def spent(self, daemon):
        """Of the daemon: CPU time in seconds, and how often it gave up a CPU to wait for something."""
        with open(f"/proc/{daemon.pid}/schedstat", encoding="utf-8") as file:
            cpu = int(file.read().split()[0]) / 1e9
        with open(f"/proc/{daemon.pid}/status", encoding="utf-8") as file:
            switches = next(int(line.split()[1]) for line in file if line.startswith("voluntary_ctxt_switches"))
        return cpu, switches

    def weather(self, daemon, *how):
        """The figures of one storm, from before it until the tick after it."""
        counted, said, spent, start = self.counted(), len(self.said()), self.spent(daemon), time.monotonic()
        refused, seconds = self.storm(*how)
        time.sleep(2 * TICK_S)  # undisturbed by questions
        cpu, switches = (now - then for now, then in zip(self.spent(daemon), spent))
        elapsed = time.monotonic() - start
        self.wait_for_ticks(2)
        self.assertEqual(refused, COUNT)
        denied, lost = (now - then for now, then in zip(self.counted(), counted))
        return {"refused": refused, "denied": denied, "told": told(self.said()[said:]), "lost": lost, "switches": switches, "cpu": cpu,
                "seconds": seconds, "elapsed": elapsed}

    def show(self, what, w):
        print(f"# {what}: {w['refused']} refused in {w['seconds']:.2f} s, {w['told']} told, {w['lost']:.0f} lost; the daemon gave up its CPU "
              f"{w['switches']} times in {w['elapsed']:.1f} s and took {1000 * w['cpu']:.0f} ms of it, {100 * w['cpu'] / w['seconds']:.1f} % of the storm",
              file=sys.stderr)
        if "RECORDS" in os.environ:
            with open(os.environ["RECORDS"], "a", encoding="utf-8") as file:
                for name, value, unit, note in (("a refused connect()", 1e9 * w["seconds"] / w["refused"], "ns", ""),
                                                ("the daemon's CPU, that of the ticks after it included", 100 * w["cpu"] / w["seconds"], "%",
                                                 "of the storm's time; target: under 5"),
                                                ("the daemon's waits", w["switches"], "", f"of {w['refused']} refusals"),
                                                ("refusals told", w["told"], "", ""), ("refusals lost, and counted", w["lost"], "", "")):
                    file.write(json.dumps({"bench": "guard-storm", "subject": f"{what}: {name}", "baseline": None, "value": value, "unit": unit,
                                           "ratio": None, "spread": None, "runs": 1, "note": note}) + "\n")

    def assert_not_woken(self, w):
        """By its ticks, some ten times each; not by what comes."""
        self.assertLess(w["switches"], 200 + w["refused"] / 100, w)

    def test_each_is_told_or_counted_as_lost(self):
        daemon = self.begin_counting("all")
        w = self.weather(daemon, "spread")
        self.show("each is to be told", w)
        self.assertEqual(w["denied"], w["refused"])
        self.assertEqual(w["told"] + w["lost"], w["refused"], w)
        self.assertGreater(w["told"], 0)
        self.assertGreater(w["lost"], 0, "the ring takes them all: ask for more")
        self.assert_not_woken(w)
        # The next one is told again.
        said = len(self.said())
        self.assert_refused("10.88.2.1", FORBIDDEN)
        self.assertTrue(wait_for(lambda: told(self.said()[said:]) == 1), self.said())

    def test_alike_ones_are_told_once(self):
        daemon = self.begin_counting("first")
        w = self.weather(daemon)
        self.show("alike ones", w)
        self.assertEqual((w["denied"], w["lost"]), (w["refused"], 0), w)
        self.assertLessEqual(w["told"], 1, w)  # begin_enforcing() has had that one
        self.assert_not_woken(w)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]], verbosity=2)
