#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Mode flood with the daemon: a rule sets it together with what the kernel needs for it, which is put back whatever ends the daemon.

usage: cookies-daemon.py TRIMTABD TRIMTAB XDP.so"""
import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "daemon"))
from net import NetCase, run, signal, wait_for  # noqa: E402

FLOOD = """
[rule flood]
for = iface:v0
when = rate(xdp.packets) >= 0
hold = 0s
then = xdp.mode = flood
"""
COOKIES = """       xdp.syncookies @host = 2
"""
STAMPS = """       xdp.timestamps @host = 2
"""
NATIVE = ("trimtab_xdp", "native")
SYSCTL = "/proc/sys/net/ipv4/tcp_"

SERVER = """
import socket
s = socket.create_server(("10.9.0.1", 8080), backlog=64)
while True:
    c, _ = s.accept()
    data = c.recv(100)
    info = c.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)
    c.sendall(data + bytes([info[5] & 7]))
    c.close()
"""
CLIENT = """
import socket
s = socket.create_connection(("10.9.0.1", 8080), 3)
s.sendall(b"hello")
data = b""
while len(data) < 6:
    data += s.recv(100)
assert data[:5] == b"hello"
print(data[5])
"""
# Passes all: what the program sends back reaches the other end of the cable only if that has a program too.
STUB = '__attribute__((section("xdp"), used)) int stub(void *ctx) { return 2; }\nchar l[] __attribute__((section("license"), used)) = "GPL";\n'


def sysctl(name):
    with open(SYSCTL + name, encoding="ascii") as file:
        return int(file.read())


def set_sysctl(name, value):
    with open(SYSCTL + name, "w", encoding="ascii") as file:
        file.write(str(value))


def strip_tags(name, on):
    """As ethtool -K NAME rxvlan on|off."""
    get, put, rxvlan, ethtool = 0x25, 0x26, 1 << 8, 0x8946
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        value = ctypes.create_string_buffer(struct.pack("II", get, 0))
        request = struct.pack("16sP16x", name.encode(), ctypes.addressof(value))
        fcntl.ioctl(s, ethtool, request)
        flags = struct.unpack("II", value.raw[:8])[1]
        value.raw = struct.pack("II", put, flags | rxvlan if on else flags & ~rxvlan) + b"\0"
        fcntl.ioctl(s, ethtool, request)


class Cookies(NetCase):
    def setUp(self):
        super().setUp()
        set_sysctl("syncookies", 1)
        set_sysctl("timestamps", 1)
        self.write("stub.c", STUB)
        run("clang", "-O2", "-g", "-target", "bpf", "-c", f"{self.dir}/stub.c", "-o", f"{self.dir}/stub.o")
        run("ip", "-n", self.netns, "link", "set", "dev", "v1", "xdpdrv", "obj", f"{self.dir}/stub.o", "sec", "xdp")
        self.peers.append(subprocess.Popen([sys.executable, "-c", SERVER]))

    def connect(self):
        """What the server's end has agreed on, as TCP_INFO's flags: timestamps 1, SACK 2, window scaling 4; None: no connection."""
        done = subprocess.run(["ip", "netns", "exec", self.netns, sys.executable, "-c", CLIENT], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False)
        return int(done.stdout) if done.returncode == 0 else None

    def flood(self, *more):
        self.write("rules/10.conf", FLOOD + "".join(more))
        daemon = self.start()
        self.wait_attached(NATIVE)
        self.assertTrue(wait_for(lambda: self.knob("mode") == "flood"), self.said())
        return daemon

    def test_a_rule_sets_all_and_a_stop_puts_it_back(self):
        self.assertTrue(wait_for(lambda: self.connect() == 7))
        daemon = self.flood(COOKIES, STAMPS)
        self.assertTrue(wait_for(lambda: (sysctl("syncookies"), sysctl("timestamps")) == (2, 2)), self.said())
        self.assertTrue(wait_for(lambda: "answers SYNs by SYN cookies" in self.said()), self.said())
        self.assertTrue(wait_for(lambda: self.connect() == 7 and (self.metric("answered") or 0) > 0), self.said())
        self.assertEqual(self.stop(daemon), 0)
        self.assertEqual((sysctl("syncookies"), sysctl("timestamps")), (1, 1), self.said())
        self.assertEqual(self.connect(), 7)

    def test_killed_it_leaves_nothing_that_the_restorer_does_not_put_back(self):
        daemon = self.flood(COOKIES)
        self.assertTrue(wait_for(lambda: sysctl("syncookies") == 2), self.said())
        self.stop(daemon, signal.SIGKILL)
        # Connections that were answered by us are the kernel's own, with or without us.
        self.assertTrue(wait_for(lambda: self.connect() is not None))
        subprocess.run([sys.argv[1], "--restore", "--runtime-dir", f"{self.dir}/run"], check=True, stderr=subprocess.DEVNULL)
        self.assertEqual(sysctl("syncookies"), 1)

    def test_with_the_hosts_own_timestamps_connections_are_plain(self):
        self.flood(COOKIES)
        self.assertTrue(wait_for(lambda: "answers SYNs by SYN cookies" in self.said()), self.said())
        self.assertTrue(wait_for(lambda: self.connect() == 0), self.said())

    def test_while_the_kernel_takes_none_back_none_is_given_out_and_it_is_said_once(self):
        self.flood()
        self.assertTrue(wait_for(lambda: "tcp_syncookies is not 2" in self.said()), self.said())
        for _ in range(3):
            self.assertEqual(self.connect(), 7)
        self.assertEqual(self.metric("answered"), 0)
        self.assertEqual(self.said().count("answers no SYN"), 1)
        # Somebody else sets it: seen at the next tick, and the other way too.
        set_sysctl("syncookies", 2)
        self.assertTrue(wait_for(lambda: self.connect() == 0), self.said())
        set_sysctl("syncookies", 1)
        self.assertTrue(wait_for(lambda: self.connect() == 7), self.said())

    def test_where_tags_are_taken_off_nothing_is_answered(self):
        run("ip", "link", "add", "br0", "type", "bridge")
        self.addCleanup(run, "ip", "link", "del", "br0")
        run("ip", "link", "set", "v0", "master", "br0")
        self.flood(COOKIES)
        self.assertTrue(wait_for(lambda: "rxvlan off" in self.said()), self.said())
        strip_tags("v0", False)
        self.assertTrue(wait_for(lambda: "answers SYNs by SYN cookies" in self.said()), self.said())
        strip_tags("v0", True)
        self.assertTrue(wait_for(lambda: self.said().count("rxvlan off") == 2), self.said())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
