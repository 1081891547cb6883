#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon and its guard, on a cgroup of the test's own: rules read from files, reloaded, moved by a rule, killed.
argv: TRIMTABD TRIMTAB GUARD.so"""
import errno
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import web  # noqa: E402
from plants import wait_for  # noqa: E402

EGRESS = """
[egress]
mode = {mode}
on-exit = {exit}

[egress-rule web]
unit = web.service
allow = {allow}
default = deny
"""

TIGHTEN = """
[rule tighten]
for = cgroup:{cgroup}
when = rate(guard.would_deny) > 0
hold = 0s
then = guard.mode @host = enforce
until = rate(guard.would_deny) < 0.001
clear-hold = 10min
"""


class Guard(web.WebCase):
    def egress(self, mode="enforce", leave="open", allow="192.0.2.0/24"):
        self.write("rules/10.conf", EGRESS.format(mode=mode, exit=leave, allow=allow))

    def mode(self):
        return (self.ask("knobs", "guard.mode", "host") or [{}])[0].get("value")

    def test_reloaded(self):
        self.egress()
        daemon = self.start()
        self.assertTrue(wait_for(lambda: self.mode() == "enforce"), self.said())
        self.assert_refused()
        self.assert_let("192.0.2.1")
        self.egress(allow="198.51.100.0/24")
        self.assertEqual(self.command("reload").returncode, 0, self.said())
        self.assert_let()
        self.assert_refused("192.0.2.1")

        # A mistake changes nothing.
        self.egress(allow="198.51.100.1/24")
        self.assertNotEqual(self.command("reload").returncode, 0)
        self.assert_let()
        self.stop(daemon)
        self.assert_let("192.0.2.1")

    def test_a_name(self):
        self.egress(allow="name:deb.test:443/tcp")
        self.start()
        self.assertTrue(wait_for(lambda: self.attempt("192.0.2.7") == errno.ENETUNREACH), self.said())
        self.assert_refused("192.0.2.7", 80)
        self.assert_refused()

    def test_a_daemon_that_advises(self):
        self.egress()
        self.start("advise")
        self.assertTrue(wait_for(lambda: "would enforce" in self.said()), self.said())
        self.assert_let()
        self.assertEqual(self.command("mode", "enforce").returncode, 0)
        self.assertTrue(wait_for(lambda: self.attempt() == errno.EPERM), self.said())

    def test_moved_by_a_rule(self):
        self.egress(mode="audit")
        self.write("rules/20.conf", TIGHTEN.format(cgroup=self.web[len(web.unified()):]))
        self.start()
        self.assertTrue(wait_for(lambda: self.mode() == "audit"), self.said())
        self.assertTrue(wait_for(lambda: self.attempt() == errno.EPERM), self.said())
        self.assertEqual(self.mode(), "enforce")

    def test_killed(self):
        self.egress(leave="keep")
        daemon = self.start()
        self.assertTrue(wait_for(lambda: self.attempt() == errno.EPERM), self.said())
        self.stop(daemon, signal.SIGKILL)
        self.restore()
        self.assert_refused()
        self.assert_let("192.0.2.1")
        self.egress(allow="198.51.100.0/24")
        daemon = self.start()
        self.assertTrue(wait_for(lambda: self.attempt() == errno.ENETUNREACH), self.said())
        self.stop(daemon)


def with_a_name():
    """This program once more, where deb.test is 192.0.2.7: in a mount namespace of its own."""
    if "TRIMTAB_OWN_HOSTS" in os.environ:
        return
    os.environ["TRIMTAB_OWN_HOSTS"] = "1"
    bind = 'h=$(mktemp) && { cat /etc/hosts; echo 192.0.2.7 deb.test; } > $h && mount --bind $h /etc/hosts && rm $h && exec "$@"'
    os.execvp("unshare", ["unshare", "--mount", "sh", "-c", bind, "sh", sys.executable, *sys.argv])


if __name__ == "__main__":
    web.main(with_a_name)
