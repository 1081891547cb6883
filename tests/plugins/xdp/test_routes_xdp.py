#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Routes by XDP: before the kernel has a packet of it. argv: ROUTES-HOST XDP.so"""
import sys
import unittest

from routes_net import MEGABYTE, VIP4, VIP6, RouteCase, run, wait_for


class Xdp(RouteCase):
    def setUp(self):
        super().setUp()
        # What a card on a wire receives has its checksum.
        self.offloads(self.client, "eth0", "tx", "off")
        self.offloads(self.container, "eth0", "gro", "on")

    def route(self, *args, path="xdp", **more):
        return super().route(*args, path=path, **more)

    def up(self, *routes, mode="redirect"):
        self.start()
        self.assertEqual(self.host.ask("knob", "xdp.mode", "in0", mode), "0", self.host.said())
        self.assertEqual(self.configure(*(routes or (self.route(),))), "0", self.host.said())
        self.assertTrue(self.is_up(), self.host.said())

    def assert_takes(self, call, at_least):
        before = self.packets()
        redirected = self.host.number("redirected", "in0", "iface") or 0
        self.assertTrue(call(), self.host.said())
        self.assertGreaterEqual(self.packets(), before + at_least)
        self.assertEqual(self.host.number("redirected", "in0", "iface") - redirected, self.packets() - before)

    def test_takes_tcp_past_a_kernel_that_knows_no_way(self):
        self.serve_tcp(VIP4)
        self.serve_tcp(VIP6)
        self.assertFalse(self.talk_tcp(VIP4, timeout=1))
        self.up()
        for vip in (VIP4, VIP6):
            self.assert_takes(lambda vip=vip: self.talk_tcp(vip), len(MEGABYTE) // 1500)
        self.configure()
        self.assertFalse(self.talk_tcp(VIP4, timeout=1))

    def test_takes_udp_in_any_mode_that_says_so(self):
        self.serve_udp(VIP4)
        self.serve_udp(VIP6)
        self.up(self.route(protocol="udp"))
        for mode in ("redirect", "filter+redirect", "flood+redirect"):
            self.assertEqual(self.host.ask("knob", "xdp.mode", "in0", mode), "0")
            for vip in (VIP4, VIP6):
                with self.subTest(mode=mode, vip=vip):
                    self.assert_takes(lambda vip=vip: self.talk_udp(vip), 1)
        for mode in ("monitor", "filter", "off"):
            with self.subTest(mode=mode):
                self.assertEqual(self.host.ask("knob", "xdp.mode", "in0", mode), "0")
                self.assertFalse(self.talk_udp(VIP4, tries=1, timeout=0.3))
        self.wait_up(False)
        self.assertIn("xdp.mode = redirect", self.host.said())

    def test_what_a_route_cannot_take_goes_the_kernels_way(self):
        self.kernel_routes()
        self.serve_udp(VIP4)
        self.serve_udp(VIP4, 444)
        self.serve_udp(VIP6)
        self.up(self.route(protocol="udp"))
        self.assert_takes(lambda: self.talk_udp(VIP4), 1)
        for call in (lambda: self.talk_udp(VIP4, 4000), lambda: self.talk_udp(VIP6, 4000), lambda: self.talk_udp(VIP4, port=444)):
            before, sent = self.packets(), self.sent()
            self.assertTrue(call())
            self.assertEqual(self.packets(), before)
            self.assertGreater(self.sent(), sent)

    def test_frames_for_somebody_else_are_left_alone(self):
        self.up(self.route(protocol="udp"))
        self.assert_leaves_frames_of_others()

    def test_what_is_too_long_for_the_container_goes_the_kernels_way(self):
        self.kernel_routes()
        self.serve_udp(VIP4)
        self.shorten(1000)
        self.up(self.route(protocol="udp"))
        self.assert_takes(lambda: self.talk_udp(VIP4, 800), 1)
        self.assertTrue(self.talk_udp(VIP4, 1300))

    def test_frames_that_would_be_lost_are_not_sent(self):
        """The container's end does not poll: the route is down, and the kernel takes over; and up again when it does."""
        self.kernel_routes()
        self.serve_tcp(VIP4)
        self.offloads(self.container, "eth0", "gro", "off")
        self.start()
        self.assertEqual(self.host.ask("knob", "xdp.mode", "in0", "redirect"), "0")
        self.assertEqual(self.configure(self.route()), "0")
        self.assertFalse(self.is_up())
        self.assertIn("ethtool -K eth0 gro on", self.host.said())
        self.assertTrue(self.talk_tcp(VIP4))
        self.assertEqual(self.packets(), 0)
        self.offloads(self.container, "eth0", "gro", "on")
        self.wait_up()
        self.assert_takes(lambda: self.talk_tcp(VIP4), len(MEGABYTE) // 1500)
        self.offloads(self.container, "eth0", "gro", "off")
        self.wait_up(False)
        self.assertTrue(self.talk_tcp(VIP4))

    def test_packets_with_no_checksum_are_not_taken(self):
        self.kernel_routes()
        self.serve_tcp(VIP4)
        self.offloads(self.client, "eth0", "tx", "on")
        self.start()
        self.assertEqual(self.host.ask("knob", "xdp.mode", "in0", "redirect"), "0")
        self.assertEqual(self.configure(self.route()), "0")
        self.assertFalse(self.is_up())
        self.assertIn("leaves out checksums", self.host.said())
        self.assertTrue(self.talk_tcp(VIP4))
        self.offloads(self.client, "eth0", "tx", "off")
        self.wait_up()
        self.assert_takes(lambda: self.talk_tcp(VIP4), len(MEGABYTE) // 1500)

    def test_not_behind_the_driver(self):
        self.start()
        self.assertEqual(self.host.ask("knob", "xdp.attach", "in0", "generic"), "0")
        self.assertNotEqual(self.host.ask("knob", "xdp.mode", "in0", "redirect"), "0")
        self.assertIn("xdp.attach = native", self.host.said())
        self.assertEqual(self.host.ask("knob", "xdp.mode", "in0", "filter"), "0")
        self.assertEqual(self.configure(self.route()), "0")
        self.assertFalse(self.is_up())

    def test_a_container_that_goes_and_comes(self):
        self.serve_tcp(VIP4)
        self.up()
        self.assert_takes(lambda: self.talk_tcp(VIP4), 100)
        self.drop_container()
        self.wait_up(False)
        self.make_container()
        self.offloads(self.container, "eth0", "gro", "on")
        self.serve_tcp(VIP4)
        self.wait_up()
        self.assert_takes(lambda: self.talk_tcp(VIP4), 100)

    def test_what_was_not_noticed_goes_the_kernels_way(self):
        self.serve_tcp(VIP4)
        self.up()
        self.assert_takes(lambda: self.talk_tcp(VIP4), 100)
        self.assert_takes_over_unnoticed(lambda: self.talk_tcp(VIP4), 10)

    def test_one_interface_of_two_is_no_good(self):
        """What comes in by it goes the kernel's way, while the route is up by the other."""
        run("ip", "link", "add", "eth1", "netns", self.client, "type", "veth", "peer", "name", "in1", "netns", self.router)
        self.address(self.client, "eth1", "10.4.0.2/24")
        self.address(self.router, "in1", "10.4.0.1/24")
        self.reach(self.client, "10.4.0.1")
        run("ip", "-n", self.client, "route", "add", VIP4, "via", "10.4.0.1")
        self.kernel_routes()
        self.serve_tcp(VIP4)
        self.start("in0", "in1")
        for iface in ("in0", "in1"):
            self.assertEqual(self.host.ask("knob", "xdp.mode", iface, "redirect"), "0")
        self.assertEqual(self.configure(self.route(iface="in*")), "0")

        def passes():
            before = self.packets()
            self.assertTrue(self.talk_tcp(VIP4), self.host.said())
            return self.packets() == before

        told = "the other end of in1 leaves out checksums"
        for _ in range(3):
            self.assertTrue(self.is_up())
        self.assertIn(told, self.host.said())
        self.assertTrue(passes())
        self.offloads(self.client, "eth1", "tx", "off")
        self.assertTrue(self.is_up())
        self.assertFalse(passes())
        # From now on it is looked at every ten seconds.
        self.offloads(self.client, "eth1", "tx", "on")
        self.assertTrue(wait_for(lambda: self.is_up() and self.host.said().count(told) == 2, 15), self.host.said())
        self.assertTrue(passes())

    def test_filters_come_first(self):
        """What a ban or a filter drops takes no route: the order of the program."""
        self.serve_tcp(VIP4)
        self.up(mode="filter+redirect")
        self.assert_takes(lambda: self.talk_tcp(VIP4), 100)
        self.assertEqual(self.host.ask("limit", "xdp.limit_pps", "in0", "1"), "0")
        before = self.packets()
        self.assertFalse(self.talk_tcp(VIP4, timeout=2))
        self.assertLess(self.packets() - before, 100)
        self.assertGreater(self.host.number("dropped_limit", "in0", "iface"), 0)

    def test_a_route_of_each_kind_by_one_interface(self):
        self.serve_tcp(VIP4, 443)
        self.serve_tcp(VIP4, 444)
        self.up(self.route(), self.route("slow", port="444", path="tc"))
        for name, port in (("web", 443), ("slow", 444)):
            before = self.packets(name)
            self.assertTrue(self.talk_tcp(VIP4, port=port), name)
            self.assertGreater(self.packets(name), before + len(MEGABYTE) // 1500)

    def test_nothing_is_left(self):
        self.up()
        self.assertIn("xdp", self.attached())
        self.host.ask("close")
        self.assertTrue(wait_for(lambda: self.attached() == ""), self.attached())
        self.host.ask("open")
        self.host.ask("iface", "in0")
        self.assertEqual(self.host.ask("knob", "xdp.mode", "in0", "redirect"), "0")
        self.assertEqual(self.configure(self.route()), "0")
        self.assertIn("xdp", self.attached())
        self.host.kill()
        self.assertTrue(wait_for(lambda: self.attached() == ""), self.attached())


if __name__ == "__main__":
    del sys.argv[1:3]
    unittest.main(verbosity=2)
