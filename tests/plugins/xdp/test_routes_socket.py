#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Routes to listeners in the daemon's own namespace. argv: ROUTES-HOST XDP.so"""
import os
import socket
import sys
import unittest

from routes_net import MEGABYTE, VIP4, VIP6, RouteCase, inside, run, wait_for

PORT = 8443


class Socket(RouteCase):
    def setUp(self):
        super().setUp()
        run("ip", "-n", self.router, "addr", "add", f"{VIP4}/32", "dev", "lo")
        run("ip", "-n", self.router, "addr", "add", f"{VIP6}/128", "dev", "lo", "nodad")

    def to_listener(self, name="web", vip=f"{VIP4},{VIP6}", protocol="tcp", port="443", listener=PORT, path=None):
        words = [name, f"vip={vip}", f"protocol={protocol}", f"port={port}", f"listener={listener}"]
        return " ".join(words + ([f"path={path}"] if path else []))

    def up(self, *routes):
        self.start()
        self.assertEqual(self.configure(*(routes or (self.to_listener(),))), "0", self.host.said())
        self.wait_up()

    def ours(self):
        """The links of sk_lookup to the router's namespace: their number is in it."""
        number = inside(f"/run/netns/{self.router}", lambda: os.stat("/proc/thread-self/ns/net").st_ino)
        return run("bpftool", "link", "show").count(f"netns_ino {number}")

    def test_takes_tcp_to_a_port_that_nobody_asked_for(self):
        for vip, loopback in ((VIP4, "127.0.0.1"), (VIP6, "::1")):
            self.serve_tcp(loopback, PORT, self.router)
            self.assertFalse(self.talk_tcp(vip, timeout=1))
        self.up()
        for vip in (VIP4, VIP6):
            before = self.packets()
            self.assertTrue(self.talk_tcp(vip), self.host.said())
            # The one that opens, and what a slow machine sends again.
            self.assertIn(self.packets() - before, (1, 2, 3))
        self.assertIn("auto: there is a listener", self.host.ask("path", "web"))
        self.configure()
        self.assertFalse(self.talk_tcp(VIP4, timeout=1))
        self.assertTrue(wait_for(lambda: self.ours() == 0))

    def test_one_listener_for_both_families(self):
        s = self.socket_in(self.router, socket.AF_INET6, socket.SOCK_STREAM)
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        s.bind(("::", PORT))
        s.listen(8)
        self.up()
        for vip in (VIP4, VIP6):
            c = self.socket_in(self.client, self.family(vip), socket.SOCK_STREAM)
            c.connect((vip, 443))
            s.accept()[0].close()

    def test_takes_udp(self):
        for vip, loopback in ((VIP4, "0.0.0.0"), (VIP6, "::")):
            with self.subTest(vip):
                server = self.socket_in(self.router, self.family(vip), socket.SOCK_DGRAM)
                if ":" in vip:
                    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                server.bind((loopback, PORT))
                server.settimeout(0.5)
                client = self.socket_in(self.client, self.family(vip), socket.SOCK_DGRAM)
                client.sendto(b"before", (vip, 443))
                self.assertRaises(TimeoutError, server.recv, 100)
                self.up(self.to_listener(vip=vip, protocol="udp"))
                self.assertIn(f"answers of UDP come from port {PORT}", self.host.said())
                client.sendto(b"after", (vip, 443))
                self.assertEqual(server.recv(100), b"after")
                big = bytes(4000)
                client.sendto(big, (vip, 443))
                self.assertEqual(server.recv(8000), big)
                self.assertEqual(self.packets(), 2)
                self.host.end()

    def test_udp_of_the_same_port_is_answered(self):
        """A server for one address gets what goes to another."""
        self.address(self.router, "lo", "192.0.2.11/32")
        self.serve_udp(VIP4, 443, self.router)
        self.assertFalse(self.talk_udp("192.0.2.11", tries=1, timeout=0.5))
        self.up(self.to_listener(vip="192.0.2.11", protocol="udp", listener=443))
        s = self.socket_in(self.client, socket.AF_INET, socket.SOCK_DGRAM)
        s.sendto(b"hello", ("192.0.2.11", 443))
        self.assertEqual(s.recvfrom(1000)[1], (VIP4, 443))

    def test_the_listener_lives_as_long_as_its_process_wants(self):
        s = self.serve_tcp("127.0.0.1", PORT, self.router)
        self.up(self.to_listener(vip=VIP4))
        self.assertTrue(self.talk_tcp(VIP4))
        s.shutdown(socket.SHUT_RDWR)
        s.close()
        self.wait_up(False)
        self.assertFalse(self.talk_tcp(VIP4, timeout=1))
        self.assertIn("nobody listens", self.host.said())
        # Its port is free: nobody else holds the socket.
        self.serve_tcp("127.0.0.1", PORT, self.router)
        self.wait_up()
        self.assertTrue(self.talk_tcp(VIP4))

    def test_an_address_that_is_not_ours_is_told(self):
        self.serve_tcp("127.0.0.1", PORT, self.router)
        self.start()
        self.assertEqual(self.configure(self.to_listener(vip="192.0.2.99")), "0")
        self.assertFalse(self.is_up())
        self.assertIn("ip addr add 192.0.2.99/32 dev lo", self.host.said())
        self.address(self.router, "lo", "192.0.2.99/32")
        self.wait_up()
        self.assertTrue(self.talk_tcp("192.0.2.99"))

    def test_sets_change_and_nothing_is_lost(self):
        self.serve_tcp("127.0.0.1", PORT, self.router)
        self.up(self.to_listener(vip=VIP4))
        with self.talking(lambda: self.talk_tcp(VIP4, MEGABYTE[:1000])):
            for i in range(30):
                self.assertEqual(self.configure(self.to_listener(vip=VIP4), self.to_listener("other", VIP4, port=str(1000 + i))), "0")

    def test_nothing_is_left(self):
        self.serve_tcp("127.0.0.1", PORT, self.router)
        self.up(self.to_listener(vip=VIP4))
        self.assertEqual(self.ours(), 1)
        self.host.ask("close")
        self.assertTrue(wait_for(lambda: self.ours() == 0))
        self.host.ask("open")
        self.assertEqual(self.configure(self.to_listener(vip=VIP4)), "0")
        self.assertEqual(self.ours(), 1)
        self.host.kill()
        self.assertTrue(wait_for(lambda: self.ours() == 0))
        self.assertFalse(self.talk_tcp(VIP4, timeout=1))


if __name__ == "__main__":
    del sys.argv[1:3]
    unittest.main(verbosity=2)
