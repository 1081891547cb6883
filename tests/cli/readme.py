#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rules that a README shows are rules: each block of them by itself, no errors, no warnings, nothing to wait for.

usage: readme.py TRIMTAB PLUGIN-DIR README.md..."""
import os
import re
import subprocess
import sys
import tempfile


def main():
    trimtab, plugins, *pages = sys.argv[1:]
    bad = 0
    for page in pages:
        with open(page, encoding="utf-8") as file:
            blocks = [b for b in re.findall(r"```ini\n(.*?)```", file.read(), re.S) if re.match(r"\[(rule|goal) ", b)]
        if not blocks:
            print(f"{page}: no rules")
            bad += 1
        for block in blocks:
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "readme.conf")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(block)
                run = subprocess.run([trimtab, "check", "--plugins", plugins, path], text=True, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT)
            good = run.returncode == 0 and "0 errors, 0 warnings" in run.stdout and "wait" not in run.stdout
            print(f"{'ok' if good else 'not ok'} - {page}: {block.splitlines()[0]}\n{'' if good else run.stdout}", end="")
            bad += not good
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
