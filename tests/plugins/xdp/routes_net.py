# SPDX-License-Identifier: LGPL-2.1-or-later
"""Three network namespaces of the test's own: a client, a router where the plugin runs, and a container that has the VIPs.
argv: ROUTES-HOST XDP.so

    client  eth0 10.1.0.2 fd01::2 -- in0 10.1.0.1 fd01::1  router  host0 10.2.0.1 fd02::1 -- eth0 10.2.0.2 fd02::2  container
"""
import contextlib
import ctypes
import errno
import hashlib
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

if os.geteuid() != 0:
    print("skipped: network namespaces and BPF programs take root")
    sys.exit(77)

HOST, PLUGIN = sys.argv[1:3]
VIP4, VIP6 = "192.0.2.10", "2001:db8::10"
HOOK_NAME = "trimtab_route"
CLONE_NEWNET = 0x40000000
WAIT = 10
MEGABYTE = os.urandom(1 << 20)

libc = ctypes.CDLL(None, use_errno=True)


def run(*words, check=True):
    done = subprocess.run(words, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: {done.stdout}")
    return done.stdout


def wait_for(condition, seconds=WAIT):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


def inside(path, call):
    """What call returns, in the namespace of that file: by a thread that never comes back from there."""
    result = []

    def work():
        fd = os.open(path, os.O_RDONLY)
        try:
            if libc.setns(fd, CLONE_NEWNET) < 0:
                raise OSError(ctypes.get_errno(), "setns")
            result.append(call())
        finally:
            os.close(fd)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if not result:
        raise AssertionError(f"could not work in {path}")
    return result[0]


BPF_PROG_QUERY, BPF_TCX_INGRESS, SYS_BPF = 16, 46, {"x86_64": 321, "aarch64": 280}[os.uname().machine]


def tcx_programs(device):
    """How many, 0 too where the kernel has no tcx."""
    ids = (ctypes.c_uint32 * 16)()
    attr = bytearray(struct.pack("=IIIIQI", socket.if_nametoindex(device), BPF_TCX_INGRESS, 0, 0, ctypes.addressof(ids), 16))
    attr += bytes(128 - len(attr))
    buffer = (ctypes.c_char * len(attr)).from_buffer(attr)
    if libc.syscall(SYS_BPF, BPF_PROG_QUERY, buffer, ctypes.c_uint(64)) < 0:
        return 0
    return struct.unpack_from("=I", attr, 24)[0]


def counter(device):
    with open("/proc/thread-self/net/dev", encoding="ascii") as lines:
        for line in lines:
            name, _, rest = line.partition(":")
            if name.strip() == device:
                return rest.split()[9]
    raise AssertionError(f"no {device}")


class Host:
    """The plugin, in a process of its own in the router."""

    def __init__(self, netns, *options):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(["ip", "netns", "exec", netns, HOST, PLUGIN, *options], text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.log)

    def ask(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def number(self, name, obj, scope="route"):
        self.ask("collect")
        text = self.ask("metric", f"xdp.{name}", scope, obj)
        return None if text == "none" else int(text)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        """It ends well, unless it was killed."""
        self.process.stdin.close()
        status = self.process.wait(WAIT)
        self.process.stdout.close()
        if status not in (0, -signal.SIGKILL):
            raise AssertionError(f"{HOST} ended with {status}: {self.said()}")
        self.log.close()


class RouteCase(unittest.TestCase):
    """container() and plugin() are called by tests, or by those that extend this."""

    def setUp(self):
        pid = os.getpid()
        self.client, self.router, self.container = (f"{kind}-{pid}" for kind in ("cli", "rou", "con"))
        self.host = None
        for netns in (self.client, self.router):
            self.make_netns(netns)
            self.addCleanup(run, "ip", "netns", "del", netns)
        self.sysctl(self.router, ["net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv4.conf.all.rp_filter=0",
                                  "net.ipv4.conf.default.rp_filter=0"])
        run("ip", "link", "add", "eth0", "netns", self.client, "type", "veth", "peer", "name", "in0", "netns", self.router)
        self.address(self.client, "eth0", "10.1.0.2/24", "fd01::2/64")
        self.address(self.router, "in0", "10.1.0.1/24", "fd01::1/64")
        self.default(self.client, "10.1.0.1", "fd01::1")
        self.reach(self.client, "10.1.0.1", "fd01::1")
        self.make_container()

    def tearDown(self):
        self.drop_container()
        if self.host:
            self.host.end()

    # The ground.

    def make_netns(self, netns):
        run("ip", "netns", "add", netns)
        run("ip", "-n", netns, "link", "set", "lo", "up")
        # Addresses of links are good at once; else the first packets wait for a second.
        self.sysctl(netns, ["net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0"])

    def sysctl(self, netns, words):
        run("ip", "netns", "exec", netns, "sysctl", "-q", "-w", *words)

    def address(self, netns, device, *addresses):
        for address in addresses:
            run("ip", "-n", netns, "addr", "add", address, "dev", device, *(["nodad"] if ":" in address else []))
        run("ip", "-n", netns, "link", "set", device, "up")

    def default(self, netns, *gateways):
        for gateway in gateways:
            run("ip", "-n", netns, "route", "add", "default", "via", gateway)

    def reach(self, netns, *addresses):
        """Until both ends know each other: addresses of IPv6 and neighbours take their time."""
        def is_there(address):
            s = self.socket_in(netns, self.family(address), socket.SOCK_STREAM)
            s.settimeout(0.2)
            try:
                s.connect((address, 1))
            except OSError as e:
                return e.errno == errno.ECONNREFUSED
            finally:
                s.close()
            return True

        for address in addresses:
            self.assertTrue(wait_for(lambda address=address: is_there(address)), f"{address} from {netns}")

    def make_container(self, netns=None, device="host0", vips=(VIP4, VIP6), net="10.2.0", net6="fd02:"):
        netns = netns or self.container
        self.make_netns(netns)
        self.sysctl(netns, ["net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0"])
        run("ip", "link", "add", device, "netns", self.router, "type", "veth", "peer", "name", "eth0", "netns", netns)
        self.address(netns, "eth0", f"{net}.2/24", f"{net6}:2/64")
        self.address(self.router, device, f"{net}.1/24", f"{net6}:1/64")
        self.default(netns, f"{net}.1", f"{net6}:1")
        self.reach(netns, f"{net}.1", f"{net6}:1")
        for vip in vips:
            self.address(netns, "lo", f"{vip}/{128 if ':' in vip else 32}")

    def drop_container(self, netns=None):
        """Its links go at once; a namespace alone lives on with the sockets in it."""
        netns = netns or self.container
        run("ip", "-n", netns, "link", "del", "eth0", check=False)
        run("ip", "netns", "del", netns, check=False)

    def kernel_routes(self, *vips):
        for vip in vips or (VIP4, VIP6):
            run("ip", "-n", self.router, "route", "replace", vip, "via", "fd02::2" if ":" in vip else "10.2.0.2", "dev", "host0")

    def offloads(self, netns, device, *words):
        run("ip", "netns", "exec", netns, "ethtool", "-K", device, *words)

    # The plugin.

    def start(self, *ifaces, options=()):
        self.host = Host(self.router, *options)
        for iface in ifaces or ("in0",):
            self.host.ask("iface", iface)

    def configure(self, *routes):
        for route in routes:
            self.assertEqual(self.host.ask("route", route), "0")
        answer = self.host.ask("configure")
        self.host.ask("collect")
        return answer

    def route(self, name="web", vip=f"{VIP4},{VIP6}", protocol="tcp", port="443", path=None, netns=None, iface="in0"):
        words = [name, f"vip={vip}", f"protocol={protocol}", f"port={port}", f"for=iface:{iface}", f"netns={netns or self.container}",
                 "device=eth0"]
        return " ".join(words + ([f"path={path}"] if path else []))

    def packets(self, name="web"):
        return self.host.number("route_packets", name)

    def is_up(self, name="web"):
        return self.host.number("route_up", name) == 1

    def wait_up(self, up=True, name="web"):
        self.assertTrue(wait_for(lambda: self.is_up(name) == up), self.host.said())

    # Traffic.

    def socket_in(self, netns, *words, bind=None):
        def make():
            s = socket.socket(*words)
            s.settimeout(WAIT)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if bind:
                s.bind(bind)
            return s

        s = inside(f"/run/netns/{netns}", make)
        self.addCleanup(s.close)
        return s

    @staticmethod
    def family(vip):
        return socket.AF_INET6 if ":" in vip else socket.AF_INET

    def serve_tcp(self, vip, port=443, netns=None):
        """Says a digest of what it was sent, and sends it back, once it is all there; until its socket is closed."""
        s = self.socket_in(netns or self.container, self.family(vip), socket.SOCK_STREAM, bind=(vip, port))
        s.listen(16)

        def work():
            while True:
                try:
                    connection, _ = s.accept()
                except TimeoutError:
                    continue
                except OSError:
                    return
                with connection:
                    try:
                        connection.settimeout(WAIT)
                        data = b""
                        while chunk := connection.recv(65536):
                            data += chunk
                        connection.sendall(hashlib.sha256(data).digest() + data)
                    except OSError:
                        pass

        threading.Thread(target=work, daemon=True).start()
        return s

    def serve_udp(self, vip, port=443, netns=None):
        s = self.socket_in(netns or self.container, self.family(vip), socket.SOCK_DGRAM, bind=(vip, port))

        def work():
            while True:
                try:
                    data, peer = s.recvfrom(65536)
                    s.sendto(hashlib.sha256(data).digest() + data, peer)
                except TimeoutError:
                    continue
                except OSError:
                    return

        threading.Thread(target=work, daemon=True).start()
        return s

    def talk_tcp(self, vip, data=MEGABYTE, port=443, timeout=WAIT):
        """Whether all of it arrives and comes back as it was."""
        s = self.socket_in(self.client, self.family(vip), socket.SOCK_STREAM)
        s.settimeout(timeout)
        try:
            s.connect((vip, port))
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            got = b""
            while chunk := s.recv(65536):
                got += chunk
        except OSError:
            return False
        finally:
            s.close()
        return got == hashlib.sha256(data).digest() + data

    def talk_udp(self, vip, size=1000, port=443, timeout=1.0, tries=3):
        data = os.urandom(size)
        s = self.socket_in(self.client, self.family(vip), socket.SOCK_DGRAM)
        s.settimeout(timeout)
        try:
            s.connect((vip, port))
            for _ in range(tries):
                try:
                    s.send(data)
                    return s.recv(65536) == hashlib.sha256(data).digest() + data
                except TimeoutError:
                    continue
                except OSError as e:
                    # Too long: the next one is broken up.
                    if e.errno != errno.EMSGSIZE:
                        return False
            return False
        except OSError:
            return False
        finally:
            s.close()

    @contextlib.contextmanager
    def talking(self, call):
        """While somebody else talks, over and over: what came of it each time."""
        good, stop = [], threading.Event()

        def keep_talking():
            while not stop.is_set():
                good.append(call())

        thread = threading.Thread(target=keep_talking)
        thread.start()
        try:
            yield good
        finally:
            stop.set()
            thread.join()
        self.assertTrue(good and all(good), good)

    def assert_takes_over_unnoticed(self, call, at_least=1):
        """The plugin sleeps, its entry leads to a device that is gone; the kernel knows another place for the VIP, and takes over."""
        other = f"oth-{os.getpid()}"
        self.addCleanup(self.drop_container, other)
        self.host.process.send_signal(signal.SIGSTOP)
        self.drop_container()
        self.make_container(other, "host1", net="10.3.0", net6="fd03:")
        self.serve_tcp(VIP4, netns=other)
        run("ip", "-n", self.router, "route", "add", VIP4, "via", "10.3.0.2", "dev", "host1")
        sent = self.sent("host1")
        works = call()
        sent = self.sent("host1") - sent
        self.host.process.send_signal(signal.SIGCONT)
        self.assertTrue(works)
        self.assertGreaterEqual(sent, at_least)
        self.wait_up(False)

    def shorten(self, mtu):
        """Of both ends of the container's pair."""
        run("ip", "-n", self.router, "link", "set", "host0", "mtu", str(mtu))
        run("ip", "-n", self.container, "link", "set", "eth0", "mtu", str(mtu))

    def assert_leaves_frames_of_others(self):
        """In by an interface that takes in all, with another's address at the front."""
        server = self.socket_in(self.container, socket.AF_INET, socket.SOCK_DGRAM, bind=(VIP4, 443))
        server.settimeout(0.5)
        run("ip", "-n", self.router, "link", "set", "in0", "promisc", "on")
        s = self.socket_in(self.client, socket.AF_PACKET, socket.SOCK_RAW)
        s.bind(("eth0", 0))
        mine = run("ip", "netns", "exec", self.router, "cat", "/sys/class/net/in0/address").strip()

        def send(to):
            udp = struct.pack("!HHHH", 5, 443, 13, 0) + b"hello"
            ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0x4000, 64, 17, 0, socket.inet_aton("10.1.0.2"),
                             socket.inet_aton(VIP4))
            total = sum(struct.unpack("!10H", ip))
            total = ~(total + (total >> 16)) & 0xffff
            ip = ip[:10] + struct.pack("!H", total) + ip[12:]
            s.send(bytes.fromhex(to.replace(":", "")) + b"\x02\0\0\0\0\x01\x08\0" + ip + udp)

        send("02:00:00:00:00:77")
        self.assertRaises(TimeoutError, server.recv, 100)
        self.assertEqual(self.packets(), 0)
        send(mine)
        self.assertEqual(server.recv(100), b"hello")

    # What the kernel has.

    def attached(self, device="in0"):
        """Programs at an interface of the router, by whoever asks the kernel."""
        found = []
        if n := inside(f"/run/netns/{self.router}", lambda: tcx_programs(device)):
            found.append(f"{n} by tcx")
        if HOOK_NAME in run("ip", "netns", "exec", self.router, "tc", "filter", "show", "dev", device, "ingress", check=False):
            found.append("a filter of tc")
        if "xdp" in run("ip", "-n", self.router, "link", "show", device, check=False):
            found.append("xdp")
        return ", ".join(found)

    def sent(self, device="host0"):
        """Packets that the kernel sent out by a device of the router: those that did not take a route."""
        return int(inside(f"/run/netns/{self.router}", lambda: counter(device)))


__all__ = ["RouteCase", "Host", "run", "wait_for", "inside", "VIP4", "VIP6", "MEGABYTE", "tcx_programs"]
