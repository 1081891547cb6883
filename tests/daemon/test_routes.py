#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon and its routes: read from rule files, followed by metrics and rules, and gone with the daemon. argv: TRIMTABD TRIMTAB XDP.so"""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from net import SENDER, NetCase, run, signal, wait_for  # noqa: E402

VIP = "192.0.2.10"

ROUTE = """
[route web]
vip      = {vip}
protocol = udp
port     = {port}
for      = iface:v0
netns    = {netns}
device   = eth0
"""

# A rule that follows a route: of what is up, count.
FOLLOW = """
[rule follow]
for = route:*
when = last(xdp.route_up) > 0
hold = 0s
then = xdp.mode @iface:v0 = monitor
until = last(xdp.route_up) < 1
clear-hold = 0s
"""

RECEIVER = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("192.0.2.10", 7000))
while True:
    s.recv(100)
    print("got one", flush=True)
"""


class Routes(NetCase):
    def setUp(self):
        super().setUp()
        self.container = f"con-{os.getpid()}"
        self.make_container()
        run("ip", "-n", self.netns, "route", "add", VIP, "via", "10.9.0.1")

    def tearDown(self):
        super().tearDown()
        self.drop_container()

    def make_container(self):
        run("ip", "netns", "add", self.container)
        run("ip", "link", "add", "host0", "type", "veth", "peer", "name", "eth0", "netns", self.container)
        run("ip", "link", "set", "host0", "up")
        run("ip", "-n", self.container, "link", "set", "eth0", "up")
        run("ip", "-n", self.container, "link", "set", "lo", "up")
        run("ip", "-n", self.container, "addr", "add", f"{VIP}/32", "dev", "lo")

    def drop_container(self):
        run("ip", "link", "del", "host0", check=False)
        run("ip", "netns", "del", self.container, check=False)

    def packets(self):
        return self.metric("route_packets", "route:web") or 0

    def test_packets_take_it_as_long_as_the_daemon_lives(self):
        receiver = subprocess.Popen(["ip", "netns", "exec", self.container, sys.executable, "-c", RECEIVER], stdout=subprocess.PIPE, text=True)
        self.peers.append(receiver)
        self.addCleanup(receiver.stdout.close)
        self.write("rules/10.conf", ROUTE.format(vip=VIP, port=7000, netns=self.container))
        daemon = self.start()
        self.assertTrue(wait_for(lambda: self.metric("route_up", "route:web") == 1), self.said())
        self.peers.append(subprocess.Popen(["ip", "netns", "exec", self.netns, sys.executable, "-c", SENDER, "10.9.0.2", "4", VIP, "7000",
                                            "200"]))
        self.assertEqual(receiver.stdout.readline(), "got one\n")
        self.assertTrue(wait_for(lambda: self.packets() > 20), self.said())

        # A set with an error in it changes nothing.
        before = self.packets()
        self.write("rules/10.conf", ROUTE.format(vip=VIP, port=0, netns=self.container))
        os.kill(daemon.pid, signal.SIGHUP)
        self.assertTrue(wait_for(lambda: "port 0" in self.said()), self.said())
        self.assertTrue(wait_for(lambda: self.packets() > before + 20), self.said())

        self.write("rules/10.conf", ROUTE.format(vip=VIP, port=7001, netns=self.container))
        os.kill(daemon.pid, signal.SIGHUP)
        self.assertTrue(wait_for(lambda: self.quiet(before=self.packets())), self.said())
        self.assertEqual(self.metric("route_up", "route:web"), 1)
        self.assertEqual(self.stop(daemon), 0)

    def quiet(self, before):
        """Whether nothing more takes it, for some ticks."""
        return not wait_for(lambda: self.packets() != before, 1)

    # On a kernel with no tcx links, or as on one.

    def filters(self):
        return run("tc", "filter", "show", "dev", "v0", "ingress", check=False)

    def start_by_filter(self):
        self.configure("tcx = no")
        self.write("rules/10.conf", ROUTE.format(vip=VIP, port=7000, netns=self.container))
        daemon = self.start()
        self.assertTrue(wait_for(lambda: self.metric("route_up", "route:web") == 1), self.said())
        self.assertIn("trimtab_route", self.filters())
        return daemon

    def assert_nothing_left(self):
        self.assertEqual(self.filters(), "")
        self.assertNotIn("clsact", run("tc", "qdisc", "show", "dev", "v0"))

    def test_a_filter_is_in_the_ledger_and_listed(self):
        daemon = self.start_by_filter()
        rows = self.ask("knobs", "xdp.tc_filter")
        self.assertEqual([(r["object"], r["original"], r["changed"]) for r in rows], [("iface:v0", "none", True)])
        self.assertTrue(rows[0]["value"].startswith("trimtab_route id "), rows)
        self.assertFalse(self.ask("knobs", "xdp.tc_filter", "v1"))
        self.assertEqual(self.ask("status")["changed"], 1)
        self.assertEqual(self.stop(daemon), 0)
        self.assert_nothing_left()
        self.assertEqual(self.restore().returncode, 0)

    def test_a_filter_goes_with_its_route(self):
        daemon = self.start_by_filter()
        self.write("rules/10.conf", "")
        os.kill(daemon.pid, signal.SIGHUP)
        self.assertTrue(wait_for(lambda: self.filters() == ""), self.said())
        self.assert_nothing_left()
        self.assertEqual(self.ask("status")["changed"], 0)

    def test_killed_the_filter_is_taken_off_with_no_plugin(self):
        self.stop(self.start_by_filter(), signal.SIGKILL)
        self.assertIn("trimtab_route", self.filters())
        done = self.restore()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("iface:v0 xdp.tc_filter", done.stderr)
        self.assert_nothing_left()
        self.assertEqual(self.restore().stderr, "")

    def test_killed_what_is_somebody_elses_stays(self):
        """A clsact that was there, and a filter beside ours in one that was not."""
        run("tc", "qdisc", "add", "dev", "v0", "clsact")
        self.stop(self.start_by_filter(), signal.SIGKILL)
        self.assertEqual(self.restore().returncode, 0)
        self.assertEqual(self.filters(), "")
        self.assertIn("clsact", run("tc", "qdisc", "show", "dev", "v0"))
        run("tc", "qdisc", "del", "dev", "v0", "clsact")

        self.stop(self.start_by_filter(), signal.SIGKILL)
        run("tc", "filter", "add", "dev", "v0", "egress", "pref", "9", "protocol", "ip", "u32", "match", "u32", "0", "0")
        self.assertEqual(self.restore().returncode, 0)
        self.assertEqual(self.filters(), "")
        self.assertIn("u32", run("tc", "filter", "show", "dev", "v0", "egress"))
        run("tc", "qdisc", "del", "dev", "v0", "clsact")

    def test_killed_the_next_start_takes_it_off(self):
        self.stop(self.start_by_filter(), signal.SIGKILL)
        self.write("rules/10.conf", "")
        self.start()
        self.assertTrue(wait_for(lambda: self.filters() == ""), self.said())
        self.assert_nothing_left()

    def test_killed_the_next_start_has_its_own(self):
        """What an earlier run left is put back from the loop, when the new one is there already."""
        self.stop(self.start_by_filter(), signal.SIGKILL)
        daemon = self.start_by_filter()
        self.assertFalse(wait_for(lambda: "trimtab_route" not in self.filters(), 1))
        self.assertEqual(self.ask("status")["changed"], 1)
        self.assertEqual(self.stop(daemon), 0)
        self.assert_nothing_left()

    # What follows it.

    def test_a_rule_follows_a_container(self):
        self.write("rules/10.conf", ROUTE.format(vip=VIP, port=7000, netns=self.container) + FOLLOW)
        self.start()
        self.wait_attached(("trimtab_xdp", "native"))
        self.drop_container()
        self.assertTrue(wait_for(lambda: self.metric("route_up", "route:web") == 0), self.said())
        self.assertTrue(wait_for(lambda: self.knob("mode") == "off"), self.said())
        self.make_container()
        self.assertTrue(wait_for(lambda: self.knob("mode") == "monitor"), self.said())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
