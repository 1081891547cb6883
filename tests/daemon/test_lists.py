#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""In a virtual machine with a disk and a card: a rule gives all interrupts a list of CPUs, and those come there that may. Seen in the kernel's files.

usage: test_lists.py TRIMTABD TRIMTAB IRQ.so"""
import glob
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from plants import PlantCase, wait_for  # noqa: E402

RULE = """[rule place]
for = irq:*
when = rate(irq.cpu_count @cpu:0) >= 0
hold = 0s
then = irq.affinity = {list}
"""


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


class Lists(PlantCase):
    def setUp(self):
        super().setUp()
        os.unlink(f"{self.dir}/rules/50-level.conf")
        self.write("trimtab.conf", "[daemon]\ntick = 200ms\nwrites-per-minute = 1000\n")
        self.names = {irq: read(f"/sys/kernel/irq/{irq}/actions") for irq in os.listdir("/sys/kernel/irq")}
        self.names = {irq: name for irq, name in self.names.items() if name}
        self.before = self.masks()

    def masks(self):
        return {irq: read(f"/proc/irq/{irq}/smp_affinity_list") for irq in self.names}

    def of(self, end):
        found = [irq for irq, name in self.names.items() if name.endswith(end)]
        self.assertTrue(found, f"there is no {end} among {self.names}")
        return found

    def act(self, cpus):
        self.write("rules/50-place.conf", RULE.format(list=cpus))
        return self.start()

    def explained(self, irq):
        return self.command("explain", f"irq:{self.names[irq]}:{irq}").stdout

    def test_those_that_may_and_no_others(self):
        card = self.of("-input.0")[0]
        daemon = self.act("1-9")
        self.assertTrue(wait_for(lambda: self.masks()[card] == "1"), f"{self.masks()}\n{self.said()}")
        for irq in self.of("-req.0") + self.of("-config") + ["0"]:
            if irq in self.before:
                self.assertEqual(self.masks()[irq], self.before[irq], self.names[irq])
        managed = self.of("-req.0")[0]
        self.assertTrue(wait_for(lambda: "not to be changed" in self.explained(managed)), self.explained(managed))
        # Nothing was tried that the kernel would have had to refuse, and nobody is bothered by it.
        self.assertNotIn(self.names[managed], self.said())
        self.assertEqual(self.stop(daemon), 0)
        self.assertEqual(self.masks(), self.before, self.said())

    def test_no_cpu_of_it_is_there(self):
        card = self.of("-input.0")[0]
        self.act("8-9")
        self.assertTrue(wait_for(lambda: "no such value" in self.explained(card)), self.explained(card))
        self.assertEqual(self.masks(), self.before)

    def test_irqbalance_has_them(self):
        card = self.of("-input.0")[0]
        os.makedirs("/run/irqbalance", exist_ok=True)
        # What says that it runs is its name, and a socket with its number.
        me = f"/proc/{os.getpid()}/comm"
        name = read(me)
        with open(me, "w", encoding="utf-8") as file:
            file.write("irqbalance")
        open(f"/run/irqbalance/irqbalance{os.getpid()}.sock", "w", encoding="utf-8").close()
        try:
            self.act("1")
            self.assertTrue(wait_for(lambda: "hands them over" in self.said()), self.said())
            self.assertTrue(wait_for(lambda: "somebody else" in self.explained(card)), self.explained(card))
            self.assertEqual(self.masks(), self.before)
        finally:
            with open(me, "w", encoding="utf-8") as file:
                file.write(name)
            for socket in glob.glob("/run/irqbalance/*"):
                os.unlink(socket)
        self.assertTrue(wait_for(lambda: self.masks()[card] == "1"), f"{self.masks()}\n{self.said()}")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
