# SPDX-License-Identifier: LGPL-2.1-or-later
"""A daemon with the xdp plugin, in a network of the test's own: v0 with 10.9.0.1 and fd09::1 is the daemon's, v1 with .2, .3 and ::2 is
in another namespace. A pair of veth; or, where it is a machine of the test's own and TRIMTAB_NICS names two network cards that are
linked, these. argv: TRIMTABD TRIMTAB XDP.so [TEST...]"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


NICS = os.environ.get("TRIMTAB_NICS", "").split()


def run(*words, check=True):
    return subprocess.run(words, check=check, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def enter_own_network():
    """This program once more, where no interface but its own is in sight; or says why not, and skips."""
    if os.geteuid() != 0:
        print("skipped: attaching XDP programs takes root")
        sys.exit(77)
    if NICS:
        return
    if "TRIMTAB_OWN_NETWORK" not in os.environ:
        os.environ["TRIMTAB_OWN_NETWORK"] = "1"
        os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, *sys.argv])
    # Not on top of the machine's: ip would look below it for the BPF file system that is mounted there, and not find it.
    run("umount", "--lazy", "/sys")
    run("mount", "-t", "sysfs", "sysfs", "/sys")
    run("mount", "-t", "tmpfs", "tmpfs", "/run")


enter_own_network()
from plants import PlantCase, wait_for  # noqa: E402

# What the peer does: sends datagrams from an address to a port, as many a second as it can or as it is told, until it is ended.
SENDER = """
import socket, sys, time
source, family, address, port, pps = sys.argv[1], *sys.argv[2:]
s = socket.socket(socket.AF_INET6 if family == "6" else socket.AF_INET, socket.SOCK_DGRAM)
s.bind((source, 0))
s.connect((address, int(port)))
s.setblocking(False)
gap, due = 1 / float(pps), time.monotonic()
while True:
    try:
        s.send(b"x" * 20)
    except OSError:
        pass
    due += gap
    late = due - time.monotonic()
    if late > 0.002:
        time.sleep(late)
"""


class NetCase(PlantCase):
    def setUp(self):
        super().setUp()
        os.unlink(f"{self.dir}/rules/50-level.conf")
        self.peers = []
        self.netns = f"peer-{os.getpid()}"
        run("ip", "netns", "add", self.netns)
        self.make_link()
        for name, netns, addresses in (("v0", [], ["10.9.0.1/24", "fd09::1/64"]),
                                       ("v1", ["-n", self.netns], ["10.9.0.2/24", "10.9.0.3/24", "fd09::2/64"])):
            for address in addresses:
                run("ip", *netns, "addr", "add", address, "dev", name, *(["nodad"] if ":" in address else []))
            run("ip", *netns, "link", "set", name, "up")
            run("ip", *netns, "link", "set", "lo", "up")
        self.configure()

    def make_link(self):
        if not NICS:
            run("ip", "link", "add", "v0", "numrxqueues", "2", "numtxqueues", "2", "type", "veth", "peer", "name", "v1", "netns",
                self.netns, "numrxqueues", "2", "numtxqueues", "2")
            return
        for nic, name in zip(NICS, ("v0", "v1")):
            # From the second test on it has the name, and comes back by itself when the namespace it was in is gone.
            wait_for(lambda: any(os.path.exists(f"/sys/class/net/{n}") for n in (nic, name)))
            if os.path.exists(f"/sys/class/net/{nic}"):
                run("ip", "link", "set", nic, "down")
                run("ip", "link", "set", nic, "name", name)
        run("ip", "link", "set", "v1", "netns", self.netns)

    def tearDown(self):
        for peer in self.peers:
            peer.kill()
            peer.wait()
        super().tearDown()
        run("ip", "netns", "del", self.netns)
        if NICS:
            run("ip", "address", "flush", "dev", "v0")
        else:
            run("ip", "link", "del", "v0", check=False)

    def configure(self, *options):
        self.write("trimtab.conf", "[daemon]\ntick = 200ms\n[plugin xdp]\n" + "".join(f"{option}\n" for option in options))

    def send(self, port, source="10.9.0.2", pps=500):
        """A sender on the other side, until the test ends it."""
        v6 = ":" in source
        peer = subprocess.Popen(["ip", "netns", "exec", self.netns, sys.executable, "-c", SENDER, source, "6" if v6 else "4",
                                 "fd09::1" if v6 else "10.9.0.1", str(port), str(pps)])
        self.peers.append(peer)
        return peer

    def end(self, peer):
        peer.kill()
        peer.wait()

    def receiver(self, port, v6=False):
        s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(s.close)
        s.bind(("::" if v6 else "0.0.0.0", port))
        return s

    def arrives(self, s, seconds=1.0):
        """Whether anything new arrives in that time."""
        s.setblocking(False)
        try:
            while True:
                s.recv(100)
        except BlockingIOError:
            pass
        s.settimeout(seconds)
        try:
            return bool(s.recv(100))
        except TimeoutError:
            return False

    def attached(self, name="v0"):
        """Of the kernel: the name of the program and the mode it is attached in, or None."""
        link = json.loads(run("ip", "-json", "-details", "link", "show", name))[0]
        xdp = link.get("xdp")
        return (xdp["prog"]["name"], {1: "native", 2: "generic"}.get(xdp["mode"])) if xdp else None

    def wait_attached(self, want):
        self.assertTrue(wait_for(lambda: self.attached() == want), f"{self.attached()}, not {want}\n{self.said()}")

    def metric(self, name, obj="iface:v0"):
        """None: it is not measured. To be asked for is what makes it so, from the next tick on."""
        def value():
            return [row["value"] for row in self.ask("metrics", f"xdp.{name}", obj) or [] if row.get("value") is not None]

        found = wait_for(value, 1)
        return found[0] if found else None

    def knob(self, name, obj="iface:v0"):
        for row in self.ask("knobs", f"xdp.{name}", obj) or []:
            return row["value"]
        return None


__all__ = ["NICS", "SENDER", "NetCase", "run", "signal", "shutil", "wait_for"]
