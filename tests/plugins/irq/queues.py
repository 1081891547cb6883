#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A card of four queues, by the daemon: all on one CPU after boot they are taken apart; what its queues' files hold, and hold again; polls as
the kernel's own histogram counts them; a CPU without a free vector; a CPU that goes and comes.

usage: queues.py STAGE PACKETS   (root, in a virtual machine: see queues-in-vm)
"""
import errno
import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cards import affinity, irqs, set_affinity, start  # noqa: E402
from guest import Checks, install, journal, mode, read, rules, run, trimtab, wait_for  # noqa: E402

HERE, THERE, CLOSED_PORT = "10.9.0.2", "10.9.0.1", 9
TRACING = "/sys/kernel/tracing"
APART = """
[rule apart]
for = irq:{card}-input.*
when = rate(irq.count) >= 0
hold = 0s
every = 1s
then = irq.affinity = spread
"""
FILES = """
[rule receive]
for = queue:{iface}/rx-1
when = {true}
hold = 0s
then = net.rps_cpus = 1-2
[rule send]
for = queue:{iface}/tx-2
when = {true}
hold = 0s
then = net.xps_cpus = 0,3
[rule threads]
for = iface:{iface}
when = {true}
hold = 0s
then = net.threaded_napi = 1
[rule poll]
for = host
when = {true}
hold = 0s
then = net.busy_poll = 50us
     net.busy_read = 50us
"""
POLLS = """
[rule polls]
for = iface:{iface}
when = rate(irq.napi_polls) > 1000000 and rate(irq.napi_packets) > 1000000
then = net.threaded_napi = 0
"""
CALM = """
[rule calm]
for = irq:{card}-input.{queue}:*
when = rate(irq.count) >= 0
hold = 0s
every = 1s
then = irq.affinity = {value}
"""
TRUE = "max_of(rate(irq.cpu_count @cpu:*)) >= 0"


def put(path, text):
    """os.write, as a buffered one hides the kernel's answer."""
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def said():
    """What the daemon that runs, or ran last, has said."""
    return journal("trimtabd").rpartition("Starting trimtabd")[2]


def daemon(check, text):
    rules(text)
    run("systemctl", "start", "trimtabd")
    check(not run("systemctl", "is-failed", "trimtabd", check=False).stdout.startswith("failed"), "the daemon runs")


def stop():
    run("systemctl", "stop", "trimtabd")


def taken_apart(check, card, queues):
    """The complaint: all queues on one CPU after boot."""
    for number in queues.values():
        set_affinity(number, 0)
    daemon(check, APART.format(card=card))
    begun = time.monotonic()
    inputs = [number for name, number in queues.items() if "-input." in name]
    apart = wait_for(lambda: len({affinity(n) for n in inputs}) == 4, 180, 1)
    check(apart, "four queues come on four CPUs", {n: affinity(n) for n in inputs})
    moves = said().count("irq.affinity 0 ->")
    check(moves == 3 and time.monotonic() - begun > 20, "by a move each, but for the one that stays, and not all at once", moves)
    stop()
    check({affinity(n) for n in queues.values()} == {"0"}, "a stop puts all masks back", {n: affinity(n) for n in queues.values()})


def files(check, iface):
    folder = f"/sys/class/net/{iface}"
    wanted = {f"{folder}/queues/rx-1/rps_cpus": "6", f"{folder}/queues/tx-2/xps_cpus": "9", f"{folder}/threaded": "1",
              "/proc/sys/net/core/busy_poll": "50", "/proc/sys/net/core/busy_read": "50"}
    before = {path: read(path) for path in wanted}
    daemon(check, FILES.format(iface=iface, true=TRUE))
    check(wait_for(lambda: all(read(path) == text for path, text in wanted.items()), 60, 1), "queues, threads and polling are set",
          {path: read(path) for path in wanted})
    threads = [name for name in os.listdir("/proc") if name.isdigit() and (read(f"/proc/{name}/comm") or "").startswith(f"napi/{iface}")]
    check(threads, "the kernel has a thread for each queue", len(threads))
    stop()
    check({path: read(path) for path in wanted} == before, "a stop puts them back", {path: read(path) for path in wanted})


def value(metric, thing):
    return sum(row["value"] for row in trimtab("metrics", metric, thing) if row.get("value") is not None)


def polled(iface):
    """Polls of the interface's queues and packets found in them, as the kernel's own histogram has them."""
    m = re.search(rf"dev_name: {iface}\s.*?hitcount:\s*(\d+)\s+work:\s*(\d+)", read(f"{TRACING}/events/napi/napi_poll/hist") or "")
    return (int(m.group(1)), int(m.group(2))) if m else (0, 0)


def polls(check, iface, packets):
    if not os.path.exists(f"{TRACING}/events"):
        run("mount", "-t", "tracefs", "none", TRACING)
    put(f"{TRACING}/events/napi/napi_poll/trigger", "hist:keys=dev_name:vals=work")
    daemon(check, POLLS.format(iface=iface))
    thing = f"iface:{iface}"
    check(wait_for(lambda: trimtab("metrics", "irq.napi_polls", thing), 60, 1), "polls are measured")
    time.sleep(3)
    before, ours_before = polled(iface), (value("irq.napi_polls", thing), value("irq.napi_packets", thing))
    senders = [start(packets, "send", THERE, CLOSED_PORT + cpu, 500, cpu) for cpu in range(4)]
    time.sleep(6)
    for sender in senders:
        sender.kill()
        sender.wait()
    time.sleep(4)
    theirs = [b - a for a, b in zip(before, polled(iface))]
    ours = [b - a for a, b in zip(ours_before, (value("irq.napi_polls", thing), value("irq.napi_packets", thing)))]
    check(theirs[0] > 500 and theirs[1] > 500, "packets come", theirs)
    check(all(abs(a - b) <= 0.01 * b + 2 for a, b in zip(ours, theirs)), "polls and packets as the kernel's histogram counts them",
          f"{ours}, {theirs}")
    put(f"{TRACING}/events/napi/napi_poll/trigger", "!hist:keys=dev_name:vals=work")
    stop()


def ports():
    """The interrupts of the serial cards: they have two names in all."""
    for number in sorted(os.listdir("/sys/kernel/irq"), key=int):
        if re.fullmatch(r"virtio\d+-(input|output)s?", read(f"/sys/kernel/irq/{number}/actions") or ""):
            yield int(number)


def fill(cpu):
    """Takes all vectors of a CPU, by the interrupts of the serial cards; how many were left, or None where there is no end."""
    for n, number in enumerate(ports()):
        try:
            set_affinity(number, cpu)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                return n
            raise
    return None


def full_cpu(check, card, queues):
    """ENOSPC: a CPU that has no vector left."""
    number = queues[f"{card}-input.1"]
    set_affinity(number, 1)
    if not check(fill(3), "the vectors of a CPU can be used up", f"{len(list(ports()))} interrupts"):
        return
    was = affinity(number)
    daemon(check, CALM.format(card=card, queue=1, value="3"))
    told = wait_for(lambda: "no free interrupt vectors" in said(), 60, 1)
    check(told and affinity(number) == was, "a CPU without a free vector: nothing is changed, and why is said", affinity(number))
    time.sleep(6)
    check(said().count("no free interrupt vectors") == 1, "once")
    stop()
    check(affinity(number) == was, "as it was after a stop", affinity(number))


def hotplug(check, card, queues):
    """A CPU goes while an interrupt that was moved there fires on it, and comes again."""
    number, online = queues[f"{card}-input.1"], "/sys/devices/system/cpu/cpu3/online"
    set_affinity(number, 1)
    daemon(check, CALM.format(card=card, queue=1, value="3"))
    check(wait_for(lambda: affinity(number) == "3", 60, 1), "it is moved", affinity(number))
    put(online, "0")
    time.sleep(15)
    gone = affinity(number)
    check(read("/sys/devices/system/cpu/online") == "0-2" and gone != "3", "its CPU goes, and the kernel takes it away", gone)
    check(run("systemctl", "is-active", "trimtabd").stdout.strip() == "active", "the daemon goes on")
    put(online, "1")
    time.sleep(3)
    stop()
    check(affinity(number) in ("1", gone), "what the kernel has set since is left alone, or the original put back", affinity(number))
    set_affinity(number, 1)
    put(online, "0")
    daemon(check, CALM.format(card=card, queue=1, value="calmest"))
    time.sleep(40)
    check(affinity(number) in ("0", "1", "2") and "error" not in said().lower(), "a CPU that is not there is not chosen",
          affinity(number))
    stop()
    check(affinity(number) == "1", "a stop puts it back", affinity(number))
    put(online, "1")


def main():
    stage, packets = sys.argv[1:3]
    check = Checks()
    install(stage)
    mode("enforce")
    run("modprobe", "virtio_net")
    run("modprobe", "virtio_console")
    iface = next(name for name in os.listdir("/sys/class/net") if os.path.exists(f"/sys/class/net/{name}/device"))
    card = os.path.basename(os.path.realpath(f"/sys/class/net/{iface}/device"))
    run("ip", "addr", "add", f"{HERE}/24", "dev", iface)
    run("ip", "link", "set", iface, "up")
    queues = {name: number for name, number in irqs().items() if name.startswith(card) and not name.endswith("config")}
    check(len(queues) == 8, "a card of four queues", queues)
    taken_apart(check, card, queues)
    files(check, iface)
    polls(check, iface, packets)
    hotplug(check, card, queues)
    # The last, as vectors that were left are free only when the interrupts have come elsewhere.
    full_cpu(check, card, queues)
    if check.failed:
        print(journal("trimtabd")[-6000:])
    check.finish()


if __name__ == "__main__":
    main()
