# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two virtio cards of a virtual machine on one wire, one of them in a namespace of its own, and where their interrupts go."""
import os
import re
import statistics
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(TOP, "tests", "system"))
from guest import read, run  # noqa: E402

HERE, FAR, PORT = "10.8.0.1", "10.8.0.2", 7000


def up():
    """The card here and the one far away, both up: the name of the first, and virtio2 and virtio3, as which their interrupts go."""
    run("modprobe", "virtio_net")
    near, far = sorted(name for name in os.listdir("/sys/class/net") if os.path.exists(f"/sys/class/net/{name}/device"))[:2]
    devices = [os.path.basename(os.path.realpath(f"/sys/class/net/{name}/device")) for name in (near, far)]
    run("ip", "netns", "add", "far")
    run("ip", "link", "set", far, "netns", "far")
    for words in (("addr", "add", f"{HERE}/24", "dev", near), ("link", "set", near, "up")):
        run("ip", *words)
    for words in (("addr", "add", f"{FAR}/24", "dev", far), ("link", "set", far, "up")):
        run("ip", "-n", "far", *words)
    return near, *devices


def burden(rules):
    """A firewall with that many rules, none of which is about our packets: what each packet costs where it is received."""
    text = ["table inet burden {", "chain input {", "type filter hook input priority 0;", "policy accept;"]
    text += [f"udp dport {10000 + i} ip saddr 198.51.100.{i % 250} drop" for i in range(rules)]
    run("nft", "-f", "-", input="\n".join(text + ["}", "}"]))


def irqs():
    """name -> number, of all interrupts that somebody handles."""
    found = {}
    for number in os.listdir("/sys/kernel/irq"):
        actions = read(f"/sys/kernel/irq/{number}/actions")
        if actions:
            found[actions] = int(number)
    return found


def affinity(number):
    return read(f"/proc/irq/{number}/smp_affinity_list")


def set_affinity(number, cpus):
    fd = os.open(f"/proc/irq/{number}/smp_affinity_list", os.O_WRONLY)
    try:
        os.write(fd, str(cpus).encode())
    finally:
        os.close(fd)


def counts(number):
    """How often it came, by CPU: /proc/interrupts."""
    for line in read("/proc/interrupts").splitlines():
        m = re.match(rf"\s*{number}:((?:\s+\d+)+)\s", line)
        if m:
            return [int(n) for n in m.group(1).split()]
    return []


def start(packets, *words, namespace=None):
    command = [packets, *[str(w) for w in words]]
    return subprocess.Popen((["ip", "netns", "exec", namespace] if namespace else []) + command)


def lines(path):
    return [int(line) for line in (read(path) or "").splitlines()]


def measure(seconds, turns="/run/turns", came="/run/came"):
    """The task's p99 in ms and packets a second, both as they counted themselves, of so many seconds from now on."""
    skip, skip_came = len(lines(turns)), len(lines(came))
    time.sleep(seconds)
    turned, packets = lines(turns)[skip:], lines(came)[skip_came:]
    p = statistics.quantiles(turned, n=100)
    return {"p50_ms": p[49] / 1000, "p99_ms": p[98] / 1000, "packets": statistics.mean(packets), "turns": len(turned)}


def best(looks, seconds, enough=lambda look: False):
    """The best of several looks: what the host of an emulated machine does besides only ever lengthens waits."""
    seen = []
    while len(seen) < looks and not (seen and enough(merge(seen))):
        seen.append(measure(seconds))
    return merge(seen)


def merge(seen):
    least = {key: min(look[key] for look in seen) for key in ("p50_ms", "p99_ms")}
    return {**least, "packets": max(look["packets"] for look in seen),
            "looks": sum(look.get("looks", 1) for look in seen)}
