#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""`trimtab guard`, with a daemon and without one, on a cgroup of the test's own. What it says is held against what connections come to.
argv: TRIMTABD TRIMTAB GUARD.so"""
import errno
import json
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import web  # noqa: E402
from plants import TRIMTAB, wait_for  # noqa: E402

EGRESS = """
[egress]
mode = {mode}
on-exit = {leave}
{more}

[egress-rule web]
unit = web.service
allow = 192.0.2.0/24, 10.0.0.0/8:443/tcp
default = deny
"""


class Command(web.WebCase):
    def egress(self, mode="enforce", leave="open", more=""):
        self.write("rules/10.conf", EGRESS.format(mode=mode, leave=leave, more=more))

    def guard(self, *words):
        """Status, what is printed, and what is complained of."""
        result = self.command("guard", *words, "--config", f"{self.dir}/trimtab.conf")
        return result.returncode, result.stdout, result.stderr

    def status(self):
        code, out, err = self.guard("status", "--json")
        return code, json.loads(out) if out else err

    def guarded(self, mode="enforce", daemon_mode="enforce", **how):
        self.egress(mode, **how)
        daemon = self.start(daemon_mode)
        self.assertTrue(wait_for(lambda: isinstance(self.status()[1], dict) and self.status()[1].get("configured")), self.said())
        return daemon

    # --- status ---

    def test_status_of_what_is_enforced_as_asked(self):
        self.guarded(leave="keep")
        code, status = self.status()
        self.assertEqual((code, status["mode_asked"], status["mode"], status["as_asked"], status.get("why")),
                         (0, "enforce", "enforce", True, None))
        self.assertEqual((status["rules"], status["prefixes"], status["default"], status["on_exit"]), (1, 2, "allow", "keep"))
        self.assertEqual(os.listdir(self.pins), [os.path.basename(status["pinned"])])
        self.assertIn("127.0.0.0/8", status["lifeline"])
        self.assertEqual(status["cgroup"], self.slice)

        # By effect: what is seen, and what is not there.
        self.assertEqual({hook["tried"] for hook in status["hooks"] if hook["seen"]},
                         {"connect IPv4", "connect IPv6", "send IPv4", "send IPv6", "raw socket", "route by option"})
        self.assertTrue(all(hook["reason"] for hook in status["hooks"] if hook["backend"] == "lsm"))
        holes = {row["technique"] for row in status["coverage"] if not row["covered"]}
        self.assertIn("packet sockets", holes)
        self.assertIn("listening", holes)
        self.assertIn("source and segment routes by control message", holes)
        self.assertNotIn("source and segment routes by setsockopt", holes)
        self.assertNotIn("TCP fast open", holes)

        code, out, _ = self.guard("status")
        self.assertEqual(code, 0)
        for text in ("enforce, as asked", "1 rule with 2 prefixes", "What gets through unseen",
                     "packet sockets (hooks of the LSM would see it)", self.slice, status["pinned"]):
            self.assertIn(text, out)
        self.assertNotIn("TCP fast open", out)

    def test_status_of_less_than_asked(self):
        self.guarded(daemon_mode="advise")
        code, status = self.status()
        self.assertEqual((code, status["mode_asked"], status["mode"], status["as_asked"]), (1, "enforce", "audit", False))
        self.assert_let()
        code, out, _ = self.guard("status")
        self.assertEqual(code, 1)
        self.assertIn("audit, and not enforce as asked", out)
        self.assertIn("'trimtab mode enforce' lets it act", out)

        self.assertEqual(self.command("mode", "enforce").returncode, 0)
        self.assertTrue(wait_for(lambda: self.status()[0] == 0), self.said())
        self.assert_refused()

        # Refused it is, and yet it does not count.
        self.egress(more="require-coverage = lsm")
        self.assertEqual(self.command("reload").returncode, 0)
        code, status = self.status()
        self.assertEqual((code, status["mode"], status["covered"], status["as_asked"]), (1, "enforce", False, False))
        self.assertIn("require-coverage asks for lsm", status["why"])
        self.assertIn("enforce, and yet less than asked", self.guard("status")[1])

    def test_status_of_off(self):
        self.guarded("off")
        code, out, _ = self.guard("status")
        self.assertEqual(code, 0)
        self.assertIn("off, as asked", out)
        self.assertIn("Nothing is attached: all gets through.", out)
        self.assertFalse(any(row["covered"] for row in self.status()[1]["coverage"]))

    # --- events ---

    def test_events(self):
        self.guarded(more="")
        self.assertIn("no refusal of the kind was told yet", self.guard("events")[1])
        for to in ("198.51.100.1", "198.51.100.1", "203.0.113.9"):
            self.assert_refused(to)
        self.assert_let("192.0.2.1")
        events = json.loads(self.guard("events", "--json")[1])
        self.assertEqual([event["destination"] for event in events], ["198.51.100.1:443/tcp", "203.0.113.9:443/tcp"])
        self.assertEqual({(event["subject"], event["verdict"], event["rule"], event["kind"], event["uid"]) for event in events},
                         {("web.service", "refused", "web", "connect", 0)})
        self.assertTrue(events[0]["comm"].startswith("python"))
        self.assertTrue(events[0]["time_usec"] <= events[1]["time_usec"])
        self.assertEqual(self.status()[1]["denied"], 3)

        self.assertEqual([len(json.loads(self.guard("events", "--json", *words)[1]))
                          for words in (["-n", "1"], ["--unit=web"], ["--unit=we?.service"], ["--unit=db"])], [1, 2, 2, 0])
        code, out, _ = self.guard("events", "-n", "1")
        self.assertEqual(code, 0)
        self.assertIn("203.0.113.9:443/tcp", out)
        self.assertNotIn("198.51.100.1", out)
        self.assertIn("3 refused, 0 would have been, of which 2 were told", out)

    def test_events_together(self):
        self.guarded()
        self.write("rules/20.conf", "[egress-rule web]\nlog = all\n")
        self.assertEqual(self.command("reload").returncode, 0)
        for _ in range(3):
            self.assert_refused()
        self.assert_refused("203.0.113.9")
        rows = self.ask("report", "guard", "refusals")
        self.assertEqual([(row["n"], row["destination"]) for row in rows], [(3, "198.51.100.1:443/tcp"), (1, "203.0.113.9:443/tcp")])
        self.assertTrue(rows[0]["first_usec"] < rows[0]["last_usec"])
        self.assertIn("Alike ones together", self.guard("events")[1])

    def test_events_as_they_come(self):
        self.guarded()
        self.assert_refused()
        with subprocess.Popen([TRIMTAB, "--runtime-dir", f"{self.dir}/run", "guard", "events", "--follow", "--json"], text=True,
                              stdout=subprocess.PIPE) as follow:
            try:
                self.assertEqual(json.loads(follow.stdout.readline())["destination"], "198.51.100.1:443/tcp")
                self.assert_refused("203.0.113.9")
                self.assertEqual(json.loads(follow.stdout.readline())["destination"], "203.0.113.9:443/tcp")
            finally:
                follow.terminate()

    # --- learn ---

    def test_what_is_learnt_can_be_put_among_the_rules(self):
        code, _, err = self.guard("learn")
        self.assertEqual(code, 1)
        self.assertIn(f"there is no {self.dir}/learnt", err)

        daemon = self.guarded("learn")
        self.assert_let()
        self.assert_let("192.0.2.1", 80)
        code, learnt, _ = self.guard("learn")
        self.assertEqual(code, 0)
        self.assertIn("unit = web.service", learnt)
        self.assertEqual(self.guard("learn", "--unit=web")[1], learnt)
        code, out, err = self.guard("learn", "--unit=db")
        self.assertEqual((code, "web" in out), (1, False))
        self.assertIn("nothing was learnt of 'db'", err)
        self.assertEqual(json.loads(self.guard("learn", "--unit=web", "--json")[1])[0]["subject"], "web.service")

        # Also when nobody is there any more.
        self.stop(daemon)
        self.assertEqual(self.guard("learn")[:2], (0, learnt))

        self.write("rules/20.conf", learnt)
        self.write("rules/10.conf", "[egress]\nmode = enforce\ndefault = deny\n")
        self.start()
        self.assertTrue(wait_for(lambda: self.attempt("203.0.113.9") == errno.EPERM), self.said())
        self.assert_let()
        self.assert_let("192.0.2.1", 80)
        self.assert_refused("192.0.2.1", 443)

    # --- release ---

    def test_released_until_the_next_reload(self):
        daemon = self.guarded(leave="keep")
        self.assert_refused()
        code, out, _ = self.guard("release")
        self.assertEqual(code, 0)
        self.assertIn("until 'trimtab reload'", out)
        self.assert_let()
        self.assertEqual(os.listdir(self.pins), [])
        ticks = self.ask("status")["ticks"]
        self.assertTrue(wait_for(lambda: self.ask("status")["ticks"] > ticks + 3))
        self.assert_let()

        code, status = self.status()
        self.assertEqual((code, status["released"], status["mode"], status["mode_asked"]), (1, True, "off", "enforce"))
        self.assertEqual(self.ask("knobs", "guard.mode", "host")[0]["value"], "off")
        self.assertTrue(any("released" in event["message"] for event in self.ask("log")))

        self.assertEqual(self.command("reload").returncode, 0)
        self.assert_refused()
        self.assertEqual(self.status()[0], 0)
        self.stop(daemon)

    def test_released_with_the_daemon_dead(self):
        daemon = self.guarded(leave="keep")
        self.stop(daemon, signal.SIGKILL)
        self.restore()
        self.assert_refused()
        code, status = self.status()
        self.assertEqual((code, status["mode"], status["pinned_by_others"]), (1, "enforce", 1))
        self.assertIn("'trimtab guard release' takes it down", self.guard("status")[1])

        code, out, _ = self.guard("release")
        self.assert_let()
        self.assertEqual((code, os.listdir(self.pins)), (0, []), out)
        code, out, _ = self.guard("release")
        self.assertEqual(code, 0)
        self.assertIn("nothing to release", out)
        self.assertIn("nothing is refused", self.guard("status")[1])

    def test_what_is_no_pin_stays(self):
        os.makedirs(f"{self.dir}/files/precious")
        self.write("files/precious/guard_list", "of names")
        self.write("trimtab.conf", f"[plugin guard]\npins = {self.dir}/files\n")
        self.assertEqual(self.guard("release")[0], 1)
        self.assertTrue(os.path.exists(f"{self.dir}/files/precious/guard_list"))


if __name__ == "__main__":
    web.main()
