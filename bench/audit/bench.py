#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""bench.py BUILD RECORDS.json: what the audit plugin costs a system call, by the caller's own clock: unwatched, beside a watched cgroup, and watched; beside
programs that do nothing on the same hooks, perf trace -s and strace -c. In turns in one run."""
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

BUILD, RECORDS = (os.path.abspath(path) for path in sys.argv[1:3])
ROUNDS = int(os.environ.get("ROUNDS", "7"))
NONE, EMPTY = "nothing attached", "empty programs"
CALLS = ("getppid", "read of a byte", "fsync of a file in memory")

# Name -> mode of call-cost, and who watches its process from outside.
SUBJECTS = {
    NONE: ("none", None),
    "the plugin, unasked": ("open", None),
    EMPTY: ("empty", None),
    "another cgroup's sync_latency": ("else", None),
    "sync_latency": ("sync", None),
    "syscalls": ("count", None),
    "all counts and latencies": ("all", None),
    "a watched path": ("file", None),
    "perf trace -s": ("none", ("perf", "trace", "-s", "-p")),
    "strace -c": ("none", ("strace", "-c", "-p")),
}
BATCHES = 150
# They take many times as long: few calls must do.
FEW = {"perf trace -s": 40, "strace -c": 4}


def measure(mode, peer, batches):
    """ns of each call; None where the peer cannot run."""
    load = subprocess.Popen([f"{BUILD}/bench/audit/call-cost", f"{BUILD}/plugins/audit/audit.so", mode, str(batches)], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True)
    pid, watcher = load.stdout.readline().strip(), None
    if not pid:
        sys.exit(load.wait())
    if peer:
        watcher = subprocess.Popen([*peer, pid], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1.5)  # it is attached by then
        if watcher.poll() is not None:
            load.communicate("\n")
            return None
    out, _ = load.communicate("\n")
    if watcher:
        watcher.wait()
    if load.returncode:
        sys.exit(load.returncode)
    return [float(word) for word in out.split()]


def spread(values):
    quarters = statistics.quantiles(values, n=4)
    return (quarters[2] - quarters[0]) / 2 / statistics.median(values)


def report(runs):
    records = []
    for i, call in enumerate(CALLS):
        middle = {name: statistics.median(row[i] for row in rows) for name, rows in runs.items()}
        print(f"audit: {call}, ns a call, median of {ROUNDS} runs in turns")
        for name, rows in runs.items():
            value, base = middle[name], middle[EMPTY]
            above = "" if name == NONE else f"{value - middle[NONE]:+9.1f} above nothing"
            print(f"  {name:30} {value:9.1f} ns  +-{spread([row[i] for row in rows]) * 100:4.1f} %  {above}   {value / base:5.2f} of {EMPTY}")
            records.append({"bench": "audit", "subject": f"{call}: {name}", "baseline": EMPTY, "value": value, "unit": "ns",
                            "ratio": value / base, "spread": spread([row[i] for row in rows]), "runs": len(rows),
                            "note": f"{value - middle[NONE]:.1f} ns above nothing attached"})
    return records


def main():
    subprocess.run(["ninja", "-C", BUILD, "bench/audit/call-cost", "plugins/audit/audit.so"], check=True, stdout=subprocess.DEVNULL)
    runs = {name: [] for name, (_, peer) in SUBJECTS.items() if not peer or shutil.which(peer[0])}
    for _ in range(ROUNDS):
        for name in list(runs):
            row = measure(*SUBJECTS[name], FEW.get(name, BATCHES))
            if row:
                runs[name].append(row)
            else:
                print(f"audit: {name} does not run here")
                del runs[name]
    with open(RECORDS, "w", encoding="utf-8") as file:
        json.dump(report(runs), file, indent=1)


main()
