#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Recordings of a real daemon, and rules run over them: what was decided then is decided again.

usage: test_record.py TRIMTABD TRIMTAB PLANT.so   (no root needed)
Waits have bounds; nothing is asserted about how long anything takes."""
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
for = plant:*
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


class Recording(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="trimtab-test-")
        self.processes = []
        for name in ("plants/a", "plants/b", "plugins", "rules"):
            os.makedirs(f"{self.dir}/{name}")
        for name in ("a", "b"):
            self.set(name, "value", "0")
            self.set(name, "level", "100")
        shutil.copy(PLANT, f"{self.dir}/plugins/plant.so")
        self.write("trimtab.conf", f"[daemon]\ntick = 100ms\n[plugin plant]\ndir = {self.dir}/plants\n")
        self.write("rules/50-level.conf", RULE.format(level=7))
        self.file = f"{self.dir}/recording"

    def tearDown(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
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

    def daemon(self, mode="enforce"):
        with open(f"{self.dir}/log", "a", encoding="utf-8") as log:
            daemon = subprocess.Popen(
                [TRIMTABD, "--config", f"{self.dir}/trimtab.conf", "--rules", f"{self.dir}/rules", "--plugins",
                 f"{self.dir}/plugins", "--runtime-dir", f"{self.dir}/run", "--mode", mode], stderr=log)
        self.processes.append(daemon)
        self.assertTrue(wait_for(lambda: self.ask("status") is not None or daemon.poll() is not None), self.said())
        return daemon

    def command(self, *words):
        return subprocess.run([TRIMTAB, "--runtime-dir", f"{self.dir}/run", *words], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=WAIT)

    def ask(self, *words):
        result = self.command("--json", *words)
        return json.loads(result.stdout) if result.returncode == 0 else None

    def record(self, *words):
        recorder = subprocess.Popen([TRIMTAB, "--runtime-dir", f"{self.dir}/run", "record", "-o", self.file, *words],
                                    text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.processes.append(recorder)
        self.assertTrue(wait_for(lambda: os.path.exists(self.file) and os.path.getsize(self.file) > 0
                                 or recorder.poll() is not None), self.said())
        return recorder

    def end(self, recorder, how=signal.SIGINT):
        if how:
            recorder.send_signal(how)
        out, err = recorder.communicate(timeout=WAIT)
        return recorder.returncode, out, err

    def simulate_raw(self, *words, rules=None):
        return subprocess.run([TRIMTAB, "simulate", "--recording", self.file, "--rules", rules or f"{self.dir}/rules", *words],
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=WAIT)

    def simulate(self, **how):
        result = self.simulate_raw("--json", **how)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def ticks_pass(self, n):
        begin = self.ask("status")["ticks"]
        self.assertTrue(wait_for(lambda: self.ask("status")["ticks"] >= begin + n), self.said())

    def story(self):
        """Two plants go up, one after the other, and down again."""
        self.set("a", "value", "50")
        self.wait_level("7")
        self.set("b", "value", "20")
        self.wait_level("7", "b")
        self.set("a", "value", "1")
        self.wait_level("100")
        self.set("b", "value", "2")
        self.wait_level("100", "b")

    def test_the_same_rules_decide_the_same(self):
        self.daemon()
        recorder = self.record()
        self.story()
        self.ticks_pass(3)
        log = [e for e in self.ask("log") if e["kind"] in ("changed", "restored")]
        code, out, err = self.end(recorder)
        self.assertEqual((code, err), (0, ""))
        self.assertIn("ticks", out)

        answer = self.simulate()
        moves = answer["decisions"]
        self.assertEqual({m["by"] for m in moves}, {"both"}, moves)
        self.assertEqual([(m["object"], m["verb"], m.get("to")) for m in moves],
                         [("plant:a", "set", "7"), ("plant:b", "set", "7"), ("plant:a", "restore", "100"),
                          ("plant:b", "restore", "100")])
        self.assertEqual([m["decision"] for m in moves], [e["decision"] for e in log])
        self.assertEqual([m["reason"] for m in moves], [e["reason"] for e in log])
        self.assertEqual([m["outcome"] for m in moves], ["done", "done", "restored", "restored"])
        self.assertTrue(answer["open_loop"])
        rule = answer["rules"][0]
        self.assertEqual((rule["rule"], rule["fired"], rule["recorded"], rule["n_held"]), ("level", 2, 2, 0))
        self.assertGreater(rule["active_s"], 0)

    def test_other_rules_decide_otherwise(self):
        self.daemon()
        recorder = self.record()
        self.story()
        self.end(recorder)
        os.makedirs(f"{self.dir}/tried")
        self.write("tried/50-level.conf", RULE.format(level=9).replace("until = last(plant.value) < 5", "until = last(plant.value) < 1.5"))
        moves = self.simulate(rules=f"{self.dir}/tried")["decisions"]
        self.assertEqual([(m["object"], m["from"], m["to"]) for m in moves if m["by"] != "recorded"],
                         [("plant:a", "100", "9"), ("plant:b", "100", "9"), ("plant:a", "9", "100")])
        rule = self.simulate(rules=f"{self.dir}/tried")["rules"][0]
        self.assertEqual([(h["object"], h["knob"], h["value"]) for h in rule["held"]], [("plant:b", "plant.level", "9")])

    def test_what_the_daemon_holds_begins_as_it_was_before(self):
        self.daemon()
        self.set("a", "value", "50")
        self.wait_level("7")
        recorder = self.record()
        time.sleep(1)
        self.end(recorder)
        moves = self.simulate()["decisions"]
        self.assertEqual([(m["by"], m["from"], m["to"]) for m in moves], [("simulated", "100", "7")])

    def test_globs_measure_what_no_rule_wants(self):
        self.write("rules/50-level.conf", "")
        self.daemon()
        self.set("a", "value", "50")
        for words, want in (((), 0), (("--objects", "plant:a"), 1)):
            recorder = self.record(*words)
            time.sleep(1)
            self.assertEqual(self.end(recorder)[0], 0)
            self.write("tried.conf", RULE.format(level=7))
            rules = f"{self.dir}/tried.conf"
            # The plant plugin measures always; what is asked of its readings is there in any case.
            self.assertGreaterEqual(len(self.simulate(rules=rules)["decisions"]), want)

    def test_a_killed_recorder_leaves_what_it_wrote(self):
        self.daemon()
        recorder = self.record()
        self.story()
        time.sleep(10)
        self.end(recorder, signal.SIGKILL)
        answer = self.simulate()
        self.assertGreaterEqual(answer["duration_s"], 4)
        self.assertEqual([m["by"] for m in answer["decisions"]], ["both"] * 4)
        # The daemon notices, and goes on.
        self.assertEqual(self.ask("status")["mode"], "enforce")

    def test_every_torn_end_reads(self):
        self.daemon()
        recorder = self.record()
        self.story()
        self.end(recorder)
        with open(self.file, "rb") as file:
            whole = file.read()
        for size in range(len(whole) - 1, 0, -max(1, len(whole) // 40)):
            with open(self.file, "wb") as file:
                file.write(whole[:size])
            result = self.simulate_raw("--json")
            self.assertIn(result.returncode, (0, 1))
            if result.returncode == 1:
                self.assertIn(self.file, result.stderr)

    def test_it_ends_by_time(self):
        self.daemon()
        recorder = self.record("--for", "1s")
        code, out, err = self.end(recorder, None)
        self.assertEqual((code, err), (0, ""))

    def test_the_daemon_goes(self):
        daemon = self.daemon()
        recorder = self.record()
        time.sleep(0.5)
        daemon.send_signal(signal.SIGTERM)
        code, out, err = self.end(recorder, None)
        self.assertEqual(code, 1)
        self.assertIn("the daemon went away", err)
        self.assertGreater(self.simulate()["ticks"], 0)

    def test_the_size_is_bounded(self):
        self.daemon()
        recorder = self.record()
        self.ticks_pass(15)
        self.end(recorder)
        limit = os.path.getsize(self.file) + 100
        recorder = self.record("--max-size", str(limit))
        code, out, err = self.end(recorder, None)
        self.assertEqual(code, 0, err)
        self.assertIn("--max-size", err)
        self.assertLessEqual(os.path.getsize(self.file), limit)
        self.assertGreater(self.simulate()["ticks"], 0)

    def test_a_full_disk(self):
        self.daemon()
        self.file = "/dev/full"
        recorder = self.record()
        code, out, err = self.end(recorder, None)
        self.assertEqual(code, 1)
        self.assertIn("No space left", err)

    def test_a_reader_that_stands_still_loses_ticks_and_the_daemon_none(self):
        # Many objects, so that a tick is large and the pipe is soon full.
        for i in range(60):
            os.makedirs(f"{self.dir}/plants/{'x' * 200}{i}")
            self.set(f"{'x' * 200}{i}", "value", "0")
            self.set(f"{'x' * 200}{i}", "level", "100")
        self.write("trimtab.conf", f"[daemon]\ntick = 100ms\n[plugin plant]\ndir = {self.dir}/plants\n")
        self.daemon()
        recorder = self.record()
        recorder.send_signal(signal.SIGSTOP)
        self.ticks_pass(20)
        self.set("a", "value", "50")
        self.wait_level("7")
        recorder.send_signal(signal.SIGCONT)
        self.end(recorder)
        answer = self.simulate()
        self.assertIn(("plant:a", "set"), [(m["object"], m["verb"]) for m in answer["decisions"]])

    def test_speed(self):
        self.daemon()
        recorder = self.record()
        self.story()
        self.end(recorder)
        result = self.simulate_raw("--speed", "100")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("plant:a plant.level 100 -> 7", result.stdout)
        self.assertIn("open loop", result.stdout)

    def test_bad_files(self):
        self.assertEqual(self.simulate_raw().returncode, 1)
        for content, why in ((b"", "no recording"), (b"hello\n" * 100, "no recording"),
                             (b"TRIMTABR\x02\0\0\0" + bytes(100), "later trimtab")):
            with open(self.file, "wb") as file:
                file.write(content)
            result = self.simulate_raw()
            self.assertEqual(result.returncode, 1)
            self.assertIn(why, result.stderr)

    def test_bad_rules(self):
        self.daemon()
        recorder = self.record()
        self.story()
        self.end(recorder)
        self.write("bad.conf", "[rule bad]\nfor = plant:a\nwhen = last(plant.valeu) > 1\nthen = plant.level = 3\n")
        result = self.simulate_raw(rules=f"{self.dir}/bad.conf")
        self.assertEqual(result.returncode, 1)
        self.assertIn("bad.conf:3:", result.stderr)
        self.assertIn("plant.value", result.stderr)

    def test_usage(self):
        for words in (("record",), ("simulate",), ("simulate", "--recording", "x", "--speed", "fast"),
                      ("record", "-o", "x", "--max-size", "much"), ("record", "--recording", "x"),
                      ("simulate", "--recording", "x", "--speed", "0")):
            self.assertEqual(self.command(*words).returncode, 2, words)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
