#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a plugin reports, for people and for programs, and what it does when it is told to.

usage: test_report.py TRIMTABD TRIMTAB PLANT.so   (no root needed)"""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from plants import PlantCase, wait_for  # noqa: E402


class Report(PlantCase):
    def setUp(self):
        super().setUp()
        self.start()
        self.assertTrue(wait_for(lambda: self.ask("report", "plant", "plants")), self.said())

    def out(self, *words, status=0):
        result = self.command(*words)
        self.assertEqual(result.returncode, status, result.stderr)
        return result.stdout

    def complaint(self, *words):
        result = self.command(*words)
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        return result.stderr

    def watered(self):
        said = []
        for name in ("a", "b"):
            if os.path.exists(f"{self.dir}/plants/{name}/watered"):
                with open(f"{self.dir}/plants/{name}/watered", encoding="utf-8") as file:
                    said.append(file.read())
        return said

    def test_what_there_is(self):
        lines = [line.split(None, 3) for line in self.out("report").splitlines()]
        self.assertEqual(lines[0], ["PLUGIN", "KIND", "NAME", "HELP"])
        self.assertIn(["plant", "report", "garden", "them all as one"], lines)
        self.assertIn(["plant", "deed", "water", "writes what comes behind it to the file `watered` of a plant"], lines)
        self.assertEqual(self.out("report"), self.out("report", "plant"))
        self.assertEqual([(row["kind"], row["name"]) for row in self.ask("report", "plant")],
                         [("report", "plants"), ("report", "garden"), ("report", "weeds"), ("deed", "water")])

    def test_a_table_shows_its_columns_and_json_all(self):
        lines = sorted(self.out("report", "plant", "plants").splitlines()[1:])
        self.assertEqual(self.out("report", "plant", "plants").split()[:3], ["NAME", "PATH", "SINCE"])
        self.assertEqual([line.split() for line in lines],
                         [["a", f"{self.dir}/plants/a", "1.5min"], ["b", f"{self.dir}/plants/b", "1.5min"]])
        rows = self.ask("report", "plant", "plants")
        self.assertEqual(sorted(rows[0]), ["name", "number", "path", "since_s"])
        self.assertEqual((rows[0]["since_s"], sorted(row["number"] for row in rows)), (90, [0, 1]))

    def test_values_a_line_each(self):
        self.assertEqual(self.out("report", "plant", "garden").split("\n"),
                         ["  plants: 2", "  fenced: no", "gardener: \\x1b[1mno one", ""])

    def test_nothing_of_that_name(self):
        self.assertIn("no plugin is named 'plent', did you mean 'plant'?", self.complaint("report", "plent", "garden"))
        self.assertIn("plugin plant has no report 'gardens', 'trimtab report plant' lists", self.complaint("report", "plant", "gardens"))
        self.assertIn("plugin plant has no deed 'burn'", self.complaint("do", "plant", "burn"))
        self.assertIn("no open plugin is named 'plent'", self.complaint("do", "plent", "water", "much"))

    def test_a_report_that_is_wrong_does_no_harm(self):
        self.assertIn("Protocol error", self.complaint("report", "plant", "weeds"))
        self.assertEqual(len(self.ask("report", "plant", "plants")), 2)

    def test_a_deed(self):
        self.assertIn("Invalid argument", self.complaint("do", "plant", "water"))
        self.assertEqual(self.watered(), [])
        self.assertEqual(self.out("do", "plant", "water", "two cans"), "one plant has had water\n")
        self.assertEqual(self.watered(), ["two cans\n"])
        self.assertEqual(self.ask("do", "plant", "water", "more"), {"message": "one plant has had water", "watered": 1})
        messages = [event["message"] for event in self.ask("log")]
        self.assertIn("plant: done as asked: water two cans", messages)
        self.assertIn("plant: asked to water: Invalid argument", messages)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
