#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A service with a working set in the page cache, and a neighbour that fills the page cache with what it reads once.

The service's pages are read again only after many seconds, so the kernel takes them for the neighbour's; each that is gone is a read
of a slow disk (see slow-disk; the neighbour reads holes, which cost it nothing but memory). A rule protects the service by memory.low, or a
goal finds how much of it is needed: the service's refaults, which the kernel counts, and its p99, which it measures itself, fall
at least three times against the same without; the neighbour goes on reading; and all is as it was when it is over.

usage: cache.py STAGE READER [CASE...]   (as root, in a machine that may be thrown away)
"""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disk import FOLDER, make_disk  # noqa: E402
from guest import CGROUP, Checks, read, rules, run, wait_for  # noqa: E402
from tenants import Daemon, Latencies, Load, keep_results, machine  # noqa: E402

# The neighbour's file is larger than the machine.
USED_MIB, FILE_MIB = 24, 4096
PAUSE_US = "1000"
SECONDS, WINDOWS = 8, 3

GOAL = """
[goal working-set]
description = what the service uses stays in memory
for = cgroup:{service}
keep = rate(cgroup.refaults) < 5
by = memory.low 0..160Mi step +40Mi
settle = 6s
ease-after = 20s
"""

# memory.low counts for as much as every cgroup above has of it: an administrator of a goal gives it to the one above, the rule does both.
ABOVE = "192M"
RULE = """
[rule keep-cached]
description = while the service reads again what it had, its memory is nobody else's
for = cgroup:{service}
when = rate(cgroup.refaults) > 5
window = 5s
hold = 2s
then = memory.low = 128Mi
       memory.low @parent = 128Mi
until = last(cgroup.memory_current @cgroup:{neighbour}) < 64Mi
clear-hold = 5s
"""


def refaults(group):
    """Pages of files that had to be read again, as the kernel counts them."""
    return int(dict(line.split() for line in read(f"{CGROUP}{group}/memory.stat").splitlines())["workingset_refault_file"])


class Neighbour:
    """Reads a file from end to end, again and again, 64 MiB by each program."""

    SCRIPT = 'i=0; while dd if="$0" of=/dev/null bs=1M count=64 skip=$((i % 64 * 64)) 2>/dev/null; do i=$((i + 1)); echo $i >"$1"; done'

    def __init__(self, group):
        run("truncate", "-s", f"{FILE_MIB}M", f"{FOLDER}/once")
        self.load = Load(group, "sh", "-c", self.SCRIPT, f"{FOLDER}/once", "/run/rounds")

    def stop(self):
        """Its memory goes with its file."""
        self.load.stop()
        os.unlink(f"{FOLDER}/once")

    @staticmethod
    def rounds():
        return int(read("/run/rounds") or 0)


def look(latencies, group):
    since, n_refaults, n_rounds = time.monotonic(), refaults(group), Neighbour.rounds()
    p99 = latencies.median_p99_ms(SECONDS, WINDOWS)
    took = time.monotonic() - since
    return {"p99_ms": p99, "refaults_s": (refaults(group) - n_refaults) / took,
            "neighbour_mib_s": (Neighbour.rounds() - n_rounds) * 64 / took}


def told(what, figures):
    print(f"# {what}: p99 {figures['p99_ms']:.2f} ms, {figures['refaults_s']:.1f} refaults a second, "
          f"the neighbour reads {figures['neighbour_mib_s']:.0f} MiB/s", flush=True)


def better(before, after):
    return after["p99_ms"] * 3 <= before["p99_ms"] and after["refaults_s"] * 3 <= before["refaults_s"]


def story(check, where, groups, latencies, name, text):
    rules(text.format(**groups))
    if name == "working-set":
        where.set_low(os.path.dirname(groups["service"]), ABOVE)
    daemon, neighbour = Daemon(where), Neighbour(groups["neighbour"])
    wait_for(lambda: Neighbour.rounds() > 16, 120)
    before = look(latencies, groups["service"])
    told("advised only", before)
    check(daemon.changed() == {}, "nothing is changed in mode advise", daemon.changed())

    daemon.enforce()
    check(wait_for(daemon.changed, 60), f"{name} acts", daemon.state(name))
    # What was lost is read once more first.
    enough = wait_for(lambda: latencies.p99_ms(SECONDS) * 3 <= before["p99_ms"], 150)
    after = look(latencies, groups["service"])
    told(f"with {name}", after)
    print(f"# {sorted(daemon.changed())}; {daemon.state(name)}", flush=True)
    check(enough and better(before, after), "the service's p99 and its refaults fall at least 3 times",
          f"{before['p99_ms']:.2f} ms -> {after['p99_ms']:.2f} ms, {before['refaults_s']:.1f} -> {after['refaults_s']:.1f} a second")
    check(after["neighbour_mib_s"] > 0, "and the neighbour goes on", f"{after['neighbour_mib_s']:.0f} MiB/s")

    neighbour.stop()
    check(wait_for(lambda: daemon.changed() == {}, 300), "when it is over, all is as it was", daemon.changed())
    where.stop()
    check(daemon.changed() == {}, "and after a stop", daemon.changed())
    return {"before": before, "after": after}


CASES = {"rule": ("keep-cached", RULE), "goal": ("working-set", GOAL)}


def main():
    stage, reader = sys.argv[1:3]
    check, results = Checks(), {"kernel": os.uname().release}
    where = machine(stage)
    make_disk(USED_MIB)
    groups = {name: where.tenant(name) for name in ("service", "neighbour")}
    latencies = Latencies("/run/reads")
    Load(groups["service"], reader, "cached", f"{FOLDER}/database", latencies.path, PAUSE_US, "1")
    wait_for(latencies.all, 60)
    for case in sys.argv[3:] or CASES:
        results[case] = story(check, where, groups, latencies, *CASES[case])
    keep_results("cache.json", results)
    if check.failed:
        print(where.words())
    check.finish()


if __name__ == "__main__":
    main()
