#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Routes by tc: from the router's interface straight into the container. argv: ROUTES-HOST XDP.so"""
import contextlib
import os
import socket
import subprocess
import sys
import time
import unittest

from routes_net import MEGABYTE, VIP4, VIP6, RouteCase, run, wait_for


class Tc(RouteCase):
    def up(self, *routes):
        self.start()
        self.assertEqual(self.configure(*(routes or (self.route(),))), "0", self.host.said())
        self.assertTrue(self.is_up(), self.host.said())

    def assert_takes(self, call, at_least=None):
        """It works, and by the route, not the kernel, which has its own packets to send there: who is who."""
        if at_least is None:
            at_least, once = 20, call
            call = lambda: all(once() for _ in range(20))  # noqa: E731
        before, sent = self.packets(), self.sent()
        self.assertTrue(call(), self.host.said())
        self.assertGreaterEqual(self.packets(), before + at_least)
        self.assertLess(self.sent() - sent, at_least)

    def assert_passes(self, call):
        """It works, and by the kernel."""
        before, sent = self.packets(), self.sent()
        self.assertTrue(call(), self.host.said())
        self.assertEqual(self.packets(), before)
        self.assertGreater(self.sent(), sent)

    # What takes it.

    def test_takes_tcp_past_a_kernel_that_knows_no_way(self):
        self.serve_tcp(VIP4)
        self.serve_tcp(VIP6)
        self.assertFalse(self.talk_tcp(VIP4, timeout=1))
        self.assertFalse(self.talk_tcp(VIP6, timeout=1))
        self.up()
        for vip in (VIP4, VIP6):
            self.assert_takes(lambda vip=vip: self.talk_tcp(vip), len(MEGABYTE) // 1500)
        self.configure()
        self.assertFalse(self.talk_tcp(VIP4, timeout=1))

    def test_takes_udp(self):
        self.serve_udp(VIP4)
        self.serve_udp(VIP6)
        self.assertFalse(self.talk_udp(VIP4, tries=1))
        self.up(self.route(protocol="udp"))
        for vip in (VIP4, VIP6):
            self.assert_takes(lambda vip=vip: self.talk_udp(vip))

    def test_takes_it_whatever_is_offloaded(self):
        self.serve_tcp(VIP4)
        self.serve_tcp(VIP6)
        self.up()
        for tx in ("on", "off"):
            for gro in ("on", "off"):
                for netns, device in ((self.client, "eth0"), (self.router, "in0"), (self.router, "host0"), (self.container, "eth0")):
                    self.offloads(netns, device, "tx", tx, "tso", tx, "gro", gro)
                for vip in (VIP4, VIP6):
                    with self.subTest(tx=tx, gro=gro, vip=vip):
                        self.assert_takes(lambda vip=vip: self.talk_tcp(vip), len(MEGABYTE) // 1500)

    def test_is_auto_and_says_what_it_picked(self):
        self.up(self.route(), self.route("other", port="80", path="tc"))
        self.assertTrue(self.host.ask("path", "web").startswith("tc, by "), self.host.ask("path", "web"))
        self.assertIn("(auto: ", self.host.ask("path", "web"))
        self.assertNotIn("auto", self.host.ask("path", "other"))

    # What goes the kernel's way.

    def test_a_miss_goes_the_kernels_way(self):
        self.kernel_routes()
        self.serve_tcp(VIP4, 80)
        self.serve_udp(VIP4)
        self.serve_tcp("10.2.0.2")
        self.up()
        self.assert_passes(lambda: self.talk_tcp(VIP4, port=80))
        self.assert_passes(lambda: self.talk_udp(VIP4))
        self.assert_passes(lambda: self.talk_tcp("10.2.0.2"))

    def test_fragments_go_the_kernels_way(self):
        self.serve_udp(VIP4)
        self.serve_udp(VIP6)
        self.up(self.route(protocol="udp"))
        for vip in (VIP4, VIP6):
            self.assertFalse(self.talk_udp(vip, 4000, tries=1))
        self.kernel_routes()
        for vip in (VIP4, VIP6):
            self.assert_passes(lambda vip=vip: self.talk_udp(vip, 4000))
            self.assert_takes(lambda vip=vip: self.talk_udp(vip, 1000))

    def send_with(self, vip, level, option, value):
        """Whether a datagram with something between its headers arrives."""
        server = self.socket_in(self.container, self.family(vip), socket.SOCK_DGRAM, bind=(vip, 443))
        s = self.socket_in(self.client, self.family(vip), socket.SOCK_DGRAM)
        s.setsockopt(level, option, value)
        s.sendto(b"hello", (vip, 443))
        server.settimeout(2)
        try:
            return server.recv(100) == b"hello"
        except TimeoutError:
            return False
        finally:
            server.close()

    def test_options_go_the_kernels_way(self):
        self.kernel_routes()
        self.up(self.route(protocol="udp"))
        self.assert_takes(lambda: self.send_with(VIP4, socket.SOL_SOCKET, socket.SO_BROADCAST, 1))
        self.assert_passes(lambda: self.send_with(VIP4, socket.IPPROTO_IP, socket.IP_OPTIONS, b"\x01\x01\x01\x00"))
        self.assert_passes(lambda: self.send_with(VIP6, socket.IPPROTO_IPV6, socket.IPV6_DSTOPTS, b"\0\0\x01\x04\0\0\0\0"))

    def test_errors_go_the_kernels_way(self):
        self.kernel_routes()
        self.up(self.route(protocol="udp"))
        s = self.socket_in(self.container, socket.AF_INET, socket.SOCK_DGRAM, bind=(VIP4, 443))
        s.connect(("10.1.0.2", 6))

        def refused():
            s.send(b"x")
            try:
                s.recv(1)
            except ConnectionRefusedError:
                return True
            return False

        self.assert_passes(refused)

    def test_what_is_too_long_for_the_container_goes_the_kernels_way(self):
        self.kernel_routes()
        self.serve_udp(VIP4)
        self.shorten(1000)
        self.up(self.route(protocol="udp"))
        self.assertIn("MTU", self.host.said())
        self.assert_takes(lambda: self.talk_udp(VIP4, 800))
        # The kernel tells the client, or breaks it up: whichever, it arrives.
        self.assertTrue(self.talk_udp(VIP4, 1300))

    def test_frames_for_somebody_else_are_left_alone(self):
        self.up(self.route(protocol="udp"))
        self.assert_leaves_frames_of_others()

    # Coming and going.

    def test_a_container_that_goes_takes_nobody_with_it(self):
        other = f"oth-{os.getpid()}"
        self.addCleanup(self.drop_container, other)
        self.make_container(other, "host1", ("192.0.2.20",), "10.3.0", "fd03:")
        self.serve_tcp(VIP4)
        self.serve_tcp("192.0.2.20", netns=other)
        self.up(self.route(), self.route("other", "192.0.2.20", netns=other))

        s = self.socket_in(self.client, socket.AF_INET, socket.SOCK_STREAM)
        s.connect((VIP4, 443))
        with self.talking(lambda: self.talk_tcp("192.0.2.20")) as good:
            s.sendall(MEGABYTE)
            self.drop_container()
            self.wait_up(False)
            s.settimeout(0.5)
            with contextlib.suppress(OSError):
                s.sendall(MEGABYTE * 8)
            time.sleep(0.5)
        self.assertGreater(len(good), 3)
        self.assertTrue(self.is_up("other"))

        self.make_container()
        self.serve_tcp(VIP4)
        self.wait_up()
        self.assert_takes(lambda: self.talk_tcp(VIP4), len(MEGABYTE) // 1500)

    def test_it_is_noticed_at_once(self):
        self.up()
        self.drop_container()
        # No collect(): the metric stays as it was, the log tells.
        self.assertTrue(wait_for(lambda: "route web: down" in self.host.said(), 2), self.host.said())
        self.make_container()
        self.assertTrue(wait_for(lambda: self.host.said().count("route web: up") == 2 or not self.host.ask("collect"), 5))
        self.wait_up()

    def test_what_was_not_noticed_goes_the_kernels_way(self):
        self.serve_tcp(VIP4)
        self.up()
        self.assert_takes(lambda: self.talk_tcp(VIP4), len(MEGABYTE) // 1500)
        self.assert_takes_over_unnoticed(lambda: self.talk_tcp(VIP4), 10)

    def test_a_container_that_comes_later_gets_its_route(self):
        self.drop_container()
        self.start()
        self.assertEqual(self.configure(self.route()), "0")
        self.assertFalse(self.is_up())
        self.assertIn("no network namespace", self.host.said())
        self.make_container(vips=())
        self.serve_tcp("10.2.0.2")
        self.assertTrue(wait_for(lambda: not self.is_up() and "not the container's own address" in self.host.said()), self.host.said())
        self.address(self.container, "lo", f"{VIP4}/32", f"{VIP6}/128")
        self.serve_tcp(VIP4)
        self.wait_up()
        self.assert_takes(lambda: self.talk_tcp(VIP4), len(MEGABYTE) // 1500)

    def test_a_device_that_is_down_is_no_way(self):
        self.up()
        run("ip", "-n", self.container, "link", "set", "eth0", "down")
        self.wait_up(False)
        run("ip", "-n", self.container, "link", "set", "eth0", "up")
        self.wait_up()

    def test_interfaces_come_go_and_are_renamed(self):
        self.serve_tcp(VIP4)
        self.start("lo")
        self.configure(self.route(iface="in*"))
        self.assertFalse(self.is_up())
        self.assertEqual(self.attached(), "")
        self.host.ask("iface", "in0")
        self.wait_up()
        self.assert_takes(lambda: self.talk_tcp(VIP4), len(MEGABYTE) // 1500)

        number = run("ip", "netns", "exec", self.router, "cat", "/sys/class/net/in0/ifindex").strip()
        run("ip", "-n", self.router, "link", "set", "in0", "name", "out0")
        self.host.ask("gone", number)
        self.host.ask("iface", "out0")
        self.wait_up(False)
        self.assertEqual(self.attached("out0"), "")
        run("ip", "-n", self.router, "link", "set", "out0", "name", "in0")
        self.host.ask("gone", number)
        self.host.ask("iface", "in0")
        self.wait_up()
        self.assert_takes(lambda: self.talk_tcp(VIP4), len(MEGABYTE) // 1500)

    # Other sets.

    def test_an_old_set_or_a_new_one(self):
        self.serve_tcp(VIP4, 443)
        self.serve_tcp(VIP4, 444)
        self.up()
        self.assert_takes(lambda: self.talk_tcp(VIP4), 100)
        before = self.packets()
        self.assertEqual(self.configure(self.route(port="444")), "0")
        self.assertGreaterEqual(self.packets(), before)
        self.assert_takes(lambda: self.talk_tcp(VIP4, port=444), 100)
        self.assertFalse(self.talk_tcp(VIP4, timeout=1))

        self.assertNotEqual(self.configure(self.route(port="443"), self.route("rival", port="400-500")), "0")
        self.assertIn("take the same packets", self.host.said())
        self.assertTrue(self.is_up())
        self.assert_takes(lambda: self.talk_tcp(VIP4, port=444), 100)
        self.assertFalse(self.talk_tcp(VIP4, timeout=1))

    def test_nothing_is_lost_while_sets_change(self):
        self.serve_tcp(VIP4)
        self.up()
        with self.talking(lambda: self.talk_tcp(VIP4)):
            for i in range(30):
                self.assertEqual(self.configure(self.route(), self.route("other", port=str(1000 + i))), "0")
        self.assertLess(self.sent(), 10)

    def test_more_than_there_is_room_for_leaves_the_old_set(self):
        self.serve_tcp(VIP4)
        self.up()
        many = [self.route(f"r{i}", port=f"{1000 + i * 512}-{1511 + i * 512}", vip=f"{VIP4},{VIP6}") for i in range(70)]
        self.assertNotEqual(self.configure(*many), "0")
        self.assertIn("no room", self.host.said())
        self.assertTrue(self.is_up())
        self.assert_takes(lambda: self.talk_tcp(VIP4), 100)

    # What is amiss is told.

    def test_what_would_lose_answers_is_told(self):
        self.sysctl(self.router, ["net.ipv4.conf.host0.rp_filter=1", "net.ipv4.conf.host0.forwarding=0"])
        run("ip", "-n", self.container, "route", "del", "default")
        run("ip", "-n", self.router, "link", "set", "host0", "mtu", "1400")
        self.up()
        for line in ("rp_filter is strict", "net.ipv4.conf.host0.forwarding=1", "no default route of IPv4", "MTU of host0 is 1400"):
            self.assertIn(line, self.host.said())
        before = self.host.said()
        self.host.ask("collect")
        self.assertEqual(self.host.said(), before)

    def test_a_device_with_no_end_here_is_refused(self):
        run("ip", "-n", self.container, "link", "add", "pair0", "type", "veth", "peer", "name", "pair1")
        run("ip", "-n", self.container, "link", "set", "pair0", "up")
        self.start()
        self.assertEqual(self.configure(self.route().replace("device=eth0", "device=pair0")), "0")
        self.assertFalse(self.is_up())
        self.assertIn("not in the daemon's network namespace", self.host.said())

    def test_a_device_of_the_same_number_is_not_taken_for_its_end(self):
        """In another container, a pair whose ends have by chance the numbers of the first one's."""
        other = f"oth-{os.getpid()}"
        run("ip", "netns", "add", other)
        self.addCleanup(run, "ip", "netns", "del", other)
        run("ip", "-n", other, "link", "set", "lo", "up")
        self.address(other, "lo", f"{VIP4}/32")
        ends = [run("ip", "netns", "exec", netns, "cat", f"/sys/class/net/{name}/ifindex").strip()
                for netns, name in ((self.container, "eth0"), (self.router, "host0"))]
        run("ip", "-n", other, "link", "add", "name", "eth0", "index", ends[0], "type", "veth", "peer", "name", "eth1", "index", ends[1])
        run("ip", "-n", other, "link", "set", "eth0", "up")
        self.start()
        self.assertEqual(self.configure(self.route(vip=VIP4, netns=other)), "0")
        self.assertFalse(self.is_up(), self.host.said())
        self.assertIn("not in the daemon's network namespace", self.host.said())

    def test_sections_that_make_no_sense(self):
        self.start()
        for words, why in ((f"x vip={VIP4}/24 protocol=tcp port=1 for=iface:in0 netns=a device=b", "set behind the length"),
                           ("x vip=192.0.2.0/24 protocol=tcp port=1 for=iface:in0 netns=a device=b", "not a prefix"),
                           (f"x vip={VIP4} protocol=icmp port=1 for=iface:in0 netns=a device=b", "tcp or udp"),
                           (f"x vip={VIP4} protocol=tcp port=0 for=iface:in0 netns=a device=b", "port 0"),
                           (f"x vip={VIP4} protocol=tcp port=1-2000 for=iface:in0 netns=a device=b", "more than 1024"),
                           (f"x vip={VIP4} protocol=tcp port=1 netns=a device=b", "for is missing"),
                           (f"x vip={VIP4} protocol=tcp port=1 for=iface:in0 netns=a/b device=b", "expected a name"),
                           (f"x vip={VIP4} protocol=tcp port=1 for=iface:in0 netns=pid:x device=b", "expected a name"),
                           (f"x vip={VIP4} protocol=tcp port=1 for=iface:in0 netns=a device=a-name-that-is-too-long", "name of a device"),
                           (f"x vip={VIP4} protocol=tcp port=1 path=socket", "needs listener"),
                           (f"x vip={VIP4} protocol=tcp port=1 path=tc listener=80", "daemon's own namespace"),
                           (f"x vip={VIP4} protocol=tcp port=1 netns=a listener=80", "one or the other")):
            with self.subTest(words):
                self.assertIn(why, self.host.ask("route", words))

    # Nothing is left.

    def test_namespaces_by_path_and_process(self):
        self.serve_tcp(VIP4)
        self.up(self.route(netns=f"/run/netns/{self.container}"))
        self.assert_takes(lambda: self.talk_tcp(VIP4), 100)
        process = subprocess.Popen(["ip", "netns", "exec", self.container, "sleep", "60"])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        time.sleep(0.2)
        self.assertEqual(self.configure(self.route(netns=f"pid:{process.pid}")), "0")
        self.assert_takes(lambda: self.talk_tcp(VIP4), 100)

    def test_nothing_is_left_after_close(self):
        self.up()
        self.assertNotEqual(self.attached(), "")
        self.host.ask("close")
        self.assertTrue(wait_for(lambda: self.attached() == ""), self.attached())

    def test_nothing_is_left_after_it_is_killed(self):
        """Where the kernel has tcx; else a filter that does nothing, which is the daemon's to take off (tests/daemon/test_routes.py)."""
        self.serve_tcp(VIP4)
        self.up()
        tcx = ", by tcx links" in self.host.ask("path", "web")
        self.assertNotEqual(self.attached(), "")
        self.host.kill()
        self.assertTrue(wait_for(lambda: self.attached() == ("" if tcx else "a filter of tc")), self.attached())
        self.assertTrue(wait_for(lambda: not self.talk_tcp(VIP4, timeout=1)))

    def test_filters_where_there_are_links(self):
        """As on a kernel that has no tcx."""
        self.serve_tcp(VIP4)
        self.start(options=["tcx=no"])
        self.assertEqual(self.configure(self.route()), "0", self.host.said())
        self.wait_up()
        self.assertIn(", by filters of clsact", self.host.ask("path", "web"))
        self.assertEqual(self.attached(), "a filter of tc")
        self.assert_takes(lambda: self.talk_tcp(VIP4), len(MEGABYTE) // 1500)
        self.configure()
        self.assertEqual(self.attached(), "")
        self.assertNotIn("clsact", run("ip", "netns", "exec", self.router, "tc", "qdisc", "show", "dev", "in0"))

    def test_nothing_is_left_with_no_routes(self):
        self.up()
        self.assertEqual(self.configure(), "0")
        self.assertTrue(wait_for(lambda: self.attached() == ""), self.attached())


if __name__ == "__main__":
    del sys.argv[1:3]
    unittest.main(verbosity=2)
