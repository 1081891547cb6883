#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Recordings of a real daemon, and rules run over them: what was decided then is decided again.

usage: test_record.py TRIMTABD TRIMTAB PLANT.so   (no root needed)
Waits have bounds; nothing is asserted about how long anything takes."""
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from plants import RULE, TRIMTAB, WAIT, PlantCase, wait_for  # noqa: E402


class Recording(PlantCase):
    def setUp(self):
        super().setUp()
        self.file = f"{self.dir}/recording"

    def record(self, *words):
        recorder = subprocess.Popen([TRIMTAB, "--runtime-dir", f"{self.dir}/run", "record", "-o", self.file, *words],
                                    text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.daemons.append(recorder)
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
        self.start()
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

    def test_a_goal_takes_the_same_steps(self):
        self.write("rules/50-level.conf", "[goal low]\nfor = plant:a\nkeep = last(plant.value) < 10\n"
                   "by = plant.level 10..1000\nsettle = 1s\n")
        self.start()
        recorder = self.record()
        self.set("a", "value", "50")
        self.assertTrue(wait_for(lambda: any(e["kind"] == "restored" for e in self.ask("log"))), self.said())
        self.ticks_pass(3)
        self.end(recorder)
        moves = self.simulate()["decisions"]
        self.assertEqual([m["by"] for m in moves], ["both"] * len(moves))
        self.assertGreater(len(moves), 1)
        self.assertEqual(moves[-1]["to"], "100")

    def test_other_rules_decide_otherwise(self):
        self.start()
        recorder = self.record()
        self.story()
        self.end(recorder)
        os.makedirs(f"{self.dir}/tried")
        self.write("tried/50-level.conf", RULE.format(objects="*", level=9).replace("until = last(plant.value) < 5", "until = last(plant.value) < 1.5"))
        # Of plugins that are not here, and nothing that decides.
        self.write("tried/60-sections.conf", "[filter bogons]\nsource = 10.0.0.0/8\n[egress]\nmode = enforce\n[route x]\nvia = y\n")
        moves = self.simulate(rules=f"{self.dir}/tried")["decisions"]
        self.assertEqual([(m["object"], m["from"], m["to"]) for m in moves if m["by"] != "recorded"],
                         [("plant:a", "100", "9"), ("plant:b", "100", "9"), ("plant:a", "9", "100")])
        rule = self.simulate(rules=f"{self.dir}/tried")["rules"][0]
        self.assertEqual([(h["object"], h["knob"], h["value"]) for h in rule["held"]], [("plant:b", "plant.level", "9")])

    def test_what_the_daemon_holds_begins_as_it_was_before(self):
        self.start()
        self.set("a", "value", "50")
        self.wait_level("7")
        recorder = self.record()
        time.sleep(1)
        self.end(recorder)
        moves = self.simulate()["decisions"]
        self.assertEqual([(m["by"], m["from"], m["to"]) for m in moves], [("simulated", "100", "7")])

    def test_globs_measure_what_no_rule_wants(self):
        self.write("rules/50-level.conf", "")
        self.start()
        self.write("tried.conf", RULE.format(objects="*", level=7))
        readings = {}
        for words in ((), ("--metrics", "trimtab.cpu_time"), ("--objects", "host")):
            recorder = self.record(*words)
            self.ticks_pass(10)
            self.assertEqual(self.end(recorder)[0], 0)
            answer = self.simulate(rules=f"{self.dir}/tried.conf")
            readings[words] = round(answer["readings"] / answer["ticks"])
        # The plant plugin measures always, the daemon itself only on demand.
        self.assertEqual(readings[()], 2)
        self.assertEqual(readings["--metrics", "trimtab.cpu_time"], 3)
        self.assertGreater(readings["--objects", "host"], 3)

    def test_a_killed_recorder_leaves_what_it_wrote(self):
        self.start()
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
        self.start()
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
        self.start()
        recorder = self.record("--for", "1s")
        code, out, err = self.end(recorder, None)
        self.assertEqual((code, err), (0, ""))

    def test_the_daemon_goes(self):
        daemon = self.start()
        recorder = self.record()
        time.sleep(0.5)
        daemon.send_signal(signal.SIGTERM)
        code, out, err = self.end(recorder, None)
        self.assertEqual(code, 1)
        self.assertIn("the daemon went away", err)
        self.assertGreater(self.simulate()["ticks"], 0)

    def test_the_size_is_bounded(self):
        self.start()
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
        self.start()
        self.file = "/dev/full"
        recorder = self.record()
        code, out, err = self.end(recorder, None)
        self.assertEqual(code, 1)
        self.assertIn("No space left", err)

    def shrink_pipe(self, recorder):
        """What the recorder reads from holds one page from now on."""
        folder = f"/proc/{recorder.pid}/fd"
        for fd in sorted(os.listdir(folder), key=int)[3:]:
            if os.readlink(f"{folder}/{fd}").startswith("pipe:"):
                with open(f"{folder}/{fd}", "rb", buffering=0) as pipe:
                    fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 4096)

    def test_a_reader_that_stands_still_loses_ticks_and_the_daemon_none(self):
        for i in range(60):
            os.makedirs(f"{self.dir}/plants/p{i}")
            self.set(f"p{i}", "value", "0")
            self.set(f"p{i}", "level", "100")
        self.start()
        recorder = self.record()
        self.ticks_pass(3)
        self.shrink_pipe(recorder)
        recorder.send_signal(signal.SIGSTOP)
        self.ticks_pass(20)
        self.set("a", "value", "50")
        self.wait_level("7")
        recorder.send_signal(signal.SIGCONT)
        self.ticks_pass(3)
        code, out, err = self.end(recorder)
        self.assertEqual(code, 0, err)
        self.assertIn("ticks lost", out)

        # Samples are lost and counted, what was decided is told when there is room again.
        answer = self.simulate()
        self.assertGreaterEqual(answer["lost_ticks"], 5)
        self.assertIn(("plant:a", "set", "done"),
                      [(m["object"], m["verb"], m.get("outcome")) for m in answer["decisions"] if m["by"] != "simulated"])

    def test_speed(self):
        self.start()
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
        self.start()
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
