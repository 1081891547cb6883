#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""In a virtual machine with an e1000e, whose driver has rx-usecs and nothing else: the daemon sets how long its interrupts wait, and what it leaves behind. What is set is asked of
the kernel by the older way, an ioctl.

usage: test_coalesce.py TRIMTABD TRIMTAB IRQ.so"""
import array
import fcntl
import glob
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from plants import PlantCase, wait_for  # noqa: E402

SIOCETHTOOL, GET, SET = 0x8946, 0xE, 0xF
# Of the 23 numbers of struct ethtool_coalesce.
RX_USECS = 1

RULE = """[rule wait]
for = iface:{name}
when = rate(irq.cpu_count @cpu:0) >= 0
hold = 0s
then = net.coalesce.{setting}
"""


class Coalescing(PlantCase):
    def setUp(self):
        super().setUp()
        os.unlink(f"{self.dir}/rules/50-level.conf")
        self.write("trimtab.conf", "[daemon]\ntick = 200ms\n")
        self.card = os.path.basename(glob.glob("/sys/bus/pci/drivers/e1000e/*/net/*")[0])
        subprocess.run(["ip", "link", "set", self.card, "up"], check=True)
        self.change(RX_USECS, 10)
        self.rule(self.card, "rx_usecs = 50us")

    def rule(self, name, setting):
        self.write("rules/50-wait.conf", RULE.format(name=name, setting=setting))

    def call(self, numbers):
        request = struct.pack("16sQ16x", self.card.encode(), numbers.buffer_info()[0])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            fcntl.ioctl(s, SIOCETHTOOL, request)
        return numbers

    def settings(self):
        return self.call(array.array("I", [GET] + [0] * 22))

    def change(self, which, value):
        numbers = self.settings()
        numbers[0], numbers[which] = SET, value
        self.call(numbers)

    def now(self):
        return self.settings()[RX_USECS]

    def wait_now(self, want):
        self.assertTrue(wait_for(lambda: self.now() == want), f"{self.now()}, not {want}\n{self.said()}")

    def test_a_stop_puts_it_back(self):
        daemon = self.start()
        self.wait_now(50)
        self.assertEqual(self.stop(daemon), 0)
        self.assertEqual(self.now(), 10, self.said())

    def test_killed_it_is_put_back_with_no_plugin_there(self):
        daemon = self.start()
        self.wait_now(50)
        self.stop(daemon, signal.SIGKILL)
        shutil.rmtree(f"{self.dir}/plugins")
        self.assertEqual(self.now(), 50)
        result = self.restore()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.now(), 10, result.stderr)

    def test_what_somebody_else_has_set_stays(self):
        daemon = self.start()
        self.wait_now(50)
        self.change(RX_USECS, 33)
        self.assertEqual(self.stop(daemon), 0)
        self.assertEqual(self.now(), 33, self.said())

    def test_advice_is_a_command(self):
        self.start("advise")
        self.assertTrue(wait_for(lambda: f"ethtool -C {self.card} rx-usecs 50" in self.said()), self.said())
        self.assertEqual(self.now(), 10)

    def test_where_there_is_none(self):
        for name, setting in (("lo", "rx_usecs = 50us"), (self.card, "adaptive_rx = on"), (self.card, "tx_frames = 8")):
            self.rule(name, setting)
            daemon = self.start()
            self.assertTrue(wait_for(lambda: "not available here" in self.command("explain", "wait").stdout),
                            self.command("explain", "wait").stdout + self.said())
            self.assertEqual(self.stop(daemon), 0)
        self.assertEqual(self.now(), 10)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
