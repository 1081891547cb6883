#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Advice: with rules that fire, the daemon writes nothing outside of its runtime directory and standard streams, changes no
unit, and says the command by which a person could do it. What it does is seen by strace, not by its own word.

usage: test_advice.py TRIMTABD TRIMTAB PLANT.so   (no root needed)"""
import os
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from plants import TRIMTABD, PlantCase, wait_for  # noqa: E402

# Every way by which a process without tricks changes a file.
CALLS = ("open,openat,openat2,creat,write,pwrite64,writev,pwritev,pwritev2,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,"
         "rmdir,link,linkat,symlink,symlinkat,truncate,ftruncate,fallocate,chmod,fchmod,fchmodat,chown,fchown,fchownat,mount,"
         "setxattr,fsetxattr,copy_file_range,sendfile,splice,mknod,mknodat,sendmsg,sendto,io_uring_setup")
# What is made only to be read, listened at, or thrown away.
HARMLESS = re.compile(r'"/proc/self/(?:oom_score_adj|comm)"|"/dev/null"|memfd:|anon_inode:|socket:\[|pipe:\[|eventfd|UNIX')


def opens_for_writing(line):
    return re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND", line)


class Advice(PlantCase):
    def setUp(self):
        super().setUp()
        if not shutil.which("strace"):
            self.skipTest("no strace here")
        if subprocess.run(["strace", "-o", "/dev/null", "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
            self.skipTest("strace may not trace here")

    def trace(self, mode):
        """The calls of a daemon whose rule fires and clears, one string each."""
        trace = f"{self.dir}/trace"
        self.set("a", "value", "50")
        with open(f"{self.dir}/log", "a", encoding="utf-8") as log:
            tracer = subprocess.Popen(
                ["strace", "-f", "-y", "-s", "200", "-o", trace, "-e", f"trace={CALLS}", TRIMTABD, "--config",
                 f"{self.dir}/trimtab.conf", "--rules", f"{self.dir}/rules", "--plugins", f"{self.dir}/plugins", "--runtime-dir",
                 f"{self.dir}/run", "--mode", mode], stderr=log)
        self.daemons.append(tracer)
        self.assertTrue(wait_for(lambda: self.ask("status") is not None), self.said())
        kind = "advised" if mode == "advise" else "changed"
        self.assertTrue(wait_for(lambda: any(e["kind"] == kind for e in self.ask("log"))), self.said())
        self.set("a", "value", "1")
        self.assertTrue(wait_for(lambda: len([e for e in self.ask("log") if e["kind"] in (kind, "restored")]) > 1), self.said())
        # The tracer hands signals on to nobody: its daemon is asked itself.
        os.kill(self.ask("status")["pid"], 15)
        tracer.wait(30)
        with open(trace, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()

    def writes(self, lines):
        """Those that change something which is not the daemon's own."""
        found = []
        for line in lines:
            call = re.match(r"\d+\s+(\w+)\(", line)
            if not call or " = -1 " in line:
                continue
            name = call.group(1)
            if name.startswith("open") and not opens_for_writing(line):
                continue
            if f"{self.dir}/run" in line or HARMLESS.search(line):
                continue
            # Standard error, which is the log.
            if name in ("write", "writev") and re.search(rf"\(2<{re.escape(self.dir)}/log>", line):
                continue
            found.append(line)
        return found

    def test_advise_writes_nothing(self):
        lines = self.trace("advise")
        self.assertTrue(any("plants/a/level" in line for line in lines), "the trace sees the knob being read")
        self.assertEqual(self.writes(lines), [])
        self.assertFalse([line for line in lines if "SetUnitProperties" in line])
        self.assertEqual(self.level(), "100")

    def test_the_trace_would_see_a_write(self):
        found = self.writes(self.trace("enforce"))
        self.assertTrue(any("plants/a/level" in line for line in found), found)

    def test_advice_has_the_command(self):
        self.start("advise")
        self.set("a", "value", "50")
        self.assertTrue(wait_for(lambda: any(e["kind"] == "advised" for e in self.ask("log"))), self.said())
        event = [e for e in self.ask("log") if e["kind"] == "advised"][0]
        self.assertEqual(event["apply"], f"echo 7 > {self.dir}/plants/a/level")
        self.assertIn(event["apply"], self.said())
        # It does what it says.
        subprocess.run(event["apply"], shell=True, check=True)
        self.assertEqual(self.level(), "7")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
