#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""bench-veth.py BUILD RECORDS.json: what it takes to get rid of a packet by trimtab's XDP program, by nftables and by a closed port, and how
long a flood lasts before a rule ends it. Between two network namespaces of its own."""
import json
import os
import socket
import statistics
import struct
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD, RECORDS = (os.path.abspath(path) for path in sys.argv[1:3])
COUNT, ROUNDS = 200_000, 7
REACTIONS = 10

# The daemon of the tests, in its network, for which it runs this program once more; it takes the programs as arguments.
sys.path.insert(0, os.path.join(TOP, "tests", "daemon"))
if "TRIMTAB_OWN_NETWORK" in os.environ:
    sys.argv = [sys.argv[0], f"{BUILD}/core/trimtabd", f"{BUILD}/cli/trimtab", f"{BUILD}/plugins/xdp/xdp.so"]
else:
    subprocess.run(["ninja", "-C", BUILD, "bench/xdp/send", "core/trimtabd", "cli/trimtab", "plugins/xdp/xdp.so"], check=True,
                   stdout=subprocess.DEVNULL)
import net  # noqa: E402

ALWAYS = "[rule always]\nfor = iface:v0\nwhen = rate(xdp.packets) >= 0\nhold = 0s\nthen = xdp.mode = filter\n"
DROP = "[filter flood]\naction = drop\nprotocol = udp\nport = 5001\n"
NFT = """table netdev t { chain c { type filter hook ingress device v0 priority 0; udp dport 5001 drop; }; }"""
NFT_RAW = """table ip t { chain c { type filter hook prerouting priority raw; udp dport 5001 drop; }; }"""
FLOOD = """[rule flood]
for = iface:v0
when = last(xdp.flood) > 0
hold = 0s
then = xdp.mode = filter
until = last(xdp.flood) < 1
clear-hold = 200ms
"""


class Bench(net.NetCase):
    def runTest(self):
        pass

    def packet_ns(self, port=5001):
        mac = json.loads(net.run("ip", "-json", "link", "show", "v0"))[0]["address"]
        return float(net.run("ip", "netns", "exec", self.netns, f"{BUILD}/bench/xdp/send", "v1", mac, "10.9.0.2", "10.9.0.1", str(port),
                             str(COUNT)))

    def with_trimtab(self, measure, rules=ALWAYS + DROP):
        self.write("rules/10.conf", rules)
        daemon = self.start()
        net.wait_for(lambda: self.knob("mode") == "filter")
        try:
            return measure()
        finally:
            self.stop(daemon)

    def with_nft(self, text):
        subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)
        try:
            return self.packet_ns()
        finally:
            net.run("nft", "flush", "ruleset")

    def drops(self):
        # Or a veth without an XDP program takes no frames but from a stack.
        net.run("ethtool", "-K", "v0", "gro", "on")
        receiver = self.receiver(5002)  # nobody reads: what comes is dropped when its buffer is full
        ways = {
            "trimtab, filter": lambda: self.with_trimtab(self.packet_ns),
            "nftables, ingress": lambda: self.with_nft(NFT),
            "nftables, raw": lambda: self.with_nft(NFT_RAW),
            "closed port": self.packet_ns,
            "socket that is full": lambda: self.packet_ns(5002),
        }
        runs = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, measure in ways.items():
                runs[name].append(measure())
        receiver.close()
        return runs

    def reactions(self):
        """From the first packet of a flood to the last one that got through, as the receiver's kernel stamps them, in ms."""
        self.configure("monitor = v0", "flood-pps = 5000")
        self.write("rules/10.conf", FLOOD + DROP)
        daemon = self.start()
        self.wait_attached(("trimtab_xdp", "native"))
        times = []
        for _ in range(REACTIONS):
            s = self.receiver(5001)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 20)
            s.setsockopt(socket.SOL_SOCKET, 35, 1)  # SO_TIMESTAMPNS
            s.settimeout(1.0)
            net.wait_for(lambda: self.knob("mode") == "monitor")
            self.packet_ns()
            stamps = []
            try:
                while True:
                    _, ancillary, _, _ = s.recvmsg(100, 64)
                    seconds, ns = struct.unpack("qq", ancillary[0][2])
                    stamps.append(seconds * 1000 + ns / 1e6)
            except TimeoutError:
                pass
            s.close()
            if stamps:
                times.append(stamps[-1] - stamps[0])
            time.sleep(1.5)
        self.stop(daemon)
        return times

    def overshoot(self):
        """Packets that get through beyond what the limit allows in that time, where it is armed: the program itself drops."""
        rules = ALWAYS + "       xdp.source_limit_pps = 1000\n"

        def measure():
            before = self.metric("passed")
            start = time.monotonic()
            self.packet_ns()
            seconds = time.monotonic() - start
            net.wait_for(lambda: (self.metric("dropped_source") or 0) > 0)
            time.sleep(0.5)
            return self.metric("passed") - before, seconds

        return self.with_trimtab(measure, rules)


def main():
    bench, records = Bench(), []
    bench.setUp()
    try:
        runs = bench.drops()
        peer = statistics.median(runs["nftables, raw"])
        print(f"xdp-drop: ns a packet, sending it included, median of {ROUNDS} runs of {COUNT} packets in turns")
        for name, values in runs.items():
            value = statistics.median(values)
            quarters = statistics.quantiles(values, n=4)
            print(f"  {name:24} {value:8.1f} ns   {value / peer:.2f} of nftables, raw")
            records.append({"bench": "xdp-drop", "subject": name, "baseline": "nftables, raw", "value": value, "unit": "ns",
                            "ratio": value / peer, "spread": (quarters[2] - quarters[0]) / 2 / value, "runs": ROUNDS, "note": ""})

        times = bench.reactions()
        print(f"xdp-reaction: a rule ends a flood {statistics.median(times):.1f} ms after its first packet (median of {len(times)}, worst "
              f"{max(times):.1f}; target: under 50)")
        records.append({"bench": "xdp-reaction", "subject": "by a rule", "baseline": None, "value": statistics.median(times), "unit": "ms",
                        "ratio": None, "spread": max(times) / statistics.median(times) - 1, "runs": len(times),
                        "note": "first packet of the flood to the last that got through; target 50 ms"})

        passed, seconds = bench.overshoot()
        allowed = 1000 * (seconds + 0.1)
        print(f"xdp-reaction: {passed:.0f} of {COUNT} packets got through an armed limit of 1000 a second in {seconds:.2f} s, where it allows "
              f"{allowed:.0f} with its burst: no time at all from the first packet over it to the first drop")
        records.append({"bench": "xdp-reaction", "subject": "armed limit: packets let through", "baseline": "what it allows", "value": passed,
                        "unit": "packets", "ratio": passed / allowed, "spread": None, "runs": 1, "note": ""})
    finally:
        bench.tearDown()
        bench.doCleanups()
    with open(RECORDS, "w", encoding="utf-8") as file:
        json.dump(records, file, indent=1)


main()
