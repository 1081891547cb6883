#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A database and a backup on one slow disk: eight that read pages by chance, against a bulk writer that always has eight megabytes under way.

The disk does 400 operations and 10 MB a second, whatever the host's does: see slow-disk. A rule, and then a goal, sees how the
database's cgroup fares and moves io.max of the backup's; the database's p99, which it measures itself, falls at least three times against
the same without; the backup goes on; and all is as it was when the backup is over.

usage: disk.py STAGE READER [CASE...]   (as root, in a machine that may be thrown away)
"""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from guest import CGROUP, Checks, read, rules, run, wait_for  # noqa: E402
from tenants import Daemon, Latencies, Load, keep_results, machine  # noqa: E402

DISK, FOLDER = "vda", "/run/disk"
DATABASE_MIB = 32
# Eight connections, that together want a fifth of the disk's operations. Each has its turn after a write and the reads before its own.
CONNECTIONS, PAUSE_US = "8", "100000"
SECONDS, WINDOWS = 10, 3
# What a backup may be kept down to, and still gets somewhere: a tenth of the disk.
LEAST = 1 << 20

RULE = """
[rule database-first]
description = the backup gives way while the database waits for the disk
for = cgroup:{database}
when = p99(block.read_latency) > 100ms
window = 5s
hold = 2s
then = io.max.wbps[vda] @cgroup:{backup} /= 2
within = io.max.wbps[vda] @cgroup:{backup} 1Mi..8Mi
until = rate(cgroup.io_write_bytes @cgroup:{backup}) < 100Ki
clear-hold = 5s
cooldown = 5s
"""

GOAL = """
[goal database-reads]
description = the database does not wait for the disk
for = cgroup:{database}
keep = p99(block.read_latency) < 300ms
by = io.max.wbps[vda] @cgroup:{backup} 1Mi..max
settle = 8s
ease-after = 20s
"""


def make_disk(mib):
    run("modprobe", "ext4")
    run("mkfs.ext4", "-q", "-E", "nodiscard,lazy_itable_init=1,lazy_journal_init=1", f"/dev/{DISK}")
    os.makedirs(FOLDER, exist_ok=True)
    run("mount", "-o", "noinit_itable", f"/dev/{DISK}", FOLDER)
    run("dd", "if=/dev/zero", f"of={FOLDER}/database", "bs=1M", f"count={mib}", "oflag=direct")


def written():
    """Bytes that the disk has taken, from anybody; the database only reads."""
    return int(read(f"/sys/block/{DISK}/stat").split()[6]) * 512


def start_backup(group):
    return Load(group, "fio", "--name=backup", f"--filename={FOLDER}/backup", "--size=256M", "--rw=write", "--bs=1M", "--direct=1",
                "--ioengine=libaio", "--iodepth=8", "--time_based", "--runtime=1h", "--thread")


def limit(group):
    return read(f"{CGROUP}{group}/io.max")


def look(latencies):
    start, since = written(), time.monotonic()
    p99 = latencies.median_p99_ms(SECONDS, WINDOWS)
    return {"p99_ms": p99, "backup_mb_s": (written() - start) / (time.monotonic() - since) / 1e6}


def told(what, figures):
    print(f"# {what}: p99 {figures['p99_ms']:.1f} ms, the disk is written {figures['backup_mb_s']:.2f} MB/s", flush=True)


def story(check, where, groups, latencies, name, text):
    rules(text.format(**groups))
    daemon = Daemon(where)
    backup = start_backup(groups["backup"])
    before = look(latencies)
    told("advised only", before)
    check(daemon.changed() == {}, "nothing is changed in mode advise", daemon.changed())

    daemon.enforce()
    check(wait_for(lambda: limit(groups["backup"]), 60), "the backup is limited", limit(groups["backup"]))
    enough = wait_for(lambda: latencies.p99_ms(SECONDS) * 3 <= before["p99_ms"], 90)
    after = look(latencies)
    told(f"with {name}", after)
    print(f"# io.max of the backup: {limit(groups['backup'])}; {daemon.state(name)}", flush=True)
    check(enough and after["p99_ms"] * 3 <= before["p99_ms"], "the database's p99 falls at least 3 times",
          f"{before['p99_ms']:.1f} ms -> {after['p99_ms']:.1f} ms")
    check(after["backup_mb_s"] * 1e6 > LEAST / 2, "and the backup goes on", f"{after['backup_mb_s']:.2f} MB/s")

    backup.stop()
    check(wait_for(lambda: daemon.changed() == {}, 120), "when it is over, all is as it was", daemon.changed())
    where.stop()
    check(daemon.changed() == {}, "and after a stop", daemon.changed())
    return {"before": before, "after": after}


CASES = {"rule": ("database-first", RULE), "goal": ("database-reads", GOAL)}


def main():
    stage, reader = sys.argv[1:3]
    check, results = Checks(), {"kernel": os.uname().release}
    where = machine(stage)
    make_disk(DATABASE_MIB)
    groups = {name: where.tenant(name) for name in ("database", "backup")}
    latencies = Latencies("/run/reads")
    Load(groups["database"], reader, "direct", f"{FOLDER}/database", latencies.path, PAUSE_US, CONNECTIONS)
    alone = look(latencies)
    told("no backup", alone)
    for case in sys.argv[3:] or CASES:
        results[case] = story(check, where, groups, latencies, *CASES[case])

    keep_results("disk.json", {**results, "alone": alone})
    if check.failed:
        print(where.words())
    check.finish()


if __name__ == "__main__":
    main()
