#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the daemon itself costs while nothing happens: CPU, memory, map memory, and how long it takes to be ready.

Two settings: the shipped rules; and one rule that measures every cgroup of this machine. Advise mode: nothing is changed."""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SECONDS = 15
RUNS = 3
ALL = """[rule all]
for = cgroup:/, cgroup:/*, cgroup:/*/*
when = p99(sched.runq_latency) > 1h and rate(sched.runtime) > 0%
then = cpu.weight = 100
"""


def cpu_seconds(pid):
    """Of all threads, to the nanosecond: the clock ticks of /proc/PID/stat are coarser than what is measured."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="utf-8") as file:
            total += int(file.read().split()[0])
    return total / 1e9


def rss_mb(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024


def start(build, folder, rules):
    """The daemon, and the seconds until it said READY=1 on a notification socket."""
    address = os.path.join(folder, "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(address)
        notify.settimeout(30)
        began = time.monotonic()
        daemon = subprocess.Popen([f"{build}/core/trimtabd", "--mode", "advise", "--rules", rules, "--plugins",
                                   f"{build}/plugins", "--runtime-dir", f"{folder}/run"],
                                  env={**os.environ, "NOTIFY_SOCKET": address}, stderr=subprocess.DEVNULL)
        while b"READY=1" not in notify.recv(4096):
            pass
        return daemon, time.monotonic() - began


def map_mb(build, folder):
    text = subprocess.run([f"{build}/cli/trimtab", "--runtime-dir", f"{folder}/run", "--json", "plugins"],
                          stdout=subprocess.PIPE, check=True).stdout
    return sum(p.get("map_bytes", 0) for p in json.loads(text)) / (1 << 20)


def one_run(build, rules):
    folder = tempfile.mkdtemp()
    daemon, ready = start(build, folder, rules)
    try:
        time.sleep(2)
        before, at = cpu_seconds(daemon.pid), time.monotonic()
        time.sleep(SECONDS)
        cpu = (cpu_seconds(daemon.pid) - before) / (time.monotonic() - at)
        return {"CPU, % of a core": cpu * 100, "memory (RSS), MB": rss_mb(daemon.pid),
                "BPF maps, MB": map_mb(build, folder), "start to ready, s": ready}
    finally:
        daemon.terminate()
        daemon.wait()
        shutil.rmtree(folder)


TARGETS = {"CPU, % of a core": 0.2, "memory (RSS), MB": 10, "BPF maps, MB": 8, "start to ready, s": 0.5}


def main():
    build, out = sys.argv[1:3]
    if os.getuid() != 0:
        print("needs root to load BPF")
        sys.exit(77)

    records = []
    with tempfile.TemporaryDirectory() as every:
        with open(f"{every}/all.conf", "w", encoding="utf-8") as file:
            file.write(ALL)
        for name, rules in (("shipped rules", f"{TOP}/etc/rules.d"), ("all cgroups", every)):
            runs = [one_run(build, rules) for _ in range(RUNS)]
            print(f"\n{name:24}{'median':>10}{'min':>10}{'max':>10}{'target':>10}")
            for key, target in TARGETS.items():
                values = sorted(run[key] for run in runs)
                median = values[len(values) // 2]
                print(f"{key:24}{median:10.3f}{values[0]:10.3f}{values[-1]:10.3f}{target:10}")
                what, unit = key.rsplit(", ", 1)
                records.append({"bench": "daemon", "subject": f"trimtabd idle, {name}: {what}", "baseline": "target",
                                "value": median, "unit": unit, "ratio": median / target,
                                "spread": [values[0], values[-1]], "runs": RUNS, "note": "advise mode"})
    with open(out, "w", encoding="utf-8") as file:
        json.dump(records, file)


if __name__ == "__main__":
    main()
