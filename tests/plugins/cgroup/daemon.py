#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon with the cgroup plugin on a real kernel, by effect: pressure wakes it long before the tick, the limits of a
disk are set and put back, and nothing is ever written to a cgroup that no rule means, however fast they come and go.

usage: daemon.py TRIMTABD PLUGINS   (as root, in a machine that may be thrown away, without systemd)
"""
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "system"))
from guest import CGROUP, Checks, read, wait_for, write  # noqa: E402

TICK = 10
CHURN_SECONDS = 15


def knob(group, name):
    return read(f"{CGROUP}/{group}/{name}")


def put(path, text):
    """Unbuffered: an error is an error."""
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


class Daemon:
    """A trimtabd with these rules and settings; what it said is in its log."""

    logs = []

    def __init__(self, words, rules, config):
        self.folder = tempfile.mkdtemp()
        write(f"{self.folder}/rules.d/50-test.conf", rules)
        write(f"{self.folder}/trimtab.conf", config)
        self.log = f"{self.folder}/log"
        self.logs.append(self.log)
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [words[0], "--foreground", "--mode", "enforce", "--plugins", words[1],
                 "--config", f"{self.folder}/trimtab.conf", "--rules", f"{self.folder}/rules.d",
                 "--runtime-dir", f"{self.folder}/run"], stdout=log, stderr=log)
        self.ready = wait_for(lambda: "ready after" in read(self.log), 60)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


class Pressure:
    """Two processes in the cgroup that want the same CPU."""

    def __init__(self, group):
        def enter():
            put(f"{CGROUP}/{group}/cgroup.procs", str(os.getpid()))
            os.sched_setaffinity(0, {0})

        spin = [sys.executable, "-c", "while True: pass"]
        self.processes = [subprocess.Popen(spin, preexec_fn=enter) for _ in range(2)]

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()


def new_group(name):
    os.makedirs(f"{CGROUP}/{name}", exist_ok=True)


PRESSED = """[rule pressed]
for = cgroup:/pressed
when = last(cgroup.cpu_some) > 30%
hold = 0s
then = cpu.weight = 500
until = last(cgroup.cpu_some) < 1%
clear-hold = 1h
"""


def pressure(check, words, stall, woken):
    """Whether the rule acts between two ticks."""
    daemon = Daemon(words, PRESSED, f"[daemon]\ntick = {TICK}s\n[plugin cgroup]\npsi-stall = {stall}\n")
    check(daemon.ready, f"the daemon runs, psi-stall = {stall}")

    # The third tick gave the cgroup its trigger; the fourth is ten seconds away.
    time.sleep(2 * TICK + TICK / 4)
    spinning, began = Pressure("pressed"), time.monotonic()
    acted = wait_for(lambda: knob("pressed", "cpu.weight") == "500", TICK / 2)
    after = time.monotonic() - began
    if woken:
        check(acted, "pressure is acted upon before the next tick", f"after {after:.1f} s of {TICK}")
    else:
        check(not acted, "without triggers nothing happens before the tick")
        check(wait_for(lambda: knob("pressed", "cpu.weight") == "500", 2 * TICK), "but with it")
    spinning.stop()
    check(daemon.stop() == 0 and knob("pressed", "cpu.weight") == "100", "the weight is put back")


DISK = "vda"


def plug():
    """The disk's driver comes, and the disk with it; its MAJ:MIN, or None."""
    subprocess.run(["modprobe", "virtio_blk"], check=False)
    return wait_for(lambda: read(f"/sys/block/{DISK}/dev"), 10)


LIMITS = f"""[rule limits]
for = cgroup:/pressed
when = last(cgroup.pids) < 1000000
hold = 0s
then = io.max.wbps[{DISK}] = 1M
       io.max.riops[{DISK}] = 77
       pids.max = 50
       cpu.max.burst = 1ms
       memory.low = 1Mi

[rule cost]
for = block:{DISK}
when = last(cgroup.pids @cgroup:/pressed) < 1000000
hold = 0s
then = io.cost.qos = 1
"""


def disks(check, words):
    daemon = Daemon(words, LIMITS, "[daemon]\ntick = 1s\nwrites-per-minute = 0\n")
    check(daemon.ready, "the daemon runs, there is no disk yet")
    number = plug()
    if not check(number, "a disk comes"):
        return
    put(f"{CGROUP}/pressed/io.max", f"{number} rbps=2097152")
    before = f"{number} rbps=2097152 wbps=max riops=max wiops=max"
    wanted = f"{number} rbps=2097152 wbps=1000000 riops=77 wiops=max"
    check(wait_for(lambda: knob("pressed", "io.max") == wanted, 20),
          "two limits of the disk are set, a third is left alone", knob("pressed", "io.max"))
    check(wait_for(lambda: knob("pressed", "pids.max") == "50", 10), "pids.max")
    check(wait_for(lambda: knob("pressed", "cpu.max.burst") == "1000", 10), "cpu.max.burst")
    check(wait_for(lambda: knob("pressed", "memory.low") == "1048576", 10), "memory.low")
    check(wait_for(lambda: f"{number} enable=1" in read(f"{CGROUP}/io.cost.qos"), 10), "io.cost is on for the disk")
    check(daemon.stop() == 0, "the daemon stops")
    check(knob("pressed", "io.max") == before, "the disk's limits are put back", knob("pressed", "io.max"))
    check(knob("pressed", "pids.max") == "max" and knob("pressed", "cpu.max.burst") == "0" and
          knob("pressed", "memory.low") == "0", "so are the others")
    check("enable=1" not in read(f"{CGROUP}/io.cost.qos"), "io.cost is off again")


CHURN = """[rule churn]
for = cgroup:/churn/a*
when = last(cgroup.pids) < 1000000
hold = 0s
then = cpu.weight = 50
cooldown = 0s
"""


def n_descriptors(daemon):
    return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))


def churn(check, words):
    """Those called a* are the rule's; those called b*, in between and of the same numbers, are not."""
    daemon = Daemon(words, CHURN, "[daemon]\ntick = 100ms\nwrites-per-minute = 0\n")
    # What is opened once is open after the first one.
    os.mkdir(f"{CGROUP}/churn/a")
    check(wait_for(lambda: knob("churn/a", "cpu.weight") == "50", 20), "the rule acts on the first")
    os.rmdir(f"{CGROUP}/churn/a")
    time.sleep(2)
    fds = n_descriptors(daemon)
    there, wrong, set_, made = set(), [], 0, 0
    dice, end = random.Random(5), time.monotonic() + CHURN_SECONDS
    while time.monotonic() < end:
        name = f"{dice.choice('ab')}{dice.randrange(50)}"
        path = f"{CGROUP}/churn/{name}"
        if name not in there:
            os.mkdir(path)
            there.add(name)
            made += 1
            continue
        weight = read(f"{path}/cpu.weight")
        set_ += weight == "50"
        if weight not in (("100", "50") if name[0] == "a" else ("100",)):
            wrong.append((name, weight))
        os.rmdir(path)
        there.remove(name)
    check(set_ > 0, "the rule acts on what comes", f"{set_} of {made} cgroups made")
    check(not wrong, "nothing is written to a cgroup that it does not mean", wrong[:5] or "")

    settled = wait_for(lambda: all(knob(f"churn/{n}", "cpu.weight") == "50" for n in there if n[0] == "a"), 30)
    check(settled, "in the end it holds for all that are there")
    check(all(knob(f"churn/{n}", "cpu.weight") == "100" for n in there if n[0] == "b"), "and for no other")
    for name in there:
        os.rmdir(f"{CGROUP}/churn/{name}")
    check(wait_for(lambda: n_descriptors(daemon) <= fds, 20), "no descriptor is left of those that went",
          f"{fds} before, {n_descriptors(daemon)} after")
    check(daemon.process.poll() is None and daemon.stop() == 0, "the daemon is well")


def main():
    words = sys.argv[1:3]
    check = Checks()
    for controller in ("cpu", "memory", "io", "pids"):
        put(f"{CGROUP}/cgroup.subtree_control", f"+{controller}")
    new_group("pressed")
    new_group("churn")
    put(f"{CGROUP}/churn/cgroup.subtree_control", "+cpu")
    put(f"{CGROUP}/churn/cgroup.subtree_control", "+pids")

    pressure(check, words, 100, True)
    pressure(check, words, 0, False)
    disks(check, words)
    churn(check, words)
    if check.failed:
        for log in Daemon.logs:
            print("".join(f"# {line}\n" for line in read(log).splitlines()[-30:]), flush=True)
    check.finish()


if __name__ == "__main__":
    main()
