# SPDX-License-Identifier: LGPL-2.1-or-later
"""A daemon whose guard judges one service, web.service, in a cgroup of the test's own; of what it tries to reach nothing leaves the machine.
argv: TRIMTABD TRIMTAB GUARD.so [TEST...]"""
import errno
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "daemon"))
import bpffs  # noqa: E402
from plants import PlantCase  # noqa: E402

# In the cgroup, and in a network that leads nowhere: tries to connect, and says what came of it.
ATTEMPT = """
import ctypes, socket, sys
open(sys.argv[1] + "/cgroup.procs", "w").write("0")
if ctypes.CDLL(None, use_errno=True).unshare(0x40000000):
    sys.exit(255)
s = socket.socket()
sys.exit(s.connect_ex((sys.argv[2], int(sys.argv[3]))))
"""

def unified():
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        for line in mounts:
            if line.split()[2] == "cgroup2":
                return line.split()[1]
    return None


class WebCase(PlantCase):
    def setUp(self):
        super().setUp()
        os.unlink(f"{self.dir}/rules/50-level.conf")
        self.slice = f"{unified()}/trimtab-web-{os.getpid()}.slice"
        self.web = f"{self.slice}/web.service"
        self.pins = f"/sys/fs/bpf/trimtab-web-{os.getpid()}"
        os.makedirs(self.web)
        self.write("trimtab.conf", f"[daemon]\ntick = 100ms\n[plugin guard]\ncgroup = {self.slice}\npins = {self.pins}\n"
                   f"learnt = {self.dir}/learnt\nlsm = no\n")

    def tearDown(self):
        super().tearDown()
        for folder, _, files in os.walk(self.pins, topdown=False):
            for file in files:
                os.unlink(f"{folder}/{file}")
            os.rmdir(folder)
        os.rmdir(self.web)
        os.rmdir(self.slice)

    def attempt(self, address="198.51.100.1", port=443):
        return subprocess.run([sys.executable, "-c", ATTEMPT, self.web, address, str(port)], check=False).returncode

    def assert_refused(self, *to):
        self.assertEqual(self.attempt(*to), errno.EPERM, self.said())

    def assert_let(self, *to):
        self.assertEqual(self.attempt(*to), errno.ENETUNREACH, self.said())


def main(prepare=None):
    """prepare: what else the tests need, and only root can make."""
    if os.geteuid() != 0 or not unified():
        print("skipped: it takes root, and cgroup v2")
        sys.exit(77)
    if prepare:
        prepare()
    bpffs.enter()
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
