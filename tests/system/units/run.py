#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cgroups of units, by effect: who writes, who wins, what stays.

usage: run.py STAGE [CASE...]   (as root, in a machine that may be thrown away)

A CASE is a word of unittest's -k: `by_hand`, `Container.test_below*`.
"""
import glob
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path[:0] = [HERE, os.path.dirname(HERE)]

from guest import install, unpack, write  # noqa: E402


class AtOnce(unittest.TextTestResult):
    """A failure is told when it happens, with what the daemon said: emulated runs are long and may be cut."""

    def tell(self, test, error):
        self.stream.writeln(self._exc_info_to_string(error, test))
        if hasattr(test, "words"):
            self.stream.writeln(test.words())

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.tell(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self.tell(test, err)

    def printErrors(self):
        """They were."""


def install_service(stage):
    """As a package does it, but that a killed daemon stays away: what ExecStopPost= does is looked at."""
    # systemd makes it with the first pin, and would leave it to whichever case comes first.
    os.makedirs("/etc/systemd/system.control", exist_ok=True)
    write("/run/systemd/system/trimtabd.service.d/50-test.conf", "[Service]\nRestart=no\n")
    install(stage)


def without_bpf(stage):
    """No rule here measures with BPF, and an emulated machine loads it slowly, at each of many starts."""
    for path in glob.glob(f"{stage}/**/trimtab/plugins/sched.so", recursive=True):
        os.unlink(path[len(stage):])


# whether systemd is PID 1 -> how to install there, and what is tried
MACHINES = {
    True: (install_service, ("reload", "by_hand", "lifetime", "unmade", "delegated", "undo", "protected", "devices")),
    False: (unpack, ("no_systemd",)),
}


def main():
    # Whoever waits sees how far it is.
    sys.stdout.reconfigure(write_through=True)
    stage, *cases = sys.argv[1:]
    prepare, modules = MACHINES[os.path.isdir("/run/systemd/system")]
    prepare(stage)
    without_bpf(stage)

    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{case}*" for case in cases] or None
    suite = loader.loadTestsFromNames(modules)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=AtOnce).run(suite)
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()
