#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""No moment without the policy at a reload: while connections are asked for all the time, a thousand reloads between two policies that forbid
and allow these alike. Not one that is forbidden may come out of the wire, not one that is allowed may fail.

usage: test_guard_hammer.py TRIMTABD TRIMTAB GUARD.so KNOCK   (RELOADS in the environment: as many)"""
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from guarded import ALLOWED, FORBIDDEN, GuardCase, policy, wait_for  # noqa: E402

RELOADS = int(os.environ.get("RELOADS", "1000"))
MANY = ", ".join(f"10.88.{64 + i // 8}.{i % 8 * 32}/27" for i in range(200))

# Each forbids and allows by other means: by a longer prefix in a rule of the unit, by what no rule of it says, by the default of all.
POLICIES = (
    policy(log="none"),
    policy(log="none").replace("deny = 10.88.2.0/24\n", f"deny = 10.88.3.0/24, {MANY}\n"),
    f"""
[egress]
mode = enforce
default = deny

[egress-rule forbidden]
cgroup = /
log = none
deny = 10.88.2.1, fd88:2::/32, {MANY}

[egress-rule allowed]
allow = 10.88.0.0/16, fd88:1::1:443
""".replace("fd88:1::1:443", "[fd88:1::1]:443"),
)


class Reloads(GuardCase):
    def test_no_moment_without_a_policy(self):
        daemon = self.begin_enforcing(POLICIES[0])
        frames = self.arrived(FORBIDDEN)
        self.hammer(600)
        start = time.monotonic()
        for i in range(RELOADS):
            result = self.reload(POLICIES[(i + 1) % len(POLICIES)])
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assert_never_otherwise(i, frames)
        seconds = time.monotonic() - start
        before = self.asked()
        self.assertTrue(wait_for(lambda: self.asked()["forbidden"] > before["forbidden"] + 100), self.said())
        asked = self.assert_never_otherwise(RELOADS, frames)
        self.assertGreaterEqual(self.arrived(ALLOWED), asked["allowed"])
        self.assertIsNone(daemon.poll(), self.said())
        print(f"# {RELOADS} reloads, {RELOADS / seconds:.1f} a second; {asked['allowed']} allowed and {asked['forbidden']} forbidden asked for, "
              f"{asked['failed']} failed and {asked['through']} through", file=sys.stderr)

    def assert_never_otherwise(self, i, frames):
        asked = self.asked()
        self.assertEqual((asked["through"], asked["failed"]), (0, 0), f"by reload {i}: {asked}\n{self.said()}")
        self.assertEqual(self.arrived(FORBIDDEN), frames, f"by reload {i}")
        return asked


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
