#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon and its xdp plugin between two network namespaces: what it does is seen by who sends and who receives, and by the kernel.

usage: test_xdp.py TRIMTABD TRIMTAB XDP.so [TEST...]"""
import os
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from net import NICS, NetCase, run, signal, wait_for  # noqa: E402

ALWAYS = """
[rule always]
for = iface:v0
when = rate(xdp.packets) >= 0
hold = 0s
then = xdp.mode = {mode}
"""
NATIVE = ("trimtab_xdp", "native")

DROP = """
[filter bad]
action = drop
protocol = udp
port = {port}
"""

FLOOD = """
[rule flood]
for = iface:v0
when = last(xdp.flood) > 0
hold = 0s
then = xdp.mode = filter
       xdp.source_limit_pps = 100
until = last(xdp.flood) < 1
clear-hold = 1s
"""

BAN = """
[rule ban]
for = source:*
when = rate(xdp.source_packets, 2s) > 500
hold = 0s
then = xdp.ban = 1min
cooldown = 10s
"""


class Attaching(NetCase):
    def test_nothing_is_attached_unless_somebody_asks(self):
        self.start()
        self.assertTrue(wait_for(lambda: self.metric("packets") is not None), self.said())
        self.assertIsNone(self.attached())

    def test_advice_attaches_nothing(self):
        self.write("rules/10.conf", ALWAYS.format(mode="filter"))
        self.start("advise")
        self.assertTrue(wait_for(lambda: "would" in self.said() or self.ask("log")), self.said())
        self.assertIsNone(self.attached())

    def test_a_mode_attaches_and_a_stop_detaches(self):
        self.write("rules/10.conf", ALWAYS.format(mode="monitor"))
        daemon = self.start()
        self.wait_attached(NATIVE)
        self.assertEqual(self.stop(daemon), 0)
        self.assertIsNone(self.attached())

    def test_killed_it_is_gone_and_the_next_start_has_it_again(self):
        self.write("rules/10.conf", ALWAYS.format(mode="filter") + DROP.format(port=5000))
        daemon = self.start()
        self.wait_attached(NATIVE)
        s = self.receiver(5000)
        self.send(5000)
        self.assertTrue(wait_for(lambda: not self.arrives(s)), self.said())
        self.stop(daemon, signal.SIGKILL)
        self.assertTrue(wait_for(lambda: self.attached() is None))
        self.assertTrue(self.arrives(s))
        self.start()
        self.wait_attached(NATIVE)
        self.assertTrue(wait_for(lambda: not self.arrives(s)), self.said())

    def test_what_is_asked_for_is_what_is_attached(self):
        for how in ("generic", "native"):
            self.write("rules/10.conf", f"[rule a]\nfor = iface:v0\nwhen = rate(xdp.packets) >= 0\nhold = 0s\nthen = xdp.attach = {how}\n")
            daemon = self.start()
            self.wait_attached(("trimtab_xdp", how))
            self.assertTrue(wait_for(lambda: self.knob("attach") == how), self.said())
            self.stop(daemon)
            self.assertIsNone(self.attached())

    def test_where_it_is_attached_changes_nothing_of_what_it_does(self):
        self.write("rules/10.conf", ALWAYS.format(mode="filter") + DROP.format(port=5000))
        self.start()
        self.wait_attached(NATIVE)
        s = self.receiver(5000)
        self.send(5000)
        time.sleep(2.1)  # at most one attempt in two seconds
        self.write("rules/20.conf", "[rule where]\nfor = iface:v0\nwhen = rate(xdp.packets) >= 0\nhold = 0s\nthen = xdp.attach = generic\n")
        self.assertEqual(self.command("reload").returncode, 0, self.said())
        self.wait_attached(("trimtab_xdp", "generic"))
        self.assertEqual(self.knob("mode"), "filter")
        self.assertFalse(self.arrives(s))

    def test_native_is_never_quietly_generic(self):
        # A bridge has no XDP in its driver.
        run("ip", "link", "add", "br0", "type", "bridge")
        self.addCleanup(run, "ip", "link", "del", "br0")
        self.write("rules/10.conf", ALWAYS.format(mode="filter").replace("v0", "br0"))
        self.start()
        self.assertTrue(wait_for(lambda: "xdp.attach = generic" in self.said()), self.said())
        self.assertIsNone(self.attached("br0"))

    def test_somebody_elses_program_stays_and_is_named(self):
        source = f"{self.dir}/other.c"
        with open(source, "w", encoding="utf-8") as file:
            file.write('__attribute__((section("xdp"), used)) int somebodys(void *ctx) { return 2; }\n'
                       'char l[] __attribute__((section("license"), used)) = "GPL";\n')
        run("clang", "-O2", "-g", "-target", "bpf", "-c", source, "-o", f"{self.dir}/other.o")
        run("ip", "link", "set", "dev", "v0", "xdpdrv", "obj", f"{self.dir}/other.o", "sec", "xdp")
        self.write("rules/10.conf", ALWAYS.format(mode="filter"))
        self.start()
        self.assertTrue(wait_for(lambda: "'somebodys'" in self.said()), self.said())
        self.assertEqual(self.attached(), ("somebodys", "native"))

    def test_an_interface_that_goes_and_comes_again(self):
        self.write("rules/10.conf", ALWAYS.format(mode="filter"))
        daemon = self.start()
        self.wait_attached(NATIVE)
        run("ip", "link", "del", "v0")
        # Nothing is left to be put back, for there is nothing to put it back to.
        self.assertTrue(wait_for(lambda: self.ask("status")["changed"] == 0), f"{self.ask('knobs', 'xdp.mode')}\n{self.said()}")
        self.make_link()
        run("ip", "link", "set", "v0", "up")
        self.wait_attached(NATIVE)
        self.assertEqual(self.stop(daemon), 0)
        self.assertEqual(self.restore().stderr, "")

    def test_renamed_it_keeps_its_program(self):
        self.configure("monitor = v0")
        self.start()
        self.wait_attached(NATIVE)
        run("ip", "link", "set", "v0", "down")
        run("ip", "link", "set", "v0", "name", "v9")
        run("ip", "link", "set", "v9", "up")
        self.assertTrue(wait_for(lambda: self.metric("packets", "iface:v9") is not None), self.said())
        self.assertEqual(self.attached("v9"), NATIVE)


class Cards(NetCase):
    """Needs a third network card, that takes large packets."""

    @unittest.skipUnless(NICS, "needs network cards: it runs in a virtual machine")
    def test_a_driver_that_cannot_is_told_and_generic_works(self):
        nic = NICS[2]
        run("ip", "link", "set", nic, "mtu", "9000", "up")
        self.write("rules/10.conf", ALWAYS.format(mode="filter").replace("v0", nic))
        daemon = self.start()
        self.assertTrue(wait_for(lambda: "xdp.attach = generic" in self.said()), self.said())
        self.assertIn("driver virtio_net); its MTU of 9000 is more than fits a page", self.said())
        self.assertIsNone(self.attached(nic))
        self.stop(daemon)
        self.write("rules/10.conf", ALWAYS.format(mode="filter").replace("v0", nic).replace("xdp.mode = filter", "xdp.attach = generic"))
        self.start()
        self.assertTrue(wait_for(lambda: self.attached(nic) == ("trimtab_xdp", "generic")), self.said())


class Filtering(NetCase):
    def test_lists_are_replaced_whole_and_a_bad_one_changes_nothing(self):
        self.write("rules/10.conf", ALWAYS.format(mode="filter"))
        self.write("rules/20.conf", DROP.format(port=5000))
        self.start()
        one, two = self.receiver(5000), self.receiver(5001)
        self.send(5000)
        self.send(5001)
        self.assertTrue(wait_for(lambda: self.arrives(two)), self.said())
        self.assertTrue(wait_for(lambda: not self.arrives(one, 0.2)), self.said())

        self.write("rules/20.conf", DROP.format(port=5001))
        self.assertEqual(self.command("reload").returncode, 0, self.said())
        self.assertFalse(self.arrives(two, 0.5))
        self.assertTrue(self.arrives(one))

        self.write("rules/20.conf", DROP.format(port="5000-4000"))
        self.assertNotEqual(self.command("reload").returncode, 0)
        self.assertFalse(self.arrives(two, 0.5))
        self.assertTrue(self.arrives(one))

    def test_both_families_alike(self):
        self.write("rules/10.conf", ALWAYS.format(mode="filter") + DROP.format(port=5000).replace("port", "source = 10.9.0.2, fd09::/64\nport"))
        self.start()
        for source, v6 in (("10.9.0.2", False), ("fd09::2", True)):
            s = self.receiver(5000, v6)
            peer = self.send(5000, source)
            self.assertTrue(wait_for(lambda: not self.arrives(s, 0.3)), self.said())
            self.end(peer)
            s.close()
        self.assertEqual(self.metric("dropped_malformed"), 0)

    def test_management_is_never_shut_out(self):
        self.configure("management = 2222")
        self.write("rules/10.conf", ALWAYS.format(mode="filter") +
                   "[filter all]\naction = drop\nsource = 0.0.0.0/0, ::/0\n")
        self.start()
        self.wait_attached(NATIVE)
        self.assertTrue(wait_for(lambda: self.knob("mode") == "filter"), self.said())
        for port, want in ((2222, 0), (2223, 1)):
            server = subprocess.Popen([sys.executable, "-c",
                                       f"import socket; s = socket.create_server(('10.9.0.1', {port})); s.accept()"])
            self.peers.append(server)
            client = f"import socket\nsocket.create_connection(('10.9.0.1', {port}), 2)"
            got = None
            for _ in range(5):  # until the server is there
                got = subprocess.run(["ip", "netns", "exec", self.netns, sys.executable, "-c", client], stderr=subprocess.DEVNULL).returncode
                if got == want:
                    break
            self.assertEqual(got, want, f"port {port}\n{self.said()}")

    def test_who_locks_himself_out_is_let_in_again(self):
        self.write("rules/10.conf", ALWAYS.format(mode="filter") + DROP.format(port=5001))
        self.start()
        s = self.receiver(5000)
        self.send(5000)
        self.assertTrue(wait_for(lambda: self.knob("mode") == "filter"), self.said())
        self.write("rules/10.conf", ALWAYS.format(mode="filter") + DROP.format(port="1-65535"))
        self.assertEqual(self.command("reload", "--for", "2s").returncode, 0, self.said())
        self.assertFalse(self.arrives(s, 0.5))
        self.assertTrue(wait_for(lambda: self.arrives(s)), self.said())

    def test_a_rule_bans_who_sends_too_much(self):
        self.configure("monitor = v0")
        self.write("rules/10.conf", ALWAYS.format(mode="filter") + BAN)
        self.start()
        self.wait_attached(NATIVE)
        s = self.receiver(5000)
        self.send(5000, "10.9.0.3", 50)
        self.assertTrue(wait_for(lambda: self.arrives(s)), self.said())
        loud = self.send(5001, "10.9.0.2", 2000)
        self.assertTrue(wait_for(lambda: (self.metric("dropped_ban") or 0) > 0), self.said())
        self.assertTrue(self.arrives(s))
        self.end(loud)
        quiet = self.receiver(5002)
        self.send(5002, "10.9.0.2", 50)
        self.assertFalse(self.arrives(quiet))


class Floods(NetCase):
    def test_a_flood_switches_the_mode_and_its_end_switches_back(self):
        self.configure("monitor = v0", "flood-pps = 2000")
        self.write("rules/10.conf", FLOOD)
        self.start()
        self.wait_attached(NATIVE)
        self.send(5000, "10.9.0.3", 50)
        s = self.receiver(5000)
        self.assertTrue(wait_for(lambda: self.arrives(s)), self.said())
        self.assertEqual(self.knob("mode"), "monitor")

        flood = self.send(5001, pps=20000)
        self.assertTrue(wait_for(lambda: (self.metric("dropped_source") or 0) > 0), self.said())
        self.assertEqual(self.knob("mode"), "filter")
        self.assertTrue(self.arrives(s))
        print(f"# {self.metric('reaction') / 1e6:.1f} ms from the flood to the first drop, by a rule", file=sys.stderr)

        self.end(flood)
        self.assertTrue(wait_for(lambda: self.knob("mode") == "monitor"), self.said())
        self.assertTrue(wait_for(lambda: self.knob("source_limit_pps") in (None, "max")), self.knob("source_limit_pps"))
        self.assertTrue(self.arrives(s))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
