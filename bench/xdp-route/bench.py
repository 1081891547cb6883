#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""bench.py BUILD RECORDS.json: what it takes to bring a packet from an interface of the host to a socket in a container, by trimtab's routes,
by the kernel's own and by DNAT with conntrack: in turns in one run, between three network namespaces of its own."""
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD, RECORDS = (os.path.abspath(path) for path in sys.argv[1:3])
COUNT, ROUNDS = 200_000, 9
KERNEL = "the kernel's route"

subprocess.run(["ninja", "-C", BUILD, "bench/xdp/send", "tests/plugins/xdp/routes-host", "plugins/xdp/xdp.so"], check=True,
               stdout=subprocess.DEVNULL)
sys.argv = [sys.argv[0], f"{BUILD}/tests/plugins/xdp/routes-host", f"{BUILD}/plugins/xdp/xdp.so"]
sys.path.insert(0, os.path.join(TOP, "tests", "plugins", "xdp"))
from routes_net import VIP4, RouteCase, inside, run  # noqa: E402

DNAT = """table ip t {{
        chain in {{ type nat hook prerouting priority dstnat; ip daddr {vip} udp dport 443 dnat to 10.2.0.2; }}
}}"""


def datagrams():
    """Of the namespace: those that reached a socket, be it that it was full."""
    with open("/proc/thread-self/net/snmp", encoding="ascii") as lines:
        names, values = [line.split() for line in lines if re.match("Udp:", line)]
    udp = dict(zip(names, values))
    return int(udp["InDatagrams"]) + int(udp["RcvbufErrors"])


class Bench(RouteCase):
    def runTest(self):
        pass

    def prepare(self):
        # A veth takes frames that come from no stack only if it polls.
        self.offloads(self.router, "in0", "gro", "on")
        self.offloads(self.container, "eth0", "gro", "on")
        self.offloads(self.client, "eth0", "tx", "off")
        # Nobody reads: what comes is counted, and dropped when its buffer is full.
        self.receiver = self.socket_in(self.container, socket.AF_INET, socket.SOCK_DGRAM, bind=("0.0.0.0", 443))
        self.mac = json.loads(run("ip", "-n", self.router, "-json", "link", "show", "in0"))[0]["address"]
        self.kernel_routes(VIP4)

    def packet_ns(self):
        """And all of them have arrived."""
        before = int(inside(f"/run/netns/{self.container}", datagrams))
        words = ["ip", "netns", "exec", self.client, f"{BUILD}/bench/xdp/send", "eth0", self.mac, "10.1.0.2", VIP4, "443"]
        run(*words, "1000")
        value = float(run(*words, str(COUNT)))
        time.sleep(0.05)
        arrived = int(inside(f"/run/netns/{self.container}", datagrams)) - before
        if arrived < (COUNT + 1000) * 0.999:
            raise AssertionError(f"only {arrived} of {COUNT + 1000} packets arrived")
        return value

    def by_dnat(self):
        subprocess.run(["ip", "netns", "exec", self.router, "nft", "-f", "-"], input=DNAT.format(vip=VIP4), text=True, check=True)
        try:
            return self.packet_ns()
        finally:
            run("ip", "netns", "exec", self.router, "nft", "flush", "ruleset")

    def by_route(self, path):
        self.start()
        if path == "xdp":
            self.assertEqual(self.host.ask("knob", "xdp.mode", "in0", "redirect"), "0")
        self.assertEqual(self.configure(self.route(protocol="udp", path=path)), "0")
        self.assertTrue(self.is_up(), self.host.said())
        try:
            value = self.packet_ns()
            self.assertGreater(self.packets(), COUNT * 0.999)
            return value
        finally:
            self.host.end()
            self.host = None

    def measure(self):
        ways = {
            KERNEL: self.packet_ns,
            "DNAT with conntrack": self.by_dnat,
            "trimtab, path = tc": lambda: self.by_route("tc"),
            "trimtab, path = xdp": lambda: self.by_route("xdp"),
        }
        runs = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                runs[name].append(way())
        return runs


def main():
    bench, records = Bench(), []
    bench.setUp()
    try:
        bench.prepare()
        runs = bench.measure()
    finally:
        bench.tearDown()
        bench.doCleanups()
    base = statistics.median(runs[KERNEL])
    print(f"xdp-route: ns a packet, sending and receiving it included, median of {ROUNDS} runs of {COUNT} packets in turns")
    for name, values in runs.items():
        value = statistics.median(values)
        quarters = statistics.quantiles(values, n=4)
        print(f"  {name:24} {value:8.1f} ns   {value / base:.2f} of {KERNEL}")
        records.append({"bench": "xdp-route", "subject": name, "baseline": KERNEL, "value": value, "unit": "ns", "ratio": value / base,
                        "spread": (quarters[2] - quarters[0]) / 2 / value, "runs": ROUNDS, "note": "into a socket of a container"})
    with open(RECORDS, "w", encoding="utf-8") as file:
        json.dump(records, file, indent=1)


main()
