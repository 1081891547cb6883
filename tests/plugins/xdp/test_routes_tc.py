#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Routes by tc: from the router's interface straight into the container. argv: ROUTES-HOST XDP.so"""
import sys
import unittest

from routes_net import MEGABYTE, VIP4, VIP6, RouteCase, run, wait_for


class Tc(RouteCase):
    def test_takes_tcp_past_a_kernel_that_knows_no_way(self):
        self.serve_tcp(VIP4)
        self.serve_tcp(VIP6)
        self.assertFalse(self.talk_tcp(VIP4, timeout=1))
        self.assertFalse(self.talk_tcp(VIP6, timeout=1))
        self.start()
        self.assertEqual(self.configure(self.route()), "0")
        self.assertTrue(self.is_up(), self.host.said())
        for vip in (VIP4, VIP6):
            before = self.packets()
            self.assertTrue(self.talk_tcp(vip), self.host.said())
            self.assertGreater(self.packets(), before + len(MEGABYTE) // 1500)
        self.configure()
        self.assertFalse(self.talk_tcp(VIP4, timeout=1))


if __name__ == "__main__":
    del sys.argv[1:3]
    unittest.main(verbosity=2)
