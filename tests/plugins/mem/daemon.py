#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon as a service with the mem plugin, by effect: a rule acts on a stall at memory.high and sets the machine's own settings, which a
kill puts back; and the law of TMO, as a rule, takes a service's memory down to what it uses.

usage: daemon.py STAGE LOAD [CASE...]   (root, in a virtual machine)"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "system"))
from guest import (Checks, cgroup_file, install, journal, mode, program, read, rules, run, systemd_run,  # noqa: E402
                   trimtab, wait_for)

MIB = 1024 * 1024
WORKER = "worker.service"
OBJECT = f"cgroup:/system.slice/{WORKER}"

# What is set, and what it is not before.
SETTINGS = {
    "/proc/sys/vm/swappiness": "90",
    "/proc/sys/vm/watermark_scale_factor": "150",
    "/proc/sys/vm/compaction_proactiveness": "35",
    "/sys/kernel/mm/transparent_hugepage/defrag": "defer+madvise",
}
STALLED = f"""
[rule stalled]
description = the worker stalls at its limit
for = {OBJECT}
when = count(mem.memcg_reclaim_latency) > 0 and rate(mem.reclaimed_pages) > 0 and rate(mem.allocated_pages) > 0
hold = 0s
then = vm.swappiness @host = 90
       vm.watermark_scale_factor @host = 150
       vm.compaction_proactiveness @host = 35
       thp.defrag @host = defer+madvise
until = count(mem.memcg_reclaim_latency, 5s) == 0 and rate(mem.kswapd @host) < 1000%
clear-hold = 1h
"""

ALL_MIB, USED_MIB = 300, 120
# A hundred times as fast as in production, and with ten times the pressure: emulated memory is slow.
TMO = f"""
[rule tmo]
description = the worker keeps what it uses
for = {OBJECT}
when = avg(cgroup.memory_some) < 1%
hold = 0s
window = 4s
cooldown = 2s
every = 2s
then = memory.reclaim = last(cgroup.memory_current) * 0.05 * (1 - avg(cgroup.memory_some) / 1%)
within = memory.reclaim 64Ki..64Mi
"""


def swap_on():
    """Compressed memory as swap: what is not used can go somewhere."""
    run("modprobe", "zram")
    with open("/sys/block/zram0/disksize", "w", encoding="utf-8") as file:
        file.write(str(512 * MIB))
    run("mkswap", "/dev/zram0")
    run("swapon", "/dev/zram0")


def chosen(path):
    """The value in force, of a choice the word in brackets."""
    text = read(path)
    return text.split("[")[1].split("]")[0] if "[" in text else text


def settings():
    return {path: chosen(path) for path in SETTINGS}


def restart(text):
    run("systemctl", "stop", "trimtabd")
    rules(text)
    run("systemctl", "start", "trimtabd")


def stalls(check, load):
    before = settings()
    check(all(before[path] != value for path, value in SETTINGS.items()), "all is different before", before)
    restart(STALLED)
    check([p["state"] for p in trimtab("plugins") if p["name"] == "mem"] == ["open"], "the plugin is open", trimtab("plugins"))

    # No more than half of it fits.
    systemd_run(WORKER, load, "memory", "200", "200", "/run/rounds", properties=["MemoryHigh=100M"])
    check(wait_for(lambda: settings() == SETTINGS, 120), "a stall at memory.high sets the machine's own settings", settings())
    pid = run("systemctl", "show", "--value", "--property=MainPID", "trimtabd").stdout.strip()
    os.kill(int(pid), 9)
    check(wait_for(lambda: settings() == before, 60, 0.05), "killed, it leaves all as it was", settings())

    # And the same at a clean stop.
    check(wait_for(lambda: settings() == SETTINGS, 120), "started again it acts again", settings())
    run("systemctl", "stop", "trimtabd")
    check(settings() == before, "a stop puts all back", settings())
    run("systemctl", "stop", WORKER)


def current_mib():
    return int(cgroup_file(WORKER, "memory.current") or 0) / MIB


def some_percent(seconds):
    """Time that tasks of the worker waited for memory, of so many seconds from now on."""
    def total():
        return int(cgroup_file(WORKER, "memory.pressure").splitlines()[0].rsplit("total=", 1)[1])

    start, since = total(), time.monotonic()
    time.sleep(seconds)
    return (total() - start) / (time.monotonic() - since) / 1e4


def tmo(check, load):
    systemd_run(WORKER, load, "memory", str(ALL_MIB), str(USED_MIB), "/run/rounds")
    check(wait_for(lambda: current_mib() > ALL_MIB, 60), "the worker has taken all", f"{current_mib():.0f} MiB")
    restart(TMO)
    seen = []

    def found():
        seen.append(round(current_mib()))
        last = seen[-20:]
        return len(last) == 20 and max(last) < USED_MIB * 1.2 and max(last) - min(last) < 0.1 * USED_MIB

    check(wait_for(found, 300, 1), "its memory comes down to what it uses, and stays", f"{seen[::10]} MiB, used {USED_MIB}")
    check(current_mib() > USED_MIB * 0.85, "and no further", f"{current_mib():.0f} MiB")
    pressure = some_percent(20)
    check(pressure < 3, "with no lasting pressure", f"{pressure:.2f} %")
    print(f"# working set {USED_MIB} MiB of {ALL_MIB}; found {current_mib():.0f} MiB; pressure {pressure:.2f} %", flush=True)
    said = trimtab("log", "-n", "5")
    check(any(e.get("knob") == "memory.reclaim" for e in said), "the log tells of it", said)
    run("systemctl", "stop", "trimtabd")
    check(cgroup_file(WORKER, "memory.high") == "max", "nothing is left")
    run("systemctl", "stop", WORKER)


def main():
    stage, load = sys.argv[1:3]
    check = Checks()
    install(stage)
    mode("enforce")
    # The law acts thirty times a minute here.
    path = "/etc/trimtab/trimtab.conf"
    text = read(path).replace("writes-per-minute = 30", "writes-per-minute = 0")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text + "\n")
    print(run(program("trimtab"), "check", check=False).stdout, flush=True)
    swap_on()
    for case in (stalls, tmo):
        if case.__name__ in (sys.argv[3:] or case.__name__):
            case(check, load)
    if check.failed:
        print(journal("trimtabd"))
    check.finish()


if __name__ == "__main__":
    main()
